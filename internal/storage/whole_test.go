package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

var errUnwilling = errors.New("the function refuses")

// TestWholeOrNotAtAll lets transactions of all sorts share groups: such as
// only add, such as read what others have added, such as fail before or after
// that, and such as collide. Of each all that it wrote is there, or nothing.
func TestWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	s := mustOpen(t, path, Options{})
	s.writer.lanes[0].(*oneByOne).recent.most = 300
	const workers, each = 48, 60
	var mu sync.Mutex
	came := make(map[int]error)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(w)))
			for i := range each {
				n := w*each + i
				fate := dice.IntN(8)
				neighbour := dice.IntN(workers * each)
				err := s.Update(t.Context(), func(tx pay.Tx) error { return carry(tx, n, fate, neighbour) })
				mu.Lock()
				came[n] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	check := func(when string, s *Store) {
		t.Helper()
		for n, err := range came {
			there := parts(t, s, n)
			want := 4
			if err != nil {
				want = 0
			}
			if there != want {
				t.Errorf("%s: of transaction %d, which came to %v, %d of 4 parts are there", when, n, err, there)
			}
			if err != nil && !errors.Is(err, errUnwilling) {
				t.Errorf("%s: transaction %d: %v", when, n, err)
			}
		}
	}
	check("at once", s)
	killed := mustOpen(t, asKilled(t, path), Options{})
	check("after a kill", killed)
	mustClose(t, killed)
	mustClose(t, s)
}

func carry(tx pay.Tx, n, fate, neighbour int) error {
	for _, kind := range []pay.MarkKind{pay.ByExternalID, pay.ByReference} {
		if fate == 7 && kind == pay.ByReference {
			return errUnwilling
		}
		if err := tx.InsertMark(wholeMark(n, kind)); err != nil {
			return fmt.Errorf("mark %s of %d: %w", kind, n, err)
		}
	}
	code := benchCode(int64(n), fmt.Sprint("ref ", n))
	if err := tx.InsertCode(code, "2026-01-01"); err != nil {
		return err
	}
	transfer := ledger.Transfer{ID: fmt.Sprint("t", n), Kind: ledger.OnUs, Ref: code.Ref, At: code.CreatedAt}
	transfer.Move("a", "b", 1)
	if err := tx.InsertTransfer(transfer, "2026-01-01"); err != nil {
		return err
	}
	switch fate {
	case 0, 1:
		return errUnwilling
	case 2:
		if _, err := tx.Code(code.Ref); err != nil {
			return fmt.Errorf("its own code: %w", err)
		}
		return errUnwilling
	case 3, 4:
		_, err := tx.Code(benchCode(int64(neighbour), "").Ref)
		if err != nil && !errors.Is(err, pay.ErrNotFound) {
			return err
		}
	case 5: // a key that another may have drawn too
		if err := tx.InsertTransfer(ledger.Transfer{ID: "drawn", Kind: ledger.OnUs, Ref: "x", At: code.CreatedAt, Postings: transfer.Postings}, "2026-01-01"); errors.Is(err, pay.ErrExists) {
			return errUnwilling
		} else if err != nil {
			return err
		}
	}
	return nil
}

func wholeMark(n int, kind pay.MarkKind) pay.Mark {
	return pay.Mark{PartnerID: "p", Scope: "generate", Kind: kind, Key: fmt.Sprint(n), Ref: benchCode(int64(n), "").Ref}
}

// parts counts what is there of a transaction.
func parts(t *testing.T, s *Store, n int) (there int) {
	t.Helper()
	err := s.View(t.Context(), func(r pay.Reader) error {
		var errs []error
		for _, kind := range []pay.MarkKind{pay.ByExternalID, pay.ByReference} {
			m := wholeMark(n, kind)
			_, err := r.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
			errs = append(errs, err)
		}
		_, err := r.Code(benchCode(int64(n), "").Ref)
		errs = append(errs, err)
		_, err = r.Transfer(fmt.Sprint("t", n))
		for _, err := range append(errs, err) {
			if err == nil {
				there++
			} else if !errors.Is(err, pay.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}
