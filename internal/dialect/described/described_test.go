package described_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

const (
	o = field.Optional
	m = field.Mandatory
	c = field.Conditional
)

// example is one of the descriptions that the repository ships.
func example(t *testing.T, name string) dialect.Dialect {
	t.Helper()
	return file(t, filepath.Join("..", "..", "..", "examples", "dialects", name+".json"))
}

func file(t *testing.T, path string) dialect.Dialect {
	t.Helper()
	d, err := described.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, text string) dialect.Dialect {
	t.Helper()
	d, err := described.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// everything is the description that uses every key.
func everything(t *testing.T) dialect.Dialect {
	return file(t, filepath.Join("testdata", "everything.json"))
}

func TestWinpay(t *testing.T) {
	d := example(t, "winpay")
	dialecttest.Complete(t, d, map[string][]string{
		"generate": {"/v1.0/qr/qr-mpm-generate"}, "query": {"/v1.0/qr/qr-mpm-query"},
	})
	_, op := dialecttest.Operation(t, d, "generate")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 50}, {Name: "terminalId", Need: o, Max: 16}, {Name: "subMerchantId", Need: o, Max: 32},
		{Name: "amount", Need: m}, {Name: "amount.value", Need: m, Max: 14}, {Name: "amount.currency", Need: m, Max: 3},
		{Name: "validityPeriod", Need: c, Max: 25}, {Name: "additionalInfo", Need: m}, {Name: "additionalInfo.isStatic", Need: m},
	})
	if op.Auth != dialect.AuthAsymmetric || slices.ContainsFunc(op.Headers, func(r field.Row) bool { return r.Name == snap.HeaderAuthorization }) {
		t.Errorf("scheme %v with headers %v; Winpay signs without a token", op.Auth, op.Headers)
	}
	if op.Success.Message != "Success" || op.Validity != (dialect.Validity{Field: "validityPeriod", Min: time.Minute, Max: 92 * 24 * time.Hour, Default: aspi.DefaultValidity}) {
		t.Errorf("success %q, validity %+v", op.Success.Message, op.Validity)
	}
	for _, line := range op.Codes {
		if line.Reach == dialect.ByExpiredToken || line.Reach == dialect.ByUnknownToken {
			t.Errorf("%+v: there is no token", line)
		}
	}
}

func TestDOKU(t *testing.T) {
	d := example(t, "doku")
	const qr = "/snap-adapter/b2b/v1.0/qr/qr-mpm-"
	dialecttest.Complete(t, d, map[string][]string{
		"token": {"/authorization/v1/access-token/b2b"}, "generate": {qr + "generate"}, "query": {qr + "query"},
		"refund": {qr + "refund"}, "decode": {qr + "decode"}, "cancel": {qr + "cancel"},
	})
	for _, op := range d.Operations {
		want := dialect.AuthSymmetric
		if op.Name == "token" {
			want = dialect.AuthToken
		}
		if op.Auth != want {
			t.Errorf("%s has scheme %v", op.Name, op.Auth)
		}
	}
	headers := map[string]string{
		"X-TIMESTAMP": "2020-09-22T01:51:00Z", "X-SIGNATURE": "s", "Authorization": "Bearer t", "X-PARTNER-ID": "BRN-0253-1758536533798",
		"X-EXTERNAL-ID": "41807553358950093184162180797837", "CHANNEL-ID": "H2H", "Content-Type": "application/json", "ORIGIN": "www.hostname.com",
	}
	_, op := dialecttest.Operation(t, d, "generate")
	dialecttest.Headers(t, op.Headers, headers)
}

// TestUnchanged: a description without differences is the standard under
// another name.
func TestUnchanged(t *testing.T) {
	standard := aspi.Dialect()
	var offered []string
	paths := make(map[string][]string)
	for _, op := range standard.Operations {
		offered = append(offered, `"`+op.Name+`": {}`)
		paths[op.Name] = op.Paths
	}
	d := read(t, acme(`"operations": {`+strings.Join(offered, ", ")+`}`))
	dialecttest.Complete(t, d, paths)
	for i, op := range d.Operations {
		base := standard.Operations[i]
		if op.Name != base.Name || op.Auth != base.Auth || op.Service != base.Service || op.Success != base.Success || op.Validity != base.Validity {
			t.Errorf("%s is %+v, the standard's is %+v", op.Name, op, base)
		}
		inOrder := slices.SortedStableFunc(slices.Values(base.Codes), func(a, b dialect.Code) int { return cmp.Compare(a.Code, b.Code) })
		if !slices.Equal(op.Codes, inOrder) {
			t.Errorf("codes of %s\n%+v\nthe standard's\n%+v", op.Name, op.Codes, inOrder)
		}
	}
	if d.ExternalID != standard.ExternalID || d.Reference != standard.Reference || d.Tokens != standard.Tokens || d.MaxImage != 0 || d.AnyPartnerID {
		t.Errorf("%+v", d)
	}
}

