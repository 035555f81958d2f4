package midtrans

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// shop is storage for one partner's one merchant and the codes made for it. What no
// generate operation asks for is not there.
type shop struct {
	pay.Tx
	merchant pay.Merchant
	outlets  []pay.Outlet
	codes    map[string]pay.Code
}

func (s *shop) View(_ context.Context, f func(pay.Reader) error) error { return f(s) }
func (s *shop) Update(_ context.Context, f func(pay.Tx) error) error   { return f(s) }

func (s *shop) Merchants(string) ([]pay.Merchant, error) { return []pay.Merchant{s.merchant}, nil }

func (s *shop) Merchant(_, id string) (pay.Merchant, error) {
	if id != s.merchant.ID {
		return pay.Merchant{}, pay.ErrNotFound
	}
	return s.merchant, nil
}

func (s *shop) Outlet(_, _ string, kind pay.OutletKind, id string) (pay.Outlet, error) {
	for _, o := range s.outlets {
		if o.Kind == kind && o.ID == id {
			return o, nil
		}
	}
	return pay.Outlet{}, pay.ErrNotFound
}

func (s *shop) PaidToMerchant(_, _, _ string) (pay.Rupiah, error) { return 0, nil }

func (s *shop) InsertCode(c pay.Code, _ string) error {
	s.codes[c.Ref] = c
	return nil
}

func (s *shop) Code(ref string) (pay.Code, error) {
	c, ok := s.codes[ref]
	if !ok {
		return pay.Code{}, pay.ErrNotFound
	}
	return c, nil
}

// site answers an address for every code and no image.
type site struct{}

func (site) ImageURL(ref string) string        { return "https://qris.example/qr/" + ref + ".png" }
func (site) CheckoutURL(ref string) string     { return "https://qris.example/pay/" + ref }
func (site) Image(string, int) (string, error) { return "aW1hZ2U=", nil }

// now is 2025-12-04T11:23:11.623789+07:00.
var now = time.Date(2025, 12, 4, 4, 23, 11, 623_789_000, time.UTC)

func newShop() *shop {
	return &shop{
		merchant: pay.Merchant{
			PartnerID: "partner", ID: "00007100010926", Name: "Baso Malang", City: "Jakarta", PostalCode: "13210", MCC: "5812",
			Criteria: "UME", NMID: "ID1020000000012", MPAN: "936000140000000012", Standing: pay.Active,
		},
		codes: map[string]pay.Code{},
	}
}

func (s *shop) call(body field.Value, waived dialect.Waiver) *dialect.Call {
	d := Dialect()
	return &dialect.Call{
		Core:    pay.New(s, func() time.Time { return now }, rand.NewChaCha8([32]byte{}), pay.DefaultPolicy(), pay.NationalSwitch{}),
		Dialect: &d, Operation: d.Operation("generate"), Partner: &pay.Partner{ID: "partner", Standing: pay.Active},
		Body: body, Waived: waived, Site: site{},
	}
}

// generate sends a body through the rows and the verb. The answer is held to
// the reply's rows; a refusal is its code and message.
func (s *shop) generate(t *testing.T, body string, waived dialect.Waiver) (answer field.Value, refusal string) {
	t.Helper()
	c := s.call(parse(t, []byte(body)), waived)
	if fault, _ := field.CheckBody(c.Operation.Body, c.Body, false); fault != nil {
		kind := pay.InvalidFormat
		if fault.Missing {
			kind = pay.MissingField
		}
		return field.Value{}, says(c, pay.RefuseField(kind, fault.Field, fault.Why))
	}
	reply, err := c.Operation.Do(t.Context(), c)
	if err != nil {
		return field.Value{}, says(c, err)
	}
	return check(t, c, reply), ""
}

// says is how a dialect answers an error.
func says(c *dialect.Call, err error) string {
	var e *pay.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	o := c.Dialect.Outcome(c.Operation, e.Kind)
	return o.Case.Code(c.Operation.Service) + " " + o.Text(e.Field, e.Detail)
}

// check gives an answer as a client reads it.
func check(t *testing.T, c *dialect.Call, reply any) field.Value {
	t.Helper()
	text, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	v := parse(t, text)
	if fault, warnings := field.CheckBody(c.Operation.Reply, v, true); fault != nil || warnings != nil {
		t.Errorf("the answer breaks its rows: %v %v", fault, warnings)
	}
	return v
}
