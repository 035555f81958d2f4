package dialecttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// What a World holds at its beginning.
const (
	PartnerID  = "partner-1"
	MerchantID = "merchant-1"
	PayerID    = "payer-1"
	Funds      = 1_000_000 // rupiah in the payer's wallet
)

// World is a dialect over real books with one partner, one of its merchants
// and one payer, at a time that tests move.
type World struct {
	Core    *pay.Core
	Dialect dialect.Dialect
	Now     time.Time
	// Remember makes Ask keep the references of requests, as the server does,
	// and answer a repeated one by the dialect's rule.
	Remember bool
	t        *testing.T
}

// storage is pay's, in a file.
type storage interface {
	pay.Storage
	io.Closer
}

// NewWorld puts the parties into an empty storage, which open makes at a path:
// storage.OpenSQLite, with its options zero.
func NewWorld[S storage, O any](t *testing.T, d dialect.Dialect, open func(context.Context, string, O) (S, error)) *World {
	t.Helper()
	var options O
	store, err := open(t.Context(), filepath.Join(t.TempDir(), "books.db"), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w := &World{Dialect: d, Now: time.Date(2026, 1, 31, 10, 0, 0, 0, pay.Jakarta), t: t}
	w.Core = pay.New(store, func() time.Time { return w.Now }, rand.NewChaCha8([32]byte{}), pay.DefaultPolicy(), pay.NationalSwitch{})
	w.must(w.Core.PutPartner(t.Context(), pay.Partner{ID: PartnerID, ClientKey: "client-1", Dialect: d.Name, Standing: pay.Active}))
	w.PutMerchant(Merchant())
	w.must(w.Core.AddPayer(t.Context(), pay.Payer{ID: PayerID, Standing: pay.Active}, pay.Rp(Funds)))
	return w
}

// Merchant is the merchant of a new World.
func Merchant() pay.Merchant {
	return pay.Merchant{
		PartnerID: PartnerID, ID: MerchantID, Name: "Toko Sejahtera", City: "JAKARTA", PostalCode: "10110",
		MCC: "5411", Criteria: "UMI", NMID: "ID1020021181745", MPAN: "936009150000000018", Standing: pay.Active,
	}
}

// PutMerchant changes a merchant.
func (w *World) PutMerchant(m pay.Merchant) {
	w.t.Helper()
	w.must(w.Core.PutMerchant(w.t.Context(), m))
}

// PutOutlet adds or changes a store, terminal or division of a merchant.
func (w *World) PutOutlet(merchantID string, kind pay.OutletKind, id string, standing pay.Standing) {
	w.t.Helper()
	w.must(w.Core.PutOutlet(w.t.Context(), pay.Outlet{PartnerID: PartnerID, MerchantID: merchantID, Kind: kind, ID: id, Standing: standing}))
}

// SetPayer changes the payer.
func (w *World) SetPayer(standing pay.Standing, dayLimit pay.Rupiah) {
	w.t.Helper()
	_, err := w.Core.EditPayer(w.t.Context(), PayerID, func(p *pay.Payer) error {
		p.Standing, p.DayLimit = standing, dayLimit
		return nil
	})
	w.must(err)
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// Answer is what an operation says.
type Answer struct {
	Code, Message string
	Body          []byte // of a success
}

// Text is a field of the body.
func (a Answer) Text(path string) string {
	v, err := field.Parse(a.Body)
	if err != nil {
		return err.Error()
	}
	return v.Get(path).Text()
}

// String is the code and the message.
func (a Answer) String() string { return a.Code + " " + a.Message }

// Expect checks an answer's code and message.
func Expect(t *testing.T, a Answer, code, message string) {
	t.Helper()
	if a.Code != code || a.Message != message {
		t.Errorf("%s %q, expected %s %q", a.Code, a.Message, code, message)
	}
}

// Fields checks texts and numbers in the body of an answer.
func Fields(t *testing.T, a Answer, want map[string]string) {
	t.Helper()
	for path, text := range want {
		if got := a.Text(path); got != text {
			t.Errorf("%s = %q, expected %q", path, got, text)
		}
	}
}

// Ask sends a body to an operation: its rows, then its verb, with rules waived
// as a sandbox does. The reply of a success must pass the reply's rows.
func (w *World) Ask(operation string, body []byte, waived ...dialect.Waiver) Answer {
	w.t.Helper()
	op := w.Dialect.Operation(operation)
	c, err := w.call(op, body)
	if err == nil {
		for _, waiver := range waived {
			c.Waived |= waiver
		}
		c.Marks = w.marks(c, body)
		var reply any
		if reply, err = op.Do(w.t.Context(), c); err != nil {
			reply, err = w.repeated(c, err)
		}
		if err == nil {
			return w.succeed(op, reply)
		}
	}
	code, message := refusal(w.t, &w.Dialect, op, err)
	return Answer{Code: code, Message: message}
}

// Replays checks that a repeated request gets its first answer again, byte by
// byte.
func (w *World) Replays(operation string, body []byte, first Answer) {
	w.t.Helper()
	c, err := w.call(w.Dialect.Operation(operation), body)
	w.must(err)
	reply, err := c.Again(w.t.Context(), first.Text("referenceNo"))
	w.must(err)
	if again := w.succeed(c.Operation, reply); string(again.Body) != string(first.Body) {
		w.t.Errorf("asked again: %s, first: %s", again.Body, first.Body)
	}
}

// Code is the stored code behind an answer to generate.
func (w *World) Code(a Answer) pay.Code {
	w.t.Helper()
	code, err := w.Core.Code(w.t.Context(), a.Text("referenceNo"))
	w.must(err)
	return code
}

// call is an authenticated request whose body has passed the rows.
func (w *World) call(op *dialect.Operation, body []byte) (*dialect.Call, error) {
	w.t.Helper()
	partner, err := w.Core.Partner(w.t.Context(), PartnerID)
	w.must(err)
	v, err := field.Parse(body)
	if err != nil {
		return nil, &pay.Error{Kind: pay.BadRequest, Field: "body", Cause: err}
	}
	fault, _ := field.CheckBody(op.Body, v, false)
	switch {
	case fault == nil:
	case fault.Missing:
		return nil, pay.RefuseField(pay.MissingField, fault.Field, fault.Why)
	default:
		return nil, pay.RefuseField(pay.InvalidFormat, fault.Field, fault.Why)
	}
	return &dialect.Call{
		Core: w.Core, Dialect: &w.Dialect, Operation: op, Partner: partner,
		Customer: pay.Token{Kind: pay.TokenCustomer, PartnerID: PartnerID, PayerID: PayerID},
		Body:     v, Timestamp: w.Now, Site: site{},
	}, nil
}

func (w *World) succeed(op *dialect.Operation, reply any) Answer {
	w.t.Helper()
	body, err := encoded(w.t.Context(), reply)
	w.must(err)
	a := Answer{Body: body}
	Sample(w.t, op.Reply, body)
	a.Code, a.Message = a.Text("responseCode"), a.Text("responseMessage")
	return a
}

func encoded(ctx context.Context, reply any) ([]byte, error) {
	stream, streamed := reply.(dialect.Stream)
	if !streamed {
		return json.Marshal(reply)
	}
	var body bytes.Buffer
	err := stream(ctx, &body)
	return body.Bytes(), err
}

// Balanced checks the whole ledger.
func (w *World) Balanced() {
	w.t.Helper()
	books, err := w.Core.CheckBooks(w.t.Context())
	w.must(err)
	if !books.Balanced {
		w.t.Errorf("the books are out of balance: %+v", books)
	}
}

// site stands in for the server around the API.
type site struct{}

// ImageText is the image of every code, base64.
const ImageText = "iVBORw0KGgo="

func (site) ImageURL(ref string) string    { return "https://qris.example/qr/" + ref + ".png" }
func (site) CheckoutURL(ref string) string { return "https://qris.example/pay/" + ref }

func (site) Image(_ string, limit int) (string, error) {
	if limit > 0 && limit < len(ImageText) {
		return "", errors.New("no image is that small")
	}
	return ImageText, nil
}