// TestStandardStaysAsItIs: amending must not write into the rows and tables
// that all dialects share.
func TestStandardStaysAsItIs(t *testing.T) {
	everything(t)
	example(t, "winpay")
	for name, path := range map[string]string{"token": "/v1.0/access-token/b2b", "generate": "/v1.0/qr/qr-mpm-generate", "payment": "/v1.0/qr/qr-mpm-payment"} {
		_, op := dialecttest.Operation(t, aspi.Dialect(), name)
		if !slices.Equal(op.Paths, []string{path}) {
			t.Errorf("%s is at %v", name, op.Paths)
		}
	}
	_, op := dialecttest.Operation(t, aspi.Dialect(), "generate")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{{Name: "amount", Need: o}, {Name: "merchantId", Need: o, Max: 64}, {Name: "terminalId", Need: o, Max: 16}})
	if got := aspi.Outcomes[pay.MerchantUnknown].Case; got != snap.CaseInvalidMerchant {
		t.Errorf("unknown merchants are answered %v", got)
	}
	if got := aspi.Statuses[pay.StatusExpired].Code; got != "06" {
		t.Errorf("expired is %s", got)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	d := everything(t)
	dialecttest.Complete(t, d, map[string][]string{
		"token":          {"/acme/oauth/b2b", "/acme/oauth/token"},
		"customer-token": {"/acme/snap/v1.0/access-token/b2b2c"},
		"generate":       {"/acme/snap/v1.0/qr/qr-mpm-generate"},
		"payment":        {"/acme/snap/v1.0/qr/qr-mpm-payment"},
		"refund":         {"/acme/snap/v1.0/qr/qr-mpm-refund"},
	})
	if d.Name != "acme" || d.Title != "Acme" || d.Document != "Acme, QR API" || d.Unsigned != "/acme" || !d.AnyPartnerID || d.MaxImage != 2000 {
		t.Errorf("%+v", d)
	}
	if want := (dialect.TokenLives{B2B: time.Hour, Customer: 30 * 24 * time.Hour, Refresh: 60 * 24 * time.Hour}); d.Tokens != want {
		t.Errorf("tokens %+v", d.Tokens)
	}
	if _, err := d.ReadTimestamp("2026-01-31 23:59:59"); err != nil {
		t.Error(err)
	}
	for status, want := range map[pay.Status]dialect.Word{pay.StatusExpired: {Code: "08", Text: "Expiry"}, pay.StatusPaid: {Code: "00", Text: "Success"}} {
		if d.Statuses[status] != want {
			t.Errorf("%s is %+v", status, d.Statuses[status])
		}
	}
	for _, op := range d.Operations {
		want := map[string]dialect.Auth{"token": dialect.AuthToken, "customer-token": dialect.AuthToken, "generate": dialect.AuthEither, "payment": dialect.AuthWithToken, "refund": dialect.AuthWithToken}[op.Name]
		if op.Auth != want {
			t.Errorf("%s has scheme %v", op.Name, op.Auth)
		}
	}
	if _, op := dialecttest.Operation(t, d, "token"); op.Success.Message != "OK" || op.Codes[0].Message != "OK" {
		t.Errorf("%+v %+v", op.Success, op.Codes[0])
	}
}

func TestRules(t *testing.T) {
	d := everything(t)
	_, op := dialecttest.Operation(t, d, "generate")
	dialecttest.Repeats(t, &d, op, [2]string{dialecttest.Replayed, "4094700"}, [2]string{"4094701", "4094701"})
	if _, listed := op.Code("4044718"); listed {
		t.Error("an inconsistent request is listed, which no rule answers with")
	}
	_, refund := dialecttest.Operation(t, d, "refund")
	if refund.Reference == nil || refund.Reference.Remember {
		t.Errorf("a repeated partnerRefundNo: %+v", refund.Reference)
	}
	if _, listed := refund.Code("4047818"); listed {
		t.Error("an inconsistent refund is listed, which no rule answers with")
	}
}

func TestOutcomes(t *testing.T) {
	d := everything(t)
	for name, all := range map[string]map[*pay.Error]string{
		"generate": {
			{Kind: pay.MerchantUnknown, Detail: "here"}:         "4044716 No merchant here",
			{Kind: pay.BadSignature}:                            "4014700 Unauthorized. [Signature]",
			{Kind: pay.MerchantBlacklisted}:                     "4034799 Barred",
			{Kind: pay.TerminalUnknown, Field: "terminalId"}:    "4044717 Invalid Terminal",
			{Kind: pay.NotSupported}:                            "4054700 Requested Function Is Not Supported",
			{Kind: pay.MissingField, Field: "channel"}:          "4004702 Invalid Mandatory Field channel",
			{Kind: pay.InsufficientFunds, Detail: "not enough"}: "4034714 Insufficient Funds",
		},
		"payment": {
			{Kind: pay.MerchantUnknown}:                      "4045016 Partner Not Found",
			{Kind: pay.TerminalUnknown, Field: "terminalId"}: "4005001 Invalid Field Format terminalId",
		},
	} {
		_, op := dialecttest.Operation(t, d, name)
		dialecttest.Refusals(t, &d, op, all)
	}
}

