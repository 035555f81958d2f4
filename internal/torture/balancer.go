package torture

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// nodeHeader tells in an answer which node gave it.
const nodeHeader = "X-Torture-Node"

// balancer stands before several nodes as a provider's would: each request
// goes to the next of those whose /readyz says so, and to another one only if
// no connection came about. What a dying node leaves unanswered is left so.
type balancer struct {
	backends []*backend
	turn     atomic.Uint64
	carrier  *http.Transport
	servers  []*http.Server
	stop     context.CancelFunc
	watching sync.WaitGroup
}

type backend struct {
	node  *node
	ready atomic.Bool
}

// door is one of the two listeners that every node has.
type door func(*node) (host string)

var (
	apiDoor   door = func(n *node) string { return n.api }
	adminDoor door = func(n *node) string { return n.admin }
)

// newBalancer listens for the API and for the management API.
func newBalancer(connections int) (b *balancer, api, admin string, err error) {
	b = &balancer{carrier: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	if api, err = b.listen(apiDoor); err == nil {
		admin, err = b.listen(adminDoor)
	}
	return b, api, admin, err
}

func (b *balancer) listen(to door) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(*httputil.ProxyRequest) {},
		Transport: roundRobin{b, to},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // the client's connection breaks as the node's did
		},
	}
	s := &http.Server{Handler: proxy, ReadHeaderTimeout: patience}
	b.servers = append(b.servers, s)
	go s.Serve(l)
	return "http://" + l.Addr().String(), nil
}

// probeEvery is how often each node is asked whether it is ready.
const probeEvery = 50 * time.Millisecond

// watch begins to ask the nodes whether they are ready.
func (b *balancer) watch(nodes []*node) {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	for _, n := range nodes {
		k := &backend{node: n}
		k.ready.Store(serves(ctx, n.apiURL()))
		b.backends = append(b.backends, k)
	}
	for _, k := range b.backends {
		b.watching.Go(func() {
			for ctx.Err() == nil {
				k.ready.Store(serves(ctx, k.node.apiURL()))
				select {
				case <-ctx.Done():
				case <-time.After(probeEvery):
				}
			}
		})
	}
}

func (b *balancer) close() {
	for _, s := range b.servers {
		_ = s.Close()
	}
	if b.stop != nil {
		b.stop()
	}
	b.watching.Wait()
	b.carrier.CloseIdleConnections()
}

// candidates are the ready nodes, the next one first.
func (b *balancer) candidates() []*backend {
	var ready []*backend
	first := b.turn.Add(1)
	for i := range b.backends {
		k := b.backends[(first+uint64(i))%uint64(len(b.backends))]
		if k.ready.Load() {
			ready = append(ready, k)
		}
	}
	return ready
}

// roundRobin carries the requests of one door.
type roundRobin struct {
	balancer *balancer
	to       door
}

// RoundTrip implements http.RoundTripper.
func (r roundRobin) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	for _, k := range r.balancer.candidates() {
		attempt := req.Clone(req.Context())
		attempt.URL.Scheme, attempt.URL.Host = "http", r.to(k.node)
		attempt.Body, attempt.GetBody = io.NopCloser(bytes.NewReader(body)), nil
		res, err := r.balancer.carrier.RoundTrip(attempt)
		if err == nil {
			res.Header.Set(nodeHeader, fmt.Sprint(k.node.number))
			return res, nil
		}
		if !neverSent(err) {
			return nil, err
		}
		k.ready.Store(false)
	}
	return unavailable(req), nil
}

// noNode is the response code of the balancer's own answer.
const noNode = "5030000"

// unavailable is the balancer's own answer when no node is ready.
func unavailable(req *http.Request) *http.Response {
	const text = `{"responseCode":"` + noNode + `","responseMessage":"No node is ready"}`
	return &http.Response{
		StatusCode: http.StatusServiceUnavailable, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"1"}},
		Body:   io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Request: req,
	}
}
