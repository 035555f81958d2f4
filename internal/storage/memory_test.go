package storage

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestMemoryForgets: the writer never takes a partner for what it was before,
// or for what another transaction made of it in vain.
func TestMemoryForgets(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	defer mustClose(t, s)
	named := func(name string, fate error) {
		t.Helper()
		err := s.Update(t.Context(), func(tx pay.Tx) error {
			if err := tx.PutPartner(pay.Partner{ID: "p", Name: name, ClientKey: "k", Standing: pay.Active}); err != nil {
				return err
			}
			p, err := tx.Partner("p")
			if err == nil && p.Name != name {
				t.Errorf("within its transaction %q is %q", name, p.Name)
			}
			return errors.Join(err, fate)
		})
		if !errors.Is(err, fate) {
			t.Fatal(err)
		}
	}
	want := func(name string) {
		t.Helper()
		for range 2 {
			err := s.Update(t.Context(), func(tx pay.Tx) error {
				p, err := tx.Partner("p")
				if err == nil && p.Name != name {
					t.Errorf("the partner is %q, not %q", p.Name, name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	named("first", nil)
	want("first")
	named("second", nil)
	want("second")
	named("never", errUnwilling)
	want("second")
}
