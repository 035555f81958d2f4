package storage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// callers is how many requests a busy server has under way.
const callers = 64

// BenchmarkGenerate commits what one generated code writes: the code and the
// mark of its reference, both under random keys.
func BenchmarkGenerate(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			generate(b, mustOpen(b, filepath.Join(b.TempDir(), "books.db"), Options{MaxBatch: batch}))
		})
	}
}

func generate(b *testing.B, s *Store) {
	var serial atomic.Int64
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		dice := rand.New(rand.NewPCG(uint64(serial.Add(1)), 1))
		for pb.Next() {
			n := serial.Add(1)
			code := benchCode(n, randomRef(dice))
			mark := pay.Mark{PartnerID: code.PartnerID, Scope: "generate", Kind: pay.ByReference, Key: code.PartnerRef, Ref: code.Ref}
			err := s.Update(context.Background(), func(tx pay.Tx) error {
				if err := tx.InsertMark(mark); err != nil {
					return err
				}
				return tx.InsertCode(code, "2026-01-01")
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	stats := s.Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	b.ReportMetric(float64(stats.Transactions)/float64(max(1, stats.Commits)), "tx/commit")
}

func randomRef(dice *rand.Rand) string {
	return fmt.Sprintf("%016x%016x", dice.Uint64(), dice.Uint64())
}

func benchCode(n int64, partnerRef string) pay.Code {
	at := time.UnixMicro(1_767_225_600_000_000 + n).UTC()
	return pay.Code{
		ID:         fmt.Sprintf("019b7a00-0000-7000-8000-%012x", n),
		Ref:        fmt.Sprintf("260101%016d", n),
		PartnerID:  "partner-1",
		PartnerRef: partnerRef,
		MerchantID: "merchant-1", MerchantName: "Warung Bu Sri", StoreID: "store-1", TerminalID: "A01",
		Amount: pay.Rp(25_000), Payload: strings.Repeat("0002010102122670", 16), State: pay.CodeActive,
		CreatedAt: at, ExpiresAt: at.Add(15 * time.Minute),
	}
}
