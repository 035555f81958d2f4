package described

import (
	"maps"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/pay"
)

// Raises is the table of ways.
func Raises() map[dialect.Reach]pay.Kind { return dialect.Raises }

// Keys are all keys of the objects that have a table of them.
func Keys() []string {
	all := make(map[string]bool)
	for _, known := range []keys{new(description).keys(), new(operation).keys(), new(change).keys()} {
		for key := range known {
			all[key] = true
		}
	}
	return append(slices.Sorted(maps.Keys(all)),
		"b2b", "customer", "refresh", "remember", "daily", "same", "other", "case", "message", "service", "path", "tokenPath", "acks")
}

// Names are all names that a key may have as its value, and those of
// operations.
func Names() []string {
	all := slices.Concat(
		slices.Collect(maps.Keys(schemes)), slices.Collect(maps.Keys(clockForms)), slices.Collect(maps.Keys(formats)),
		slices.Collect(maps.Keys(kinds)), slices.Collect(maps.Keys(needs)), slices.Collect(maps.Keys(noticeServices)),
		statuses, []string{replay})
	for _, op := range aspi.Dialect().Operations {
		all = append(all, op.Name)
	}
	slices.Sort(all)
	return all
}
