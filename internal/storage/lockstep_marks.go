package storage

import (
	"cmp"
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// mark keeps the mark with its member and takes it for made. Where it turns out
// to be another's, the member starts over.
func (m *member) mark(row markRow) error {
	if err := m.barred(); err != nil {
		return err
	}
	switch {
	case m.asking:
		return markThrough(m, row)
	case slices.ContainsFunc(m.claims, func(c markRow) bool { return c.ID == row.ID }):
		return pay.ErrExists // its own
	}
	m.claims = append(m.claims, row)
	return nil
}

// claiming reports whether there are marks to be sent.
func (s *lockstep) claiming() bool {
	return slices.ContainsFunc(s.members, func(m *member) bool { return !m.aside && m.claimed < len(m.claims) })
}

// claim gives the marks that wait, each once and in their order, so that no two
// lanes want the same crosswise, and who wants each first.
func (s *lockstep) claim() (rows []markRow, by map[string]*member) {
	by = make(map[string]*member)
	for _, m := range s.members {
		if m.aside {
			continue
		}
		for _, c := range m.claims[m.claimed:] {
			if by[c.ID] == nil {
				by[c.ID] = m
				rows = append(rows, c)
			}
		}
	}
	slices.SortFunc(rows, func(a, b markRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows, by
}

// settle heeds which marks were had of those that were sent. A member that has
// not got all of its own starts over, or is put aside if it has left something.
func (s *lockstep) settle(had map[string]*member) {
	for _, m := range s.members {
		if m.aside || m.claimed == len(m.claims) {
			continue
		}
		lost := false
		for _, c := range m.claims[m.claimed:] {
			lost = lost || had[c.ID] != m
			m.wrote = m.wrote || had[c.ID] == m
		}
		m.claimed = len(m.claims)
		switch {
		case !lost:
		case m.wrote || (m.asks != nil && m.asks.writes && m.asks.affected > 0):
			m.wrote = true
			s.putAside(m)
		default:
			s.startOver(m)
		}
	}
}

// mark adds the statement that makes marks, and notes whose were made.
func (t *trip) mark(rows []markRow, by, had map[string]*member) {
	if len(rows) == 0 {
		return
	}
	values := make([][]any, len(rows))
	for i := range rows {
		values[i] = plain(marks.values(&rows[i]))
	}
	text, args := insertTogether(insertMark, values)
	t.together(insertMark, text+orNothing+" RETURNING "+keyColumn[insertMark], args, func(made *ask) error {
		for _, r := range made.rows {
			var id string
			if err := r.Scan(&id); err != nil {
				return err
			}
			had[id] = by[id]
		}
		return nil
	})
}
