package paydia

import (
	"errors"
	"net/url"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/pay"
)

// asked is the parameters of the page's sample with this partner's id.
func asked() url.Values {
	return url.Values{
		"partnerId": {dialecttest.PartnerID}, "timestamp": {"2026-01-31T10:00:00 07:00"}, "externalId": {"1667469949"}, "channelId": {"12345"},
		"scopes": {"QUERY_BALANCE,PUBLIC_ID"}, "state": {"6430c027-5c3f-4ddb-be74-1e3940943d4e"}, "redirectUrl": {"https://web-merchant.com/?shop=1"},
	}
}

const signed = "c2ln+A=="

// consent asks with parameters and, where they lack one, headers. The
// partner's signature is always the same.
func consent(t *testing.T, w *dialecttest.World, query url.Values, headers map[string]string) (string, error) {
	t.Helper()
	return w.Dialect.Grant(t.Context(), dialect.Consent{
		Core: w.Core, Payer: dialecttest.PayerID,
		Query:  func(name string) []string { return query[name] },
		Header: func(name string) string { return headers[name] },
		Verify: func(p *pay.Partner, text, signature string) error {
			if p.ID != dialecttest.PartnerID || text != query.Get("seamlessData") || signature != signed {
				return errors.New("it does not fit")
			}
			return nil
		},
	})
}

