package storage

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// lives is a store that is opened and closed again and again, and remembers
// its sieve each time.
type lives struct {
	t     *testing.T
	path  string
	marks int
}

// live makes some more marks, of which the first are found to be made already.
func (l *lives) live(more int, believed bool) {
	l.t.Helper()
	s := mustOpen(l.t, l.path, Options{})
	sieve := s.writer.lanes[0].(*oneByOne).recent.sieve
	sieve.worth = 1
	<-sieve.ended
	if !sieve.whole.Load() || (sieve.behind > 0) != believed {
		l.t.Errorf("a sieve is believed up to row %d and whole: %t", sieve.behind, sieve.whole.Load())
	}
	for i := range l.marks {
		mark(l.t, s, i, pay.ErrExists)
	}
	for range more {
		mark(l.t, s, l.marks, nil)
		l.marks++
	}
	mustClose(l.t, s)
}

func (l *lives) read(suffix string) []byte {
	l.t.Helper()
	b, err := os.ReadFile(l.path + suffix)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *lives) write(suffix string, b []byte) {
	l.t.Helper()
	if err := os.WriteFile(l.path+suffix, b, 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// TestSieveIsKept: a mark is made once, whatever sieve lies beside the store.
func TestSieveIsKept(t *testing.T) {
	l := &lives{t: t, path: filepath.Join(t.TempDir(), "books.db")}
	l.live(300, false)
	l.live(0, false) // the first life's marks went to the index as it ended
	l.live(200, true)
	oldFile, oldSieve := l.read(""), l.read("-sieve")
	l.live(100, true)
	l.live(100, true)

	l.write("-sieve", oldSieve) // as after a kill
	l.live(1, true)
	for _, damage := range []func(b []byte) []byte{
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { return b[:10] },
		func(b []byte) []byte { return nil },
		func(b []byte) []byte { b[8] ^= 1; return b },  // another store's
		func(b []byte) []byte { b[16] ^= 1; return b }, // another row
	} {
		l.write("-sieve", damage(bytes.Clone(oldSieve)))
		l.live(0, false)
	}

	newSieve := l.read("-sieve")
	l.write("", oldFile) // an older file was put back
	l.write("-sieve", newSieve)
	l.marks = 500
	l.live(0, false)
}
