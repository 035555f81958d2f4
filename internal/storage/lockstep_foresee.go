package storage

import (
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// Foresee has things read with the next round trip of all, where a statement
// costs one.
func (t tx) Foresee(f pay.Foreseen) {
	m, ok := t.db.(*member)
	if !ok || m.prompt || m.over {
		return
	}
	m.foresee(payerByID, f.PayerID)
	m.foresee(codeByRef, f.CodeRef)
	m.foresee(partnerByID, f.PartnerID)
	m.foresee(merchantByID, f.PartnerID, f.MerchantID)
}

func (m *member) foresee(text string, names ...any) {
	if !slices.Contains(names, any("")) {
		m.foreseen = append(m.foreseen, &ask{text: text, args: names})
	}
}

// foretold is what was foreseen of a statement, answered or not yet, for once;
// nil: nothing was.
func (m *member) foretold(text string, args []any) *ask {
	i := slices.IndexFunc(m.foreseen, func(a *ask) bool { return a.text == text && slices.Equal(a.args, args) })
	if i < 0 {
		return nil
	}
	a := m.foreseen[i]
	m.foreseen = slices.Delete(m.foreseen, i, i+1)
	if i < m.fetching {
		m.fetching--
	}
	return a
}

// fetch gives what members have foreseen and what was not sent yet.
func (s *lockstep) fetch() (asks []*ask) {
	for _, m := range s.members {
		if m.aside || m.over {
			continue
		}
		asks = append(asks, m.foreseen[m.fetching:]...)
		m.fetching = len(m.foreseen)
	}
	return asks
}
