package pay

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Block is one link of the chain in which everything that moved money and
// every act is sealed: it carries a digest of each and the hash of the block
// before it.
type Block struct {
	Number    int64 // from 1, without gaps
	Kind      BlockKind
	At        time.Time // real time
	UpTo      string    // id of the newest transfer that is sealed in order
	Transfers int64     // sealed in order: their ids are after the UpTo of the block before
	Late      string    // ids of those that were committed too late for their place, a line each
	Previous  string    // hash of the block before
	Hash      string    // SHA-256 in base64url of all else
	Leaves    string    // what is sealed, a line each
}

// BlockKind says what a block is besides the next one.
type BlockKind string

// The kinds of block.
const (
	BlockFirst   BlockKind = "first"   // of books that began with their chain
	BlockAdopted BlockKind = "adopted" // the first one, of books that are older than their chain
	BlockCleared BlockKind = "cleared" // the books were cleared: what moved before it is gone
	BlockPlain   BlockKind = "plain"
)

// Draft is the next block as far as it can be told before the transaction that
// appends it.
type Draft struct {
	Block
	Waiting bool // acts wait, which the transaction will take
	Full    bool // there are more transfers than one block takes
}

// due reports whether there is anything to seal.
func (d Draft) due() bool { return d.Waiting || d.Leaves != "" || d.Kind != BlockPlain }

// Drafting says which transfers the next block is to hold, by their ids: all
// that follow the last block's and come before Before (empty: all), and such
// after Since (empty: from the beginning) that were committed too late for
// theirs.
type Drafting struct {
	Before, Since string
	Limit         int // of transfers
}

// Sealing says what Seal takes, by real time.
type Sealing struct {
	Now   time.Time
	Until time.Time // when the newest transfers were begun; zero: whenever
	Since time.Time // since when late ones may have been begun; zero: ever
}

// sealAtOnce is how many transfers one block takes at most.
const sealAtOnce = 4000

// ErrChainGrown is the answer to a block that does not follow the chain's last
// one any more. Nothing was written.
var ErrChainGrown = errors.New("pay: the chain has grown since the block was drafted")

// Seal appends one block of what no block holds yet, if there is anything, and
// reports whether there is more.
//
// Ids say when a transfer was begun. It may be committed after one that was
// begun later, and that is why Until should lie a little in the past and Since
// further back.
func (l Leader) Seal(ctx context.Context, s Sealing) (more bool, err error) {
	how := Drafting{Before: firstID(s.Until), Since: firstID(s.Since), Limit: sealAtOnce}
	var d Draft
	err = l.core.store.View(ctx, func(r Reader) (err error) {
		d, err = r.Draft(how)
		return err
	})
	if err != nil || !d.due() {
		return false, err
	}
	d.At = s.Now
	err = l.update(ctx, func(tx Tx) error { return tx.AppendBlock(d.Block) })
	return err == nil && (d.Full || d.Number == 1), err
}

// firstID is before every id that is drawn at a moment or later, and not before
// any earlier one; the zero time has none.
func firstID(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	ms := t.UnixMilli()
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}
