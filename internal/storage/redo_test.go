package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// killedWith gives the files of a store as they are left when the process is
// killed that has just acknowledged some payments. The writer is kept busy
// meanwhile, so that it does not publish them.
func killedWith(t *testing.T, s *Store, path string, refs ...string) (killed string) {
	t.Helper()
	for _, ref := range refs {
		if err := s.Update(t.Context(), func(tx pay.Tx) error { return payOnce(tx, ref) }); err != nil {
			t.Fatal(err)
		}
	}
	inside, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Update(context.Background(), func(pay.Tx) error { close(inside); <-release; return nil })
	}()
	<-inside
	killed = asKilled(t, path)
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return killed
}

// TestLogIsEnough: what was acknowledged comes back from the log, to a server
// and to whoever only reads the books.
func TestLogIsEnough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	fundBudi(t, path)
	s := mustOpen(t, path, Options{})
	killed := killedWith(t, s, path, "one", "two", "three")
	mustClose(t, s)
	if _, err := os.Stat(redoPath(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a store that was closed in order leaves its log: %v", err)
	}
	for name, look := range map[string]func(path string) error{
		"read": func(path string) error {
			return Read(t.Context(), path, func(s *Snapshot) error {
				_, one := reader{s}.LatestPayment("one")
				_, three := reader{s}.LatestPayment("three")
				return errors.Join(one, three, soundBooks(reader{s}))
			})
		},
		"open": func(path string) error {
			s := mustOpen(t, path, Options{})
			defer mustClose(t, s)
			return s.View(t.Context(), func(r pay.Reader) error {
				return errors.Join(paidWhole(r, "one"), paidWhole(r, "three"), allOrNothing(r, 3), soundBooks(r))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := look(asKilled(t, killed)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReplacedFile: a log goes with one file in one state, and with no other.
func TestReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	fundBudi(t, path)
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, path, Options{})
	_ = killedWith(t, s, path, "one")
	if err := s.View(t.Context(), func(r pay.Reader) error { return paidWhole(r, "one") }); err != nil { // publishes
		t.Fatal(err)
	}
	killed := killedWith(t, s, path, "two")
	mustClose(t, s)
	another := filepath.Join(t.TempDir(), "books.db")
	fundBudi(t, another)
	foreign, err := os.ReadFile(another)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"an older one": older, "another's": foreign} {
		t.Run(name, func(t *testing.T) {
			path := asKilled(t, killed)
			if err := errors.Join(os.WriteFile(path, file, 0o600), os.Remove(path+"-wal")); err != nil {
				t.Fatal(err)
			}
			if s, err := OpenSQLite(t.Context(), path, Options{}); !errors.Is(err, ErrReplaced) {
				t.Errorf("it opens: %v", err)
				if err == nil {
					mustClose(t, s)
				}
			}
			if err := os.Remove(redoPath(path)); err != nil {
				t.Fatal(err)
			}
			mustClose(t, mustOpen(t, path, Options{}))
		})
	}
}

// TestReadersSeeWhatIsAcknowledged at once, whatever a View has read before.
func TestReadersSeeWhatIsAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	fundBudi(t, path)
	s := mustOpen(t, path, Options{})
	defer mustClose(t, s)
	for i := range 50 {
		ref := fmt.Sprint(i)
		if err := s.Update(t.Context(), func(tx pay.Tx) error { return payOnce(tx, ref) }); err != nil {
			t.Fatal(err)
		}
		err := s.View(t.Context(), func(r pay.Reader) error {
			if i%2 == 0 {
				if _, err := r.Setting("any"); !errors.Is(err, pay.ErrNotFound) {
					return fmt.Errorf("setting: %v", err)
				}
			}
			return paidWhole(r, ref)
		})
		if err != nil {
			t.Fatalf("payment %d: %v", i, err)
		}
	}
}

// FuzzRedo: what is encoded is decoded, and no bytes harm the decoder.
func FuzzRedo(f *testing.F) {
	f.Add("INSERT INTO a (b) VALUES ($1)", "text", int64(-5), []byte{0, 1}, int64(1))
	f.Add("", "", int64(0), []byte(nil), int64(0))
	f.Fuzz(func(t *testing.T, text, arg string, n int64, raw []byte, affected int64) {
		r := &redo{texts: make(map[string]uint64), store: 7}
		ops := []op{
			{text, []any{arg, n, nil, append([]byte{}, raw...)}, affected},
			{"other", nil, 1},
			{text, []any{n}, -affected},
		}
		if err := r.encode(ops); err != nil {
			t.Fatal(err)
		}
		rec, store, seq, ok := record(append(r.buf, raw...))
		if !ok || store != 7 || seq != 1 {
			t.Fatalf("the record is not found: store %d, number %d", store, seq)
		}
		d := decoder{rest: rec[redoHead:]}
		if back := d.ops(); d.err != nil || !reflect.DeepEqual(back, ops) {
			t.Errorf("%v came back as %v: %v", ops, back, d.err)
		}
		(&decoder{rest: raw}).ops()
		record(raw)
	})
}
