package server

import (
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
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
	id       string // request id
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
	call     *dialect.Call
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
	x.call = &dialect.Call{
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

var canonicalNames sync.Map

// canonical is http.CanonicalHeaderKey without its allocation for the names
// that every request is asked for. Only names of rows come here.
func canonical(name string) string {
	if c, ok := canonicalNames.Load(name); ok {
		return c.(string)
	}
	c := http.CanonicalHeaderKey(name)
	canonicalNames.Store(name, c)
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
	body, err := snap.Reescape(nil, x.raw)
	if err != nil {
		body = x.raw
	}
	h := sha256.New()
	io.WriteString(h, x.route.operation.Name+"\n")
	h.Write(body)
	h.Sum(x.sum[:0])
	x.digested = true
	return x.sum
}

// lateRetry is how long after midnight yesterday's X-EXTERNAL-ID still counts
// for a retry.
const lateRetry = time.Hour

// externalMarks are the marks under which an earlier request with this
// X-EXTERNAL-ID would stand: today's, and for dialects that replay also
// yesterday's shortly after midnight, since a retry may cross it.
func (x *exchange) externalMarks(now time.Time) []pay.Mark {
	rule := x.route.dialect.ExternalID
	if !rule.Remember || x.route.operation.Auth == dialect.AuthToken {
		return nil
	}
	m := x.mark(pay.ByExternalID, "", x.get(snap.HeaderExternalID))
	if !rule.Daily {
		return []pay.Mark{m}
	}
	m.Day = pay.Day(now)
	marks := []pay.Mark{m}
	if yesterday := pay.Day(now.Add(-lateRetry)); rule.Same.Replay && yesterday != m.Day {
		m.Day = yesterday
		marks = append(marks, m)
	}
	return marks
}

// marks are what the request's success must remember.
func (x *exchange) marks(now time.Time) []pay.Mark {
	var marks []pay.Mark
	if external := x.externalMarks(now); len(external) > 0 {
		marks = append(marks, external[0])
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
