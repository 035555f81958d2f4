package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// leverage is what the sandbox's levers do to an exchange. A nil leverage does
// nothing.
type leverage struct {
	pulled sandbox.Pulled
	w      http.ResponseWriter
}

// take gives the lever of a kind if it is on for the exchange, and shows in the
// answer that it was used.
func (l *leverage) take(kind sandbox.LeverKind) (sandbox.Lever, bool) {
	if l == nil {
		return sandbox.Lever{}, false
	}
	lever, ok := l.pulled.Of(kind)
	if ok {
		l.w.Header().Add(leverHeader, lever.String())
	}
	return lever, ok
}

// errWithheld ends an exchange whose work is done and whose answer does not
// come.
var errWithheld = errors.New("a sandbox lever withholds the answer")

// writeWithin is how long a client may take to read an answer.
const writeWithin = 30 * time.Second

// pull throws the dice of the levers for an exchange, and lets it wait if one
// says so. The answer goes to the writer that it gives.
func (s *Server) pull(w http.ResponseWriter, x *exchange) http.ResponseWriter {
	if !s.options.Sandbox || x.route.operation == nil {
		return w
	}
	partnerID := ""
	if x.partner != nil {
		partnerID = x.partner.ID
	}
	pulled := s.options.Levers.Pull(partnerID, x.route.operation.Name)
	if len(pulled) == 0 {
		return w
	}
	x.leverage = &leverage{pulled, w}
	for _, lever := range pulled {
		s.options.Log.Info("a lever is on", "request", x.id, "lever", lever.String(), "partner", partnerID, "operation", x.route.operation.Name)
	}
	if lever, ok := x.leverage.take(sandbox.LeverDelay); ok {
		s.hold(x, time.Duration(lever.Lasts))
	}
	if lever, ok := x.leverage.take(sandbox.LeverSlow); ok {
		return &trickle{ResponseWriter: w, server: s, x: x, over: time.Duration(lever.Lasts)}
	}
	return w
}

// hold lets an exchange wait, also longer than the listener lets others: until
// the time is over, the client has gone or the server leaves.
func (s *Server) hold(x *exchange, d time.Duration) {
	control := http.NewResponseController(x.leverage.w)
	// Where a deadline cannot be moved, the listener's own holds.
	_ = control.SetReadDeadline(time.Now().Add(d + writeWithin)) // its passing would look as if the client had gone
	_ = control.SetWriteDeadline(time.Now().Add(d + writeWithin))
	s.options.Levers.Wait(x.request.Context(), d)
}

// overloaded refuses an exchange as one too many, if a lever says so.
func (x *exchange) overloaded() error {
	if _, ok := x.leverage.take(sandbox.LeverTooMany); ok {
		return x.step("lever", pay.Refuse(pay.RateLimited, "a sandbox lever refuses the request as one too many"))
	}
	return nil
}

// act carries out the operation, as far as the levers let it and its answer
// through.
func (s *Server) act(ctx context.Context, x *exchange) (any, error) {
	fault, faulty := x.fault()
	if faulty && !fault.after {
		x.leverage.take(sandbox.LeverError)
		return nil, fault.answer
	}
	reply, err := s.verb(ctx, x)
	if err != nil {
		return nil, err
	}
	if faulty {
		x.leverage.take(sandbox.LeverError)
		return nil, fault.answer
	}
	if _, ok := x.leverage.take(sandbox.LeverTimeout); ok {
		return nil, errWithheld
	}
	return reply, nil
}

// fault is an answer that a lever gives in the place of the operation's.
type fault struct {
	answer sandbox.Trigger
	after  bool // the operation's work is done
}

func (x *exchange) fault() (fault, bool) {
	if x.leverage == nil {
		return fault{}, false
	}
	lever, on := x.leverage.pulled.Of(sandbox.LeverError)
	if !on {
		return fault{}, false
	}
	answer, applies := lever.Fault(x.route.dialect, x.route.operation)
	return fault{answer, lever.AfterCommit}, applies
}

// give answers, unless the answer is withheld: then the connection is cut when
// the client gives up, or after the lever's time.
func (s *Server) give(w http.ResponseWriter, x *exchange, reply any, err error) {
	if !errors.Is(err, errWithheld) {
		s.answer(w, x, reply, err)
		return
	}
	lever, _ := x.leverage.pulled.Of(sandbox.LeverTimeout)
	s.hold(x, time.Duration(lever.Lasts))
	panic(http.ErrAbortHandler)
}

// trickle sends the body of an answer in small pieces, and what a stream writes
// after the time is over at once.
type trickle struct {
	http.ResponseWriter
	server *Server
	x      *exchange
	over   time.Duration
	until  time.Time // when the time is over; zero: nothing was written yet
}

// Unwrap is for http.ResponseController.
func (t *trickle) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// morsels is how many pieces a body trickles in.
const morsels = 20

func (t *trickle) Write(p []byte) (written int, err error) {
	if t.until.IsZero() {
		t.until = time.Now().Add(t.over)
	} else if time.Now().After(t.until) {
		return t.ResponseWriter.Write(p)
	}
	control := http.NewResponseController(t.ResponseWriter)
	_ = control.SetWriteDeadline(time.Now().Add(t.over + writeWithin)) // else the listener's own holds
	size := max((len(p)+morsels-1)/morsels, 1)
	for written < len(p) {
		n, err := t.ResponseWriter.Write(p[written:min(written+size, len(p))])
		if written += n; err == nil {
			err = control.Flush()
		}
		if err != nil {
			return written, err
		}
		if written < len(p) {
			t.server.options.Levers.Wait(t.x.request.Context(), t.over/morsels)
		}
	}
	return written, nil
}
