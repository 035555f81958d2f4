package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var (
	blocksBack = "SELECT number, kind, upto, transfers, late FROM block WHERE number <= $1 ORDER BY number DESC LIMIT $2"
	leavesFrom = "SELECT number, leaves FROM block WHERE number >= $1 ORDER BY number"

	countTransfers = "SELECT COUNT(*) FROM transfer WHERE id > $1 AND id <= $2"
	transferIDs    = "SELECT id FROM transfer WHERE id > $1 AND id <= $2 ORDER BY id"
)

// stretch is some blocks that follow each other, and the transfers whose ids
// lie between the first one's and the last one's.
type stretch struct {
	after, upTo string
	first       int64 // number of the first block
	transfers   int64 // that were sealed in order
	begins      bool  // nothing that counts is before it
}

// countedAtOnce is how many blocks are counted together.
const countedAtOnce = 1000

// lateTransfers gives the ids after one that are in no block though the chain
// has passed them: their transactions were committed after others that began
// later. It counts: only where there are more than the blocks say are the ids
// themselves compared.
func (r reader) lateTransfers(last pay.Block, since string, atOnce int) ([]string, error) {
	var late, known []string
	for number, upTo := last.Number, last.UpTo; number > 0 && upTo > since; {
		s, here, err := r.stretchBefore(number, upTo, since, atOnce)
		if err != nil {
			return nil, err
		}
		known = append(known, here...)
		expected := s.transfers
		for _, id := range known {
			if id > s.after && id <= s.upTo {
				expected++
			}
		}
		there, err := scalar[int64](r.q, countTransfers, s.after, s.upTo)
		if err != nil {
			return nil, err
		}
		if there > expected {
			found, err := r.unsealedIn(s)
			if err != nil {
				return nil, err
			}
			late = append(late, found...)
		}
		if s.begins {
			break
		}
		number, upTo = s.first-1, s.after
	}
	return late, nil
}

// stretchBefore gives the blocks up to a number and back to where their
// transfers are not after an id, and the ids that were late in them.
func (r reader) stretchBefore(number int64, upTo, since string, atOnce int) (stretch, []string, error) {
	s := stretch{upTo: upTo, begins: true}
	var late []string
	over := false
	err := r.q.query(blocksBack, []any{number, atOnce + 1}, func(row row) error {
		var b pay.Block
		if err := row.Scan(&b.Number, (*string)(&b.Kind), &b.UpTo, &b.Transfers, &b.Late); err != nil || over {
			return err
		}
		if s.first > 0 && (b.UpTo <= since || b.Number == number-int64(atOnce)) {
			s.after, s.begins, over = b.UpTo, false, true
			return nil
		}
		s.first, s.transfers = b.Number, s.transfers+b.Transfers
		late = append(late, lines(b.Late)...)
		over = b.Kind == pay.BlockCleared
		return nil
	})
	return s, late, err
}

// unsealedIn gives the transfers of a stretch that neither its blocks nor any
// later one hold.
func (r reader) unsealedIn(s stretch) ([]string, error) {
	held := make(map[string]bool)
	err := r.q.query(leavesFrom, []any{s.first}, func(row row) error {
		var b pay.Block
		if err := row.Scan(&b.Number, &b.Leaves); err != nil {
			return err
		}
		for _, line := range lines(b.Leaves) {
			if strings.HasPrefix(line, leafTransfer+" ") {
				held[parseLeaf(line, b.Number).id] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ids, err := texts(r.q, transferIDs, s.after, s.upTo)
	var late []string
	for _, id := range ids {
		if !held[id] {
			late = append(late, id)
		}
	}
	return late, err
}
