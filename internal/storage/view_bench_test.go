//go:build unix

package storage

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// BenchmarkView reads a code by its reference, one of many in no order, as a
// query does, and a code by its partner's reference, as many others do.
func BenchmarkView(b *testing.B) {
	const stored = 200_000
	s := mustOpen(b, filepath.Join(b.TempDir(), "books.db"), Options{})
	refs := storeCodes(b, s, stored)
	b.Run("ref", func(b *testing.B) {
		viewing(b, s, func(r pay.Reader, dice *rand.Rand) error {
			_, err := r.Code(benchCode(int64(dice.IntN(stored)), "").Ref)
			return err
		})
	})
	b.Run("mark", func(b *testing.B) {
		viewing(b, s, func(r pay.Reader, dice *rand.Rand) error {
			m, err := r.Mark("partner-1", "generate", pay.ByReference, refs[dice.IntN(stored)], "")
			if err == nil {
				_, err = r.Code(m.Ref)
			}
			return err
		})
	})
}

func storeCodes(b *testing.B, s *Store, codes int) (refs []string) {
	const each = 1000
	dice := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < codes; from += each {
		err := s.Update(b.Context(), func(tx pay.Tx) error {
			for n := from; n < from+each; n++ {
				code := benchCode(int64(n), randomRef(dice))
				refs = append(refs, code.PartnerRef)
				mark := pay.Mark{PartnerID: code.PartnerID, Scope: "generate", Kind: pay.ByReference, Key: code.PartnerRef, Ref: code.Ref}
				if err := errors.Join(tx.InsertMark(mark), tx.InsertCode(code, "2026-01-01")); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return refs
}

// viewing reports what a View takes of the processor besides what it takes of
// the clock.
func viewing(b *testing.B, s *Store, read func(r pay.Reader, dice *rand.Rand) error) {
	dice := rand.New(rand.NewPCG(3, 4))
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		if err := s.View(b.Context(), func(r pay.Reader) error { return read(r, dice) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
}

func processor(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
