package described

import (
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// description is what a file says. What it leaves out is nil or zero, and the
// standard's.
type description struct {
	name, title, document string
	prefix, unsigned      string
	auth                  *dialect.Auth
	anyPartnerID          bool
	timestamp             clockForm
	tokens                dialect.TokenLives
	maxImage              int
	externalID, reference *dialect.Rule
	outcomes              map[pay.Kind]answer
	statuses              map[pay.Status]dialect.Word
	notice                *notice
	silent                bool // "notice": null, the provider notifies nobody
	headers               []change
	operations            []operation // in the order of the file
}

// operation is an entry of "operations".
type operation struct {
	at, name      string
	paths         []string
	auth          *dialect.Auth
	headers, body []change
	success       string
	outcomes      map[pay.Kind]answer
	reference     *dialect.Rule
	validity      *validity
	static        *condition
}

// validity is the object of that name; nil is the standard's.
type validity struct {
	field             string
	min, max, initial *time.Duration
}

// clockForm is how a provider writes X-TIMESTAMP.
type clockForm struct {
	read   func(string) (time.Time, error)
	format *field.Format
}

var clockForms = map[string]clockForm{
	"strict": {snap.ParseTimestamp, field.Timestamp},
	"loose":  {snap.ParseTimestampLoose, field.TimestampLoose},
}

// schemes are the ways to authenticate that a file may choose. An access token
// is always asked for with RSA over client key and time.
var schemes = map[string]dialect.Auth{
	"symmetric":  dialect.AuthSymmetric,
	"asymmetric": dialect.AuthAsymmetric,
	"either":     dialect.AuthEither,
	"with-token": dialect.AuthWithToken,
}

func (d *description) read(p place) error {
	if err := p.object(d.keys()); err != nil {
		return err
	}
	for _, required := range []struct{ key, value, cure string }{
		{"name", d.name, "a short name in lower case, by which partners choose the dialect"},
		{"title", d.title, "the provider's name for people"},
		{"document", d.document, "which document of the provider this is taken from"},
	} {
		if required.value == "" {
			return p.fault("%q is missing: %s", required.key, required.cure)
		}
	}
	if len(d.operations) == 0 {
		return p.fault(`"operations" is missing or empty: name those that the provider offers, each with {} or its differences`)
	}
	return nil
}

func (d *description) keys() keys {
	return keys{
		"name":         text(&d.name),
		"title":        text(&d.title),
		"document":     text(&d.document),
		"prefix":       text(&d.prefix),
		"unsigned":     text(&d.unsigned),
		"auth":         pointer(&d.auth, scheme),
		"anyPartnerId": flag(&d.anyPartnerID),
		"timestamp":    choice("form of timestamp", clockForms, &d.timestamp),
		"tokens":       tokenLives(&d.tokens),
		"maxImage":     count(&d.maxImage),
		"externalId":   pointer(&d.externalID, externalRule),
		"reference":    pointer(&d.reference, referenceRule),
		"outcomes":     answers(&d.outcomes),
		"statuses":     words(&d.statuses),
		"notice":       d.readNotice,
		"headers":      changes(&d.headers),
		"operations":   d.readOperations,
	}
}

func (d *description) readOperations(p place) error {
	return p.members(func(name string, at place) error {
		o := operation{at: at.path, name: name}
		d.operations = append(d.operations, o)
		return at.object(d.operations[len(d.operations)-1].keys())
	})
}

func (o *operation) keys() keys {
	return keys{
		"paths":     texts(&o.paths),
		"auth":      pointer(&o.auth, scheme),
		"headers":   changes(&o.headers),
		"body":      changes(&o.body),
		"success":   success(&o.success),
		"outcomes":  answers(&o.outcomes),
		"reference": pointer(&o.reference, referenceRule),
		"validity":  pointer(&o.validity, bounds),
		"static":    pointer(&o.static, holding),
	}
}

func scheme(into *dialect.Auth) reader { return choice("way to authenticate", schemes, into) }

func tokenLives(into *dialect.TokenLives) reader {
	return object(keys{"b2b": span(&into.B2B), "customer": span(&into.Customer), "refresh": span(&into.Refresh)})
}

func bounds(into *validity) reader {
	return object(keys{
		"field": text(&into.field), "min": pointer(&into.min, span),
		"max": pointer(&into.max, span), "default": pointer(&into.initial, span),
	})
}
