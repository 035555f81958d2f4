package console

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

var (
	codeStates     = []pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}
	deliveryStates = []pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}
)

// codesBody is a page of the list of codes.
type codesBody struct {
	list[pay.Code]
	Filter   pay.CodeFilter
	Count    int
	States   []pay.CodeState
	Partners []pay.Partner
	Now      time.Time
	MaxImage int // bytes of an image to pay
}

func (c *Console) listCodes(v *visit) (any, error) {
	b := codesBody{States: codeStates, Now: c.core.Now(), MaxImage: qrread.MaxBytes, Filter: pay.CodeFilter{
		PartnerID: v.asked("partner"), Prefix: digitsOf(v.asked("reference")),
	}}
	if state := pay.CodeState(v.asked("state")); slices.Contains(codeStates, state) {
		b.Filter.State = state
	}
	rows, err := read(v, func(r pay.Reader) (rows []pay.Code, err error) {
		if b.Partners, err = choices(r); err != nil {
			return nil, err
		}
		if b.Count, err = r.CountCodes(b.Filter, counted+1); err != nil {
			return nil, err
		}
		return r.CodePage(b.Filter, v.from(), pageRows+1)
	})
	b.list = listOf(v, rows, func(c pay.Code) string { return c.Ref })
	return b, err
}

// codeBody is one code and all that became of it.
type codeBody struct {
	Code        pay.Code
	State       pay.CodeState
	Now         time.Time
	Partner     pay.Partner
	Timeline    []event
	Payments    []pay.Payment // the newest
	Deliveries  []pay.Delivery
	CheckoutURL string
	PastEnd     string // a moment after the code's end, as SNAP writes one
}

// Subject is what the page is about.
func (b codeBody) Subject() string { return b.Code.Ref }

// Left is how long the code is still valid.
func (b codeBody) Left() time.Duration { return b.Code.ExpiresAt.Sub(b.Now) }

// event is one thing that happened to a code.
type event struct {
	At     time.Time
	Name   string // words
	Detail string
	Path   string // of the page about it
	Tone   string
}

// shown is how many payments and notifications of a code are shown.
const shown = 20

func (c *Console) showCode(v *visit) (any, error) {
	b, err := read(v, func(r pay.Reader) (b codeBody, err error) {
		if b.Code, err = r.Code(v.PathValue("ref")); err != nil {
			return b, err
		}
		b.Now = c.core.Now()
		b.State = b.Code.StateAt(b.Now)
		if b.Partner, err = r.Partner(b.Code.PartnerID); err != nil {
			return b, err
		}
		if b.Payments, err = r.PaymentsOf(b.Code.Ref, shown); err != nil {
			return b, err
		}
		if b.Deliveries, err = r.DeliveriesOf(b.Code.Ref, shown); err != nil {
			return b, err
		}
		err = b.tellStory(r)
		return b, err
	})
	b.CheckoutURL = c.PublicURL + "/pay/" + b.Code.Ref
	b.PastEnd = snap.FormatTimestamp(b.Code.ExpiresAt.Add(time.Second))
	return b, err
}

// tellStory puts what happened to the code into its order, newest last.
func (b *codeBody) tellStory(r pay.Reader) error {
	code := &b.Code
	b.Timeline = []event{{At: code.CreatedAt, Name: "Created", Detail: code.PartnerRef, Tone: "live"}}
	for _, p := range b.Payments {
		path := root + "/payments/" + p.Ref
		b.Timeline = append(b.Timeline, event{p.At, "Paid", rupiah(p.Amount), path, "good"})
		given, err := r.RefundsOf(p.Ref)
		if err != nil {
			return err
		}
		for _, g := range given {
			b.Timeline = append(b.Timeline, event{g.At, "Refunded", rupiah(g.Amount), root + "/refunds/" + g.Ref, "idle"})
		}
	}
	for _, d := range b.Deliveries {
		tries, err := r.Attempts(d.ID)
		if err != nil {
			return err
		}
		for _, a := range tries {
			b.Timeline = append(b.Timeline, tried(d, a))
		}
	}
	switch b.State {
	case pay.CodeIsExpired:
		b.Timeline = append(b.Timeline, event{At: code.ExpiresAt, Name: "Expired", Tone: "idle"})
	case pay.CodeIsVoid:
		b.Timeline = append(b.Timeline, event{At: code.ClosedAt, Name: "Cancelled", Tone: "idle"})
	}
	slices.SortStableFunc(b.Timeline, func(x, y event) int { return x.At.Compare(y.At) })
	return nil
}

func tried(d pay.Delivery, a pay.Attempt) event {
	e := event{a.At, "Notified", answerOf(a.Status), root + "/notifications/" + d.ID, "good"}
	if a.Number < d.Attempts || d.State != pay.DeliveryDone {
		e.Name, e.Tone = "Notification not taken", "bad"
	}
	return e
}

