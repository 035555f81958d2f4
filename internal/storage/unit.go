package storage

import (
	"errors"

	"github.com/qrisd/qrisd/internal/pay"
)

var errOver = errors.New("storage: the transaction is over: do not keep its Reader or Tx")

// unit is the conn of one transaction in a group. It opens a savepoint at the
// first write, so that a refusal that only read costs nothing.
type unit struct {
	db      *session
	backlog *backlog // nil: every row is inserted at once
	began   extent   // of the backlog
	fresh   *fresh
	before  int // of them
	history *history
	past    int // of it
	certain *certain
	memory  *memory
	changed bool // what it remembers
	// remember undoes that all marks were forgotten; nil: they were not.
	remember func()
	open     bool
	over     bool
}

func newUnit(g *group) *unit {
	u := &unit{db: g.db, backlog: g.waiting, fresh: g.fresh, before: len(g.fresh.rows), history: &g.history, past: len(g.history.ops), certain: &g.certain, memory: &g.memory}
	if u.backlog != nil {
		u.began = u.backlog.here()
	}
	return u
}

// history is what the transactions of a group have changed.
type history struct {
	ops []op
	// partial: there was a statement that the log does not take, because what it
	// does may depend on more than the tables.
	partial bool
}

// repeatable are the statements that do the same to the same tables, whenever
// they run. Others are few, and SQLite commits at the end of their group: what
// they write, as parties and tokens, is read without a look at what is held.
var repeatable = map[string]bool{
	appendMark: true, insertCode: true, insertTransfer: true, insertPosting: true, insertPayment: true, insertRefund: true,
	insertDelivery: true, closeCode: true, endCode: true, debitPayer: true, creditPayer: true, addRefunded: true,
	holdDelivery: true, setDelivery: true, setDeliveryBody: true, insertAttempt: true,
}

// note keeps a statement that has touched some rows.
func (u *unit) note(text string, args []any, affected int64) {
	switch {
	case affected == 0:
	case !repeatable[text]:
		u.change()
	default:
		u.history.ops = append(u.history.ops, op{text, args, affected})
	}
}

// change is a statement that is not repeatable.
func (u *unit) change() {
	u.history.partial, u.changed = true, true
	u.memory.forget()
}

func (u *unit) query(text string, args []any, scan func(row) error) error {
	if u.over {
		return errOver
	}
	if err := u.complete(text); err != nil {
		return err
	}
	return u.db.query(text, args, scan)
}

func (u *unit) exec(text string, args []any) (int64, error) {
	if err := u.begin(); err != nil {
		return 0, err
	}
	if err := u.complete(text); err != nil {
		return 0, err
	}
	n, err := u.db.exec(text, plain(args))
	if err == nil {
		u.note(text, args, n)
	}
	return n, err
}

func (u *unit) add(text string, args []any) error {
	switch {
	case u.over:
		return errOver
	case u.db.fault != nil:
		return u.db.fault
	}
	args = plain(args)
	u.certain.weigh(text, args)
	if u.backlog != nil {
		u.backlog.add(text, args)
		u.note(text, args, 1)
		return nil
	}
	n, err := u.exec(text, args)
	if err == nil && n == 0 {
		return pay.ErrExists
	}
	return err
}

// complete inserts what waits and a statement would miss. The unit's own rows
// must go if it is undone, so they come behind its savepoint.
func (u *unit) complete(text string) error {
	if u.backlog == nil {
		return nil
	}
	n := needs(text)
	if !u.backlog.wait(n) {
		return nil
	}
	if err := u.begin(); err != nil {
		return err
	}
	return u.backlog.insert(n, u.db.exec)
}

// wrote reports whether there is something to make durable: a statement that
// finds no row changes nothing.
func (u *unit) wrote() bool { return u.changed || len(u.history.ops) > u.past }

func (u *unit) returning(text string, args []any, scan func(row) error) error {
	if err := u.begin(); err != nil {
		return err
	}
	if err := u.complete(text); err != nil {
		return err
	}
	return u.db.query(text, args, func(r row) error {
		u.change()
		return scan(r)
	})
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
	// What was inserted behind the savepoint goes with it, whoever added it.
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
	if u.backlog != nil {
		u.backlog.rewind(u.began)
	}
	if u.remember != nil {
		u.remember()
	}
	u.fresh.rewind(u.before)
	if u.changed {
		u.memory.forget()
	}
	clear(u.history.ops[u.past:])
	u.history.ops = u.history.ops[:u.past]
	if !u.open {
		return fault
	}
	if _, err := u.db.exec("ROLLBACK TO SAVEPOINT unit", nil); err != nil {
		return errors.Join(fault, err)
	}
	return u.release()
}
