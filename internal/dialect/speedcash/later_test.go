package speedcash

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

func TestQueryAndTerminalHaveTheProvidersLines(t *testing.T) {
	for name, body := range map[string][]dialecttest.Line{
		"query": {
			{Name: "originalReferenceNo", Need: c, Max: 64}, {Name: "originalPartnerReferenceNo", Need: c, Max: 64},
			{Name: "serviceCode", Need: m, Max: 2}, {Name: "merchantId", Need: m, Max: 64}, {Name: "additionalInfo", Need: c},
			{Name: "additionalInfo.qrId", Need: c, Max: 64},
		},
		"terminal": {{Name: "merchantId", Need: m, Max: 64}, {Name: "terminalId", Need: m, Max: 16}, {Name: "description", Need: m, Max: 256}},
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		if op.Auth != dialect.AuthWithToken {
			t.Errorf("%s is signed by scheme %d", name, op.Auth)
		}
		dialecttest.Lines(t, op.Headers, headerLines)
		dialecttest.Lines(t, op.Body, body)
		dialecttest.Sample(t, op.Body, dialecttest.Read(t, name+".request.json"))
	}
}

func TestRowsOfQueryAndTerminalRefuse(t *testing.T) {
	_, query := dialecttest.Operation(t, Dialect(), "query")
	full := dialecttest.Edited(t, dialecttest.Read(t, "query.request.json"), "originalPartnerReferenceNo", "INV1")
	dialecttest.Body(t, query.Body, dialecttest.Edited(t, full, "additionalInfo.qrId", "10092081"))
	_, terminal := dialecttest.Operation(t, Dialect(), "terminal")
	dialecttest.Body(t, terminal.Body, dialecttest.Read(t, "terminal.request.json"))
	dialecttest.Body(t, terminal.Reply, []byte(`{"responseCode":"2009200","responseMessage":"Successful","merchantId":"m","terminalId":"KASIR-01","description":"Kasir"}`))
}

func TestCodesOfQueryAndTerminal(t *testing.T) {
	for name, codes := range map[string]string{
		"query": "2005100 4005100 4005101 4005102 4015100 4015101 4015103 4035101 4045101 4045108 4055100 4295100 5005100 5005101 5005102 5045100",
		"terminal": "2009200 4009200 4009201 4009202 4019200 4019201 4019203 4039201 4039216 4039219 4039220 4049208 4049217 4059200 " +
			"4099200 4299200",
	} {
		_, op := dialecttest.Operation(t, Dialect(), name)
		dialecttest.Codes(t, op, strings.Fields(codes)...)
		if line, _ := op.Code(op.Success.Case.Code(op.Service)); line.Message != "Successful" {
			t.Errorf("the success of %s is %q", name, line.Message)
		}
	}
	_, terminal := dialecttest.Operation(t, Dialect(), "terminal")
	if line, _ := terminal.Code("4099200"); line.Message != "Cannot use same X-EXTERNAL-ID in same day" {
		t.Errorf("4099200 is %q", line.Message)
	}
}

func about(t *testing.T, fields map[string]string) []byte {
	t.Helper()
	body := []byte(`{"merchantId": "merchant-1", "serviceCode": "47"}`)
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		body = dialecttest.Edited(t, body, path, fields[path])
	}
	return body
}

func TestQueryNamesACodeInThreeWays(t *testing.T) {
	w := world(t)
	w.Remember = true
	code := w.Ask("generate", []byte(generateSample))
	ref := code.Text("referenceNo")
	ways := []map[string]string{
		{"originalReferenceNo": ref}, {"originalPartnerReferenceNo": "INV20260131"}, {"additionalInfo.qrId": ref},
		{"originalReferenceNo": ref, "originalPartnerReferenceNo": "INV20260131", "additionalInfo.qrId": ref},
	}
	for _, fields := range ways {
		a := w.Ask("query", about(t, fields))
		dialecttest.Expect(t, a, "2005100", "Successful")
		dialecttest.Fields(t, a, map[string]string{
			"originalReferenceNo": ref, "originalPartnerReferenceNo": "INV20260131", "serviceCode": "47", "latestTransactionStatus": "01",
			"amount.value": "9000.00", "terminalId": "KASIR-01",
		})
	}
	w.Now = w.Now.Add(time.Minute)
	w.Pay(code.Text("qrContent"), 0)
	for _, fields := range ways {
		dialecttest.Fields(t, w.Ask("query", about(t, fields)), map[string]string{"latestTransactionStatus": "00", "paidTime": "2026-01-31T10:01:00+07:00"})
	}
	late := w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), "partnerReferenceNo", "INV2"))
	w.Now = w.Now.Add(time.Hour)
	dialecttest.Fields(t, w.Ask("query", about(t, map[string]string{"additionalInfo.qrId": late.Text("referenceNo")})),
		map[string]string{"latestTransactionStatus": "06", "transactionStatusDesc": "Expired"})
}

