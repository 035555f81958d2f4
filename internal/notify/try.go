package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// letter is a delivery and all that is needed to send it.
type letter struct {
	delivery pay.Delivery
	code     pay.Code
	partner  *pay.Partner
	merchant string // the merchant's own address; empty: it has none
	notice   *dialect.Notice
	url      *url.URL
	body     string
	levers   Disturbance

	traceparent string                               // empty: the try is not traced
	ended       func(pay.Attempt, pay.DeliveryState) // of its span; nil: there is none
}

// result is what came of a try.
type result struct {
	status int    // HTTP; 0 when there was no answer
	answer string // its first bytes, or what went wrong
	acked  bool
	silent bool          // the endpoint did not answer
	final  bool          // trying again cannot help
	cut    bool          // by this node's end, not by the endpoint
	late   time.Duration // a lever puts it off by so much
}

// try makes one try of a delivery and records it; it reports whether the
// endpoint was silent. When ctx ends the try has the grace to end by itself.
//
// The claim ends with the record. Without one it stays until the run that ends
// releases it, or is not this node's any more.
func (n *Notifier) try(ctx context.Context, id string) (silent bool) {
	sending, cancel := outlast(ctx, n.options.Grace)
	defer cancel()
	var l *letter
	err := n.insist(ctx, "reading a notification", func() (err error) {
		l, err = n.open(sending, id)
		return err
	})
	if err != nil && !errors.Is(err, pay.ErrNotFound) {
		return false // the run ends
	}
	if l == nil || l.delivery.State != pay.DeliveryPending || l.delivery.Holder != n.options.Holder {
		return false // since it was claimed it was settled, put off, or left to another node
	}
	if err != nil {
		r := result{final: true, answer: excerpt([]byte(err.Error()))}
		n.record(ctx, l, r, n.attempt(l, r, n.core.Now(), n.options.Now()))
		return false
	}
	return n.disturbed(ctx, sending, l)
}

// once sends a letter and records that.
func (n *Notifier) once(ctx, sending context.Context, l *letter) result {
	at, began := n.core.Now(), n.options.Now()
	if n.options.Trace != nil {
		sending, l.traceparent, l.ended = n.options.Trace(sending, l.delivery)
	}
	r := n.send(sending, l)
	n.record(ctx, l, r, n.attempt(l, r, at, began))
	return r
}

// attempt is the record of a try that began at a business and a real time.
func (n *Notifier) attempt(l *letter, r result, at, began time.Time) pay.Attempt {
	return pay.Attempt{
		DeliveryID: l.delivery.ID, Number: l.delivery.Attempts + 1, At: at,
		Millis: max(n.options.Now().Sub(began).Milliseconds(), 0), Status: r.status, Answer: r.answer,
	}
}

// insist repeats a step until storage does it or the run ends. An answer that
// will not change is final.
func (n *Notifier) insist(ctx context.Context, step string, do func() error) error {
	for {
		err := do()
		if err == nil || errors.Is(err, pay.ErrNotFound) || errors.Is(err, pay.ErrExists) {
			return err
		}
		n.options.Log.Error(step+", trying again", "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(n.options.Poll):
		}
	}
}

// open reads a delivery with its code and partner. The letter is nil if even
// the delivery could not be read.
func (n *Notifier) open(ctx context.Context, id string) (*letter, error) {
	var l letter
	err := n.core.Inspect(ctx, func(r pay.Reader) (err error) {
		if l.delivery, err = r.Delivery(id); err == nil {
			l.code, err = r.Code(l.delivery.CodeRef)
		}
		return err
	})
	if l.delivery.ID == "" {
		return nil, fmt.Errorf("reading delivery %s: %w", id, err)
	}
	if err != nil {
		return &l, fmt.Errorf("reading code %s: %w", l.delivery.CodeRef, err)
	}
	if l.partner, err = n.core.Partner(ctx, l.delivery.PartnerID); err != nil {
		return &l, fmt.Errorf("reading partner %s: %w", l.delivery.PartnerID, err)
	}
	l.merchant, err = n.merchantAddress(ctx, l.delivery.PartnerID, l.delivery.MerchantID)
	return &l, err
}

// merchantAddress is where a merchant wants its notifications, if it says so.
func (n *Notifier) merchantAddress(ctx context.Context, partnerID, id string) (string, error) {
	m, err := n.core.Merchant(ctx, partnerID, id)
	if errors.Is(err, pay.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading merchant %s: %w", id, err)
	}
	return m.NotifyURL, nil
}

// errUndocumented is final: no try of such a delivery can succeed.
var errUndocumented = errors.New("the dialect documents no notification")

// compose finds the address and makes the body, unless it was made before.
func (n *Notifier) compose(ctx context.Context, l *letter) error {
	d := n.dialects[l.partner.Dialect]
	switch {
	case d == nil:
		return fmt.Errorf("the partner's dialect %q is not served here", l.partner.Dialect)
	case d.Notice == nil:
		return fmt.Errorf("%s: %w", d.Name, errUndocumented)
	}
	l.notice = d.Notice
	var err error
	if l.url, err = address(l, n.options.AllowPrivate); err != nil {
		return err
	}
	if l.body = l.delivery.Body; l.body != "" {
		return nil
	}
	t, err := n.core.Told(ctx, l.delivery)
	if err != nil {
		return fmt.Errorf("reading what is to be told: %w", err)
	}
	l.body, err = Encode(d.Notice, t)
	return err
}