// bound exchanges the code that came back and gives the payer behind it.
func bound(t *testing.T, w *dialecttest.World, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"grantType": "AUTHORIZATION_CODE", "authCode": "` + u.Query().Get("authCode") + `"}`)
	a := w.Ask("customer-token", body)
	dialecttest.Expect(t, a, "2007400", "Successful")
	dialecttest.Expect(t, w.Ask("customer-token", body), "4017400", "Unauthorized. Invalid authCode")
	partner, err := w.Core.Partner(t.Context(), dialecttest.PartnerID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.Core.Customer(t.Context(), partner, a.Text("accessToken"))
	if err != nil {
		t.Fatal(err)
	}
	fresh := w.Ask("customer-token", []byte(`{"grantType": "refresh_token", "refreshToken": "`+a.Text("refreshToken")+`"}`))
	dialecttest.Expect(t, fresh, "2007400", "Successful")
	return token.PayerID
}

func TestBindingGoesBackWithACode(t *testing.T) {
	w := world(t)
	to, err := consent(t, w, asked(), nil)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(to)
	if q := u.Query(); u.Host != "web-merchant.com" || q.Get("shop") != "1" || q.Get("state") != "6430c027-5c3f-4ddb-be74-1e3940943d4e" || len(q) != 3 {
		t.Errorf("it goes on to %s", to)
	}
	if payer := bound(t, w, to); payer != dialecttest.PayerID {
		t.Errorf("the code is %s's", payer)
	}
}

// The older page has four of the parameters as headers.
func TestBindingByHeaders(t *testing.T) {
	w := world(t)
	query := asked()
	headers := map[string]string{}
	for name, header := range w.Dialect.Binding.Headers {
		headers[header] = query.Get(name)
		query.Del(name)
	}
	if len(headers) != 4 {
		t.Errorf("the headers are %v", headers)
	}
	to, err := consent(t, w, query, headers)
	if err != nil {
		t.Fatal(err)
	}
	bound(t, w, to)
}

func TestBindingOfTheNumberNamed(t *testing.T) {
	w := world(t)
	if err := w.Core.AddPayer(t.Context(), pay.Payer{ID: "6281234567890", Standing: pay.Active}, 0); err != nil {
		t.Fatal(err)
	}
	query := asked()
	query.Set("seamlessData", `{"mobileNumber":"6281234567890"}`)
	query.Set("seamlessSign", "c2ln A==") // its plus was not escaped
	to, err := consent(t, w, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if payer := bound(t, w, to); payer != "6281234567890" {
		t.Errorf("the code is %s's", payer)
	}
}

func TestBindingRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]string // an empty value takes the parameter away
		agree  pay.PartnerSettings
		kind   pay.Kind
		field  string
	}{
		"no partner":        {map[string]string{"partnerId": ""}, pay.PartnerSettings{}, pay.MissingField, "partnerId"},
		"no time":           {map[string]string{"timestamp": ""}, pay.PartnerSettings{}, pay.MissingField, "timestamp"},
		"no scopes":         {map[string]string{"scopes": ""}, pay.PartnerSettings{}, pay.MissingField, "scopes"},
		"no state":          {map[string]string{"state": ""}, pay.PartnerSettings{}, pay.MissingField, "state"},
		"no way back":       {map[string]string{"redirectUrl": ""}, pay.PartnerSettings{}, pay.MissingField, "redirectUrl"},
		"half a way back":   {map[string]string{"redirectUrl": "/bound"}, pay.PartnerSettings{}, pay.InvalidFormat, "redirectUrl"},
		"broken way back":   {map[string]string{"redirectUrl": "https://[::1"}, pay.PartnerSettings{}, pay.InvalidFormat, "redirectUrl"},
		"unknown partner":   {map[string]string{"partnerId": "nobody"}, pay.PartnerSettings{}, pay.UnknownClient, "partnerId"},
		"denied":            {nil, pay.PartnerSettings{Denied: []string{"customer-token"}}, pay.ForbiddenAPI, ""},
		"unsigned data":     {map[string]string{"seamlessData": `{}`}, pay.PartnerSettings{}, pay.MissingField, "seamlessSign"},
		"wrongly signed":    {map[string]string{"seamlessData": `{}`, "seamlessSign": "x"}, pay.PartnerSettings{}, pay.BadSignature, "seamlessSign"},
		"data that is none": {map[string]string{"seamlessData": `{`, "seamlessSign": signed}, pay.PartnerSettings{}, pay.InvalidFormat, "seamlessData"},
		"endless number": {map[string]string{"seamlessData": `{"mobileNumber":"1234567890123456789"}`, "seamlessSign": signed}, pay.PartnerSettings{},
			pay.InvalidFormat, "seamlessData.mobileNumber"},
		"nobody's number": {map[string]string{"seamlessData": `{"mobileNumber":"0"}`, "seamlessSign": signed}, pay.PartnerSettings{}, pay.PayerUnknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.Agree(c.agree)
			query := asked()
			for param, value := range c.change {
				query.Set(param, value)
				if value == "" {
					query.Del(param)
				}
			}
			to, err := consent(t, w, query, nil)
			var e *pay.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Field != c.field {
				t.Errorf("%q, %v; expected kind %v of %q", to, err, c.kind, c.field)
			}
		})
	}
}

// The client key serves where it is not the partner's id; a suspended partner
// and another dialect's may ask nobody.
func TestBindingLooksWhoAsks(t *testing.T) {
	w := world(t)
	query := asked()
	query.Set("partnerId", "client-1")
	if _, err := consent(t, w, query, nil); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*pay.Partner) pay.Kind{
		func(p *pay.Partner) pay.Kind { p.Standing = pay.Suspended; return pay.PartnerSuspended },
		func(p *pay.Partner) pay.Kind { p.Dialect = "dana"; return pay.UnknownClient },
	} {
		p := pay.Partner{ID: dialecttest.PartnerID, ClientKey: "client-1", Dialect: "paydia", Standing: pay.Active}
		want := change(&p)
		if err := w.Core.PutPartner(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if _, err := consent(t, w, query, nil); pay.KindOf(err) != want {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestBindingHasThePagesLines(t *testing.T) {
	b := Dialect().Binding
	if b.Service != "10" || b.Path != "/snap/v1.0/get-auth-code" {
		t.Errorf("service %s at %s", b.Service, b.Path)
	}
	dialecttest.Lines(t, b.Query, []dialecttest.Line{
		{Name: "partnerId", Need: m, Max: 64}, {Name: "timestamp", Need: m, Max: 25}, {Name: "externalId", Need: m, Max: 64},
		{Name: "channelId", Need: m, Max: 64}, {Name: "scopes", Need: m, Max: 256}, {Name: "state", Need: m, Max: 32},
		{Name: "redirectUrl", Need: m, Max: 256}, {Name: "seamlessData", Need: o, Max: 512}, {Name: "seamlessSign", Need: c, Max: 512},
	})
	dialecttest.Headers(t, b.Query, map[string]string{
		"partnerId": "p", "timestamp": "2022-11-03T09:47:00+07:00", "externalId": "1", "channelId": "12345", "scopes": "PUBLIC_ID", "state": "s",
		"redirectUrl": "https://web-merchant.com/", "seamlessData": "{}", "seamlessSign": "c2ln",
	})
}
