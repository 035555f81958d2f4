package storage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// The chain seals rows, each as a leaf: a line with its kind, its id and a
// SHA-256 over what the program wrote into it. Leaves make blocks, and each
// block carries the hash of the one before. What moves money has its digest in
// its own row, from the transaction that wrote it, so that a payment writes
// not one row more; whoever seals reads them in the order of their ids. What
// is rare waits in the table leaf.

// The kinds of leaf.
const (
	leafTransfer   = "transfer"
	leafPayment    = "payment"
	leafRefund     = "refund"
	leafSettlement = "settlement"
	leafAct        = "act"
	leafOutcome    = "outcome" // of an act
	leafCleared    = "cleared" // the books were cleared
)

// covered is what is sealed of a table's rows.
type covered struct {
	leaf    string
	table   string
	id      string   // expression
	columns []string // that the digest is over, in this order
	digest  string   // expression: the digest in the row; '' in quotes: there is none
	when    string   // which rows are sealed
	by      string   // column that rows are looked up by
	key     func(id string) string
	money   bool // it is gone when the books are cleared
}

var coveredTables = []covered{
	{leaf: leafTransfer, table: "transfer", id: "id", columns: transferColumns, digest: "digest", when: "1 = 1", by: "id", key: itself, money: true},
	{leaf: leafPayment, table: "payment", id: "ref", columns: paymentColumns, digest: "digest", when: "1 = 1", by: "ref", key: itself, money: true},
	{leaf: leafRefund, table: "refund", id: "ref", columns: refundColumns, digest: "digest", when: "1 = 1", by: "ref", key: itself, money: true},
	{leaf: leafSettlement, table: "settlement", id: "day || ' ' || id", columns: settlements.columns, digest: "''", when: "1 = 1", by: "day", key: settledDay, money: true},
	{leaf: leafAct, table: "audit", id: "id", columns: actColumns, digest: "''", when: "1 = 1", by: "id", key: itself},
	{leaf: leafOutcome, table: "audit", id: "id", columns: []string{"id", "outcome"}, digest: "''", when: "outcome <> ''", by: "id", key: itself},
}

// What a payment was refunded may change; the sum of its refunds is checked
// against it. A transfer's postings follow its own columns.
var (
	transferColumns = append(slices.Clone(transfers.columns), "day")
	legColumns      = []string{"account", "amount", "leg"}
	refunded        = slices.Index(payments.columns, "refunded")
	paymentColumns  = append(slices.Delete(slices.Clone(payments.columns), refunded, refunded+1), "day")
	refundColumns   = append(slices.Clone(refunds.columns), "day")
	actColumns      = slices.DeleteFunc(slices.Clone(acts.columns), func(c string) bool { return c == "outcome" })
)

func itself(id string) string { return id }

// settledDay is the day at the beginning of a settlement's id.
func settledDay(id string) string {
	day, _, _ := strings.Cut(id, " ")
	return day
}

// paymentDigest is over paymentColumns, given the values of an insert.
func paymentDigest(values []any) string {
	return stamp(values[:refunded], values[refunded+1:])
}

// stamp is what the column digest of a row holds: a SHA-256 over values, and
// two characters for each that tell which of them was altered. Base64url.
func stamp(parts ...[]any) string {
	var rowRoom [1024]byte
	var room [192]byte
	row, text := rowRoom[:0], room[:sumLength]
	for _, values := range parts {
		for _, v := range values {
			at := len(row)
			row = appendPlain(row, v)
			text = appendCheck(text, row[at:])
		}
	}
	sum := sha256.Sum256(row)
	base64.RawURLEncoding.Encode(text, sum[:])
	return string(text)
}

// sumLength is the length of a SHA-256 in base64url, with which a stamp begins.
const sumLength = 43