func TestQueryRefusals(t *testing.T) {
	w := world(t)
	first := w.Ask("generate", []byte(generateSample)).Text("referenceNo")
	second := w.Ask("generate", dialecttest.Edited(t, []byte(generateSample), "partnerReferenceNo", "INV2")).Text("referenceNo")
	for _, r := range []struct {
		fields map[string]string
		want   string
	}{
		{nil, "4005102 Invalid Mandatory Field originalReferenceNo"},
		{map[string]string{"originalReferenceNo": "5188671"}, "4045101 Transaction Not Found"},
		{map[string]string{"additionalInfo.qrId": "10092081"}, "4045101 Transaction Not Found"},
		{map[string]string{"originalReferenceNo": first, "additionalInfo.qrId": second}, "4045101 Transaction Not Found"},
		{map[string]string{"originalReferenceNo": first, "originalPartnerReferenceNo": "INV2"}, "4045101 Transaction Not Found"},
		{map[string]string{"originalReferenceNo": first, "merchantId": "nobody"}, "4045108 Invalid Merchant"},
		{map[string]string{"originalReferenceNo": first, "serviceCode": "50"}, "4005101 Invalid Field Format serviceCode"},
		{map[string]string{"originalReferenceNo": first, "merchantId": ""}, "4005102 Invalid Mandatory Field merchantId"},
	} {
		if got := w.Ask("query", about(t, r.fields)).String(); got != r.want {
			t.Errorf("%v gives %s, expected %s", r.fields, got, r.want)
		}
	}
}

func TestNotification(t *testing.T) {
	w := world(t)
	code := w.Ask("generate", []byte(generateSample))
	ref := code.Text("referenceNo")
	paid := w.Pay(code.Text("qrContent"), 0)
	want := map[string]any{
		"originalReferenceNo": ref, "originalPartnerReferenceNo": "INV20260131",
		"latestTransactionStatus": "00", "transactionStatusDesc": "Success", "amount": snap.IDR(900_000),
		"additionalInfo": map[string]any{
			"qrId": ref, "paidTime": "2026-01-31T10:00:00+07:00", "paymentReferenceNo": paid.Ref, "retrievalReferenceNo": paid.RRN,
		},
	}
	if got := w.Tells(ref); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%v\nexpected\n%v", got, want)
	}
	notice := w.Dialect.Notice
	if notice.Service != "52" || notice.Path != "/v1.0/qr/qr-mpm-notify" || notice.TokenPath != "" || !slices.Equal(notice.Acks, []string{"2005200"}) {
		t.Errorf("the notice is %+v", notice)
	}
}

// A notification that tells of no payment still names its code.
func TestNotificationWithoutAPayment(t *testing.T) {
	w := world(t)
	ref := w.Ask("generate", []byte(generateSample)).Text("referenceNo")
	if got := w.Tells(ref)["additionalInfo"]; !reflect.DeepEqual(got, map[string]any{"qrId": ref}) {
		t.Errorf("additionalInfo is %v", got)
	}
}

func register(id string) []byte {
	return []byte(`{"merchantId": "merchant-1", "terminalId": "` + id + `", "description": "Kasir"}`)
}

