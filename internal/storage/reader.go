package storage

import (
	"errors"

	"github.com/qrisd/qrisd/internal/pay"
)

// reader implements pay.Reader, tx pay.Tx. Their methods stand with the
// tables they read and write.
type reader struct{ q querier }

type tx struct {
	reader
	db conn
}

var _ pay.Tx = tx{}

// insert adds a row, or answers ErrExists.
func (t tx) insert(text string, args []any) error {
	return t.affect(text, args, pay.ErrExists)
}

// add adds a row under a key that nobody else can have.
func (t tx) add(text string, args []any) error { return t.db.add(text, args) }

// update changes a row, or answers ErrNotFound when none has the key or fits
// the condition.
func (t tx) update(text string, args ...any) error {
	return t.affect(text, args, pay.ErrNotFound)
}

func (t tx) affect(text string, args []any, none error) error {
	n, err := t.db.exec(text, args)
	if err == nil && n == 0 {
		return none
	}
	return err
}

// put inserts or replaces a row, unless the query finds another row that has
// what must be unique.
func (t tx) put(upsert string, values []any, rival string, key ...any) error {
	_, err := scalar[string](t.q, rival, key...)
	switch {
	case err == nil:
		return pay.ErrExists
	case !errors.Is(err, pay.ErrNotFound):
		return err
	}
	_, err = t.db.exec(upsert, values)
	return err
}
