package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
)

// callView is a call of the journal; a list leaves out all from Request on.
type callView struct {
	ID                 string           `json:"id"`
	At                 time.Time        `json:"at"`
	Millis             float64          `json:"millis"`
	Dialect            string           `json:"dialect,omitempty"`
	Operation          string           `json:"operation,omitempty"`
	PartnerID          string           `json:"partnerId,omitempty"`
	Method             string           `json:"method"`
	Path               string           `json:"path"`
	Remote             string           `json:"remote"`
	Status             int              `json:"status"` // 0: no answer was given
	Code               string           `json:"responseCode,omitempty"`
	Message            string           `json:"responseMessage,omitempty"`
	ReferenceNo        string           `json:"referenceNo,omitempty"`
	PartnerReferenceNo string           `json:"partnerReferenceNo,omitempty"`
	Levers             []string         `json:"levers,omitempty"`
	Refused            string           `json:"refusedBy,omitempty"` // name of the check
	Steps              []sandbox.Step   `json:"steps,omitempty"`
	Verdict            *sandbox.Verdict `json:"verdict,omitempty"`
	Request            string           `json:"request,omitempty"`
	Response           string           `json:"response,omitempty"`
}

func viewCall(c sandbox.Call) callView {
	v := callView{
		ID: c.ID, At: c.At, Millis: float64(c.Took.Microseconds()) / 1000, Dialect: c.Dialect, Operation: c.Operation,
		PartnerID: c.PartnerID, Method: c.Method, Path: c.Path, Remote: c.Remote,
		Status: c.Status, Code: c.Code, Message: c.Message,
		ReferenceNo: c.Reference, PartnerReferenceNo: c.PartnerReference, Levers: c.Levers,
	}
	for _, s := range c.Steps {
		if !s.Passed {
			v.Refused = s.Name
		}
	}
	return v
}

// mostCalls bounds a list of calls that names no limit.
const mostCalls = 100

var errNoJournal = &httpError{http.StatusNotFound, "not-found", "this server keeps no requests: only a sandbox does (qrisd serve --sandbox)"}

// listCalls gives the newest calls of this node that the query's filter takes.
func (a *API) listCalls(r *http.Request) (any, error) {
	if a.Journal == nil {
		return nil, errNoJournal
	}
	q := r.URL.Query()
	limit, err := limitOf(r, mostCalls)
	if err != nil {
		return nil, err
	}
	refused, _ := strconv.ParseBool(q.Get("refused"))
	views := []callView{}
	for _, c := range a.Journal.List(sandbox.Filter{
		PartnerID: q.Get("partner"), Dialect: q.Get("dialect"), Operation: q.Get("operation"),
		Code: q.Get("code"), Reference: q.Get("reference"), Refused: refused,
	}, limit) {
		views = append(views, viewCall(c))
	}
	return map[string]any{"requests": views}, nil
}

// showCall gives a call with its checks, and both messages as they went over
// the wire.
func (a *API) showCall(r *http.Request) (any, error) {
	if a.Journal == nil {
		return nil, errNoJournal
	}
	c, found := a.Journal.Get(r.PathValue("id"))
	if !found {
		return nil, &httpError{http.StatusNotFound, "not-found", "this node has no such request, or not any more"}
	}
	v := viewCall(c)
	v.Steps, v.Verdict = c.Steps, c.Verdict
	v.Request, v.Response = strings.ToValidUTF8(string(c.Request), "\uFFFD"), strings.ToValidUTF8(string(c.Response), "\uFFFD")
	return v, nil
}

const (
	// heartbeat is how often a stream without events shows that it lives.
	heartbeat = 10 * time.Second
	// patience is how long a reader may take to take what it is sent.
	patience = 20 * time.Second
)

// streamEvents sends this node's events as they happen, as server-sent events.
// It begins with the next, or behind the event that Last-Event-ID or the query
// names by its serial; 0 is before all that are kept.
func (a *API) streamEvents(w http.ResponseWriter, r *http.Request) {
	after := a.Events.Last()
	if text := cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")); text != "" {
		var err error
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			a.fail(w, r, &httpError{http.StatusBadRequest, "bad-request", "Last-Event-ID is the id of an event of this stream, a number"})
			return
		}
	}
	s := stream{w: w, control: http.NewResponseController(w), wanted: wantedBy(r), seen: after}
	s.run(r.Context(), a.Events, cmp.Or(a.Heartbeat, heartbeat))
}

// wanted says which events a reader asked for.
type wanted struct {
	kinds   []string // whole ones, or beginnings as "code"; none: all
	partner string
}

func wantedBy(r *http.Request) wanted {
	q := r.URL.Query()
	w := wanted{partner: q.Get("partner")}
	for _, list := range q["kind"] {
		w.kinds = append(w.kinds, strings.FieldsFunc(list, func(c rune) bool { return c == ',' })...)
	}
	return w
}

func (w wanted) takes(e sandbox.Event) bool {
	if e.Kind == sandbox.EventGap {
		return true
	}
	named := slices.ContainsFunc(w.kinds, func(kind string) bool {
		return e.Kind == kind || strings.HasPrefix(e.Kind, kind+".")
	})
	return (named || len(w.kinds) == 0) && (w.partner == "" || w.partner == e.PartnerID)
}

// stream is one reader of events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	wanted  wanted
	seen    uint64 // serial of the last event that was sent or not wanted
}

func (s *stream) run(ctx context.Context, events *sandbox.Events, every time.Duration) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	header := s.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")  // a proxy is not to wait for more
	s.control.SetReadDeadline(time.Time{}) // the reader has said all that it will
	beat := time.NewTicker(every)
	defer beat.Stop()
	incoming := events.Subscribe(ctx, s.seen)
	err := s.say("retry: 1000\nid: " + strconv.FormatUint(s.seen, 10) + "\n\n")
	for err == nil {
		select {
		case e, open := <-incoming:
			if !open {
				return
			}
			err = s.tell(e)
		case <-beat.C:
			err = s.say(": alive\nid: " + strconv.FormatUint(s.seen, 10) + "\n\n")
		}
	}
}

func (s *stream) tell(e sandbox.Event) error {
	s.seen = e.Serial
	if !s.wanted.takes(e) {
		return nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.say(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Serial, e.Kind, text))
}

// say sends a text now, or fails when the reader does not take it.
func (s *stream) say(text string) error {
	s.control.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
