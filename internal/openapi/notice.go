package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// notice describes the notification that a merchant's server gets. No rows
// describe it; its shape is that of what is told of two payments.
func (b *builder) notice() {
	n := b.dialect.Notice
	if n == nil {
		return
	}
	dynamic, static := told(n, paid(true)), told(n, paid(false))
	b.doc.Components.Schemas.put("Notification", shape(dynamic, static))
	o := &Operation{
		Tags: []string{paymentTag}, ID: "notification", Service: string(n.Service), Summary: "A payment was made",
		Description: "Sent to the partner's own address, at `" + n.Path + "` where that names no path. Every try sends the same bytes under the same `" +
			snap.HeaderExternalID + "`. The body is minified, its names are sorted. Nothing but the documented answer acknowledges it.",
		Parameters: b.parameters(noticeHeaders),
		Body: &Body{Required: true, Content: Named[*Media]{{jsonType, &Media{
			Schema:   refer("Notification"),
			Examples: Named[*Example]{{"dynamic", &Example{Summary: "of a dynamic code", Value: dynamic}}, {"static", &Example{Summary: "of a static code", Value: static}}},
		}}}},
		Responses: Named[*Response]{{"200", &Response{
			Description: "Acknowledged: nothing else is, and it is sent again",
			Content:     Named[*Media]{{jsonType, &Media{Schema: acknowledged(n)}}},
		}}},
		Security: b.noticeSecurity(n),
	}
	b.doc.Webhooks.put("payment", PathItem{{"post", o}})
}

// noticeHeaders are those that the notifier sends.
var noticeHeaders = []field.Row{aspi.Timestamp, aspi.Signature, aspi.PartnerID, aspi.ExternalID, aspi.ChannelID}

// noticeSecurity: the provider signs with its own key, or with the token that
// it fetched from the merchant's server.
func (b *builder) noticeSecurity(n *dialect.Notice) []Named[[]string] {
	if n.TokenPath == "" {
		s := signed(snap.Asymmetric)
		s.Description = "By the provider. " + s.Description
		return []Named[[]string]{b.prove(nil, "providerSignature", s)}
	}
	way := b.prove(nil, "providerSignature", signed(snap.Symmetric))
	return []Named[[]string]{b.prove(way, "merchantToken", &SecurityScheme{
		Type: "http", Scheme: "bearer", Description: "The token that the merchant's server gives at " + n.TokenPath + ".",
	})}
}

func acknowledged(n *dialect.Notice) *Schema {
	code := &Schema{Type: types{field.String.String()}}
	for _, ack := range n.Acks {
		code.Enum = append(code.Enum, ack)
	}
	return &Schema{
		Type: types{field.Object.String()}, Required: []string{codeField},
		Properties: Named[*Schema]{{codeField, code}, {"responseMessage", &Schema{Type: types{field.String.String()}}}},
	}
}

// paid is a payment to show a notification of.
func paid(dynamic bool) pay.Transaction {
	at := time.Date(2026, time.January, 31, 10, 15, 0, 0, pay.Jakarta)
	code := &pay.Code{
		Ref: usual["referenceNo"], PartnerRef: usual["partnerReferenceNo"], MerchantID: usual["merchantId"], MerchantName: usual["merchantName"],
		CreatedAt: at.Add(-5 * time.Minute), State: pay.CodeActive,
	}
	if dynamic {
		code.Amount, code.ExpiresAt, code.State, code.StoreID = pay.Rp(15_000), at.Add(10*time.Minute), pay.CodeIsPaid, usual["storeId"]
	}
	return pay.Transaction{Code: code, Status: pay.StatusPaid, At: at, Payment: &pay.Payment{
		Ref: "2601311015000000000002", PayerID: "payer", CodeRef: code.Ref, MerchantID: code.MerchantID, NNS: "93600999",
		Amount: pay.Rp(15_000), RRN: "603110000001", State: pay.PaymentPaid, At: at,
	}}
}

// told is a notification as it goes over the wire, its names sorted.
func told(n *dialect.Notice, t pay.Transaction) Named[any] {
	text, err := plain(n.Body(t))
	var body any
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil {
		panic("openapi: a notification is no JSON: " + err.Error()) // as the notifier's own tests would find
	}
	members, _ := sorted(body).(Named[any])
	return members
}

func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := Named[any]{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all.put(name, sorted(v[name]))
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = sorted(v[i])
		}
		return all
	}
	return v
}

// shape is the schema of bodies that are alike: what each of them has is
// required.
func shape(bodies ...Named[any]) *Schema {
	s := &Schema{Type: types{field.Object.String()}}
	for _, body := range bodies {
		for _, m := range body {
			if s.Properties.has(m.Name) {
				continue
			}
			s.Properties.put(m.Name, shapeOf(m.Value))
			if !slices.ContainsFunc(bodies, func(other Named[any]) bool { return !other.has(m.Name) }) {
				s.Required = append(s.Required, m.Name)
			}
		}
	}
	return s
}

func shapeOf(v any) *Schema {
	switch v := v.(type) {
	case Named[any]:
		return shape(v)
	case []any:
		return &Schema{Type: types{field.Array.String()}, Items: shapeOf(v[0])} // never empty: receivers differ over that
	}
	return &Schema{Type: types{field.String.String()}} // nothing else is told
}
