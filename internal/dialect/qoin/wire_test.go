package qoin

import (
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// live is the printed sample with a validity that has not passed and some
// text replaced.
func live(t *testing.T, changes ...string) string {
	t.Helper()
	body := strings.Replace(string(read(t, "generate.request.json")), "2025-12-04T11:00:00+07:00", "2025-12-04T12:00:00+07:00", 1)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(body, changes[i]) {
			t.Fatalf("the sample has no %s", changes[i])
		}
		body = strings.Replace(body, changes[i], changes[i+1], 1)
	}
	return body
}

func TestAnswerHasThePrintedShape(t *testing.T) {
	answer, refusal := newShop().generate(t, string(read(t, "generate.request.json")), dialect.WaiveValidity)
	if refusal != "" {
		t.Fatal(refusal)
	}
	if got, want := paths(answer, ""), paths(parse(t, read(t, "generate.response.json")), ""); !slices.Equal(got, want) {
		t.Errorf("members\n%v\nwant\n%v", got, want)
	}
	for path, want := range map[string]string{
		"additionalInfo.acquirer": "3", "additionalInfo.amount.value": "10000.00", "additionalInfo.amount.currency": "IDR",
		"additionalInfo.createdAt.dateTime": "2025-12-04T11:23:11+07:00", "additionalInfo.createdAt.offset.totalSeconds": "0",
		"additionalInfo.createdAt.zone.totalSeconds": "0", "additionalInfo.transactionType": "MERCHANT_TRANSACTION",
		"merchantName": "Baso Malang", "partnerReferenceNo": "TestPartNo0002", "qrImage": "aW1hZ2U=",
		"qrUrl":        "https://qris.example/qr/" + answer.Get("referenceNo").Text() + ".png",
		"responseCode": "2004700", "responseMessage": "Successful", "storeId": "", "terminalId": "",
	} {
		if got := answer.Get(path).Text(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if answer.Get("additionalInfo.recurring").Raw() != "false" || answer.Get("additionalInfo.merchantCrossRefId").Text() == "" {
		t.Errorf("recurring and merchantCrossRefId: %s", answer.Get("additionalInfo").Raw())
	}
}

func TestAnswerComesAgain(t *testing.T) {
	s := newShop()
	first, refusal := s.generate(t, live(t, `"acquirer": 3`, `"acquirer": "017"`, `"storeId": ""`, `"storeId": "S1"`), 0)
	if refusal != "" {
		t.Fatal(refusal)
	}
	if got := first.Get("additionalInfo.acquirer").Raw(); got != "17" {
		t.Errorf("the acquirer is %s, want the number 17", got)
	}
	if got := first.Get("storeId").Text(); got != "S1" {
		t.Errorf("the store is %q", got)
	}
	c := s.call(field.Value{}, 0)
	again, err := c.Again(t.Context(), first.Get("referenceNo").Text())
	if err != nil {
		t.Fatal(err)
	}
	if got := check(t, c, again).Raw(); got != first.Raw() {
		t.Errorf("again\n%s\nfirst\n%s", got, first.Raw())
	}
}

func TestRefusals(t *testing.T) {
	for about, c := range map[string]struct {
		body []string
		want string
	}{
		"as it is":               {nil, ""},
		"acquirer as text":       {[]string{`"acquirer": 3`, `"acquirer": "3"`}, ""},
		"acquirer is a word":     {[]string{`"acquirer": 3`, `"acquirer": "gopay"`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"acquirer is a fraction": {[]string{`"acquirer": 3`, `"acquirer": 3.5`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"acquirer too large":     {[]string{`"acquirer": 3`, `"acquirer": 2147483648`}, "4004701 Invalid Field Format additionalInfo.acquirer"},
		"quantity as number":     {[]string{`"quantity": "1"`, `"quantity": 1`}, ""},
		"price as text":          {[]string{`"value": 10,`, `"value": "10.00",`}, ""},
		"price is a word":        {[]string{`"value": 10,`, `"value": "ten",`}, "4004701 Invalid Field Format additionalInfo.items[0].price.value"},
		"an item is a word":      {[]string{`"items": [`, `"items": ["soap",`}, "4004701 Invalid Field Format additionalInfo.items[0]"},
		"an item is null":        {[]string{`"items": [`, `"items": [null,`}, "4004702 Invalid Mandatory Field additionalInfo.items[0]"},
		"limit":                  {[]string{`"value": "10000.00"`, `"value": "10000000.00"`}, ""},
		"over the limit":         {[]string{`"value": "10000.00"`, `"value": "10000001.00"`}, "4004701 Invalid Field Format amount.value"},
		"without decimals":       {[]string{`"value": "10000.00"`, `"value": "10000"`}, "4004701 Invalid Field Format amount.value"},
		"nothing":                {[]string{`"value": "10000.00"`, `"value": "0.00"`}, "4004701 Invalid Field Format amount.value"},
		"three hours":            {[]string{"12:00:00+07:00", "14:23:11+07:00"}, ""},
		"more than three hours":  {[]string{"12:00:00+07:00", "14:23:12+07:00"}, "4004701 Invalid Field Format validityPeriod"},
		"the next second":        {[]string{"12:00:00+07:00", "11:23:12+07:00"}, ""},
		"in the past":            {[]string{"12:00:00+07:00", "11:23:11+07:00"}, "4004701 Invalid Field Format validityPeriod"},
		"a stranger's merchant":  {[]string{`"merchantId": ""`, `"merchantId": "M2"`}, "4044708 Invalid Merchant"},
		"its own merchant":       {[]string{`"merchantId": ""`, `"merchantId": "M1"`}, ""},
		"a closed store":         {[]string{`"storeId": ""`, `"storeId": "closed"`}, "4044708 Invalid Merchant"},
	} {
		s := newShop()
		s.outlets = []pay.Outlet{{Kind: pay.Store, ID: "closed", Standing: pay.Inactive}}
		if _, got := s.generate(t, live(t, c.body...), 0); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

func TestMerchantProblems(t *testing.T) {
	for about, c := range map[string]struct {
		change func(*pay.Merchant)
		want   string
	}{
		"suspended":   {func(m *pay.Merchant) { m.Standing = pay.Suspended }, "4044708 Invalid Merchant"},
		"blacklisted": {func(m *pay.Merchant) { m.Standing = pay.Blacklisted }, "4044708 Invalid Merchant"},
		"inactive":    {func(m *pay.Merchant) { m.Standing = pay.Inactive }, "4044708 Invalid Merchant"},
		"day limit":   {func(m *pay.Merchant) { m.DayLimit = pay.Rp(9_999) }, "4004701 Invalid Field Format amount.value"},
	} {
		s := newShop()
		c.change(&s.merchant)
		if _, got := s.generate(t, live(t), 0); got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}
