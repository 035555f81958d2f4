package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestMarksAreNeverForgotten inserts so many marks that they go over to the
// index again and again, and wants each to be found and refused: at once, and
// by who opens the store after an end in order, or after a copy of its files
// was taken in the midst.
func TestMarksAreNeverForgotten(t *testing.T) {
	const rounds, writers, each = 12, 16, 60
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	s.writer.lanes[0].(*oneByOne).recent.most = 1000
	for round := range rounds {
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx pay.Tx) error {
					for i := range each {
						if err := tx.InsertMark(numbered(round, w, i)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	remembered := func(when string, s *Store) {
		t.Helper()
		for round := range rounds {
			for w := range writers {
				for i := range each {
					m := numbered(round, w, i)
					if err := s.View(t.Context(), func(r pay.Reader) error {
						found, err := r.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
						if err == nil && found != m {
							err = fmt.Errorf("found %v", found)
						}
						return err
					}); err != nil {
						t.Fatalf("%s: mark %s: %v", when, m.Key, err)
					}
				}
				m := numbered(round, w, w)
				if err := s.Update(t.Context(), func(tx pay.Tx) error { return tx.InsertMark(m) }); !errors.Is(err, pay.ErrExists) {
					t.Fatalf("%s: mark %s once more: %v", when, m.Key, err)
				}
			}
		}
	}
	remembered("at once", s)
	killed := mustOpen(t, asKilled(t, path), Options{})
	remembered("after a kill", killed)
	mustClose(t, killed)
	mustClose(t, s)
	s = mustOpen(t, path, Options{})
	remembered("after an end in order", s)
	if n, err := scalar[int](writing(s), "SELECT COUNT(*) FROM mark_new"); n != 0 || err != nil {
		t.Errorf("%d marks are not in the index, %v", n, err)
	}
	mustClose(t, s)
}

func numbered(round, writer, i int) pay.Mark {
	return pay.Mark{PartnerID: "p", Scope: "generate", Kind: pay.ByReference, Key: fmt.Sprint(round, "/", writer, "/", i), Ref: fmt.Sprint(i)}
}

// asKilled copies the files of a store as a kill would leave them.
func asKilled(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "books.db")
	for _, suffix := range []string{"", "-wal", "-redo"} {
		bytes, err := os.ReadFile(path + suffix)
		if err == nil {
			err = os.WriteFile(to+suffix, bytes, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}
