package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// requestHeader carries a request's id, both ways.
const requestHeader = "X-Request-Id"

// longestID is how long a client's own id of a request may be.
const longestID = 64

// requestID takes a client's own id of a request if it is well formed, or
// draws one.
func requestID(r *http.Request) string {
	if values := r.Header[requestHeader]; len(values) == 1 && wellFormed(values[0]) {
		return values[0]
	}
	return uuid.NewString()
}

// wellFormed ids are of letters, digits and what joins them: such an id can
// stand in a log and in an address as it is.
func wellFormed(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return id != "" && len(id) <= longestID
}

// allowance bounds how many lines a second the log tells of requests, so that
// it costs a loaded server next to nothing. What it leaves out it counts.
type allowance struct {
	mu      sync.Mutex
	second  int64
	told    int
	leftOut int
}

// take reports whether a line may be written, and how many were not since the
// last one.
func (a *allowance) take(now time.Time, most int) (ok bool, leftOut int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := now.Unix(); s != a.second {
		a.second, a.told = s, 0
	}
	if a.told >= most {
		a.leftOut++
		return false, 0
	}
	a.told++
	leftOut, a.leftOut = a.leftOut, 0
	return true, leftOut
}

// admits decides about the line of a request that did not fail.
func (s *Server) admits(level slog.Level) (ok bool, leftOut int) {
	if !s.options.Log.Enabled(context.Background(), level) {
		return false, 0
	}
	if level > slog.LevelInfo {
		return true, 0
	}
	return s.lines.take(time.Now(), s.options.AccessLines)
}

// log tells of an exchange: one line, at ERROR when it failed by this server's
// own fault.
func (s *Server) log(x *exchange, status int, code string, took time.Duration, err error) {
	level := slog.LevelInfo
	if err != nil && ownFault(err) {
		level = slog.LevelError
	}
	ok, leftOut := s.admits(level)
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("dialect", x.route.dialect.Name), slog.String("operation", x.route.operation.Name),
		slog.String("partner", x.partnerID()), slog.String("remote", x.request.RemoteAddr), slog.Int("status", status), slog.String("code", code),
		milliseconds(took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	for _, warning := range x.warnings {
		attrs = append(attrs, slog.String("warning", warning.Error()))
	}
	s.options.Log.LogAttrs(context.Background(), level, "request", counting(attrs, leftOut)...)
}

// ownFault tells what this server could not do from what it refused, from what
// a sandbox was asked to answer, and from a client that has gone.
func ownFault(err error) bool {
	var trigger sandbox.Trigger
	return pay.KindOf(err) == pay.Internal && !errors.As(err, &trigger) && !errors.Is(err, context.Canceled)
}

// pageView is one answer that is no API's.
type pageView struct {
	listener, route, id string
	status              int
	took                time.Duration
}

func (s *Server) logPage(r *http.Request, v pageView) {
	ok, leftOut := s.admits(slog.LevelInfo)
	if !ok {
		return
	}
	s.options.Log.LogAttrs(context.Background(), slog.LevelInfo, "request", counting([]slog.Attr{
		slog.String("request", v.id), slog.String("listener", v.listener), slog.String("method", r.Method), slog.String("route", v.route),
		slog.String("remote", r.RemoteAddr), slog.Int("status", v.status), milliseconds(v.took),
	}, leftOut)...)
}

func milliseconds(d time.Duration) slog.Attr {
	return slog.Float64("ms", float64(d.Microseconds())/1000)
}

func counting(attrs []slog.Attr, leftOut int) []slog.Attr {
	if leftOut > 0 {
		attrs = append(attrs, slog.Int("left_out", leftOut))
	}
	return attrs
}
