package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// callRow is a call as the pages show it.
type callRow struct {
	sandbox.Call
	Partner string // its name
	Said    string // the doctor's sentence, in the page's language
}

// Tone is the colour of the answer.
func (c callRow) Tone() string { return codeTone(c.Status) }

func codeTone(status int) string {
	switch {
	case status >= http.StatusInternalServerError, status == 0:
		return "bad"
	case status >= http.StatusMultipleChoices:
		return "warn"
	}
	return "good"
}

// Lasted is how long the answer took.
func (c callRow) Lasted() string {
	if c.Took >= 10*time.Second {
		return span(c.Took)
	}
	return trim(float64(c.Took.Microseconds())/1000) + " ms"
}

// Link is the address of the page about exactly this call: its id is the
// client's, and may repeat or be no part of an address.
func (c callRow) Link() string {
	id := c.ID
	if id == "." || id == ".." || !legible(url.Values{id: nil}) {
		id = "-"
	}
	return root + "/requests/" + url.PathEscape(id) + "?" + callParam + "=" + strconv.FormatUint(c.Serial, 10)
}

// callParam is the parameter for the serial of a call.
const callParam = "n"

// Refused is the check that the request did not pass; nil where there is none.
func (c callRow) Refused() *sandbox.Step {
	for i := range c.Steps {
		if !c.Steps[i].Passed {
			return &c.Steps[i]
		}
	}
	return nil
}

// requestsBody is a page of the journal.
type requestsBody struct {
	list[callRow]
	Filter      sandbox.Filter
	Kept        bool // the journal is on
	Calls, Most int  // that are in it
	Dialects    []dialect.Dialect
	Operations  []string
	Partners    []pay.Partner
}

// Filtered reports whether calls are left out.
func (b requestsBody) Filtered() bool {
	f := b.Filter
	f.Before = 0
	return f != sandbox.Filter{}
}

func (c *Console) listRequests(v *visit) (any, error) {
	b := requestsBody{Kept: c.Journal != nil, Dialects: c.Dialects, Operations: operationNames(c.Dialects), Filter: sandbox.Filter{
		PartnerID: v.asked("partner"), Dialect: v.asked("dialect"), Operation: v.asked("operation"),
		Code: digitsOf(v.asked("code")), Reference: v.asked("reference"), Refused: v.asked("refused") != "",
	}}
	b.Filter.Before, _ = strconv.ParseUint(v.from(), 10, 64) // what is no serial begins with the newest
	b.Calls, b.Most = c.Journal.Held()
	var err error
	if b.Partners, err = read(v, choices); err != nil {
		return nil, err
	}
	var rows []callRow
	for _, call := range c.Journal.List(b.Filter, pageRows+1) {
		said, _ := told(v.taste.lang, call.Verdict)
		rows = append(rows, callRow{call, partnerName(b.Partners, call.PartnerID), said})
	}
	b.list = listOf(v, rows, func(r callRow) string { return strconv.FormatUint(r.Serial, 10) })
	return b, nil
}

func partnerName(partners []pay.Partner, id string) string {
	i := slices.IndexFunc(partners, func(p pay.Partner) bool { return p.ID == id })
	if i < 0 {
		return id
	}
	return cmp.Or(partners[i].Name, id)
}

// operationNames are the verbs of all dialects, in the order of the first that
// has them.
func operationNames(dialects []dialect.Dialect) []string {
	var names []string
	for i := range dialects {
		for j := range dialects[i].Operations {
			if name := dialects[i].Operations[j].Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// requestBody is one call and all that there is to say about it.
type requestBody struct {
	Call              callRow
	Cure              string // the doctor's, in the page's language
	Curl              command
	Request, Response message
	Things            []thing // that its references lead to
}

// Subject is what the page is about.
func (b requestBody) Subject() string { return cmp.Or(b.Call.Operation, b.Call.Path) }

// thing is what a reference leads to.
type thing struct{ Name, Path, Reference string }

func (c *Console) showRequest(v *visit) (any, error) {
	call, err := c.callOf(v)
	if err != nil {
		return nil, err
	}
	b := requestBody{
		Call: callRow{Call: call}, Curl: curlOf(&call, c.PublicURL), Request: messageOfWire(call.Request), Response: messageOfWire(call.Response),
	}
	b.Call.Said, b.Cure = told(v.taste.lang, call.Verdict)
	b.Things, err = read(v, func(r pay.Reader) ([]thing, error) {
		if p, err := r.Partner(call.PartnerID); err == nil {
			b.Call.Partner = cmp.Or(p.Name, p.ID)
		}
		return thingsOf(r, &call)
	})
	return b, err
}

// told is what the doctor said, in a language.
func told(lang string, d *sandbox.Verdict) (sentence, cure string) {
	switch {
	case d == nil:
		return "", ""
	case lang == "id" && d.Kalimat != "":
		return capital(d.Kalimat), capital(d.Solusi)
	}
	return capital(d.Sentence), capital(d.Cure)
}

// callOf is the call that a page is about: the one of the serial, or else the
// newest with the id.
func (c *Console) callOf(v *visit) (sandbox.Call, error) {
	serial, err := strconv.ParseUint(v.asked(callParam), 10, 64)
	call, found := c.Journal.At(serial)
	if err != nil {
		call, found = c.Journal.Get(v.PathValue("id"))
	}
	if !found {
		return call, pay.ErrNotFound
	}
	return call, nil
}

// thingsOf are what a call made or asked for.
func thingsOf(r pay.Reader, c *sandbox.Call) ([]thing, error) {
	var all []thing
	for _, ref := range []string{c.Reference, c.PartnerReference} {
		if ref == "" {
			continue
		}
		path, err := foundOf(r, c.PartnerID, ref)
		if err != nil {
			return nil, err
		}
		t := thing{Name: thingNames[beginning(path)], Path: path, Reference: ref}
		if !slices.ContainsFunc(all, func(other thing) bool { return other.Path == t.Path && t.Path != "" }) {
			all = append(all, t)
		}
	}
	return all, nil
}

// thingNames are words for what stands at a path.
var thingNames = map[string]string{"/codes/": "Code", "/payments/": "Payment", "/refunds/": "Refund", "": "Reference"}
