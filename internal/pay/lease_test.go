package pay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

const life = 15 * time.Second

// handOver lets node 0 lead, stand still, and node 1 take over.
func (c *cluster) handOver(t *testing.T, name string) (stale, current pay.Lease) {
	t.Helper()
	stale, err := c.nodes[0].TakeLease(t.Context(), name, "a", c.real(), life)
	must(t, err)
	if _, err := c.nodes[1].TakeLease(t.Context(), name, "b", c.real().Add(life-time.Microsecond), life); !errors.Is(err, pay.ErrExists) {
		t.Fatalf("another's lease was given away before its end: %v", err)
	}
	current, err = c.nodes[1].TakeLease(t.Context(), name, "b", c.real().Add(life), life)
	must(t, err)
	return stale, current
}

// The lease goes by the real time, which a sandbox's clock does not move.
func TestStaleLeaderExpiresNothing(t *testing.T) { onEngines(t, 2, staleLeaderExpiresNothing) }

func staleLeaderExpiresNothing(t *testing.T, c *cluster) {
	code, err := c.generate(t, 0, "")
	must(t, err)
	stale, current := c.handOver(t, "expiry")
	c.pass(2*time.Hour, 0)
	if n, err := c.nodes[0].Under(stale).Expire(t.Context()); !errors.Is(err, pay.ErrLeaseLost) || n != 0 {
		t.Errorf("a stale leader expired %d codes: %v", n, err)
	}
	if now := c.stored(t, code.Ref); now.State != pay.CodeActive {
		t.Errorf("the code is %s", now.State)
	}
	if n, err := c.nodes[1].Under(current).Expire(t.Context()); err != nil || n != 1 {
		t.Errorf("the leader expired %d codes: %v", n, err)
	}
	if now := c.stored(t, code.Ref); now.State != pay.CodeIsExpired {
		t.Errorf("the code is %s", now.State)
	}
}

func (c *cluster) stored(t *testing.T, ref string) pay.Code {
	t.Helper()
	code, err := c.nodes[0].Code(t.Context(), ref)
	must(t, err)
	return code
}

func TestStaleLeaderSettlesNothing(t *testing.T) { onEngines(t, 2, staleLeaderSettlesNothing) }

func staleLeaderSettlesNothing(t *testing.T, c *cluster) {
	c.pay(t)
	day := pay.Day(c.business())
	stale, current := c.handOver(t, "close")
	c.pass(24*time.Hour, 0)
	settled, err := c.nodes[0].Under(stale).Settle(t.Context(), day)
	if !errors.Is(err, pay.ErrLeaseLost) || len(settled) != 0 {
		t.Errorf("a stale leader settled %v: %v", settled, err)
	}
	err = c.nodes[0].Inspect(t.Context(), func(r pay.Reader) error {
		settled, err = r.Settlements(day)
		return err
	})
	if err != nil || len(settled) != 0 {
		t.Errorf("%v are settled: %v", settled, err)
	}
	for _, want := range []int{1, 0} { // an operator may settle anywhere, once
		settled, err := c.nodes[1].Under(current).Settle(t.Context(), day)
		if err != nil || len(settled) != want {
			t.Errorf("the leader settled %v: %v", settled, err)
		}
		if settled, err := c.nodes[0].Settle(t.Context(), day); err != nil || len(settled) != 0 {
			t.Errorf("an operator settled %v once more: %v", settled, err)
		}
	}
	books, err := c.nodes[0].CheckBooks(t.Context())
	if err != nil || !books.Balanced {
		t.Errorf("the books: %+v, %v", books, err)
	}
}

// TestDeadNodeIsBuried: what a node has claimed is free once it is buried as
// it was last seen, and not while it lives.
func TestDeadNodeIsBuried(t *testing.T) { onEngines(t, 3, deadNodeIsBuried) }

func deadNodeIsBuried(t *testing.T, c *cluster) {
	ctx := t.Context()
	stale, current := c.handOver(t, "janitor")
	_, err := c.nodes[0].Join(ctx, "a", c.real(), life)
	must(t, err)
	c.pay(t)
	claim := func(node int, name string) int {
		claimed, err := c.nodes[node].ClaimDeliveries(ctx, name, 9)
		must(t, err)
		return len(claimed)
	}
	if n := claim(0, "a"); n != 1 {
		t.Fatalf("node a has claimed %d deliveries", n)
	}
	seen := c.onlyNode(t)
	_, err = c.nodes[0].Join(ctx, "a", c.real().Add(time.Second), life)
	must(t, err)
	if err := c.nodes[1].Under(current).Bury(ctx, seen); !errors.Is(err, pay.ErrExists) {
		t.Errorf("a node that has renewed is buried: %v", err)
	}
	seen = c.onlyNode(t)
	if err := c.nodes[1].Under(stale).Bury(ctx, seen); !errors.Is(err, pay.ErrLeaseLost) {
		t.Errorf("a stale janitor buries: %v", err)
	}
	if n := claim(1, "b"); n != 0 {
		t.Errorf("%d deliveries of a live node were claimed by another", n)
	}
	must(t, c.nodes[1].Under(current).Bury(ctx, seen))
	if _, err := c.nodes[0].ClaimDeliveries(ctx, "a", 9); !errors.Is(err, pay.ErrLeaseLost) {
		t.Errorf("a node that was buried claims: %v", err)
	}
	if nodes, err := c.nodes[2].Nodes(ctx); err != nil || len(nodes) != 0 {
		t.Errorf("the nodes after the burial: %v, %v", nodes, err)
	}
	if n := claim(1, "b"); n != 1 {
		t.Errorf("of the dead node's delivery %d were claimed", n)
	}
	back, err := c.nodes[0].Join(ctx, "a", c.real().Add(time.Minute), life)
	if err != nil || back.Token <= seen.Token {
		t.Errorf("a node that comes back has token %d after %d: %v", back.Token, seen.Token, err)
	}
	must(t, c.nodes[1].ReleaseDeliveries(ctx, "b"))
	if n := claim(0, "a"); n != 1 {
		t.Errorf("a node that came back claims %d deliveries", n)
	}
}

func (c *cluster) onlyNode(t *testing.T) pay.Lease {
	t.Helper()
	nodes, err := c.nodes[0].Nodes(t.Context())
	if err != nil || len(nodes) != 1 {
		t.Fatalf("nodes %v, %v", nodes, err)
	}
	return nodes[0]
}

func TestNodeLeaves(t *testing.T) { onEngines(t, 2, nodeLeaves) }

func nodeLeaves(t *testing.T, c *cluster) {
	joined, err := c.nodes[0].Join(t.Context(), "a", c.real(), life)
	must(t, err)
	c.pay(t)
	claimed, err := c.nodes[0].ClaimDeliveries(t.Context(), "a", 9)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %v, %v", claimed, err)
	}
	must(t, c.nodes[0].Leave(t.Context(), joined))
	if claimed, err = c.nodes[1].ClaimDeliveries(t.Context(), "b", 9); err != nil || len(claimed) != 1 {
		t.Errorf("after it left another claimed %v, %v", claimed, err)
	}
	if nodes, err := c.nodes[1].Nodes(t.Context()); err != nil || len(nodes) != 0 {
		t.Errorf("the nodes after it left: %v, %v", nodes, err)
	}
}
