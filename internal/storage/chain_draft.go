package storage

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var blocks = table[pay.Block]{
	name:    "block",
	columns: strings.Fields("number kind sealed_at upto transfers late previous hash leaves"),
	fields: func(b *pay.Block) []any {
		return []any{
			&b.Number, (*string)(&b.Kind), moment{&b.At}, &b.UpTo, &b.Transfers, &b.Late, &b.Previous, &b.Hash, &b.Leaves,
		}
	},
}

var (
	lastBlock   = "SELECT number, upto, hash FROM block ORDER BY number DESC LIMIT 1"
	insertBlock = blocks.insert()
	anyLeaf     = "SELECT 1 FROM leaf LIMIT 1"
	anyOlder    = "SELECT 1 FROM transfer WHERE digest = '' LIMIT 1"

	// causes are transfers with the payments and refunds that they were made for,
	// or the names of such that are not there.
	causes = `SELECT t.id, t.digest, COALESCE(p.ref, ''), COALESCE(p.digest, ''), COALESCE(r.ref, ''), COALESCE(r.digest, ''),
			CASE WHEN t.kind IN ('on-us', 'off-us') AND p.ref IS NULL THEN 'payment ' || t.ref
				WHEN t.kind = 'refund' AND r.ref IS NULL THEN 'refund ' || t.ref ELSE '' END
		FROM transfer AS t LEFT JOIN payment AS p ON p.ref = t.ref AND t.kind IN ('on-us', 'off-us')
		LEFT JOIN refund AS r ON r.ref = t.ref AND t.kind = 'refund' `

	insertLeaf = "INSERT INTO leaf (kind, id, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
	// That the books were cleared comes first: no block may hold what came
	// after that and leave it to a later one.
	takeLeaves = `WITH due AS MATERIALIZED (
			SELECT kind, id FROM leaf ORDER BY CASE kind WHEN 'cleared' THEN 0 ELSE 1 END, kind, id LIMIT $1)
		DELETE FROM leaf WHERE EXISTS (SELECT 1 FROM due WHERE due.kind = leaf.kind AND due.id = leaf.id)
		RETURNING kind, id, digest`
)

// leavesAtOnce is how many leaves that wait one block takes at most.
const leavesAtOnce = 1000

// settingHead names the setting that holds the chain's last number and hash, so
// that the last block too is missed when it is gone.
const settingHead = "storage.chain"

// Draft implements pay.Reader.
func (r reader) Draft(how pay.Drafting) (pay.Draft, error) {
	last, err := lastOf(r.q)
	if err != nil {
		return pay.Draft{}, err
	}
	if last.Number == 0 {
		return r.firstDraft()
	}
	d := drafting{reader: r, Draft: pay.Draft{Block: pay.Block{
		Number: last.Number + 1, Kind: pay.BlockPlain, UpTo: last.UpTo, Previous: last.Hash,
	}}}
	late, err := r.lateTransfers(last, how.Since, countedAtOnce)
	if err == nil {
		err = d.addLate(late)
	}
	if err == nil {
		err = d.addFresh(how)
	}
	if err == nil {
		d.Waiting, err = r.any(anyLeaf)
	}
	d.Leaves = strings.Join(d.lines, "\n")
	return d.Draft, err
}

// lastOf is the end of the chain: number, UpTo and hash of its last block; the
// zero Block when there is none.
func lastOf(q querier) (b pay.Block, err error) {
	err = q.query(lastBlock, nil, func(r row) error { return r.Scan(&b.Number, &b.UpTo, &b.Hash) })
	return b, err
}

