package storage

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestSieve lets nothing that is there be missed, and little through.
func TestSieve(t *testing.T) {
	s := newSieve(0)
	const ids = sieveLeast
	for i := range ids {
		s.put(fmt.Sprint("in ", i))
	}
	if s.lacks("out") {
		t.Error("it speaks before it is whole")
	}
	s.whole.Store(true)
	through := 0
	for i := range ids {
		if s.lacks(fmt.Sprint("in ", i)) {
			t.Fatalf("id %d is missed", i)
		}
		if !s.lacks(fmt.Sprint("out ", i)) {
			through++
		}
	}
	if through > ids/100 {
		t.Errorf("%d of %d came through for nothing", through, ids)
	}
}

// TestSieveAfterAStart: marks of an earlier life are refused, whether the
// sieve is filled yet or not.
func TestSieveAfterAStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	const marks = 3000
	for i := range marks {
		mark(t, s, i, nil)
	}
	mustClose(t, s)
	s = mustOpen(t, path, Options{})
	defer mustClose(t, s)
	for i := range marks {
		if i == marks/2 {
			<-s.writer.lanes[0].(*oneByOne).recent.sieve.ended
		}
		mark(t, s, i, pay.ErrExists)
	}
}

func mark(t *testing.T, s *Store, i int, want error) {
	t.Helper()
	err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.InsertMark(wholeMark(i, pay.ByReference)) })
	if err != want {
		t.Fatalf("mark %d: %v, not %v", i, err, want)
	}
}
