package storage

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
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
