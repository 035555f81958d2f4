package storage

import "sync/atomic"

// sieve tells of most ids that the index of marks does not hold them, without a
// look into it (Bloom, 1970): nearly every mark that a request asks for is new.
// It is filled from the index while the store is at work, and says nothing
// before that is done. Ids are put in before the index has them and stay when
// they leave it, so it errs to one side only.
type sieve struct {
	bits   []atomic.Uint64
	fewest uint64      // words that still do for what there was at the start
	worth  int64       // rows of the index that are worth a file
	behind int64       // all up to this row was in the file
	whole  atomic.Bool // all of the index is in it
	end    chan struct{}
	ended  chan struct{}
}

// Ten bits and seven hashes let one of 120 through for nothing. Memory is
// touched as it fills.
const (
	sieveBits   = 10
	sieveHashes = 7
	sieveLeast  = 1 << 20     // ids
	sieveMost   = 64 << 20    // bytes; more ids let more through
	sieveChunk  = int64(4096) // ids read at a time, so that no snapshot stands long
)

var (
	newestMark = "SELECT COALESCE(MAX(rowid), 0) FROM mark"
	marksFrom  = "SELECT 0, id FROM mark WHERE id > $1 ORDER BY id LIMIT $2"
)

// newSieve makes one for twice as many ids as there are.
func newSieve(ids int64) *sieve {
	bytes := func(ids int64) int64 { return min(max(ids, sieveLeast)*sieveBits/8, sieveMost) }
	return &sieve{
		bits: make([]atomic.Uint64, bytes(2*ids)/8), fewest: uint64(bytes(ids) / 8), worth: sieveWorth,
		end: make(chan struct{}), ended: make(chan struct{}),
	}
}

// hash is FNV-1a with a finish that lets each bit of the text reach each of its
// own (splitmix64). It is the same in every process.
func hash(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// places calls visit with the word and the bit of each hash, while it returns
// true.
func (s *sieve) places(id string, visit func(word *atomic.Uint64, bit uint64) bool) bool {
	h := hash(id)
	step := h>>32 | 1
	for range sieveHashes {
		h += step
		at := h % uint64(64*len(s.bits))
		if !visit(&s.bits[at/64], 1<<(at%64)) {
			return false
		}
	}
	return true
}

func (s *sieve) put(id string) {
	s.places(id, func(w *atomic.Uint64, bit uint64) bool { w.Or(bit); return true })
}

// lacks reports that the index does not hold an id.
func (s *sieve) lacks(id string) bool {
	return s.whole.Load() && !s.places(id, func(w *atomic.Uint64, bit uint64) bool { return w.Load()&bit != 0 })
}

// fill puts in all that the index holds, or what a file did not know yet. A
// fault leaves the sieve silent.
func (s *sieve) fill(db *session) {
	defer close(s.ended)
	id, behind := "", s.behind
	for more := true; more; {
		select {
		case <-s.end:
			return
		default:
		}
		text, args := marksFrom, []any{id, sieveChunk}
		if behind > 0 {
			text, args = indexedSince, []any{behind, sieveChunk}
		}
		more = false
		db.reset()
		err := db.query(text, args, func(r row) error {
			more = true
			at := int64(0)
			if err := r.Scan(&at, &id); err != nil {
				return err
			}
			if s.put(id); behind > 0 {
				behind = at
			}
			return nil
		})
		if err != nil {
			return
		}
	}
	s.whole.Store(true)
}

// stop ends the filling.
func (s *sieve) stop() {
	close(s.end)
	<-s.ended
}
