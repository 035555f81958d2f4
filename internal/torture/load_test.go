package torture

import (
	"path/filepath"
	"testing"
)

// TestExternalIDsAreOnes: no repeat goes under the X-EXTERNAL-ID of another
// operation, which a server would rightly refuse as known. "1f" with "rc" was
// once "1frc", which came 67,000 operations later.
func TestExternalIDsAreOnes(t *testing.T) {
	j, err := newJournal(filepath.Join(t.TempDir(), "clients.log"), "toxjkj")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.close() })
	w := &worker{dice: dice(1, 1)}
	whose := make(map[string]*op)
	for range 70_000 {
		o := j.begin(op{Way: "paydia"})
		for n := range 26 {
			id := w.external(o, n)
			if other := whose[id]; other != nil && other != o {
				t.Fatalf("%s is of operation %d and %d", id, other.ID, o.ID)
			}
			whose[id] = o
		}
	}
}
