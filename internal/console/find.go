package console

import (
	"errors"
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// find leads to whatever has a reference, ours or a partner's.
func (c *Console) find(v *visit) {
	q := v.asked("q")
	path, err := read(v, func(r pay.Reader) (string, error) { return found(r, q) })
	request, ofRequest := c.requestFound(q)
	switch {
	case err == nil:
		v.redirect(path)
	case !errors.Is(err, pay.ErrNotFound):
		c.fail(v, err)
	case ofRequest:
		v.redirect(request)
	case len(q) < 22 && digitsOf(q) == q && q != "":
		v.redirect(with("/codes", "reference", q)) // the beginning of a reference
	default:
		v.session.say(flash{Bad: true, Text: "Nothing has this reference"})
		v.redirect("/codes")
	}
}

// kept are the places where a reference may lead, in the order in which they
// are asked.
var kept = []struct {
	path string
	has  func(r pay.Reader, ref string) error
}{
	{"/codes/", func(r pay.Reader, ref string) error { _, err := r.Code(ref); return err }},
	{"/payments/", func(r pay.Reader, ref string) error { _, err := r.Payment(ref); return err }},
	{"/refunds/", func(r pay.Reader, ref string) error { _, err := r.Refund(ref); return err }},
	{"/notifications/", func(r pay.Reader, ref string) error { _, err := r.Delivery(ref); return err }},
	{"/ledger/transfers/", func(r pay.Reader, ref string) error { _, err := r.Transfer(ref); return err }},
	{"/partners/", func(r pay.Reader, ref string) error { _, err := r.Partner(ref); return err }},
}

func found(r pay.Reader, ref string) (string, error) {
	for _, place := range kept {
		if err := place.has(r, ref); !errors.Is(err, pay.ErrNotFound) {
			return place.path + url.PathEscape(ref), err
		}
	}
	if strings.Contains(ref, ":") {
		entries, err := r.EntryPage(ledger.Account(ref), "", 1)
		if err != nil || len(entries) > 0 {
			return with("/ledger/account", "name", ref), err
		}
	}
	return foundByPartner(r, ref)
}

// scopes are the kinds of things that partners give references of their own.
var scopes = []struct{ scope, path string }{
	{pay.ScopeCode, "/codes/"}, {pay.ScopePayment, "/payments/"}, {pay.ScopeRefund, "/refunds/"},
}

// foundByPartner looks a reference up as each partner's own.
func foundByPartner(r pay.Reader, ref string) (string, error) {
	partners, err := choices(r)
	if err != nil {
		return "", err
	}
	for _, p := range partners {
		if path, err := foundMark(r, p.ID, ref); !errors.Is(err, pay.ErrNotFound) {
			return path, err
		}
	}
	return "", pay.ErrNotFound
}

// foundMark looks a reference up as one partner's own.
func foundMark(r pay.Reader, partnerID, ref string) (string, error) {
	for _, s := range scopes {
		m, err := r.Mark(partnerID, s.scope, pay.ByReference, ref, "")
		if err == nil {
			return s.path + m.Ref, nil
		}
		if !errors.Is(err, pay.ErrNotFound) {
			return "", err
		}
	}
	return "", pay.ErrNotFound
}

// foundOf is the path of the code, payment or refund that a partner means by a
// reference, whoever gave it; empty where there is none.
func foundOf(r pay.Reader, partnerID, ref string) (string, error) {
	for _, place := range kept[:3] {
		if err := place.has(r, ref); !errors.Is(err, pay.ErrNotFound) {
			return place.path + ref, err
		}
	}
	path, err := foundMark(r, partnerID, ref)
	if errors.Is(err, pay.ErrNotFound) {
		return "", nil
	}
	return path, err
}

// beginning is the first part of a path: "/codes/" of "/codes/1"; empty of
// none.
func beginning(path string) string { return path[:strings.LastIndex(path, "/")+1] }

// messageOf is what the standard says of a response code.
func messageOf(code string) string {
	known, ok := snap.ResponseCode(code).Case()
	if !ok {
		return ""
	}
	return known.Message
}

// classOfCode is the class of the HTTP status that a response code begins
// with.
func classOfCode(code string) int {
	status, _, _, err := snap.ParseCode(code)
	if err != nil {
		return classFailed
	}
	return classOf(status)
}

// requestFound leads to a call of the journal: the one with this id, or those
// about this reference.
func (c *Console) requestFound(q string) (path string, ok bool) {
	if call, found := c.Journal.Get(q); found {
		return strings.TrimPrefix(callRow{Call: call}.Link(), root), true
	}
	about := c.Journal.List(sandbox.Filter{Reference: q}, 1)
	return with("/requests", "reference", q), q != "" && len(about) > 0
}
