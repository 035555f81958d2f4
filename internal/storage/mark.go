package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var marks = table[pay.Mark]{
	name:    "mark",
	columns: strings.Fields("partner_id scope kind mark_key day body ref"),
	fields: func(m *pay.Mark) []any {
		return []any{&m.PartnerID, &m.Scope, (*string)(&m.Kind), &m.Key, &m.Day, digest{&m.Body}, &m.Ref}
	},
}

var (
	markByKey  = marks.find("WHERE partner_id = $1 AND scope = $2 AND kind = $3 AND mark_key = $4 AND day = $5")
	insertMark = marks.insert()
)

func (r reader) Mark(partnerID, scope string, kind pay.MarkKind, key, day string) (pay.Mark, error) {
	return marks.one(r.q, markByKey, partnerID, scope, string(kind), key, day)
}

func (t tx) InsertMark(m pay.Mark) error { return t.insert(insertMark, marks.values(&m)) }
