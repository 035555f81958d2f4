package notify

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

func encode(t pay.Transaction, fields map[string]any) (string, error) {
	return Encode(&dialect.Notice{Body: func(pay.Transaction) map[string]any { return fields }}, t)
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields map[string]any
		want   string
	}{
		{"sorted and minified", map[string]any{"b": "2", "a": "1", "B": "3"}, `{"B":"3","a":"1","b":"2"}`},
		{"structures", map[string]any{"amount": snap.IDR(150), "list": []string{"x", "y"}}, `{"amount":{"currency":"IDR","value":"1.50"},"list":["x","y"]}`},
		{"names with a point", map[string]any{"extendInfo.closedReason": "paid"}, `{"extendInfo.closedReason":"paid"}`},
		{"times", map[string]any{"paidTime": "2026-01-31T10:00:00+07:00"}, `{"paidTime":"2026-01-31T10:00:00+07:00"}`},
		{"nothing for HTML", map[string]any{"a": "<b>&'x'"}, `{"a":"b x"}`},
		{"no pair that looks unminified", map[string]any{"a": "paid, ok: yes :: no:"}, `{"a":"paid ok yes no"}`},
		{"no slash, quote or letter beyond ASCII", map[string]any{"a": "Café \"A/B\"\\C\n東"}, `{"a":"Caf A B C"}`},
		{"nothing left", map[string]any{"a": "東京"}, `{"a":""}`},
	} {
		if got, err := encode(pay.Transaction{}, c.fields); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; expected %s", c.name, got, err, c.want)
		}
	}
}

func TestEncodeRefusesWhatReceiversWriteDifferently(t *testing.T) {
	for field, fields := range map[string]map[string]any{
		"body.n is 10000":         {"n": 10000.00},
		"body.a.b[1] is 1":        {"a": map[string]any{"b": []any{"x", 1}}},
		"body.t is true":          {"t": true},
		"body.t is <nil>":         {"t": nil},
		"body.o is an empty obj":  {"o": map[string]any{}},
		"body.o is an empty arr":  {"o": []string{}},
		"body is an empty object": {},
		`a member "a b"`:          {"a b": "x"},
		`a member "a/b"`:          {"a/b": "x"},
		`body.o has a member ""`:  {"o": map[string]any{"": "x"}},
	} {
		if got, err := encode(pay.Transaction{}, fields); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v: %s, %v; expected %q", fields, got, err, field)
		}
	}
}

// A reference is looked up by the receiver and must come back as it was given.
func TestEncodeKeepsIdentifiers(t *testing.T) {
	transaction := pay.Transaction{
		Code:    &pay.Code{PartnerRef: "INV/2026/01, <#1> & 2", MerchantName: "Toko/A"},
		Payment: &pay.Payment{PartnerRef: "PAY/1"}, Refunds: []pay.Refund{{PartnerRef: "REF/1"}},
	}
	got, err := encode(transaction, map[string]any{"ref": "INV/2026/01, <#1> & 2", "name": "Toko/A", "pay": "PAY/1", "refund": "REF/1"})
	want := `{"name":"Toko A","pay":"PAY/1","ref":"INV/2026/01, <#1> & 2","refund":"REF/1"}`
	if err != nil || got != want {
		t.Errorf("%s, %v; expected %s", got, err, want)
	}
}

var safeText = regexp.MustCompile(`^[A-Za-z0-9 .:+_-]*$`)

// FuzzEncode holds, for any text, that the value is made of plain characters,
// and that neither sorting, nor escaping, nor looking for white space between
// tokens changes the body.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{"", "Toko Maju", "a: b", ":", " :: ", "x, y", "<&>", "\u2028", "é/\\\"", "\xff", "a :b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := encode(pay.Transaction{}, map[string]any{"z": text, "a": []any{text}})
		if err != nil {
			t.Fatal(err)
		}
		var back struct {
			Z string
			A []string
		}
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if !safeText.MatchString(back.Z) || back.A[0] != back.Z || strings.Contains(got, ": ") || strings.Contains(got, ", ") {
			t.Errorf("%q became %s", text, got)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(got), &members); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(members); err != nil || string(again) != got {
			t.Errorf("a receiver that writes it again hashes %s instead of %s", again, got)
		}
	})
}

func TestExcerpt(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                        "plain",
		"a\x00b\r\nc":                  "a b  c",
		"\xff\xfe":                     "?",
		strings.Repeat("a", 600):       strings.Repeat("a", 512),
		strings.Repeat("a", 511) + "é": strings.Repeat("a", 511),
		strings.Repeat("a", 510) + "é": strings.Repeat("a", 510) + "é",
	} {
		if got := excerpt([]byte(text)); got != want {
			t.Errorf("%q became %q, expected %q", text, got, want)
		}
	}
}
