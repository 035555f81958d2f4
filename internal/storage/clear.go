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
	return nil
}