// appendPlain writes a value as it is in the database.
func appendPlain(b []byte, v any) []byte {
	switch v := v.(type) {
	case int:
		return appendValue(b, int64(v))
	case moment:
		return appendValue(b, micros(*v.t))
	}
	return appendValue(b, v)
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// appendCheck adds 12 bits about a value, in two characters: a sum of its bytes,
// each weighted by its place among eight. Another byte in place of one changes
// it for certain, because no difference times a weight is a multiple of the
// prime. Eight bytes are added at a time, in lanes of 16 bits, which hold the
// sums of values up to 2,000 bytes.
func appendCheck(b, value []byte) []byte {
	const prime, lanes = 4093, 0x00ff00ff00ff00ff
	var even, odd, sum uint64
	for ; len(value) >= 8; value = value[8:] {
		x := binary.LittleEndian.Uint64(value)
		even, odd = even+x&lanes, odd+x>>8&lanes
	}
	for i, c := range value {
		sum += uint64(i+1) * uint64(c)
	}
	for i := range uint64(4) {
		sum += (2*i+1)*(even>>(16*i)&0xffff) + (2*i+2)*(odd>>(16*i)&0xffff)
	}
	sum %= prime
	return append(b, base64url[sum>>6], base64url[sum&63])
}

// sumOf is the SHA-256 of a stamp; of what is none, all of it.
func sumOf(stamp string) string { return stamp[:min(len(stamp), sumLength)] }

// leaf is a line of a block, or a row that waits to become one.
type leaf struct {
	kind, id string
	stamp    string // of what has none in its own row, or only the SHA-256
	found    bool   // the program had not written a digest: the row is older than the chain
	block    int64  // 0: it waits
}

func (l leaf) line() string {
	line := l.kind + " " + url.QueryEscape(l.id) + " " + l.stamp
	if l.found {
		line += " found"
	}
	return line
}

// parseLeaf reads a line; what is none has no kind.
func parseLeaf(line string, block int64) leaf {
	words := strings.Split(line, " ")
	found := len(words) == 4 && words[3] == "found"
	if len(words) != 3 && !found {
		return leaf{block: block}
	}
	id, err := url.QueryUnescape(words[1])
	if err != nil {
		return leaf{block: block}
	}
	return leaf{words[0], id, words[2], found, block}
}

// lines are those of a text that may be empty.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// blockHash is over everything in a block but the hash itself.
func blockHash(b *pay.Block) string {
	return sumOf(stamp([]any{
		b.Number, string(b.Kind), micros(b.At), b.UpTo, b.Transfers, b.Late, b.Previous, b.Leaves,
	}))
}

// sealed is a covered row as it stands.
type sealed struct {
	values []any
	stamp  string // in the row; empty: there is none
}

// rows reads covered rows by their ids.
func (c covered) rows(q querier, ids []string) (map[string]sealed, error) {
	found := make(map[string]sealed, len(ids))
	for some := range slices.Chunk(ids, keysAtOnce) {
		if err := c.read(q, some, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// keysAtOnce is how many rows one statement looks up.
const keysAtOnce = 500

func (c covered) read(q querier, ids []string, found map[string]sealed) error {
	keys := make([]any, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if k := c.key(id); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	text := "SELECT " + c.id + ", " + c.digest + ", " + strings.Join(c.columns, ", ") +
		" FROM " + c.table + " WHERE " + c.when + " AND " + c.by + " IN (" + marksUpTo(len(keys)) + ")"
	if err := c.scan(q, text, keys, func(id string, row sealed) { found[id] = row }); err != nil {
		return err
	}
	if c.leaf != leafTransfer {
		return nil
	}
	return readLegs(q, keys, found)
}

// scan visits rows that begin with their id and their digest.
func (c covered) scan(q querier, text string, args []any, visit func(id string, row sealed)) error {
	return q.query(text, args, func(r row) error {
		var id string
		row := sealed{values: make([]any, len(c.columns))}
		into := []any{&id, &row.stamp}
		for i := range row.values {
			into = append(into, &row.values[i])
		}
		if err := r.Scan(into...); err != nil {
			return fmt.Errorf("storage: read a row of %s: %w", c.table, err)
		}
		visit(id, row)
		return nil
	})
}

// readLegs adds the postings to their transfers.
func readLegs(q querier, ids []any, found map[string]sealed) error {
	text := "SELECT transfer_id, " + strings.Join(legColumns, ", ") + " FROM posting WHERE transfer_id IN (" +
		marksUpTo(len(ids)) + ") ORDER BY transfer_id, leg"
	return q.query(text, ids, func(r row) error {
		var id string
		var leg [3]any
		if err := r.Scan(&id, &leg[0], &leg[1], &leg[2]); err != nil {
			return fmt.Errorf("storage: read a row of posting: %w", err)
		}
		if t, ok := found[id]; ok {
			t.values = append(t.values, leg[:]...)
			found[id] = t
		}
		return nil
	})
}

// marksUpTo are the parameters from $1 to a number.
func marksUpTo(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String()
}
