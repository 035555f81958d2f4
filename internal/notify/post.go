package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/field"
)

// newClient makes the client of all calls.
func newClient(o Options) *http.Client {
	if o.Transport == nil {
		o.Transport = newTransport(o)
	}
	return &http.Client{
		Transport: o.Transport,
		// A redirect is an answer like any other: what is signed is the path.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newTransport takes no proxy from the environment: behind one the address that
// is dialled, and checked, would be the proxy's.
func newTransport(o Options) *http.Transport {
	dialer := &net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second}
	if !o.AllowPrivate {
		dialer.Control = checkDial
	}
	settings := o.TLS.Clone()
	if settings == nil {
		settings = &tls.Config{}
	}
	settings.MinVersion = cmp.Or(settings.MinVersion, tls.VersionTLS12) // what the SNAP standard tolerates
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        settings,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           o.InFlight,
		MaxIdleConnsPerHost:    o.PerEndpoint,
		IdleConnTimeout:        4 * time.Second, // before common servers close it, after 5 s
		TLSHandshakeTimeout:    o.Timeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// address gives where a letter goes now: the code's own callback, or else the
// merchant's address, or else the partner's. One without a path, or with a lone slash, which is how
// many programs write that, gets the provider's.
func address(l *letter, allowPrivate bool) (*url.URL, error) {
	raw := cmp.Or(l.code.CallbackURL, l.merchant, l.partner.NotifyURL)
	if raw == "" {
		return nil, errors.New("notify: the partner has no address for notifications any more")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("notify: the address cannot be read: %w", err)
	case u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, fmt.Errorf("notify: the address %q is not one of http or https", u.Redacted())
	case u.Scheme == "http" && !allowPrivate:
		return nil, fmt.Errorf("notify: the address %q is not encrypted: https is required outside a sandbox", u.Redacted())
	}
	if u.Path == "" || u.Path == "/" {
		u.Path, u.RawPath = l.notice.Path, ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// origin is the scheme and host of an address, as far as it can be read.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// answer is what an endpoint said.
type answer struct {
	status int
	body   []byte // at most maxAnswer bytes
}

const (
	maxAnswer  = 64 << 10 // bytes of an answer that are read
	maxExcerpt = 512      // bytes of it that are kept
)

// errUnanswered is an endpoint's silence: refused, timed out, or broken off.
var errUnanswered = errors.New("no answer")

// post sends a body. Its error is an errUnanswered. The header's names go out
// as they are spelled: some receivers look for the documents' capitals.
func (n *Notifier) post(ctx context.Context, to *url.URL, header http.Header, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("notify: %w", err)
	}
	req.Header = header
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "qrisd")
	resp, err := n.client.Do(req)
	if err != nil {
		return answer{}, n.unanswered(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return answer{}, n.unanswered(err)
	}
	return a, nil
}

func (n *Notifier) unanswered(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w within %s", errUnanswered, n.options.Timeout)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // it repeats the method and the address
	}
	return fmt.Errorf("%w: %w", errUnanswered, err)
}

// judge holds an answer against the documented envelope: HTTP 200 and a strict
// JSON object whose responseCode is one of acks. Nothing else acknowledges: of
// two names that differ in case, or not at all, nobody knows which is meant.
func judge(a answer, acks []string) result {
	r := result{status: a.status, answer: excerpt(a.body)}
	var why string
	envelope, err := field.Parse(a.body)
	code := envelope.Get("responseCode")
	switch {
	case a.status >= 300 && a.status < 400:
		why = "redirects are not followed"
	case a.status != http.StatusOK:
		why = fmt.Sprintf("status %d, 200 is needed", a.status)
	case err != nil:
		why = "the answer is not strict JSON with a responseCode in text, " + err.Error()
	case code.Kind() == field.Absent:
		why = "the answer has no responseCode, spelled so, " + strings.Join(acks, " or ") + " is needed"
	case code.Kind() != field.String:
		why = "responseCode is not a text"
	case !slices.Contains(acks, code.Text()):
		why = fmt.Sprintf("responseCode is %q, %s is needed", code.Text(), strings.Join(acks, " or "))
	default:
		r.acked = true
		return r
	}
	r.answer = excerpt([]byte("not acknowledged, " + why + ": " + r.answer))
	return r
}

// excerpt is the beginning of a text as storage takes it: valid UTF-8 without
// control characters.
func excerpt(text []byte) string {
	if len(text) > maxExcerpt {
		text = text[:maxExcerpt]
		for i := 1; i < utf8.UTFMax && !utf8.Valid(text); i++ {
			text = text[:len(text)-1] // a character that was cut through
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(text), "?"))
}
