package storage

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"sync/atomic"
)

// A sieve that took long to fill is kept beside the store when that is closed,
// with how far it reaches: the newest row of the index that is in it. The next
// start reads what was indexed since. It is only believed if it is this store's
// and that row is still the same: ids are digests, so a file that was put back,
// emptied or went another way has another mark there.
//
// It is a copy of what the index says. Without it, or if it is damaged, the
// sieve is filled from the index as before.

// sievePath is the sieve of the store at a path.
func sievePath(path string) string { return path + "-sieve" }

const (
	sieveMagic = "QRSIEVE1"
	sieveWorth = 200_000 // ids that take longer to read again than a file does
)

var (
	newestIndexed = "SELECT rowid, id FROM mark ORDER BY rowid DESC LIMIT 1"
	indexedAt     = "SELECT rowid, id FROM mark WHERE rowid = $1"
	indexedSince  = "SELECT rowid, id FROM mark WHERE rowid > $1 ORDER BY rowid LIMIT $2"
)

// sieveHead is what a file says of its sieve. The words follow, and a checksum.
type sieveHead struct {
	Magic [8]byte
	Store uint64
	Row   int64    // the newest row of mark that is in it
	ID    [32]byte // of that
	Words uint64
}

// save keeps a whole sieve when the writer has ended. Marks that it has appended
// to mark_new are not in the index yet, and behind the newest row when they are.
func (s *sieve) save(path string, store uint64, db *session) error {
	h := sieveHead{Magic: [8]byte([]byte(sieveMagic)), Store: store, Words: uint64(len(s.bits))}
	db.reset()
	err := db.query(newestIndexed, nil, func(r row) (err error) {
		h.Row, h.ID, err = scanIndexed(r)
		return err
	})
	if err != nil || h.Row < s.worth || !s.whole.Load() {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(s.write(f, h), f.Close()); err == nil {
		return os.Rename(path+".new", path)
	}
	return errors.Join(err, os.Remove(path+".new"))
}

func scanIndexed(r row) (at int64, id [32]byte, err error) {
	var text string
	err = r.Scan(&at, &text)
	copy(id[:], text)
	return at, id, err
}

func (s *sieve) write(f io.Writer, h sieveHead) error {
	sum := crc32.New(castagnoli)
	b := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	err := binary.Write(b, binary.LittleEndian, h)
	for i := range s.bits {
		_, e := b.Write(binary.LittleEndian.AppendUint64(b.AvailableBuffer(), s.bits[i].Load()))
		err = errors.Join(err, e)
	}
	err = errors.Join(err, b.Flush())
	return errors.Join(err, binary.Write(f, binary.LittleEndian, sum.Sum32()))
}

// load takes over what an earlier life has kept, if that is to be believed.
func (s *sieve) load(path string, store uint64, db *session) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	b := bufio.NewReaderSize(f, 1<<16)
	summed := io.TeeReader(b, sum)
	var h sieveHead
	err = binary.Read(summed, binary.LittleEndian, &h)
	if err != nil || string(h.Magic[:]) != sieveMagic || h.Store != store || h.Words > sieveMost/8 || h.Words < s.fewest || !h.isOf(db) {
		return
	}
	bits, word := make([]atomic.Uint64, h.Words), make([]byte, 8)
	for i := range bits {
		if _, err := io.ReadFull(summed, word); err != nil {
			return
		}
		bits[i].Store(binary.LittleEndian.Uint64(word))
	}
	var kept uint32
	if err := binary.Read(b, binary.LittleEndian, &kept); err != nil || kept != sum.Sum32() {
		return
	}
	s.bits, s.behind = bits, h.Row
}

// isOf reports whether the row to which a file reaches is still there.
func (h sieveHead) isOf(db *session) (same bool) {
	db.reset()
	err := db.query(indexedAt, []any{h.Row}, func(r row) error {
		_, id, err := scanIndexed(r)
		same = id == h.ID
		return err
	})
	return same && err == nil
}