func TestTerminal(t *testing.T) {
	w := world(t)
	a := w.Ask("terminal", register("KASIR LANTAI 1"))
	dialecttest.Expect(t, a, "2009200", "Successful")
	dialecttest.Fields(t, a, map[string]string{"merchantId": "merchant-1", "terminalId": "KASIR LANTAI 1", "description": "Kasir"})
	var outlets []pay.Outlet
	err := w.Core.Inspect(t.Context(), func(r pay.Reader) (err error) {
		outlets, err = r.Outlets(dialecttest.PartnerID, dialecttest.MerchantID)
		return err
	})
	want := []pay.Outlet{{PartnerID: dialecttest.PartnerID, MerchantID: dialecttest.MerchantID, Kind: pay.Terminal, ID: "KASIR LANTAI 1", Standing: pay.Active}}
	if err != nil || !slices.Equal(outlets, want) {
		t.Errorf("the outlets are %+v, %v", outlets, err)
	}
	if again := w.Ask("terminal", register("KASIR LANTAI 1")); string(again.Body) != string(a.Body) {
		t.Errorf("asked again: %s %s", again, again.Body)
	}
	for body, want := range map[string]string{
		`{"terminalId": "KASIR-01", "description": "Kasir"}`:                               "4009202 Invalid Mandatory Field merchantId",
		`{"merchantId": "merchant-1", "terminalId": "KASIR-01"}`:                           "4009202 Invalid Mandatory Field description",
		`{"merchantId": "merchant-1", "terminalId": "K1", "description": "Kasir"}`:         "4009201 Invalid Field Format terminalId",
		`{"merchantId": "nobody", "terminalId": "KASIR-01", "description": "Kasir"}`:       "4049208 Invalid Merchant",
		string(dialecttest.Read(t, "terminal.request.json")):                               "4049208 Invalid Merchant",
		`{"merchantId": "merchant-1", "terminalId": "KASIR-01", "description": "Kasir"} x`: "4009200 Bad Request",
	} {
		if got := w.Ask("terminal", []byte(body)).String(); got != want {
			t.Errorf("%s gives %s, expected %s", body, got, want)
		}
	}
}

func TestTerminalOfAMerchantWhoMayNotTrade(t *testing.T) {
	w := world(t)
	for standing, want := range map[pay.Standing]string{
		pay.Suspended: "4039216 Suspend Transaction", pay.Blacklisted: "4039219 Merchant Blacklisted", pay.Inactive: "4049208 Invalid Merchant",
	} {
		merchant := dialecttest.Merchant()
		merchant.Standing = standing
		w.PutMerchant(merchant)
		if got := w.Ask("terminal", register("KASIR-01")).String(); got != want {
			t.Errorf("a merchant who is %s: %s, expected %s", standing, got, want)
		}
	}
}

func TestAWithdrawnTerminalStaysWithdrawn(t *testing.T) {
	w := world(t)
	w.PutOutlet(dialecttest.MerchantID, pay.Terminal, "KASIR-01", pay.Inactive)
	dialecttest.Expect(t, w.Ask("terminal", register("KASIR-01")), "4049217", "Invalid Terminal")
	dialecttest.Expect(t, w.Ask("generate", []byte(generateSample)), "4044717", "Invalid Terminal")
}

func TestTerminalsOfAnAgreement(t *testing.T) {
	w := world(t)
	w.Agree(pay.PartnerSettings{MaxTerminals: 3})
	for i := range 3 {
		dialecttest.Expect(t, w.Ask("terminal", register("KASIR-0"+strconv.Itoa(i))), "2009200", "Successful")
	}
	dialecttest.Expect(t, w.Ask("terminal", register("KASIR-03")), "4039220", "Merchant Limit Exceed")
	dialecttest.Expect(t, w.Ask("terminal", register("KASIR-02")), "2009200", "Successful")
}

// The page's limit: 65,000 terminals of a merchant, whatever other outlets it
// has.
func TestTheLimitOfTerminals(t *testing.T) {
	var store *storage.Store
	w := dialecttest.NewWorld(t, Dialect(), func(ctx context.Context, path string, o storage.Options) (*storage.Store, error) {
		var err error
		store, err = storage.OpenSQLite(ctx, path, o)
		return store, err
	})
	w.PutOutlet(dialecttest.MerchantID, pay.Store, "S1", pay.Active)
	err := store.Update(t.Context(), func(tx pay.Tx) error {
		for i := range 64_999 {
			o := pay.Outlet{PartnerID: dialecttest.PartnerID, MerchantID: dialecttest.MerchantID, Kind: pay.Terminal, ID: strconv.Itoa(i), Standing: pay.Active}
			if err := tx.PutOutlet(o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	dialecttest.Expect(t, w.Ask("terminal", register("KASIR-01")), "2009200", "Successful")
	dialecttest.Expect(t, w.Ask("terminal", register("KASIR-02")), "4039220", "Merchant Limit Exceed")
}
