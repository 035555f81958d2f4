package storage

import (
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// pending is a row that waits to be inserted.
type pending struct {
	table int // of addable
	args  []any
}

// add keeps the row with its member: one that fails before the row is needed
// leaves nothing behind. Where rows may not wait, each is inserted at once.
func (m *member) add(text string, args []any) error {
	if err := m.barred(); err != nil {
		return err
	}
	if m.prompt {
		return m.addNow(text, args)
	}
	m.waits = append(m.waits, pending{slices.Index(addable, text), plain(args)})
	return nil
}

func (m *member) addNow(text string, args []any) error {
	n, err := m.exec(text, args)
	if err == nil && n == 0 {
		return pay.ErrExists
	}
	return err
}

// take gives the rows that wait for the first n tables of addable, by table and
// in the order of the members. They are to be inserted now, so that what
// becomes of a member later spoils the group.
func (s *lockstep) take(n int) [][][]any {
	rows := make([][][]any, n)
	for _, m := range s.members {
		kept := m.waits[:0]
		for _, p := range m.waits {
			if p.table < n {
				rows[p.table] = append(rows[p.table], p.args)
				m.wrote = true
			} else {
				kept = append(kept, p)
			}
		}
		clear(m.waits[len(kept):])
		m.waits = kept
	}
	return rows
}

// before is how many tables must be complete before the members' statements run.
func before(asking []*member) (n int) {
	for _, m := range asking {
		n = max(n, needs(m.asks.text))
	}
	return n
}
