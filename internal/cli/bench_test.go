package cli

import (
	"context"
	"sync/atomic"
	"testing"
)

// BenchmarkGenerate measures whole generate requests over loopback in one
// process, for profiles: go test -bench Generate -cpuprofile cpu.out.
func BenchmarkGenerate(b *testing.B) {
	dir := b.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan *node, 1), make(chan error, 1)
	o := serveOptions{data: dir, listen: "127.0.0.1:0", admin: "127.0.0.1:0", sandbox: true, notifyPrivate: true, skew: -1, logLevel: "error"}
	go func() { done <- serve(ctx, o, func(n *node) { ready <- n }) }()
	<-ready
	defer func() { cancel(); <-done }()
	bench := benchOptions{dialect: "midtrans"}
	target, err := newBenchTarget(ctx, dir, bench)
	if err != nil {
		b.Fatal(err)
	}
	requests, err := target.signed(b.N)
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c, err := dialBench(target.address)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		for pb.Next() {
			if status, body, err := c.do(requests[next.Add(1)-1]); err != nil || status != 200 {
				b.Errorf("%d %s %v", status, body, err)
				return
			}
		}
	})
}