func TestRows(t *testing.T) {
	d := everything(t)
	_, op := dialecttest.Operation(t, d, "generate")
	dialecttest.Lines(t, op.Body, []dialecttest.Line{
		{Name: "partnerReferenceNo", Need: m, Max: 25}, {Name: "channel", Need: m}, {Name: "storeId", Need: c, Max: 64},
		{Name: "items", Need: o, Max: 9}, {Name: "items[].price", Need: o}, {Name: "terminalId", Need: o},
	})
	for _, r := range op.Body {
		if strings.HasPrefix(r.Name, "amount") {
			t.Errorf("%s is still there", r.Name)
		}
	}
	dialecttest.Body(t, op.Body, []byte(`{"partnerReferenceNo": "A1", "channel": "web", "feeAmount": {"value": "1.00", "currency": "IDR"},
		"merchantId": "m", "subMerchantId": "s", "storeId": "S1", "terminalId": "t", "validityPeriod": "2026-01-31T10:15:00+07:00",
		"additionalInfo": {}, "items": [{"price": 10}]}`))
	dialecttest.Headers(t, op.Headers, map[string]string{
		"X-TIMESTAMP": "2026-01-31 10:00:00", "X-SIGNATURE": "s", "Authorization": "Bearer t", "X-PARTNER-ID": "p",
		"X-EXTERNAL-ID": "1", "CHANNEL-ID": "95221", "Content-Type": "application/json", "X-REGION": "JKT",
	})
	_, payment := dialecttest.Operation(t, d, "payment")
	dialecttest.Lines(t, payment.Headers, []dialecttest.Line{{Name: "X-DEVICE-ID", Need: m, Max: 400}, {Name: "Authorization", Need: m}, {Name: "X-REGION", Need: m}})
	if slices.ContainsFunc(op.Headers, func(r field.Row) bool { return r.Name == "X-DEVICE-ID" }) {
		t.Error("generate asks for a customer's header")
	}
}

func TestNotice(t *testing.T) {
	d := everything(t)
	if n := d.Notice; n.Service != snap.ServiceDebitNotify || n.Path != "/hook" || n.TokenPath != "/hook/token" || !slices.Equal(n.Acks, []string{"2005600", "2005200"}) {
		t.Errorf("%+v", n)
	}
	standard := read(t, acme(`"operations": {"generate": {}}`))
	if n := standard.Notice; n == nil || n.Service != snap.ServiceNotify || n.Path != "/v1.0/qr/qr-mpm-notify" || n.TokenPath != "" || !slices.Equal(n.Acks, []string{"2005200"}) {
		t.Errorf("%+v", n)
	}
	if n := read(t, acme(`"notice": {"service": "56"}, "operations": {"generate": {}}`)).Notice; n.Path != "/v1.0/debit/notify" || !slices.Equal(n.Acks, []string{"2005600"}) {
		t.Errorf("%+v", n)
	}
	if silent := read(t, acme(`"notice": null, "operations": {"generate": {}}`)); silent.Notice != nil {
		t.Errorf("%+v", silent.Notice)
	}
}

// TestWays: every way to a response code is known, so that its line follows
// what a file says.
func TestWays(t *testing.T) {
	raised := described.Raises()
	for reach := range dialect.Ways {
		_, known := raised[reach]
		if known == (reach == dialect.BySuccess || reach == dialect.ByTrigger) {
			t.Errorf("%s: add the kind in which it ends to dialect.Raises", reach)
		}
	}
}

// TestEveryKindCanBeAnswered: whatever kind a file names, its lines follow.
func TestEveryKindCanBeAnswered(t *testing.T) {
	var all []string
	for _, k := range pay.Kinds() {
		all = append(all, `"`+k.String()+`": {"case": "403/99", "message": "Refused"}`)
	}
	var paths = make(map[string][]string)
	for _, op := range aspi.Dialect().Operations {
		paths[op.Name] = op.Paths
	}
	var offered []string
	for name := range paths {
		offered = append(offered, `"`+name+`": {}`)
	}
	d := read(t, acme(`"outcomes": {`+strings.Join(all, ", ")+`}, "operations": {`+strings.Join(offered, ", ")+`}`))
	dialecttest.Complete(t, d, paths)
	for i := range d.Operations {
		op := &d.Operations[i]
		for _, line := range op.Codes {
			if line.Reach != dialect.BySuccess && line.Reach != dialect.ByTrigger && line.Code != "403"+string(op.Service)+"99" {
				t.Errorf("%s: %+v", op.Name, line)
			}
		}
	}
}
