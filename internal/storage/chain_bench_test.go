package storage

import (
	"context"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// BenchmarkPaySealed is BenchmarkPay beside the work that seals the payments,
// which in a server is a node's own.
func BenchmarkPaySealed(b *testing.B) {
	eachShape(b, func(b *testing.B, s *Store) {
		f := &fair{t: b, core: newCore(s)}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				f.sealSince(time.Now())
				time.Sleep(100 * time.Millisecond)
			}
		}()
		pays(b, s, 100)
		stop()
		<-ended
		b.ReportMetric(float64(sealedBlocks(b, s)), "blocks")
	})
}

// sealedBlocks is how many blocks there are: the number of the next one tells.
func sealedBlocks(b *testing.B, s *Store) (n int64) {
	err := s.View(context.Background(), func(r pay.Reader) error {
		d, err := r.Draft(pay.Drafting{Limit: 1})
		n = d.Number - 1
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}
