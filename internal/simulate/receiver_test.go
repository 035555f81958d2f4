package simulate

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// mood is how a partner's receiver does.
type mood int

const (
	well   mood = iota // it acknowledges
	flaky              // now and then it does not
	absent             // nobody is there
)

func (m mood) String() string { return [...]string{"well", "flaky", "absent"}[m] }

// call is a request that a receiver gets.
type call struct {
	request *http.Request
	body    []byte
}

// header is one as it was spelled. Authorization is set by its canonical name.
func (c *call) header(name string) string { return strings.Join(c.request.Header[name], "") }

// receivers are the servers of all partners, as a node reaches them.
type receivers struct{ n *node }

// RoundTrip implements http.RoundTripper.
func (r receivers) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	ctx := request.Context()
	ruling := r.n.w.turns.take(ctx, r.n, toCall, &call{request, body})
	if ruling.silent {
		return nil, r.pause(ctx, nil)
	}
	if ruling.after > 0 {
		if err := r.pause(ctx, time.After(ruling.after)); err != nil {
			return nil, err
		}
	}
	return ruling.response, ruling.err
}

// pause waits for a time, unless the caller or its process ends before.
func (r receivers) pause(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-over:
		return nil
	case <-r.n.dead:
		return errDead
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	errRefused = errors.New("a simulated fault: connection refused")
	errReset   = errors.New("a simulated fault: connection reset")
)

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// receive decides what becomes of a call.
func (w *world) receive(t *turn) (ruling, error) {
	p := w.partyAt(t.call.request.URL.Host)
	if p == nil {
		return ruling{}, fmt.Errorf("%s calls %s, where no partner is", t.who, t.call.request.URL)
	}
	if p.mood == absent {
		return ruling{err: errRefused}, nil
	}
	if t.call.request.URL.Path == p.dialect.Notice.TokenPath {
		return w.manners(p, nil, `{"responseCode":"2007300","responseMessage":"Successful","accessToken":"heard","tokenType":"Bearer","expiresIn":"900"}`), nil
	}
	d, err := w.hear(p, t.call)
	if err != nil {
		return ruling{}, fmt.Errorf("%s of %s: %w", t.who, p.dialect.Name, err)
	}
	return w.manners(p, d, fmt.Sprintf(`{"responseCode":%q,"responseMessage":"Successful"}`, p.dialect.Notice.Acks[0])), nil
}

// manners is how a receiver answers what it has understood: with its
// acknowledgement, if it is well.
func (w *world) manners(p *party, d *delivery, yes string) ruling {
	r := ruling{response: response(http.StatusOK, yes)}
	if p.mood == flaky {
		switch w.draw(9) {
		case 0:
			return ruling{wrong: true, response: response(http.StatusInternalServerError, "no")}
		case 1:
			return ruling{wrong: true, response: response(http.StatusOK, `{"responseCode":"2000000","responseMessage":"Hm"}`)}
		case 2:
			return ruling{wrong: true, response: response(http.StatusOK, "<html>Welcome</html>")}
		case 3:
			return ruling{silent: true}
		case 4:
			r = ruling{err: errReset} // it has heard, and the sender cannot know
		case 5:
			r.after = time.Duration(w.draw(int64(9 * time.Second)))
		}
	}
	if d != nil && r.err == nil {
		d.acked = true
	}
	return r
}

func (w *world) partyAt(host string) *party {
	name, _, _ := strings.Cut(strings.TrimPrefix(host, "callback."), ".")
	for i := range w.parties {
		if p := &w.parties[i]; p.dialect.Name == name && p.dialect.Notice != nil {
			return p
		}
	}
	return nil
}

// hear checks a notification as its receiver would, and then as only the world
// can: it tells of what the books hold, in the same bytes each time, and of a
// code's payments in their order.
func (w *world) hear(p *party, c *call) (*delivery, error) {
	if err := verify(p, c); err != nil {
		return nil, err
	}
	d := w.model.deliveries[c.header(snap.HeaderExternalID)]
	switch {
	case d == nil:
		return nil, errors.New("it tells of a payment that was not committed")
	case d.code.party != p:
		return nil, errors.New("it tells another partner")
	case d.heard > 0 && d.body != string(c.body):
		return nil, fmt.Errorf("its body has changed from %s to %s", d.body, c.body)
	case d.state != pay.DeliveryPending:
		return nil, fmt.Errorf("it is told again after it was %s", d.state)
	}
	for _, earlier := range d.code.told {
		if earlier.id < d.id && earlier.state == pay.DeliveryPending && earlier.born < d.claimed {
			return nil, fmt.Errorf("it is told before %s of the same code", earlier.id)
		}
	}
	d.heard++
	d.body = string(c.body)
	return d, d.check(p)
}

// verify checks the signature; snap would refuse one by so short a key.
func verify(p *party, c *call) error {
	m := snap.Message{Method: c.request.Method, Path: c.request.URL.RequestURI(), Body: c.body, Timestamp: c.header(snap.HeaderTimestamp)}
	if p.dialect.Notice.TokenPath == "" {
		signature, err := base64.StdEncoding.DecodeString(c.header(snap.HeaderSignature))
		sum := sha256.Sum256([]byte(snap.StringToSign(snap.Asymmetric, m)))
		return errors.Join(err, rsa.VerifyPKCS1v15(&providerKey().PublicKey, crypto.SHA256, sum[:], signature))
	}
	m.AccessToken = strings.TrimPrefix(c.header(snap.HeaderAuthorization), "Bearer ")
	return snap.VerifySymmetric(p.partner.ClientSecret, m, c.header(snap.HeaderSignature))
}

// check holds what is told against the model.
func (d *delivery) check(p *party) error {
	var told answer
	if err := json.Unmarshal([]byte(d.body), &told.body); err != nil {
		return err
	}
	for name, want := range map[string]string{
		"amount.value": d.payment.amount.String(), "originalReferenceNo": d.code.ref, "originalPartnerReferenceNo": d.code.mine,
	} {
		if told.at(name) != want {
			return fmt.Errorf("it has %s %q, want %q: %s", name, told.at(name), want, d.body)
		}
	}
	paid, refunded := p.dialect.Statuses[pay.StatusPaid].Code, p.dialect.Statuses[pay.StatusRefunded].Code
	if got := told.at("latestTransactionStatus"); got != paid && (got != refunded || len(d.payment.refunds) == 0) {
		return fmt.Errorf("it has status %q, want %q: %s", got, paid, d.body)
	}
	return nil
}
