package storage

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

const (
	// adoptedFor is how long nodes of the version before, which write no
	// digests, may work on books beside those of this one.
	adoptedFor = 24 * time.Hour
	// lateFor is how long a transfer may wait for a block after the chain has
	// passed its place: those who seal look so far back every few seconds.
	lateFor = 2 * time.Minute
)

var (
	blocksAfter  = "SELECT number, kind, sealed_at, upto, leaves FROM block WHERE number > $1 ORDER BY number LIMIT $2"
	lateInBlocks = "SELECT late FROM block WHERE late <> '' AND number > $1"
	lastCleared  = "SELECT COALESCE(MAX(number), 0) FROM block WHERE kind = 'cleared'"
	firstOfChain = "SELECT kind, sealed_at FROM block WHERE number = 1"
	everyWaiting = "SELECT kind, id, digest FROM leaf ORDER BY kind, id"
)

// blocksAtOnce is how many blocks are held against rows at a time.
const blocksAtOnce = 16

// rowWalk holds the rows against the leaves, block by block.
type rowWalk struct {
	*Snapshot
	visit func(Violation) error

	now     time.Time
	cleared int64     // number of the block that says that the books were cleared
	adopted bool      // rows without digests may be older than the chain
	until   time.Time // when the last such row may have been written
	late    []string  // transfers that are in later blocks than their ids say, sorted
	after   string    // id of the newest transfer in order so far

	counts  map[string]int             // leaves that have a row, by kind
	missing map[string]bool            // kinds of which a row is gone
	tail    map[string]map[string]bool // what is in no block yet, by kind and id
}

func (s *Snapshot) findRows(visit func(Violation) error) error {
	w := rowWalk{
		Snapshot: s, visit: visit, now: time.Now(),
		counts: make(map[string]int), missing: make(map[string]bool), tail: make(map[string]map[string]bool),
	}
	for _, step := range []func() error{w.begin, w.blocks, w.unsealed, w.waiting, w.strangers} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *rowWalk) begin() (err error) {
	if w.cleared, err = scalar[int64](w, lastCleared); err != nil {
		return err
	}
	late, err := texts(w, lateInBlocks, w.cleared)
	if err != nil {
		return err
	}
	for _, ids := range late {
		w.late = append(w.late, lines(ids)...)
	}
	slices.Sort(w.late)
	cleared, err := scalar[int64](w, "SELECT COUNT(*) FROM leaf WHERE kind = 'cleared'")
	if cleared > 0 {
		w.cleared, w.late = math.MaxInt64, nil
	}
	if err != nil {
		return err
	}
	w.adopted, w.until = true, w.now // until there is a chain
	return w.query(firstOfChain, nil, func(r row) error {
		var first pay.Block
		err := r.Scan((*string)(&first.Kind), moment{&first.At})
		w.adopted, w.until = first.Kind == pay.BlockAdopted, first.At.Add(adoptedFor)
		return err
	})
}

func (w *rowWalk) blocks() error {
	for last := int64(0); ; {
		var some []pay.Block
		err := w.query(blocksAfter, []any{last, blocksAtOnce}, func(r row) error {
			var b pay.Block
			err := r.Scan(&b.Number, (*string)(&b.Kind), moment{&b.At}, &b.UpTo, &b.Leaves)
			some = append(some, b)
			return err
		})
		if err != nil || len(some) == 0 {
			return err
		}
		if err := w.chunk(some); err != nil {
			return err
		}
		last = some[len(some)-1].Number
	}
}

// chunk holds the rows of some blocks against their leaves.
func (w *rowWalk) chunk(some []pay.Block) error {
	here, upTo := make(leavesByKind), w.after
	for _, b := range some {
		for _, line := range lines(b.Leaves) {
			l := parseLeaf(line, b.Number)
			if !w.counted(l) {
				continue
			}
			if l.found && !w.excused(b.At) {
				if err := w.visit(withoutDigest(l)); err != nil {
					return err
				}
			}
			here.add(l)
		}
		if b.Number >= w.cleared || w.cleared == math.MaxInt64 {
			upTo = max(upTo, b.UpTo)
		}
	}
	if err := w.compare(here); err != nil {
		return err
	}
	after := w.after
	w.after = upTo
	return w.between(after, upTo, here[leafTransfer])
}

// leavesByKind are leaves by kind and id.
type leavesByKind map[string]map[string]leaf

func (k leavesByKind) add(l leaf) {
	if k[l.kind] == nil {
		k[l.kind] = make(map[string]leaf)
	}
	k[l.kind][l.id] = l
}

// counted reports whether a leaf's row should be there.
func (w *rowWalk) counted(l leaf) bool {
	i := slices.IndexFunc(coveredTables, func(c covered) bool { return c.leaf == l.kind })
	return i >= 0 && !(coveredTables[i].money && l.block < w.cleared && l.block > 0)
}

