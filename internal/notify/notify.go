// Package notify tells partners' servers of payments. It takes due deliveries
// from the outbox, signs them as the partner's dialect does, sends them, and
// records every try until the documented acknowledgement comes or the tries
// are used up.
//
// A delivery arrives at least once: a receiver whose answer is lost is told
// again, with the same bytes under the same X-EXTERNAL-ID. Any number of nodes
// may deliver from one outbox: each claims what it is about to try.
package notify

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"hash/fnv"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// Options are what an operator may set. The zero value of a field is its
// default.
type Options struct {
	Dialects []dialect.Dialect
	Provider func() *rsa.PrivateKey // the key that signs asymmetric notifications and token requests
	// ClientKey is the X-CLIENT-KEY under which the provider asks a merchant's
	// server for a token.
	ClientKey string
	// AllowPrivate lets calls go to loopback and private networks and over
	// plain http. Only a sandbox sets it.
	AllowPrivate bool
	// Holder names this node in what it claims. No other process, earlier ones
	// of the same node included, has the same; a random UUID.
	Holder string

	Timeout     time.Duration // of a whole try, token included; 10 s
	Grace       time.Duration // for tries in flight when Run is to end; 5 s
	PerEndpoint int           // tries in flight to one scheme and host; 4
	InFlight    int           // tries in flight altogether; 256
	Poll        time.Duration // how often the outbox is looked at without a Kick; 500 ms
	Backoff     Backoff
	TLS         *tls.Config // the system's roots, TLS 1.2 or later
	// Transport carries the calls in place of one that dials, which TLS and
	// AllowPrivate are about.
	Transport http.RoundTripper

	// Now is the real time, which receivers compare X-TIMESTAMP with; without
	// it the core's business time serves, which a sandbox may have moved.
	Now func() time.Time
	// Jitter draws from [0, 1) and is called concurrently; without it the
	// delivery's id decides.
	Jitter func() float64
	Log    *slog.Logger // none
	// Tried is told of every try that was recorded, with the delivery as it was
	// before and its state now. It must not block; nil: nobody is told.
	Tried func(pay.Delivery, pay.Attempt, pay.DeliveryState)
	// Trace begins the span of a try, which is to be called with what was
	// recorded of it, and gives a W3C traceparent for the receiver; nil: tries
	// are not traced.
	Trace func(context.Context, pay.Delivery) (traced context.Context, traceparent string, end func(pay.Attempt, pay.DeliveryState))
	// Levers says how a sandbox disturbs the next try of a partner's
	// notification, which may be the delivery's first; nil: no try is.
	Levers func(partnerID string, first bool) Disturbance
}

func (o Options) orDefault(core *pay.Core) Options {
	o.Holder = cmp.Or(o.Holder, uuid.NewString())
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Grace = cmp.Or(o.Grace, 5*time.Second)
	o.PerEndpoint = cmp.Or(o.PerEndpoint, 4)
	o.InFlight = cmp.Or(o.InFlight, 256)
	o.Poll = cmp.Or(o.Poll, 500*time.Millisecond)
	o.Backoff = o.Backoff.orDefault()
	if o.Now == nil {
		o.Now = core.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Notifier delivers what a core has to tell.
type Notifier struct {
	core     *pay.Core
	options  Options
	dialects map[string]*dialect.Dialect
	client   *http.Client
	tokens   tokens
	swaps    swaps
	kicks    chan struct{}
}

// New makes a Notifier. Nothing is sent before Run.
func New(core *pay.Core, o Options) *Notifier {
	o = o.orDefault(core)
	n := &Notifier{
		core: core, options: o, client: newClient(o),
		dialects: make(map[string]*dialect.Dialect, len(o.Dialects)),
		kicks:    make(chan struct{}, 1),
	}
	for i := range o.Dialects {
		n.dialects[o.Dialects[i].Name] = &o.Dialects[i]
	}
	return n
}

// Kick says that something was written: Run looks now instead of at its next
// poll. It never blocks.
func (n *Notifier) Kick() {
	select {
	case n.kicks <- struct{}{}:
	default: // a look is due anyway
	}
}

// Run delivers until the context ends. Then the tries in flight have the
// grace to end by themselves, those that have not are cut and recorded as
// unanswered, and what was claimed and not tried is released. All that ends
// within two seconds after the grace: what storage does not take by then is
// left to other nodes. One Run may go on at a time.
func (n *Notifier) Run(ctx context.Context) error {
	r := newRun(n)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.loop(ctx)
		r.tries.Wait()
		r.release(ctx)
	}()
	latest, cancel := outlast(ctx, n.options.Grace+recordWithin+releaseWithin)
	defer cancel()
	select {
	case <-ended:
	case <-latest.Done():
		n.options.Log.Warn("storage did not answer in time: notifications under way wait until this node counts as gone")
	}
	n.client.CloseIdleConnections()
	return nil
}

// Preview gives where a delivery would go now and what it would carry,
// without sending or keeping anything.
func (n *Notifier) Preview(ctx context.Context, id string) (url, body string, err error) {
	l, err := n.open(ctx, id)
	if err == nil {
		err = n.compose(ctx, l)
	}
	if err != nil {
		return "", "", err
	}
	return l.url.Redacted(), l.body, nil
}

// jitter is a number in [0, 1) for the wait after a try.
func (n *Notifier) jitter(id string, try int) float64 {
	if n.options.Jitter != nil {
		return n.options.Jitter()
	}
	h := fnv.New32a()
	h.Write([]byte(strconv.Itoa(try) + id))
	return float64(h.Sum32()) / (1 << 32)
}
