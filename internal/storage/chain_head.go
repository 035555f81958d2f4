package storage

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// Anchor names a block of a chain. Kept where those who can write the books
// cannot write, it proves later that the chain still goes through this block,
// and so that nothing it had sealed by then was altered or cut off.
type Anchor struct {
	Number int64
	Hash   string
}

func (a Anchor) String() string { return headText(pay.Block{Number: a.Number, Hash: a.Hash}) }

// ParseAnchor reads NUMBER:HASH.
func ParseAnchor(text string) (Anchor, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || len(hash) != sumLength {
		return Anchor{}, fmt.Errorf("storage: %q is no head of a chain: give NUMBER:HASH, as qrisd audit head prints it", text)
	}
	return Anchor{n, hash}, nil
}

// ChainHead is how far the chain has come.
type ChainHead struct {
	Anchor           // of the last block; its Number is 0 while there is none
	At     time.Time // when that was appended
	Waits  int64     // transfers, acts and settlements that are in no block yet
}

var (
	headTime = "SELECT sealed_at FROM block WHERE number = $1"
	headHash = "SELECT hash FROM block WHERE number = $1"
	waits    = "SELECT (SELECT COUNT(*) FROM transfer WHERE id > $1) + (SELECT COUNT(*) FROM leaf)"
)

// ChainHead reads the end of the chain.
func (s *Snapshot) ChainHead() (ChainHead, error) {
	var h ChainHead
	last, err := lastOf(s)
	if err != nil {
		return h, err
	}
	h.Anchor = Anchor{last.Number, last.Hash}
	if h.Waits, err = scalar[int64](s, waits, last.UpTo); err != nil || last.Number == 0 {
		return h, err
	}
	err = s.query(headTime, []any{last.Number}, func(r row) error { return r.Scan(moment{&h.At}) })
	return h, err
}

// Goes is the invariant that the chain goes through an anchor.
func (a Anchor) Goes() Invariant {
	return Invariant{
		Name: "chain-head", Of: "block", Says: "the chain goes through the block that was noted elsewhere",
		find: func(s *Snapshot, visit func(Violation) error) error {
			hash, err := texts(s, headHash, a.Number)
			if err != nil || len(hash) == 1 && hash[0] == a.Hash {
				return err
			}
			got := "none: the chain was cut off, or is another's"
			if len(hash) == 1 {
				got = "hash " + hash[0] + ": the chain was written anew"
			}
			return visit(Violation{ID: strconv.FormatInt(a.Number, 10), Want: "hash " + a.Hash, Got: got})
		},
	}
}
