package storage

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestWindow wants no key to be called new that a row has, however the clock of
// those that draw them goes.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stored := map[string]bool{}
		key := func() string {
			return fmt.Sprintf("%03d%02d", rapid.IntRange(0, 400).Draw(t, "second"), rapid.IntRange(0, 20).Draw(t, "drawn"))
		}
		w := window{most: rapid.IntRange(1, 20).Draw(t, "most")}
		for range rapid.IntRange(0, 50).Draw(t, "before") {
			k := key()
			stored[k], w.floor = true, max(w.floor, k)
		}
		for range 300 {
			k := key()
			if w.isNew(k) && stored[k] {
				t.Fatalf("%s is called new, and a row has it", k)
			}
			stored[k] = true
		}
		if len(w.young) > w.most || len(w.old) > w.most {
			t.Fatalf("%d and %d keys are remembered, want at most %d each", len(w.young), len(w.old), w.most)
		}
	})
}

// TestWindowOfAscendingKeys wants nearly all keys to be called new that go with
// the time, a second's in any order.
func TestWindowOfAscendingKeys(t *testing.T) {
	w := window{most: 1000}
	sure := 0
	for second := range 100 {
		for n := range 300 {
			if w.isNew(fmt.Sprintf("%05d%03d", second, n*7%300)) {
				sure++
			}
		}
	}
	if sure != 100*300 {
		t.Errorf("%d of %d are called new", sure, 100*300)
	}
}

// TestReferenceIsTaken makes codes at the same time, some under references that
// others have: of this moment, of long before, and of an earlier life. Each of
// those is refused, and nobody else.
func TestReferenceIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	const each = 40
	made := make(map[string]string) // our reference to the partner's
	insert := func(from, to int, refs func(n int) string) {
		var wg sync.WaitGroup
		errs := make([]error, to)
		for n := from; n < to; n++ {
			code := benchCode(int64(n), fmt.Sprint("p", n))
			code.Ref = cmp.Or(refs(n), code.Ref)
			wg.Go(func() {
				errs[n] = s.Update(t.Context(), func(tx pay.Tx) error { return tx.InsertCode(code, someDay) })
			})
		}
		wg.Wait()
		for n := from; n < to; n++ {
			code, want := benchCode(int64(n), ""), error(nil)
			if refs(n) != "" {
				want = pay.ErrExists
			} else {
				made[code.Ref] = fmt.Sprint("p", n)
			}
			if !errors.Is(errs[n], want) {
				t.Errorf("code %d: %v, want %v", n, errs[n], want)
			}
		}
	}
	taken := func(by int) func(int) string {
		return func(n int) string {
			if n%5 != 0 {
				return ""
			}
			return benchCode(int64(by+n%each), "").Ref
		}
	}
	insert(1000, 1000+each, func(int) string { return "" })
	insert(2000, 2000+each, taken(1000))
	insert(500, 500+each, taken(1000)) // references that are below all others
	mustClose(t, s)
	s = mustOpen(t, path, Options{})
	insert(3000, 3000+each, taken(1000))
	insert(600, 600+each, taken(1000))
	mustView(t, s, func(r pay.Reader) error {
		for ref, partnerRef := range made {
			if code, err := r.Code(ref); err != nil || code.PartnerRef != partnerRef {
				t.Errorf("code %s is %s, %v, want %s", ref, code.PartnerRef, err, partnerRef)
			}
		}
		counts, err := r.Counts()
		if int(counts.Codes) != len(made) {
			t.Errorf("%d codes, want %d", counts.Codes, len(made))
		}
		return err
	})
}
