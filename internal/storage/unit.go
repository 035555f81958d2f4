package storage

import "errors"

var errOver = errors.New("storage: the transaction is over: do not keep its Reader or Tx")

// unit is the conn of one transaction in a group. It opens a savepoint at the
// first write, so that a refusal that only read costs nothing.
type unit struct {
	db   *session
	open bool
	over bool
}

func (u *unit) query(text string, args []any, scan func(row) error) error {
	if u.over {
		return errOver
	}
	return u.db.query(text, args, scan)
}

func (u *unit) exec(text string, args []any) (int64, error) {
	if err := u.begin(); err != nil {
		return 0, err
	}
	return u.db.exec(text, args)
}

func (u *unit) returning(text string, args []any, scan func(row) error) error {
	if err := u.begin(); err != nil {
		return err
	}
	return u.db.query(text, args, scan)
}

// lock is free: the transactions of a group run one after another.
func (u *unit) lock(string, bool) error { return nil }

func (u *unit) begin() error {
	if u.over {
		return errOver
	}
	if u.open {
		return nil
	}
	_, err := u.db.exec("SAVEPOINT unit", nil)
	u.open = err == nil
	return err
}

// release keeps the unit's writes in the group's transaction.
func (u *unit) release() error {
	if !u.open {
		return nil
	}
	_, err := u.db.exec("RELEASE SAVEPOINT unit", nil)
	return err
}

// rollback undoes the unit's writes, after a statement's fault unless that is
// nil. It fails when the engine has rolled back the whole transaction,
// savepoints and all. Where there was no savepoint it may have done so too,
// and the next savepoint would commit by itself: the fault fails the group.
func (u *unit) rollback(fault error) error {
	if !u.open {
		return fault
	}
	if _, err := u.db.exec("ROLLBACK TO SAVEPOINT unit", nil); err != nil {
		return errors.Join(fault, err)
	}
	return u.release()
}