// excused reports whether what was written at a time may lack a digest.
func (w *rowWalk) excused(at time.Time) bool { return w.adopted && !at.After(w.until) }

func withoutDigest(l leaf) Violation {
	return Violation{ID: l.kind + " " + l.id + ", column digest", Want: "a digest", Got: "none: it was not this program that wrote the row"}
}

// compare holds rows against their leaves.
func (w *rowWalk) compare(leaves leavesByKind) error {
	for _, c := range coveredTables {
		w.counts[c.leaf] += len(leaves[c.leaf])
		for some := range slices.Chunk(slices.Sorted(maps.Keys(leaves[c.leaf])), keysAtOnce) {
			rows, err := c.rows(w, some)
			if err != nil {
				return err
			}
			for _, id := range some {
				row, there := rows[id]
				w.missing[c.leaf] = w.missing[c.leaf] || !there
				if v, wrong := c.judge(leaves[c.leaf][id], row, there); wrong {
					if err := w.visit(v); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

const deleted = "none: it was deleted, or its key was altered"

// judge holds a row against its leaf.
func (c covered) judge(l leaf, row sealed, there bool) (Violation, bool) {
	v := Violation{ID: c.table + " " + l.id, Want: l.place(), Got: "other values"}
	if !there {
		v.Got = deleted
		return v, true
	}
	stamped, known := stamp(row.values), l.stamp
	if len(known) == sumLength && sumOf(row.stamp) == known {
		known = row.stamp
	}
	switch columns := c.altered(known, stamped); {
	case sumOf(stamped) != sumOf(known) && columns != "":
		v.ID += ", " + columns
	case sumOf(stamped) != sumOf(known) && l.block > 0:
	case sumOf(stamped) != sumOf(known) && c.inRow():
		v.ID, v.Got = v.ID+", column digest", row.stamp
	case sumOf(stamped) != sumOf(known):
		v.ID, v.Got = l.name()+", column digest", known
	case c.inRow() && (row.stamp != "") == l.found, c.inRow() && !l.found && row.stamp != stamped:
		v.ID, v.Got = v.ID+", column digest", row.stamp
	case len(known) > sumLength && known != stamped:
		v.ID, v.Got = l.name()+", column digest", known
	default:
		return v, false
	}
	return v, true
}

// inRow reports whether the rows carry their digests.
func (c covered) inRow() bool { return c.digest != "''" }

func (l leaf) name() string { return "leaf " + l.kind + " " + l.id }

func (l leaf) place() string {
	if l.block == 0 {
		return "what its digest says"
	}
	return fmt.Sprintf("what block %d has sealed", l.block)
}

// altered names the columns whose part of a stamp is not that of another, of
// the row or of its postings.
func (c covered) altered(was, is string) string {
	if len(was) <= sumLength {
		return ""
	}
	var names []string
	if len(was) != len(is) {
		names = append(names, "a posting more or less")
	}
	for i := range (min(len(was), len(is)) - sumLength) / 2 {
		at := sumLength + 2*i
		if was[at:at+2] != is[at:at+2] {
			names = append(names, c.columnOf(i))
		}
	}
	return strings.Join(names, ", ")
}

func (c covered) columnOf(i int) string {
	if i < len(c.columns) {
		return "column " + c.columns[i]
	}
	i -= len(c.columns)
	return fmt.Sprintf("posting %d column %s", i/len(legColumns), legColumns[i%len(legColumns)])
}

// between looks for transfers that are in no block though others of later ids
// are.
func (w *rowWalk) between(after, upTo string, here map[string]leaf) error {
	if upTo == after {
		return nil
	}
	first, _ := slices.BinarySearch(w.late, after+"\x00")
	end, _ := slices.BinarySearch(w.late, upTo+"\x00")
	late := w.late[first:end]
	expected := len(late)
	for id := range here {
		if _, isLate := slices.BinarySearch(w.late, id); !isLate {
			expected++
		}
	}
	there, err := scalar[int](w, countTransfers, after, upTo)
	if err != nil || there == expected && !w.missing[leafTransfer] {
		return err
	}
	ids, err := texts(w, transferIDs, after, upTo)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		_, isLate := slices.BinarySearch(late, id)
		_, isHere := here[id]
		return isLate || isHere
	})
	return w.passed(ids)
}

// passed tells of transfers that the chain has passed, unless they have just
// been committed.
func (w *rowWalk) passed(ids []string) error {
	for _, id := range ids {
		if at, ok := drawn(id); !ok || w.now.Sub(at) > lateFor {
			if err := w.visit(Violation{ID: "transfer " + id, Want: "a block that holds it", Got: inserted}); err != nil {
				return err
			}
		}
	}
	for some := range slices.Chunk(ids, keysAtOnce) {
		args := make([]any, len(some))
		for i, id := range some {
			args[i] = id
		}
		if _, err := w.own(causes+"WHERE t.id IN ("+marksUpTo(len(args))+")", args); err != nil {
			return err
		}
	}
	return nil
}

const inserted = "none: it was inserted, or the chain was altered"

// drawn is when a UUIDv7, or what ends with one, was drawn.
func drawn(id string) (time.Time, bool) {
	id = id[max(0, len(id)-36):]
	if len(id) != 36 || id[8] != '-' || id[14] != '7' {
		return time.Time{}, false
	}
	b, err := hex.DecodeString(id[:8] + id[9:13])
	if err != nil {
		return time.Time{}, false
	}
	var ms int64
	for _, c := range b {
		ms = ms<<8 | int64(c)
	}
	return time.UnixMilli(ms), true
}

// unsealed holds what no block holds yet against its own digests.
func (w *rowWalk) unsealed() error {
	for last := w.after; ; {
		ids, err := w.own(causes+"WHERE t.id > $1 ORDER BY t.id LIMIT $2", []any{last, keysAtOnce})
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
	}
}

// own holds transfers against their own digests, and what they were made for.
func (w *rowWalk) own(text string, args []any) (ids []string, err error) {
	m, err := moneyOf(w, text, args)
	if err != nil {
		return nil, err
	}
	for _, gone := range m.gone {
		if err := w.visit(Violation{ID: gone, Want: "it", Got: deleted}); err != nil {
			return nil, err
		}
	}
	here := make(leavesByKind)
	var at time.Time
	for _, l := range m.leaves {
		if l.kind == leafTransfer { // what it was made for follows it
			at, _ = drawn(l.id)
		}
		w.keep(l)
		if l.stamp != "" {
			here.add(l)
			continue
		}
		w.counts[l.kind]++
		if !w.excused(at) {
			if err := w.visit(withoutDigest(l)); err != nil {
				return nil, err
			}
		}
	}
	return m.ids, w.compare(here)
}

// keep notes what is in no block, but known.
func (w *rowWalk) keep(l leaf) {
	if w.tail[l.kind] == nil {
		w.tail[l.kind] = make(map[string]bool)
	}
	w.tail[l.kind][l.id] = true
}

// waiting holds acts and settlements that wait against their digests.
func (w *rowWalk) waiting() error {
	here := make(leavesByKind)
	err := w.query(everyWaiting, nil, func(r row) error {
		var l leaf
		if err := r.Scan(&l.kind, &l.id, &l.stamp); err != nil {
			return err
		}
		i := slices.IndexFunc(coveredTables, func(c covered) bool { return c.leaf == l.kind })
		switch {
		case i >= 0 && !coveredTables[i].inRow():
			here.add(l)
			w.keep(l)
		case l.kind != leafCleared || l.id != "" || l.stamp != "":
			return w.visit(Violation{ID: l.name(), Want: "an act or a settlement that waits", Got: "something else"})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.compare(here)
}

// strangers looks for rows that nothing in the chain knows.
func (w *rowWalk) strangers() error {
	for _, c := range coveredTables {
		if c.leaf == leafTransfer {
			continue // their ids are in order, and were looked at
		}
		there, err := scalar[int](w, "SELECT COUNT(*) FROM "+c.table+" WHERE "+c.when)
		if err != nil {
			return err
		}
		if there == w.counts[c.leaf] && !w.missing[c.leaf] {
			continue
		}
		if err := w.strangersIn(c); err != nil {
			return err
		}
	}
	return nil
}

func (w *rowWalk) strangersIn(c covered) error {
	known := maps.Clone(w.tail[c.leaf])
	if known == nil {
		known = make(map[string]bool)
	}
	err := w.query(leavesFrom, []any{0}, func(r row) error {
		var b pay.Block
		err := r.Scan(&b.Number, &b.Leaves)
		for _, line := range lines(b.Leaves) {
			if l := parseLeaf(line, b.Number); l.kind == c.leaf && w.counted(l) {
				known[l.id] = true
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	ids, err := texts(w, "SELECT "+c.id+" FROM "+c.table+" WHERE "+c.when+" ORDER BY 1")
	for i, id := range ids {
		v := Violation{ID: c.table + " " + id, Want: "a leaf in the chain", Got: inserted}
		at, ok := drawn(id)
		switch {
		case i > 0 && ids[i-1] == id:
			v.Want, v.Got = "one", "more: one was inserted"
		case known[id], !c.inRow() && ok && w.excused(at):
			continue
		}
		if err := w.visit(v); err != nil {
			return err
		}
	}
	return err
}
