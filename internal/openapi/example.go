package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/field"
)

// values are texts for fields, by their paths or by their last names.
type values map[string]string

// usual are values that mean something.
var usual = values{
	"partnerReferenceNo": "INV202600000123", "originalPartnerReferenceNo": "INV202600000123",
	"referenceNo": "2601311000000000000001", "originalReferenceNo": "2601311000000000000001",
	"originalExternalId": "41807553358950093184162180797837",
	"partnerRefundNo":    "RET202600000123", "refundNo": "2601311100000000000002",
	"merchantId": "M0000000001", "merchantid": "M0000000001", "storeId": "S0001", "externalStoreId": "S0001",
	"terminalId": "T0001", "subMerchantId": "D0001", "merchantName": "Warung Kopi",
	"currency": "IDR", "value": "15000.00", "serviceCode": "47", "latestTransactionStatus": "00", "transactionStatusDesc": "Success",
	"grantType": "client_credentials", "tokenType": "Bearer", "expiresIn": "900", "url": "https://shop.example/notify",
	"qrContent":       "00020101021226610016ID.CO.SHOPEE.WWW01189360091800000000180202180303UMI5204581253033605405150005802ID5911Warung Kopi6007JAKARTA61051219062070703A016304B5E5",
	"responseMessage": "Successful", "originalResponseCode": "2004700", "mcc": "5812", "orderTitle": "Kopi", "email": "budi@contoh.id",
	"firstName": "Budi", "lastName": "Utomo", "phone": "081234567890", "quantity": "1", "name": "Kopi", "reason": "the customer changed their mind",
	"description": "Kasir 1",
	"qrUrl":       "https://qris.example/qr/2601311000000000000001.png", "redirectUrl": "https://qris.example/pay/2601311000000000000001",
}

// candidates are tried, in this order, where a name says nothing: one fits
// every format.
var candidates = []string{
	"kopi", "2026-01-31T10:00:00+07:00", "2026-01-31", "2026-01-31 10:00:00", "15000.00", "IDR", "1", "application/json",
}

// with lays other values over these.
func (v values) with(others values) values {
	all := maps.Clone(v)
	maps.Copy(all, others)
	return all
}

// of gives a value of a row: the table's if it fits, else one that does.
func (v values) of(r *field.Row) any {
	name := r.Name[strings.LastIndex(r.Name, ".")+1:]
	for _, text := range slices.Concat([]string{v[r.Name], v[name]}, r.Enum, candidates, []string{padded(r)}) {
		if text != "" && (strings.Contains(text, "{{") || fits(r, text)) {
			return literal(r, text)
		}
	}
	return literal(r, padded(r))
}

func fits(r *field.Row, text string) bool {
	n := utf8.RuneCountInString(text)
	return n >= r.Min && (r.Max == 0 || n <= r.Max) &&
		(r.Format == nil || r.Format.Check(text)) && (len(r.Enum) == 0 || slices.Contains(r.Enum, text))
}

// padded is as long as it must be.
func padded(r *field.Row) string { return strings.Repeat("1", max(r.Min, 1)) }

// literal is a text as a value of the row's kind.
func literal(r *field.Row, text string) any {
	switch r.Kind {
	case field.Bool:
		return text == "true"
	case field.Number:
		if !json.Valid([]byte(text)) {
			text = "1"
		}
		return json.Number(text)
	}
	return text
}

// example is a body of the rows with the fields that are wanted, and with
// those that must then be there.
func (v values) example(rows []field.Row, wanted func(*field.Row) bool) Named[any] {
	body, _ := v.fill(grow(rows), wanted).(Named[any])
	return body
}

func (v values) fill(n *node, wanted func(*field.Row) bool) any {
	switch {
	case n.element != nil:
		return []any{v.fill(n.element, wanted)}
	case len(n.members) == 0 && n.row != nil && n.row.Kind != field.Object && n.row.Kind != field.Array:
		return v.of(n.row)
	case n.row != nil && n.row.Kind == field.Array:
		return []any{}
	}
	body := Named[any]{}
	for _, m := range n.members {
		if m.wanted(wanted) {
			body.put(m.name, v.fill(m, wanted))
		}
	}
	return body
}

// wanted reports whether a field, or anything in it, is to be there.
func (n *node) wanted(wanted func(*field.Row) bool) bool {
	if n.mandatory() || n.row != nil && wanted(n.row) {
		return true
	}
	if n.element != nil {
		return n.element.inner(wanted)
	}
	return n.inner(wanted)
}

func (n *node) inner(wanted func(*field.Row) bool) bool {
	return slices.ContainsFunc(n.members, func(m *node) bool { return m.row != nil && wanted(m.row) || m.inner(wanted) })
}

// every wants all fields.
func every(*field.Row) bool { return true }
