package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/pay"
)

// Bounds of the streams that the checkout pages hold at this node. A page that
// gets none asks for the status instead.
const (
	mostStreams       = 1000
	mostStreamsOfCode = 20
	streamLife        = 10 * time.Minute // after which a page opens another
	streamHeartbeat   = 15 * time.Second
	streamWrite       = 10 * time.Second // for what is written at once
	lookEvery         = time.Second
	lookWithin        = 3 * time.Second // so that a server that leaves is noticed though its store hangs
)

// watch tells the viewers of codes what becomes of them. One look a second
// reads each watched code once, all in one snapshot, so that it also sees what
// other nodes commit.
type watch struct {
	look     func(ctx context.Context, refs []string) (map[string]console.Checkout, error)
	draining func(context.Context) bool
	every    time.Duration

	mu      sync.Mutex
	viewers map[string]map[*viewer]bool // by the code's Ref
	all     int
	running bool
	ended   bool
}

// viewer is one open stream. Its channel holds the newest that it has not
// taken, and is closed when the server leaves.
type viewer struct {
	ref  string
	news chan console.Checkout
}

// join makes a viewer of a code; nil: there are too many, or the server leaves.
func (b *watch) join(ref string) *viewer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || b.all >= mostStreams || len(b.viewers[ref]) >= mostStreamsOfCode {
		return nil
	}
	if b.viewers[ref] == nil {
		b.viewers[ref] = make(map[*viewer]bool)
	}
	v := &viewer{ref, make(chan console.Checkout, 1)}
	b.viewers[ref][v] = true
	b.all++
	if !b.running {
		b.running = true
		go b.run()
	}
	return v
}

func (b *watch) leave(v *viewer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	if delete(b.viewers[v.ref], v); len(b.viewers[v.ref]) == 0 {
		delete(b.viewers, v.ref)
	}
}

// run looks for as long as somebody watches.
func (b *watch) run() {
	var before memory
	ticks := time.NewTicker(b.every)
	defer ticks.Stop()
	for range ticks.C {
		if !b.once(&before) {
			return
		}
	}
}

// once looks once, and reports whether to go on.
func (b *watch) once(before *memory) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	refs := b.watched(b.draining(ctx))
	if len(refs) == 0 {
		return false
	}
	found, err := b.look(ctx, refs)
	if err == nil { // else the next look may go well, and the pages can ask
		b.tell(before.changed(found, time.Now()))
	}
	return true
}

// watched gives the codes to look at. None are left for a server that leaves.
func (b *watch) watched(leaving bool) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if leaving && !b.ended {
		b.ended = true
		for _, viewers := range b.viewers {
			for v := range viewers {
				close(v.news)
			}
		}
	}
	if b.ended || b.all == 0 {
		b.running = false
		return nil
	}
	return slices.Collect(maps.Keys(b.viewers))
}

// tell gives each viewer the newest, in place of what it has not taken yet.
func (b *watch) tell(news []console.Checkout) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range news {
		for v := range b.viewers[c.Code.Ref] {
			select {
			case <-v.news:
			default:
			}
			v.news <- c
		}
	}
}

// memory is what was seen before.
type memory struct {
	each  map[string]sight
	ahead time.Duration // of the server's clock, which a sandbox moves
}

// sight is what of a code a page shows.
type sight struct {
	state    pay.CodeState
	payment  string
	refunded pay.Rupiah
}

func sightOf(c console.Checkout) sight {
	s := sight{state: c.State()}
	if c.Payment != nil {
		s.payment, s.refunded = c.Payment.Ref, c.Payment.Refunded
	}
	return s
}

// changed gives what differs from what was seen before: all of it when the
// clock was moved.
func (m *memory) changed(found map[string]console.Checkout, real time.Time) (news []console.Checkout) {
	each := make(map[string]sight, len(found))
	var ahead time.Duration
	for _, c := range found {
		ahead = c.Now.Sub(real)
	}
	moved := (ahead - m.ahead).Abs() > 500*time.Millisecond
	for ref, c := range found {
		each[ref] = sightOf(c)
		if moved || m.each[ref] != each[ref] {
			news = append(news, c)
		}
	}
	if m.each = each; moved {
		m.ahead = ahead
	}
	return news
}

// lookAt reads codes in one snapshot.
func (s *Server) lookAt(ctx context.Context, refs []string) (map[string]console.Checkout, error) {
	found := make(map[string]console.Checkout, len(refs))
	err := s.core.Inspect(ctx, func(r pay.Reader) error {
		now := s.core.Now()
		for _, ref := range refs {
			c, err := readCheckout(r, ref, now)
			switch {
			case err == nil:
				found[ref] = c
			case !errors.Is(err, pay.ErrNotFound):
				return fmt.Errorf("looking at code %s: %w", ref, err)
			}
		}
		return nil
	})
	return found, err
}

// checkoutEvents streams to a page how its code stands, from now until it
// cannot change any more.
func (s *Server) checkoutEvents() http.HandlerFunc {
	watch := &watch{look: s.lookAt, draining: func(context.Context) bool { return s.draining() }, every: lookEvery, viewers: make(map[string]map[*viewer]bool)}
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.findCheckout(r)
		if err != nil {
			s.noCode(w, r, err)
			return
		}
		v := watch.join(c.Code.Ref)
		if v == nil {
			w.Header().Set("Retry-After", "5")
			s.writeJSON(w, http.StatusServiceUnavailable, condition{Status: "unavailable", Cause: "too many streams", Time: c.Now.Format(time.RFC3339)})
			return
		}
		defer watch.leave(v)
		if c, err = s.findCheckout(r); err == nil && r.Method == http.MethodGet { // once more: it may have changed before v joined
			s.stream(newEventWriter(w, r), v, c)
		}
	}
}

// stream writes the status at once, whenever it changes, and as a heartbeat.
func (s *Server) stream(w *eventWriter, v *viewer, c console.Checkout) {
	heartbeat := time.NewTicker(streamHeartbeat)
	defer heartbeat.Stop()
	end := time.NewTimer(streamLife)
	defer end.Stop()
	for open := true; open; {
		if err := w.write(c); err != nil || c.State() != pay.CodeActive {
			return
		}
		select {
		case c, open = <-v.news:
		case <-heartbeat.C:
			c.Now = s.core.Now()
		case <-end.C:
			return
		case <-w.ctx.Done():
			return
		}
	}
}

// eventWriter writes server-sent events of one visit.
type eventWriter struct {
	ctx   context.Context
	w     http.ResponseWriter
	turn  *http.ResponseController
	visit console.CheckoutVisit
}

func newEventWriter(w http.ResponseWriter, r *http.Request) *eventWriter {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	e := &eventWriter{r.Context(), w, http.NewResponseController(w), console.ReadCheckoutVisit(r)}
	_ = e.turn.SetReadDeadline(time.Time{}) // the server's own is for whole requests
	return e
}

func (e *eventWriter) write(c console.Checkout) error {
	text, err := json.Marshal(c.Status(e.visit))
	if err != nil {
		return err
	}
	if err := e.turn.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return fmt.Errorf("streaming: %w", err)
	}
	if _, err := fmt.Fprintf(e.w, "data: %s\n\n", text); err != nil {
		return err
	}
	return e.turn.Flush()
}
