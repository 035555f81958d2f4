package openapi

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// Collection is a Postman collection (format v2.1) as far as this package
// writes one.
type Collection struct {
	About     collectionAbout `json:"info"`
	Items     []item          `json:"item"`
	Events    []event         `json:"event"`
	Variables []variable      `json:"variable"`
}

type collectionAbout struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      string `json:"schema"`
}

type item struct {
	Name    string  `json:"name"`
	Events  []event `json:"event"`
	Request request `json:"request"`
}

type event struct {
	Listen string `json:"listen"` // "prerequest" or "test"
	Script script `json:"script"`
}

type script struct {
	Type string   `json:"type"`
	Exec []string `json:"exec"` // lines
}

type request struct {
	Method      string     `json:"method"`
	Header      []variable `json:"header"`
	Body        rawBody    `json:"body"`
	URL         string     `json:"url"`
	Description string     `json:"description,omitempty"`
}

type rawBody struct {
	Mode string `json:"mode"`
	Raw  string `json:"raw"`
}

type variable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

const collectionSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

//go:embed sign.js
var signing string

// Postman is a dialect's story as a collection whose requests sign themselves.
// A sandbox's file fills its variables, with its secrets; the zero File leaves
// them to be filled in.
func Postman(d *dialect.Dialect, f sandbox.File) Collection {
	c := Collection{
		About: collectionAbout{
			Name: d.Title + " QRIS", Schema: collectionSchema,
			Description: "A payment's whole life by the document " + d.Document + ", against a sandbox of qrisd. Run it from top to bottom: " +
				"answers fill the variables of what follows. The variables hold the client secret and the private key: keep it to yourself.",
		},
		Events: []event{runs("prerequest", signing)}, Variables: variablesOf(d, f),
	}
	for _, s := range Story(d) {
		c.Items = append(c.Items, item{Name: s.Name, Events: []event{runs("test", s.check())}, Request: s.request()})
	}
	return c
}

func runs(listen, text string) event {
	return event{listen, script{"text/javascript", strings.Split(strings.TrimSpace(text), "\n")}}
}

func variablesOf(d *dialect.Dialect, f sandbox.File) []variable {
	c := f.Partners[d.Name]
	all := []variable{
		{"apiURL", f.APIURL}, {"adminURL", f.AdminURL}, {"adminToken", f.AdminToken},
		{"partnerId", c.PartnerID}, {"clientKey", c.ClientKey}, {"clientSecret", c.ClientSecret}, {"privateKey", c.PrivateKey},
		{"channelId", c.ChannelID}, {"merchantId", c.MerchantID}, {"storeId", c.StoreID}, {"terminalId", c.TerminalID},
	}
	for _, w := range f.Payers {
		if w.Dialect == d.Name {
			all = append(all, variable{"payerId", w.ID}, variable{"customerToken", w.CustomerToken})
		}
	}
	return all
}

// check is the script that judges the answer and keeps what later steps need.
func (s *Step) check() string {
	var b strings.Builder
	b.WriteString("const answer = pm.response.json();\n")
	if code := s.Success(); code != "" {
		fmt.Fprintf(&b, "pm.test('answered %[1]s', () => pm.expect(answer.responseCode, pm.response.text()).to.equal('%[1]s'));\n", code)
	} else {
		b.WriteString("pm.test('done', () => pm.expect(pm.response.code, pm.response.text()).to.equal(200));\n")
	}
	var names []string
	for name := range s.Keeps {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "pm.collectionVariables.set('%s', answer.%s);\n", name, s.Keeps[name])
	}
	return b.String()
}

func (s *Step) request() request {
	r := request{Method: "POST", Body: rawBody{"raw", string(s.Body)}, Header: []variable{{"Content-Type", jsonType}}}
	if s.Operation == nil {
		r.URL = "{{adminURL}}" + s.Path
		r.Header = append(r.Header, variable{snap.HeaderAuthorization, "Bearer {{adminToken}}"})
		return r
	}
	r.URL = "{{apiURL}}" + s.Path
	r.Description = "SNAP service " + string(s.Operation.Service) + ": " + s.Operation.Service.Name()
	for _, row := range s.Operation.Headers {
		if value, ok := headerValues[row.Name]; ok && s.sends(&row) {
			r.Header = append(r.Header, variable{row.Called(), value})
		}
	}
	return r
}

// headerValues are the headers of a request before it is signed.
var headerValues = map[string]string{
	snap.HeaderTimestamp: "{{now}}", snap.HeaderSignature: "made when it is sent", snap.HeaderClientKey: "{{clientKey}}",
	snap.HeaderAuthorization: "Bearer {{accessToken}}", snap.HeaderAuthorizationCustomer: "{{customerToken}}",
	snap.HeaderPartnerID: "{{partnerId}}", snap.HeaderExternalID: "made when it is sent", snap.HeaderChannelID: "{{channelId}}",
}

// sends reports whether a header is sent: those that must be, and the token
// where it may.
func (s *Step) sends(r *field.Row) bool {
	return r.Need == field.Mandatory || r.Name == snap.HeaderAuthorization
}
