package torture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// fleet is the nodes, and what kills them.
type fleet struct {
	nodes      []*node
	balancer   *balancer // nil for a single node
	dice       *rand.Rand
	recoveries []time.Duration // from each start after a kill to readiness
}

// launch starts the first node, which prepares the store, and gives the URLs
// at which clients reach the fleet. The others follow with join.
func (f *fleet) launch(ctx context.Context, o Options, folder string) (api, admin string, err error) {
	publicURL := ""
	if o.Nodes > 1 {
		if f.balancer, api, admin, err = newBalancer(o.Clients); err != nil {
			return "", "", err
		}
		publicURL = api
	}
	for number := range o.Nodes {
		n, err := newNode(number+1, o, filepath.Join(folder, "node"+strconv.Itoa(number+1)), publicURL)
		if err != nil {
			return "", "", err
		}
		f.nodes = append(f.nodes, n)
	}
	first := f.nodes[0]
	if f.balancer == nil {
		api, admin = first.apiURL(), first.adminURL()
	}
	if err := first.start(); err != nil {
		return "", "", err
	}
	if err := first.ready(ctx); err != nil {
		return "", "", err
	}
	if f.balancer != nil {
		f.balancer.watch(f.nodes)
	}
	return api, admin, nil
}

// join starts the other nodes.
func (f *fleet) join(ctx context.Context) error {
	var failed error
	for _, n := range f.nodes[1:] {
		failed = errors.Join(failed, n.start())
	}
	if failed != nil {
		return failed
	}
	for _, n := range f.nodes {
		failed = errors.Join(failed, n.ready(ctx))
	}
	return failed
}

// hasty is how often in a hundred a node is killed again before it is ready:
// recovery must survive that too.
const hasty = 10

// strike kills a node and starts it again, and gives how many times it did.
func (f *fleet) strike(ctx context.Context) (kills int, err error) {
	n := f.nodes[f.dice.IntN(len(f.nodes))]
	for {
		n.kill()
		kills++
		if len(f.nodes) > 1 {
			wait(ctx, time.Duration(f.dice.IntN(500))*time.Millisecond) // the others carry on
		}
		began := time.Now()
		if err := n.start(); err != nil {
			return kills, err
		}
		if f.dice.IntN(100) < hasty {
			wait(ctx, time.Duration(f.dice.IntN(100))*time.Millisecond)
			continue
		}
		if err := n.ready(ctx); err != nil {
			return kills, err
		}
		f.recoveries = append(f.recoveries, time.Since(began))
		return kills, nil
	}
}

// restart kills all nodes at once and starts them again.
func (f *fleet) restart(ctx context.Context) error {
	for _, n := range f.nodes {
		n.kill()
	}
	if err := f.nodes[0].start(); err != nil {
		return err
	}
	return f.join(ctx)
}

func (f *fleet) close() {
	if f.balancer != nil {
		f.balancer.close()
	}
	for _, n := range f.nodes {
		n.kill()
	}
}

func (f *fleet) faults() []string {
	var all []string
	for _, n := range f.nodes {
		all = append(all, n.faults()...)
	}
	return all
}

// logged are the errors that nodes logged, most frequent first, with how often.
func (f *fleet) logged() []string {
	counts := map[string]int{}
	for _, n := range f.nodes {
		n.logged(counts)
	}
	said := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, text := range said {
		said[i] = fmt.Sprintf("%d times: %s", counts[text], text)
	}
	return said
}

// wait returns after a time, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
