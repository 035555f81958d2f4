package storage

import (
	"errors"
	"slices"
	"strings"
	"sync"
)

// addable are the inserts that may wait (conn.add), those that others refer to
// before those that refer to them. Marks are last: hardly a statement asks for
// them.
var addable = []string{insertCode, insertTransfer, insertPosting, insertPayment, insertRefund, insertDelivery, appendMark}

// backlog is rows that wait to be inserted, many with one statement.
type backlog struct {
	of     [7]waiting // by addable
	spoilt bool       // a row could not be inserted, for its own sake or another row's
}

// waiting is the rows of one table.
type waiting struct {
	args []any // of all rows, one after another
	rows int
	sent int // how many of them are inserted
}

// extent is how long a backlog was at some moment.
type extent [7]struct{ rows, sent, args int }

func (b *backlog) add(text string, args []any) {
	w := &b.of[slices.Index(addable, text)]
	w.args = append(w.args, args...)
	w.rows++
}

// here is the backlog's present extent.
func (b *backlog) here() (p extent) {
	for i, w := range b.of {
		p[i].rows, p[i].sent, p[i].args = w.rows, w.sent, len(w.args)
	}
	return p
}

// rewind forgets what was added since a extent, and that anything was inserted
// since then.
func (b *backlog) rewind(p extent) {
	for i := range b.of {
		w := &b.of[i]
		clear(w.args[p[i].args:])
		w.args, w.rows, w.sent = w.args[:p[i].args], p[i].rows, p[i].sent
	}
}

func (b *backlog) reset() {
	b.rewind(extent{})
	b.spoilt = false
}

// wait reports whether rows of the first n tables are not inserted yet.
func (b *backlog) wait(n int) bool {
	return slices.ContainsFunc(b.of[:n], func(w waiting) bool { return w.rows > w.sent })
}

// insert inserts what waits for the first n tables.
func (b *backlog) insert(n int, exec func(text string, args []any) (int64, error)) error {
	for i := range b.of[:n] {
		w := &b.of[i]
		for w.sent < w.rows {
			width, many := len(w.args)/w.rows, atOnce(w.rows-w.sent)
			if _, err := exec(insertMany(addable[i], many), w.args[w.sent*width:(w.sent+many)*width]); err != nil {
				b.spoilt = !errors.As(err, new(*Outage))
				return err
			}
			w.sent += many
		}
	}
	return nil
}

// atOnce is how many of some rows go into one statement: few sizes, each of
// which is prepared once.
func atOnce(rows int) int {
	for _, size := range []int{64, 16, 4} {
		if rows >= size {
			return size
		}
	}
	return 1
}

// insertMany is an insert statement for some rows. Unlike that for one it
// fails when a key is taken.
func insertMany(text string, rows int) string {
	key := manyKey{text, rows}
	if many, ok := manyTexts.Load(key); ok {
		return many.(string)
	}
	head, tail, _ := strings.Cut(strings.TrimSuffix(text, " ON CONFLICT DO NOTHING"), " VALUES ")
	width := strings.Count(tail, "$")
	// SQLite finds a parameter without a name at once, one with a name by
	// looking through them all.
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	many, _ := manyTexts.LoadOrStore(key, head+" VALUES "+row+strings.Repeat(", "+row, rows-1))
	return many.(string)
}

type manyKey struct {
	text string
	rows int
}

var manyTexts sync.Map // manyKey to its text

// needs is how many tables of addable must be complete before a statement
// runs: up to the last that it names, or whose rows it refers to.
func needs(text string) int {
	if n, ok := needTexts.Load(text); ok {
		return n.(int)
	}
	named := words(text)
	n := 0
	for i, insert := range addable {
		if table := strings.Fields(insert)[2]; slices.Contains(named, table) {
			n = i + 1
		}
	}
	if text == insertAttempt {
		n = len(addable)
	}
	needTexts.Store(text, n)
	return n
}

var needTexts sync.Map // a statement's text to what it needs

// words are the names and keywords of a statement.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return !(r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	})
}