// answerOf is an HTTP status as people write it.
func answerOf(status int) string {
	if status == 0 {
		return "–"
	}
	return "HTTP " + number(status) + " " + http.StatusText(status)
}

// codeQR draws a code for its page.
func (c *Console) codeQR(v *visit) {
	code, err := read(v, func(r pay.Reader) (pay.Code, error) { return r.Code(v.PathValue("ref")) })
	if err != nil {
		c.fail(v, err)
		return
	}
	draw := qrimage.SVG
	if c.Sandbox {
		draw = qrimage.SimulatedSVG
	}
	picture, err := draw(code.Payload)
	if err != nil {
		c.fail(v, err)
		return
	}
	v.w.Header().Set("Content-Type", "image/svg+xml")
	http.ServeContent(v.w, v.Request, "", code.CreatedAt, bytes.NewReader([]byte(picture)))
}

var codeActs = []act{
	{path: "/codes/{ref}/pay", verb: "code.pay", least: pay.Operator, sandbox: true, subject: []string{"ref"}, done: "Paid", do: (*Console).payCode},
	{path: "/codes/pay", verb: "image.pay", least: pay.Operator, sandbox: true, done: "Paid", most: maxImageForm, do: (*Console).payImage},
	{path: "/codes/{ref}/expire", verb: "code.expire", least: pay.Operator, sandbox: true, subject: []string{"ref"}, done: "Expired", do: (*Console).expireCode},
	{path: "/codes/{ref}/cancel", verb: "code.cancel", least: pay.Operator, subject: []string{"ref"}, done: "Cancelled", do: (*Console).cancelCode},
	{path: "/payments/{ref}/refund", verb: "payment.refund", least: pay.Operator, subject: []string{"ref"}, done: "Refunded", do: (*Console).refundPayment},
}

// payCode is the sandbox's outside payer.
func (c *Console) payCode(v *visit) (string, error) {
	amount, err := operate.Amount(v.PostFormValue("amount"))
	if err != nil {
		return "", err
	}
	ref := v.PathValue("ref")
	_, err = sandbox.Pay(v.Context(), c.core, sandbox.Target{ReferenceNo: ref}, amount)
	return "/codes/" + ref, err
}

var errNoFile = &operate.Refusal{Kind: operate.BadRequest, Message: "choose an image of a QR first"}

// payImage is the sandbox's outside payer before the QR of an image.
func (c *Console) payImage(v *visit) (string, error) {
	amount, err := operate.Amount(strings.TrimSpace(v.PostFormValue("amount")))
	if err != nil {
		return "", err
	}
	image, err := v.file("image")
	if err != nil {
		return "", err
	}
	p, err := c.Desk.PayImage(v.Context(), image, amount)
	return "/payments/" + p.Ref, err
}

// file reads a form's file.
func (v *visit) file(field string) ([]byte, error) {
	f, head, err := v.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || (err == nil && head.Size == 0) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// expireCode lets one code's validity end now, and no other's.
func (c *Console) expireCode(v *visit) (string, error) {
	ref := v.PathValue("ref")
	_, err := c.Desk.ExpireNow(v.Context(), ref)
	return "/codes/" + ref, err
}

func (c *Console) cancelCode(v *visit) (string, error) {
	ref := v.PathValue("ref")
	code, err := c.core.Code(v.Context(), ref)
	if err != nil {
		return "", err
	}
	partner, err := c.core.Partner(v.Context(), code.PartnerID)
	if err != nil {
		return "", err
	}
	_, err = c.core.Cancel(v.Context(), partner, pay.Original{Ref: ref}, nil)
	return "/codes/" + ref, err
}

// refundPayment gives back part of a payment in the name of the partner who
// could ask for it: the merchant's, or the payer's for another institution's
// code.
func (c *Console) refundPayment(v *visit) (string, error) {
	ref := v.PathValue("ref")
	p, err := read(v, func(r pay.Reader) (pay.Payment, error) { return r.Payment(ref) })
	if err != nil {
		return "", err
	}
	amount, err := operate.Amount(v.PostFormValue("amount"))
	if err != nil {
		return "", err
	}
	partner, err := c.core.Partner(v.Context(), cmp.Or(p.AcquirerID, p.PartnerID))
	if err != nil {
		return "", err
	}
	if v.PostFormValue(onceField) == "" {
		return "", errForm
	}
	once := pay.Mark{PartnerID: partner.ID, Scope: pay.ScopeRefund, Kind: pay.ByReference, Key: "console " + v.PostFormValue(onceField)}
	_, err = c.core.Refund(v.Context(), pay.RefundRequest{
		Partner: partner, Original: pay.Original{Ref: cmp.Or(p.CodeRef, p.Ref)}, Amount: amount, Reason: v.PostFormValue("reason"),
		Marks: []pay.Mark{once},
	})
	if repeated := new(pay.Repeated); errors.As(err, &repeated) {
		err = nil // the form was sent twice
	}
	return "/payments/" + ref, err
}
