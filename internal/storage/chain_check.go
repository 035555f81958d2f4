package storage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// chainInvariants find what was altered behind the program's back. Blocks come
// first: rows are held against them.
var chainInvariants = []Invariant{
	{Name: "chain-block", Of: "the", Says: "each block of the chain is as it was written, and follows the one before", find: (*Snapshot).findBlocks},
	{Name: "chain-row", Of: "the", Says: "acts, and what moved money, are as the program wrote them", find: (*Snapshot).findRows},
}

var everyBlock = blocks.find("ORDER BY number")

// blockWalk follows the chain from its first block.
type blockWalk struct {
	visit func(Violation) error
	prior pay.Block  // the block before
	hash  string     // of what it holds
	doubt *Violation // about it, until another place says which of its two hashes was there first
}

func (s *Snapshot) findBlocks(visit func(Violation) error) error {
	w := blockWalk{visit: visit}
	if err := blocks.visit(s, everyBlock, nil, w.step); err != nil {
		return err
	}
	head, err := reader{s}.Setting(settingHead)
	if err != nil && !errors.Is(err, pay.ErrNotFound) {
		return err
	}
	return w.end(head)
}

// step judges one block.
func (w *blockWalk) step(b pay.Block) error {
	if next := w.prior.Number + 1; b.Number > next {
		if err := w.settle(""); err != nil {
			return err
		}
		if err := w.visit(goneBlocks(next, b.Number-1)); err != nil {
			return err
		}
		w.prior = pay.Block{Number: b.Number - 1, Hash: b.Previous}
		if b.Transfers == 0 {
			w.prior.UpTo = b.UpTo
		}
	}
	if err := w.settle(b.Previous); err != nil {
		return err
	}
	v, wrong := w.judge(b)
	w.prior, w.hash = b, blockHash(&b)
	switch {
	case wrong && w.hash != b.Hash:
		w.doubt = &v
	case wrong:
		return w.visit(v)
	}
	return nil
}

// settle tells of a doubtful block, given the hash that another place has of
// it.
func (w *blockWalk) settle(known string) error {
	if w.doubt == nil {
		return nil
	}
	v := *w.doubt
	w.doubt = nil
	if known == w.hash {
		v.ID = blockName(w.prior.Number) + ", column hash"
		w.prior.Hash = w.hash
	}
	return w.visit(v)
}

func blockName(number int64) string { return "block " + strconv.FormatInt(number, 10) }

func goneBlocks(first, last int64) Violation {
	v := Violation{ID: blockName(first), Want: "it", Got: "none: it was deleted, or its number was altered"}
	if last > first {
		v.ID = fmt.Sprintf("blocks %d to %d", first, last)
		v.Want = "them"
	}
	return v
}

// judge holds a block against its hash, the block before and its own leaves.
func (w *blockWalk) judge(b pay.Block) (Violation, bool) {
	should := derived(b, w.prior)
	hash := blockHash(&b)
	v := Violation{ID: blockName(b.Number), Want: "what hashes to " + b.Hash, Got: "what hashes to " + hash}
	var wrong []string
	for _, c := range blockColumns {
		fixed := b
		c.fix(&fixed, should)
		if fixed == b {
			continue
		}
		if hash != b.Hash && blockHash(&fixed) == b.Hash {
			v.ID += ", column " + c.name
			return v, true
		}
		wrong = append(wrong, c.name)
	}
	switch {
	case hash != b.Hash && len(wrong) > 0:
		v.ID += ", column leaves"
	case hash != b.Hash:
		v.ID += ", column leaves or sealed_at"
	case len(wrong) > 0:
		v.ID += ", column " + strings.Join(wrong, " or ")
		v.Want, v.Got = "what its leaves and the block before say", "something else, and a hash that fits it"
	}
	return v, hash != b.Hash || len(wrong) > 0
}

// blockColumns are those that can be told from the rest.
var blockColumns = []struct {
	name string
	fix  func(b *pay.Block, should pay.Block)
}{
	{"number", func(b *pay.Block, should pay.Block) { b.Number = should.Number }},
	{"kind", func(b *pay.Block, should pay.Block) { b.Kind = should.Kind }},
	{"upto", func(b *pay.Block, should pay.Block) { b.UpTo = should.UpTo }},
	{"transfers", func(b *pay.Block, should pay.Block) { b.Transfers = should.Transfers }},
	{"late", func(b *pay.Block, should pay.Block) { b.Late = should.Late }},
	{"previous", func(b *pay.Block, should pay.Block) { b.Previous = should.Previous }},
}

// derived is a block as its leaves and the block before say that it should be.
func derived(b, prior pay.Block) pay.Block {
	late := make(map[string]bool)
	for _, id := range lines(b.Late) {
		late[id] = true
	}
	var isLate []string
	cleared := false
	b.UpTo, b.Transfers = prior.UpTo, 0
	for _, line := range lines(b.Leaves) {
		l := parseLeaf(line, b.Number)
		cleared = cleared || l.kind == leafCleared
		switch {
		case l.kind != leafTransfer:
		case late[l.id], l.id <= b.UpTo:
			isLate = append(isLate, l.id)
		default:
			b.UpTo, b.Transfers = l.id, b.Transfers+1
		}
	}
	b.Late = strings.Join(isLate, "\n")
	b.Number, b.Previous = prior.Number+1, prior.Hash
	b.Kind = kindOf(b, cleared)
	return b
}

func kindOf(b pay.Block, cleared bool) pay.BlockKind {
	switch {
	case cleared:
		return pay.BlockCleared
	case b.Number > 1:
		return pay.BlockPlain
	case b.Leaves == "" && b.Kind != pay.BlockAdopted:
		return pay.BlockFirst
	}
	return pay.BlockAdopted
}

// end holds the last block against what the setting says of the chain's end.
func (w *blockWalk) end(head string) error {
	number, hash, _ := strings.Cut(head, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if n == w.prior.Number {
		if err := w.settle(hash); err != nil {
			return err
		}
	} else if err := w.settle(""); err != nil {
		return err
	}
	should := ""
	if w.prior.Number > 0 {
		should = headText(w.prior)
	}
	switch {
	case should == head:
		return nil
	case err == nil && n > w.prior.Number:
		return w.visit(goneBlocks(w.prior.Number+1, n))
	}
	return w.visit(Violation{ID: "setting " + settingHead, Want: should, Got: head})
}