// send makes the try itself.
func (n *Notifier) send(ctx context.Context, l *letter) result {
	err := n.compose(ctx, l)
	if err == nil && l.delivery.Body == "" {
		l.body, err = n.core.FixBody(ctx, l.delivery.ID, l.body)
	}
	if err != nil {
		return failed(ctx, err)
	}
	timed, cancel := context.WithTimeout(ctx, n.options.Timeout)
	defer cancel()
	answer, err := n.deliver(timed, l)
	if err != nil {
		return failed(ctx, err)
	}
	return judge(answer, l.notice.Acks)
}

func failed(ctx context.Context, err error) result {
	if left := context.Cause(ctx); errors.Is(left, errLeft) {
		return result{answer: left.Error(), silent: true, cut: true}
	}
	return result{
		answer: excerpt([]byte(err.Error())),
		silent: errors.Is(err, errUnanswered), final: errors.Is(err, errUndocumented),
	}
}

// deliver signs and posts the notification, after fetching a token where the
// provider does so.
func (n *Notifier) deliver(ctx context.Context, l *letter) (answer, error) {
	m := snap.Message{
		Method: http.MethodPost, Path: l.url.RequestURI(), Body: []byte(l.body),
	}
	scheme, with := snap.Asymmetric, snap.Credentials{PrivateKey: n.options.Provider()}
	if l.notice.TokenPath != "" {
		scheme, with = snap.Symmetric, snap.Credentials{Secret: l.partner.ClientSecret}
		var err error
		if m.AccessToken, err = n.token(ctx, l); err != nil {
			return answer{}, fmt.Errorf("fetching a token: %w", err)
		}
	}
	m.Timestamp = snap.FormatTimestamp(n.options.Now())
	signature, err := snap.Sign(scheme, with, m)
	if err != nil {
		return answer{}, err
	}
	if l.levers.BadSignature {
		signature = spoiled(signature)
	}
	a, err := n.post(ctx, l.url, l.header(m, signature), l.body)
	if a.status == http.StatusUnauthorized && m.AccessToken != "" {
		n.tokens.drop(l.tokenKey(), m.AccessToken)
	}
	return a, err
}

// defaultChannel stands in for a partner without a CHANNEL-ID, which the
// standard makes mandatory. It is the one of DANA's own clients.
const defaultChannel = "95221"

func (l *letter) header(m snap.Message, signature string) http.Header {
	channel := l.partner.ChannelID
	if channel == "" {
		channel = defaultChannel
	}
	h := http.Header{
		snap.HeaderTimestamp:  {m.Timestamp},
		snap.HeaderSignature:  {signature},
		snap.HeaderPartnerID:  {l.partner.ID},
		snap.HeaderExternalID: {l.delivery.ID},
		snap.HeaderChannelID:  {channel},
	}
	if m.AccessToken != "" {
		h.Set(snap.HeaderAuthorization, "Bearer "+m.AccessToken)
	}
	if l.traceparent != "" {
		h.Set("Traceparent", l.traceparent)
	}
	return h
}

// record keeps an attempt with what became of the delivery.
func (n *Notifier) record(ctx context.Context, l *letter, r result, a pay.Attempt) {
	if l.url != nil {
		a.URL = l.url.Redacted()
	}
	a.Answer = l.levers.note(a.Answer)
	state, next := n.outcome(r, a)
	recording, cancel := outlast(ctx, n.options.Grace+recordWithin)
	defer cancel()
	err := n.insist(ctx, "recording a notification", func() error {
		return n.core.Tried(recording, a, state, next)
	})
	if l.ended != nil {
		l.ended(a, state)
	}
	if err == nil && n.options.Tried != nil {
		n.options.Tried(l.delivery, a, state)
	}
	log := n.options.Log.With("delivery", a.DeliveryID, "partner", l.delivery.PartnerID, "try", a.Number, "status", a.Status)
	switch {
	case errors.Is(err, pay.ErrNotFound):
		log.Debug("the notification is no more: the sandbox was reset", "answer", a.Answer)
	case errors.Is(err, pay.ErrExists):
		log.Debug("this try of a notification is recorded already, by this node or the one that took over", "answer", a.Answer)
	case err != nil:
		log.Error("a try of a notification was not recorded, so it will be made again", "error", err)
	case state == pay.DeliveryFailed:
		log.Warn("a notification failed for good: send it again when the cause is cured", "answer", a.Answer)
	default:
		log.Debug("a notification was tried", "state", state, "answer", a.Answer)
	}
}

// outcome is what becomes of a delivery after a try, and when it is due again.
// A try that this node cut is never the last.
func (n *Notifier) outcome(r result, a pay.Attempt) (pay.DeliveryState, time.Time) {
	wait, again := n.options.Backoff.wait(a.Number)
	switch {
	case r.late > 0:
		return pay.DeliveryPending, n.core.Now().Add(r.late)
	case r.acked:
		return pay.DeliveryDone, a.At
	case (again || r.cut) && !r.final:
		return pay.DeliveryPending, n.core.Now().Add(spread(wait, n.jitter(a.DeliveryID, a.Number)))
	}
	return pay.DeliveryFailed, a.At
}
