package aspitest

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
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
	t       *testing.T
}

// NewWorld puts the parties into an empty storage.
func NewWorld(t *testing.T, d dialect.Dialect, store pay.Storage) *World {
	t.Helper()
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

// SetPayer changes the payer.
func (w *World) SetPayer(standing pay.Standing, dayLimit pay.Rupiah) {
	w.t.Helper()
	w.must(w.Core.SetPayer(w.t.Context(), PayerID, standing, dayLimit))
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

// Ask sends a body to an operation: its rows, then its verb. The reply of a
// success must pass the reply's rows.
func (w *World) Ask(operation string, body []byte) Answer {
	w.t.Helper()
	op := w.Dialect.Operation(operation)
	c, err := w.Call(op, body)
	if err == nil {
		var reply any
		if reply, err = op.Do(w.t.Context(), c); err == nil {
			return w.succeed(op, reply)
		}
	}
	code, message := Refusal(w.t, &w.Dialect, op, err)
	return Answer{Code: code, Message: message}
}

// Call is an authenticated request whose body has passed the rows.
func (w *World) Call(op *dialect.Operation, body []byte) (*dialect.Call, error) {
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
	body, err := json.Marshal(reply)
	w.must(err)
	a := Answer{Body: body}
	Sample(w.t, op.Reply, body)
	a.Code, a.Message = a.Text("responseCode"), a.Text("responseMessage")
	return a
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

const imageText = "iVBORw0KGgo="

func (site) ImageURL(ref string) string    { return "https://qris.example/qr/" + ref + ".png" }
func (site) CheckoutURL(ref string) string { return "https://qris.example/pay/" + ref }

func (site) Image(_ string, limit int) (string, error) {
	if limit > 0 && limit < len(imageText) {
		return "", errors.New("no image is that small")
	}
	return imageText, nil
}
