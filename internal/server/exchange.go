package server

import (
	"crypto/sha256"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/doctor"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// maxBody is the largest body that is read: far above any documented request.
const maxBody = 256 << 10

// maxDrain is how much more is read and thrown away, so that a client that
// sends too much still gets its answer.
const maxDrain = 8 << 20

// exchange is one request on its way.
type exchange struct {
	id       string    // request id
	said     [1]string // of it, as the answer's header
	began    time.Time
	request  *http.Request
	routes   []route
	route    route
	raw      []byte
	tooLarge bool
	readErr  error
	bearer   string // text of the B2B token
	token    pay.Token
	tokenErr error
	partner  *pay.Partner
	call     *dialect.Call // own, once the request is received
	own      dialect.Call
	warnings []field.Fault
	sum      [32]byte // of the body; see digest
	digested bool
	trail    *trail // for the journal; nil: there is none
	leverage *leverage
	endSpan  func(name string, status int, about ...string) // nil: there is none
	// diagnosis is the doctor's, of a refused signature in a sandbox.
	diagnosis *doctor.Diagnosis
}

// receive reads the request and finds whose dialect it speaks.
func (s *Server) receive(r *http.Request, routes []route) *exchange {
	x := &exchange{began: time.Now(), request: r, routes: routes, route: routes[0]}
	x.id = requestID(r)
	x.raw, x.tooLarge, x.readErr = readBody(r)
	s.identify(r.Context(), x)
	x.call, x.own = &x.own, dialect.Call{
		Core: s.core, Dialect: x.route.dialect, Operation: x.route.operation,
		Partner: x.partner, Site: s.site, Sandbox: s.options.Sandbox,
	}
	return x
}

func readBody(r *http.Request) (raw []byte, tooLarge bool, err error) {
	size := max(min(r.ContentLength, maxBody), 0)
	raw = make([]byte, 0, size+1)
	for {
		n, err := r.Body.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		switch {
		case err == io.EOF:
			return raw, false, nil
		case err != nil:
			return raw, false, err
		case len(raw) > maxBody:
			_, err = io.CopyN(io.Discard, r.Body, maxDrain)
			if err == io.EOF {
				err = nil
			}
			return nil, true, err
		case len(raw) == cap(raw):
			raw = append(raw, 0)[:len(raw)]
		}
	}
}

// header gives all values of a header. CHANNEL-ID is also spelled
// X-CHANNEL-ID (the SpeedCash document prints both).
func (x *exchange) header(name string) []string {
	values := x.request.Header[canonical(name)]
	if len(values) == 0 && name == snap.HeaderChannelID {
		return x.request.Header[channelHeader]
	}
	return values
}

const channelHeader = "X-Channel-Id"

// canonicalNames are replaced, and never changed, by a name that comes for the
// first time.
var canonicalNames atomic.Pointer[map[string]string]

func init() { canonicalNames.Store(new(map[string]string)) }

// canonical is http.CanonicalHeaderKey without its allocation for the names
// that every request is asked for. Only names of rows come here.
func canonical(name string) string {
	known := canonicalNames.Load()
	if c, ok := (*known)[name]; ok {
		return c
	}
	c := http.CanonicalHeaderKey(name)
	more := map[string]string{name: c}
	maps.Copy(more, *known)
	canonicalNames.CompareAndSwap(known, &more) // who loses comes again
	return c
}

func (x *exchange) get(name string) string {
	if values := x.header(name); len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return ""
}

func (x *exchange) warn(faults []field.Fault) { x.warnings = append(x.warnings, faults...) }

// digest identifies what a request asks for, whatever its white space and
// escapes.
func (x *exchange) digest() [32]byte {
	if x.digested {
		return x.sum
	}
	text := texts.Get().(*[]byte)
	defer texts.Put(text)
	named := append(append((*text)[:0], x.route.operation.Name...), '\n')
	whole, err := snap.Reescape(named, x.raw)
	if err != nil {
		whole = append(named, x.raw...)
	}
	x.sum, x.digested = sha256.Sum256(whole), true
	if *text = whole; cap(whole) > maxSheet {
		*text = nil
	}
	return x.sum
}

// texts are what digests are over.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// lateRetry is how long after midnight yesterday's X-EXTERNAL-ID still counts
// for a retry.
const lateRetry = time.Hour

// externalDays are the days under which an earlier request with this
// X-EXTERNAL-ID would stand, and how many they are: today, and for dialects
// that replay also yesterday shortly after midnight, since a retry may cross
// it. Where an identifier is unique for good there is one day, without a name.
func (x *exchange) externalDays(now time.Time) (days [2]string, n int) {
	rule := x.route.dialect.ExternalID
	if !rule.Remember || x.route.operation.Auth == dialect.AuthToken {
		return days, 0
	}
	if !rule.Daily {
		return days, 1
	}
	days[0] = pay.Day(now)
	if rule.Same.Replay {
		days[1] = pay.Day(now.Add(-lateRetry))
	}
	if days[1] == "" || days[1] == days[0] {
		return days, 1
	}
	return days, 2
}

func (x *exchange) externalMark(day string) pay.Mark {
	m := x.mark(pay.ByExternalID, "", x.get(snap.HeaderExternalID))
	m.Day = day
	return m
}

// externalMarks are the marks under which an earlier request with this
// X-EXTERNAL-ID would stand.
func (x *exchange) externalMarks(now time.Time) []pay.Mark {
	var marks []pay.Mark
	days, n := x.externalDays(now)
	for _, day := range days[:n] {
		marks = append(marks, x.externalMark(day))
	}
	return marks
}

// marks are what the request's success must remember.
func (x *exchange) marks(now time.Time) []pay.Mark {
	if x.route.operation.Reads {
		return nil
	}
	marks := make([]pay.Mark, 0, 2)
	if days, n := x.externalDays(now); n > 0 {
		marks = append(marks, x.externalMark(days[0]))
	}
	id := x.route.operation.Identifier
	if id.Field == "" || !x.route.reference().Remember {
		return marks
	}
	if ref := x.call.Text(id.Field); ref != "" {
		marks = append(marks, x.mark(pay.ByReference, id.Scope, ref))
	}
	return marks
}

func (x *exchange) mark(kind pay.MarkKind, scope, key string) pay.Mark {
	return pay.Mark{PartnerID: x.partner.ID, Scope: scope, Kind: kind, Key: key, Body: x.digest()}
}
