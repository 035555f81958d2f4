package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/qrisd/qrisd/internal/storage/logfile"
)

// redo is the log of an embedded store: the statements of the transactions
// that were acknowledged since SQLite last committed. One record a group goes
// to the disk where SQLite would write every page that the group has touched,
// most of them again for the next group. SQLite commits many groups at once,
// and with that notes the last of their numbers in its table redo; the log then
// begins anew at its first byte.
//
// A record counts if its checksum fits, it is this store's, and its number
// follows the one before it: what is left behind the last one never does.
type redo struct {
	file  logfile.File
	store uint64 // whose log it is
	seq   uint64 // the last number that was used
	at    int64  // where the next record goes
	size  int64  // of the file
	// broken: the last number is that of a record which could not be written.
	// SQLite must commit, and with that leave it behind, before there is another.
	broken bool

	texts map[string]uint64 // statements that a record names, while it is made
	buf   []byte
}

// op is a statement that changed something, with the rows that it touched.
type op struct {
	text     string
	args     []any
	affected int64
}

const (
	redoHead = 24 // bytes of a record before its statements
	redoPage = 4096
	redoGrow = 1 << 20
	redoFull = 16 << 20 // bytes of records after which SQLite is to commit
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	// ErrReplaced refuses a file whose log knows more than it and does not
	// begin where it ends.
	ErrReplaced = errors.New("storage: the log beside the file does not continue it: the file was replaced by another or an older one. Put the right one back, or move the log (-redo) away, which gives up what it holds")

	errRedoArg = errors.New("a value of a kind that the log cannot hold")
)

// append makes the statements of a group durable. When it fails nothing of the
// group is to be found in the log, as far as the disk lets that be achieved.
func (r *redo) append(ops []op) error {
	if err := r.encode(ops); err != nil {
		return fmt.Errorf("storage: encode for the log: %w", err)
	}
	err := r.write()
	r.seq++
	if err == nil {
		r.at += int64(len(r.buf))
		return nil
	}
	r.broken = true
	// What was written may be whole all the same. Nobody may find it later.
	clear(r.buf[:redoHead])
	if _, blot := r.file.WriteAt(r.buf[:redoHead], r.at); blot == nil {
		_ = r.file.Sync() // what it meets, the next record meets too
	}
	return err
}

func (r *redo) write() error {
	if err := r.grow(r.at + int64(len(r.buf))); err != nil {
		return redoOutage("write zeros at the end of the log", err)
	}
	if _, err := r.file.WriteAt(r.buf, r.at); err != nil {
		return redoOutage("write to the log", err)
	}
	if err := r.file.Sync(); err != nil {
		return redoOutage("fsync the log", err)
	}
	return nil
}

// grow makes the file long enough, and longer: to write over what is there
// moves no end of file. It goes by pages because the kernel may later write
// back in one piece what was written in one.
func (r *redo) grow(to int64) error {
	if to <= r.size {
		return nil
	}
	for zeros := make([]byte, redoPage); r.size < to+redoGrow; r.size += redoPage {
		if _, err := r.file.WriteAt(zeros, r.size); err != nil {
			return err
		}
	}
	return nil
}

func redoOutage(step string, err error) error {
	return &Outage{Err: fmt.Errorf("storage: %s: %w", step, err), cure: "free some space, or look into the system's log for a failing disk"}
}

// full reports whether SQLite must commit, so that the log can begin anew, when
// that may hold so many times what it should.
func (r *redo) full(times int64) bool { return r.broken || r.at >= times*redoFull }

// restart begins the log anew: SQLite holds all that it says.
func (r *redo) restart() { r.at, r.broken = 0, false }

func (r *redo) encode(ops []op) error {
	clear(r.texts)
	b := append(r.buf[:0], make([]byte, redoHead)...)
	b = binary.AppendUvarint(b, uint64(len(ops)))
	for _, o := range ops {
		n, known := r.texts[o.text]
		if !known {
			n = uint64(len(r.texts))
			r.texts[o.text] = n
		}
		b = binary.AppendUvarint(b, n)
		if !known {
			b = appendString(b, o.text)
		}
		b = binary.AppendVarint(b, o.affected)
		b = binary.AppendUvarint(b, uint64(len(o.args)))
		for _, a := range o.args {
			var err error
			if b, err = appendArg(b, a); err != nil {
				return fmt.Errorf("%s: %w", step(o.text), err)
			}
		}
	}
	if len(b) > math.MaxInt32 {
		return errors.New("a group of more than 2 GB")
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-redoHead))
	binary.LittleEndian.PutUint64(b[8:], r.store)
	binary.LittleEndian.PutUint64(b[16:], r.seq+1)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	r.buf = b
	return nil
}

