package storage

import "fmt"

// cleared are the tables that Clear empties, those that refer to others first.
var cleared = []string{
	"attempt", "delivery", "settlement", "refund", "posting", "transfer", "payment",
	"code", "mark_new", "mark", "token", "outlet", "merchant", "partner", "payer",
}

func (t tx) Clear() error {
	for _, name := range cleared {
		if _, err := t.db.exec("DELETE FROM "+name, nil); err != nil {
			return fmt.Errorf("storage: empty %s: %w", name, err)
		}
	}
	t.db.forgotMarks()
	if _, err := t.db.exec(dropSettlementLeaves, nil); err != nil {
		return err
	}
	_, err := t.db.exec(insertLeaf, []any{leafCleared, "", ""})
	return err
}

// What was settled is gone with the rest. The chain stays, and takes in that
// the books were cleared.
const dropSettlementLeaves = "DELETE FROM leaf WHERE kind = 'settlement'"