func (r reader) any(text string) (bool, error) {
	_, err := scalar[int64](r.q, text)
	if errors.Is(err, pay.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// drafting is a draft on its way.
type drafting struct {
	reader
	pay.Draft
	lines []string
}

func (d *drafting) addFresh(how pay.Drafting) error {
	var w where
	w.and("t.id >", d.UpTo)
	w.and("t.id <", how.Before)
	text := causes + w.String() + " ORDER BY t.id LIMIT " + w.mark(how.Limit)
	fresh, err := d.read(text, w.args)
	if err != nil || len(fresh) == 0 {
		return err
	}
	d.UpTo, d.Transfers, d.Full = fresh[len(fresh)-1], int64(len(fresh)), len(fresh) == how.Limit
	return nil
}

func (d *drafting) addLate(ids []string) error {
	d.Late = strings.Join(ids, "\n")
	for some := range slices.Chunk(ids, keysAtOnce) {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		if _, err := d.read(causes+"WHERE t.id IN ("+marksUpTo(len(args))+") ORDER BY t.id", args); err != nil {
			return err
		}
	}
	return nil
}

// read adds the leaves of some transfers and gives their ids.
func (d *drafting) read(text string, args []any) ([]string, error) {
	m, err := moneyOf(d.q, text, args)
	if err != nil {
		return nil, err
	}
	return m.ids, d.add(m.leaves)
}

// money is some transfers as leaves, each with what it was made for.
type money struct {
	leaves []leaf
	ids    []string // of the transfers
	gone   []string // names of payments and refunds that are not there
}

// moneyOf reads what a form of causes selects.
func moneyOf(q querier, text string, args []any) (m money, err error) {
	err = q.query(text, args, func(r row) error {
		t, p, back := leaf{kind: leafTransfer}, leaf{kind: leafPayment}, leaf{kind: leafRefund}
		var gone string
		if err := r.Scan(&t.id, &t.stamp, &p.id, &p.stamp, &back.id, &back.stamp, &gone); err != nil {
			return err
		}
		m.ids = append(m.ids, t.id)
		for _, l := range []leaf{t, p, back} {
			if l.id != "" {
				m.leaves = append(m.leaves, l)
			}
		}
		if gone != "" {
			m.gone = append(m.gone, gone)
		}
		return nil
	})
	return m, err
}

// add writes leaves. The digest of rows that have none is made as they are
// found.
func (d *drafting) add(leaves []leaf) error {
	older := make(map[string][]string)
	for _, l := range leaves {
		if l.stamp == "" {
			older[l.kind] = append(older[l.kind], l.id)
		}
	}
	stamps := make(map[leaf]string)
	for _, c := range coveredTables {
		rows, err := c.rows(d.q, older[c.leaf])
		if err != nil {
			return err
		}
		for id, row := range rows {
			stamps[leaf{kind: c.leaf, id: id}] = stamp(row.values)
		}
	}
	for _, l := range leaves {
		if found := l.stamp == ""; found {
			l.stamp, l.found = stamps[l], true
		}
		l.stamp = sumOf(l.stamp)
		d.lines = append(d.lines, l.line())
	}
	return nil
}

// firstDraft begins the chain with the acts and settlements that are older than
// it. Transfers that are follow in the next blocks.
func (r reader) firstDraft() (pay.Draft, error) {
	d := drafting{reader: r, Draft: pay.Draft{Block: pay.Block{Number: 1, Kind: pay.BlockFirst}}}
	for _, c := range coveredTables {
		if c.digest != "''" {
			continue // its digests are in its rows
		}
		text := "SELECT " + c.id + ", '', " + strings.Join(c.columns, ", ") + " FROM " + c.table + " WHERE " + c.when +
			" AND NOT EXISTS (SELECT 1 FROM leaf WHERE kind = '" + c.leaf + "' AND leaf.id = " + c.qualified() + ") ORDER BY 1"
		err := c.scan(r.q, text, nil, func(id string, row sealed) {
			d.lines = append(d.lines, leaf{kind: c.leaf, id: id, stamp: stamp(row.values), found: true}.line())
		})
		if err != nil {
			return pay.Draft{}, err
		}
	}
	older, err := r.any(anyOlder)
	if older || len(d.lines) > 0 {
		d.Kind = pay.BlockAdopted
	}
	d.Leaves = strings.Join(d.lines, "\n")
	return d.Draft, err
}

// qualified is the id's expression where another table's columns are at hand.
func (c covered) qualified() string {
	if c.leaf == leafSettlement {
		return "settlement.day || ' ' || settlement.id"
	}
	return c.table + "." + c.id
}

// wait keeps a leaf for the next block.
func (t tx) wait(kind, id string, values []any) error {
	return t.insert(insertLeaf, []any{kind, id, stamp(values)})
}

// AppendBlock implements pay.Tx.
func (t tx) AppendBlock(b pay.Block) error {
	last, err := lastOf(t.q)
	if err != nil {
		return err
	}
	if last.Number+1 != b.Number || last.Hash != b.Previous {
		return pay.ErrChainGrown
	}
	if b.Kind == pay.BlockPlain {
		if err := t.takeLeaves(&b, last.UpTo); err != nil {
			return err
		}
		if b.Leaves == "" {
			return nil
		}
	}
	b.Hash = blockHash(&b)
	if err := t.insert(insertBlock, blocks.values(&b)); err != nil {
		return err
	}
	return t.PutSetting(settingHead, headText(b))
}

// headText is a block's number and hash.
func headText(b pay.Block) string { return strconv.FormatInt(b.Number, 10) + ":" + b.Hash }

// takeLeaves adds what waits to a block. If the books were cleared meanwhile,
// none of the money in the draft is there any more.
func (t tx) takeLeaves(b *pay.Block, upTo string) error {
	var taken []string
	err := t.db.returning(takeLeaves, []any{leavesAtOnce}, func(r row) error {
		var l leaf
		if err := r.Scan(&l.kind, &l.id, &l.stamp); err != nil {
			return err
		}
		if l.kind == leafCleared {
			b.Kind = pay.BlockCleared
		}
		taken = append(taken, l.line())
		return nil
	})
	if err != nil {
		return err
	}
	if b.Kind == pay.BlockCleared {
		b.UpTo, b.Transfers, b.Late, b.Leaves = upTo, 0, "", ""
	}
	slices.Sort(taken)
	b.Leaves = strings.Join(append(lines(b.Leaves), taken...), "\n")
	return nil
}