// The kinds of values.
const (
	redoNull byte = iota
	redoInt
	redoText
	redoBytes
)

func appendString[S string | []byte](b []byte, s S) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendArg(b []byte, a any) ([]byte, error) {
	switch v := a.(type) {
	case nil:
		return append(b, redoNull), nil
	case int64:
		return binary.AppendVarint(append(b, redoInt), v), nil
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		return binary.AppendVarint(append(b, redoInt), n), nil
	case string:
		return appendString(append(b, redoText), v), nil
	case []byte:
		return appendString(append(b, redoBytes), v), nil
	}
	return b, fmt.Errorf("%w: %T", errRedoArg, a)
}

// replay runs the statements of the records that follow a number, up to an
// offset. Each must do what it did the first time. It gives the last record's
// number, and where that record ends.
func (r *redo) replay(db *session, after uint64, end int64) (last uint64, at int64, err error) {
	whole, err := io.ReadAll(io.NewSectionReader(r.file, 0, end))
	if err != nil {
		return 0, 0, redoOutage("read the log", err)
	}
	r.size = max(r.size, int64(len(whole)))
	last = after
	for before := uint64(0); ; {
		rec, store, seq, ok := record(whole[at:])
		switch {
		case !ok, at > 0 && (seq != before+1 || store != r.store):
			return last, at, nil
		case store != r.store:
			return 0, 0, fmt.Errorf("%w (it is another store's)", ErrReplaced)
		case at == 0 && seq > after+1:
			return 0, 0, fmt.Errorf("%w (the file ends at %d, the log begins at %d)", ErrReplaced, after, seq)
		}
		if seq > after { // SQLite has the others
			if err := runAgain(db, rec[redoHead:], seq); err != nil {
				return 0, 0, err
			}
			last = seq
		}
		before, at = seq, at+int64(len(rec))
	}
}

// record is the first of some bytes, if it is whole: a store's, and its number
// there.
func record(b []byte) (rec []byte, store, seq uint64, ok bool) {
	if len(b) < redoHead {
		return nil, 0, 0, false
	}
	n := int64(redoHead) + int64(binary.LittleEndian.Uint32(b[4:]))
	if n > int64(len(b)) || crc32.Checksum(b[4:n], castagnoli) != binary.LittleEndian.Uint32(b) {
		return nil, 0, 0, false
	}
	return b[:n], binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), true
}

// runAgain runs the statements of a record.
func runAgain(db *session, rec []byte, seq uint64) error {
	d := decoder{rest: rec}
	ops := d.ops()
	if d.err != nil {
		return fmt.Errorf("storage: the log's record %d: %w", seq, d.err)
	}
	for _, o := range ops {
		n, err := db.exec(o.text, o.args)
		if err != nil {
			return fmt.Errorf("storage: the log's record %d again: %w", seq, err)
		}
		if n != o.affected {
			return fmt.Errorf("%w (record %d: %s touched %d rows, now %d)", ErrReplaced, seq, step(o.text), o.affected, n)
		}
	}
	return nil
}

// decoder reads what encode wrote.
type decoder struct {
	rest []byte
	err  error
}

var errRedoShort = errors.New("it is damaged although its checksum fits")

func (d *decoder) fail() { d.rest, d.err = nil, errRedoShort }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) ops() (ops []op) {
	var texts []string
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		var o op
		text := d.uvarint()
		if text == uint64(len(texts)) {
			texts = append(texts, string(d.bytes()))
		}
		if text >= uint64(len(texts)) {
			d.fail()
			return nil
		}
		o.text, o.affected = texts[text], d.varint()
		for args := d.uvarint(); args > 0 && d.err == nil; args-- {
			o.args = append(o.args, d.arg())
		}
		ops = append(ops, o)
	}
	return ops
}

func (d *decoder) arg() any {
	if len(d.rest) == 0 {
		d.fail()
		return nil
	}
	kind := d.rest[0]
	d.rest = d.rest[1:]
	switch kind {
	case redoNull:
		return nil
	case redoInt:
		return d.varint()
	case redoText:
		return string(d.bytes())
	case redoBytes:
		return append([]byte{}, d.bytes()...)
	}
	d.fail()
	return nil
}
