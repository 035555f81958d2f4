package storage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
)

// TestRotateMaster: after it the new key opens the store and the old does not,
// and no secret was sealed anew.
func TestRotateMaster(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		before, after := seal.Draw(), seal.Draw()
		s := mustOpen(t, location, Options{Keys: under(before)})
		keep(t, s, "P")
		rows := sealedRows(t, s)
		for range 2 { // again does nothing
			if err := s.RotateMaster(t.Context(), after); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(rows, sealedRows(t, s)); diff != "" {
			t.Errorf("secrets were written anew:\n%s", diff)
		}
		keep(t, s, "Q") // the running store goes on
		if _, err := s.RotateData(t.Context()); err != nil {
			t.Error(err)
		}
		holds(t, s, "P", "Q")
		mustClose(t, s)
		if _, err := Open(t.Context(), location, Options{Keys: under(before)}); !errors.Is(err, ErrWrongKey) {
			t.Errorf("the old key: %v", err)
		}
		holds(t, mustOpen(t, location, Options{Keys: under(after)}), "P", "Q")
	})
}

// sealedRows are the secrets as they lie in the tables.
func sealedRows(t *testing.T, s *Store) (rows []string) {
	t.Helper()
	err := s.readers.view(t.Context(), func(r pay.Reader) error {
		all, err := r.Partners()
		for _, p := range all {
			m, err := r.Merchant(p.ID, "M")
			if err != nil {
				return err
			}
			rows = append(rows, p.ClientSecret, p.Former.Secret, p.NotifyURL, m.NotifyURL)
		}
		value, failed := r.Setting("provider.key")
		rows = append(rows, value)
		return errors.Join(err, failed)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestRotateData: nothing is sealed under the old key afterwards, and it is
// forgotten.
func TestRotateData(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		keys := under(seal.Draw())
		s := mustOpen(t, location, Options{Keys: keys})
		var ids []string
		for i := range 2*rotateRows + 1 {
			ids = append(ids, fmt.Sprintf("P%03d", i))
		}
		keep(t, s, ids...)
		old, err := s.KeyStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done, err := s.RotateData(t.Context())
		if err != nil || done.Partners != len(ids) || done.Merchants != len(ids) || done.Settings != 1 {
			t.Errorf("%+v, %v", done, err)
		}
		is, err := s.KeyStatus(t.Context())
		if err != nil || is.Data == old.Data || is.Master != old.Master || is.Retired != 0 {
			t.Errorf("the status was %+v, is %+v, %v", old, is, err)
		}
		for _, row := range sealedRows(t, s) {
			if seal.KeyOf(row) != is.Data {
				t.Fatalf("%q is not under %s", row, is.Data)
			}
		}
		holds(t, s, ids...)
		mustClose(t, s)
		holds(t, mustOpen(t, location, Options{Keys: keys}), ids...)
	})
}

// TestRotationCutOff ends a rotation of the data key after each of its
// transactions: the store opens, all its secrets are there, and the next
// rotation leaves nothing of it behind.
func TestRotationCutOff(t *testing.T) {
	steps := []func(*Store, context.Context) error{
		(*Store).renewKey,
		func(s *Store, ctx context.Context) error { _, err := s.resealPartners(ctx); return err },
		func(s *Store, ctx context.Context) error { _, err := s.resealPartners(ctx); return err },
		func(s *Store, ctx context.Context) error { _, err := s.resealMerchants(ctx); return err },
		func(s *Store, ctx context.Context) error { _, err := s.resealSettings(ctx); return err },
	}
	for done := range len(steps) + 1 {
		t.Run(fmt.Sprint(done, " steps"), func(t *testing.T) {
			location, keys := filepath.Join(t.TempDir(), "books.db"), under(seal.Draw())
			s := mustOpen(t, location, Options{Keys: keys})
			var ids []string
			for i := range rotateRows + 10 {
				ids = append(ids, fmt.Sprintf("P%03d", i))
			}
			keep(t, s, ids...)
			for _, step := range steps[:done] {
				if err := step(s, t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			mustClose(t, s)
			s = mustOpen(t, location, Options{Keys: keys})
			holds(t, s, ids...)
			keep(t, s, ids[0])
			if _, err := s.RotateData(t.Context()); err != nil {
				t.Fatal(err)
			}
			if is, err := s.KeyStatus(t.Context()); err != nil || is.Retired != 0 {
				t.Errorf("the status is %+v, %v", is, err)
			}
			holds(t, s, ids...)
		})
	}
}

// TestRotationOnManyNodes rotates both keys on one node, again and again, while
// others write secrets and read them.
func TestRotationOnManyNodes(t *testing.T) {
	location := engines["postgres"](t)
	var mu sync.Mutex
	masters := []seal.Key{seal.Draw()}
	keys := Keys{Find: func(context.Context, bool) ([]seal.Key, error) {
		mu.Lock()
		defer mu.Unlock()
		return append([]seal.Key(nil), masters...), nil
	}}
	nodes := []*Store{mustOpen(t, location, Options{Keys: keys}), mustOpen(t, location, Options{Keys: keys}), mustOpen(t, location, Options{Keys: keys})}
	keep(t, nodes[0], "P", "Q", "R")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i, id := range []string{"Q", "R"} {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				keep(t, nodes[i+1], id)
				holds(t, nodes[n%3], "P", "Q", "R")
			}
		})
	}
	for range 8 {
		next := seal.Draw()
		mu.Lock()
		masters = append([]seal.Key{next}, masters...)
		mu.Unlock()
		if err := nodes[0].RotateMaster(t.Context(), next); err != nil {
			t.Error(err)
		}
		if _, err := nodes[0].RotateData(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	for _, s := range nodes {
		holds(t, s, "P", "Q", "R")
	}
	if is, err := nodes[1].KeyStatus(t.Context()); err != nil || is.Retired != 0 || is.Master != masters[0].ID() {
		t.Errorf("the status is %+v, %v", is, err)
	}
}
