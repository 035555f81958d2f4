package storage

import (
	"slices"
	"testing"
)

// kept are the tables that outlive a Clear, each with its reason.
var kept = map[string]string{
	"setting":  "the server's own secrets, and what a sandbox was seeded with",
	"lease":    "the nodes that are there",
	"data_key": "what settings are sealed under",
	"quota":    "request rates, by real time",
	"guard":    "rows that are only locked",
	"redo":     "how far the store has come in its log",
	"lane":     "what became of a connection's commits",
	"account":  "who may sign in",
	"audit":    "who did what, this too",
	"block":    "the chain, which takes in that the books were cleared",
	"leaf":     "acts that wait for their block, and the clearing itself",
}

// TestClearKnowsEveryTable: a table that a migration adds is emptied or kept
// for a reason, and none is emptied before those that refer to it.
func TestClearKnowsEveryTable(t *testing.T) {
	tables, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tables {
		if _, stays := kept[r.name]; stays == slices.Contains(cleared, r.name) {
			t.Errorf("table %s: it is either emptied or kept", r.name)
		}
	}
	if len(tables) != len(cleared)+len(kept) {
		t.Errorf("the schema has %d tables, %d are emptied and %d kept", len(tables), len(cleared), len(kept))
	}
}
