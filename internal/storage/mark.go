package storage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// markRow is a mark as its table keeps it.
type markRow struct {
	ID   string
	Body [32]byte
	Ref  string
}

var marks = table[markRow]{
	name:    "mark",
	columns: strings.Fields("id body ref"),
	fields:  func(m *markRow) []any { return []any{&m.ID, digest{&m.Body}, &m.Ref} },
}

var (
	markByID   = marks.find("WHERE id = $1")
	insertMark = marks.insert()
)

// markID is 128 bits of the SHA-256 of what a mark is found by, each part with
// its length before it: two different marks do not meet.
func markID(partnerID, scope string, kind pay.MarkKind, key, day string) string {
	h := sha256.New()
	var length [4]byte
	for _, part := range []string{partnerID, scope, string(kind), key, day} {
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.EncodeToString(h.Sum(sum[:0])[:16])
}

func (r reader) Mark(partnerID, scope string, kind pay.MarkKind, key, day string) (pay.Mark, error) {
	found, err := r.q.marked(markID(partnerID, scope, kind, key, day))
	if err != nil {
		return pay.Mark{}, err
	}
	return pay.Mark{PartnerID: partnerID, Scope: scope, Kind: kind, Key: key, Day: day, Body: found.Body, Ref: found.Ref}, nil
}

func (t tx) InsertMark(m pay.Mark) error {
	id := markID(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
	return t.db.mark(markRow{id, m.Body, m.Ref})
}

// markedBy and markThrough keep marks where one index of the table finds them.
func markedBy(q querier, id string) (markRow, error) { return marks.one(q, markByID, id) }

func markThrough(c conn, m markRow) error {
	n, err := c.exec(insertMark, marks.values(&m))
	if err == nil && n == 0 {
		return pay.ErrExists
	}
	return err
}
