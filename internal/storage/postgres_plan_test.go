package storage

import (
	"regexp"
	"slices"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

var indexInPlan = regexp.MustCompile(`using (\w+) on`)

// TestPlansWithoutStatistics holds what a group asks to the indexes of its keys
// in tables that are empty: a lane keeps the plans that it makes then.
func TestPlansWithoutStatistics(t *testing.T) {
	s := openShared(t)
	refs := []string{"a", "b"}
	for text, tc := range map[string]struct {
		args    []any
		indexes []string
	}{
		claimDeliveries: {args(int64(1), int64(100), "holder"), []string{"delivery_first", "delivery_free", "delivery_pkey"}},
		closeCode:       {args("paid", int64(1), "a"), []string{"code_pkey"}},
		endCode:         {args(int64(1), "a"), []string{"code_pkey"}},
		holdCode:        {args("a"), []string{"code_pkey"}},
		changeOf(closeCode, args(refs, []int64{1, 1}, refs)): {args(refs, []int64{1, 1}, refs), []string{"code_pkey"}},
		changeOf(setDelivery, args(refs, []int64{1}, []int64{1}, []int64{1}, refs)): {
			args(refs, []int64{1, 1}, []int64{1, 1}, []int64{1, 1}, refs), []string{"delivery_pkey"},
		},
		lookupOf(codeByRef):    {args(refs), []string{"code_pkey"}},
		lookupOf(holdCode):     {args(refs), []string{"code_pkey"}},
		lookupOf(deliveryByID): {args(refs), []string{"delivery_pkey"}},
	} {
		var plan string
		var used []string
		errs := commitTogether(s, func(x pay.Tx) error {
			return x.(tx).db.query("EXPLAIN "+text, tc.args, func(r row) error {
				var line string
				err := r.Scan(&line)
				plan += line + "\n"
				if found := indexInPlan.FindStringSubmatch(line); found != nil {
					used = append(used, found[1])
				}
				return err
			})
		})
		slices.Sort(used)
		if errs[0] != nil || !slices.Equal(slices.Compact(used), tc.indexes) {
			t.Errorf("%s\nuses %v, not %v: %v\n%s", text, used, tc.indexes, errs[0], plan)
		}
	}
}
