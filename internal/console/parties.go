package console

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// partnersBody is a page of the list of partners.
type partnersBody struct {
	list[pay.Partner]
	Dialects []string // that a new one may speak
}

func (c *Console) listPartners(v *visit) (any, error) {
	rows, err := read(v, func(r pay.Reader) ([]pay.Partner, error) { return r.PartnerPage(v.from(), pageRows+1) })
	return partnersBody{listOf(v, rows, func(p pay.Partner) string { return p.ID }), c.Desk.Dialects}, err
}

// partnerBody is one partner, its keys and a page of its merchants.
type partnerBody struct {
	list[pay.Merchant]
	Partner           pay.Partner
	KeyFingerprint    string
	SecretFingerprint string
	Standings         []pay.Standing
	New               *sandbox.Credentials // just drawn; shown this once
	Added             bool                 // with the partner itself
	Now               time.Time            // of the business
	usual             time.Duration        // that replaced keys go on
	Levers            []sandbox.LeverState // that touch it
	Draft             pay.Merchant         // what the form for a new one begins with
	Criteria          []string
}

// Subject is what the page is about.
func (b partnerBody) Subject() string { return cmp.Or(b.Partner.Name, b.Partner.ID) }

// Former is until when the keys of before verify too; zero: they do not.
func (b partnerBody) Former() time.Time {
	until := b.Partner.Former.SecretUntil
	if b.Partner.Former.KeyUntil.After(until) {
		until = b.Partner.Former.KeyUntil
	}
	if !b.Now.Before(until) {
		return time.Time{}
	}
	return until
}

// Overlaps are how long keys that are replaced may go on, and how long they
// usually do.
func (b partnerBody) Overlaps() []string {
	all := []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, b.usual}
	slices.Sort(all)
	var texts []string
	for _, d := range slices.Compact(all) {
		texts = append(texts, wholeHours(d))
	}
	return texts
}

// Usual is the one of them that is proposed.
func (b partnerBody) Usual() string { return wholeHours(b.usual) }

// wholeHours writes a duration without minutes and seconds that are none.
func wholeHours(d time.Duration) string { return strings.TrimSuffix(d.String(), "0m0s") }

// Denied lists the operations outside the agreement.
func (b partnerBody) Denied() string { return strings.Join(b.Partner.Settings.Denied, " ") }

func (c *Console) showPartner(v *visit) (any, error) {
	b, err := c.partner(v, v.PathValue("id"))
	return b, err
}

func (c *Console) partner(v *visit, id string) (partnerBody, error) {
	b, err := read(v, func(r pay.Reader) (b partnerBody, err error) {
		if b.Partner, err = r.Partner(id); err != nil {
			return b, err
		}
		rows, err := r.MerchantPage(b.Partner.ID, v.from(), pageRows+1)
		b.list = listOf(v, rows, func(m pay.Merchant) string { return m.ID })
		return b, err
	})
	b.Standings, b.Criteria, b.Draft = operate.PartnerStandings, criteria, c.draftMerchant()
	b.Levers = touching(c.Desk.Levers, id)
	b.Now, b.usual = c.core.Now(), c.Desk.Overlap
	if key, err := snap.ParsePublicKey(b.Partner.PublicKey); err == nil {
		b.KeyFingerprint = snap.Fingerprint(key)
	}
	if b.Partner.ClientSecret != "" {
		sum := sha256.Sum256([]byte(b.Partner.ClientSecret))
		b.SecretFingerprint = hex.EncodeToString(sum[:8])
	}
	return b, err
}

// merchantBody is one merchant, to be edited.
type merchantBody struct {
	Merchant  pay.Merchant
	Partner   pay.Partner
	Outlets   list[pay.Outlet]
	Standings []pay.Standing
	Criteria  []string
}

// Subject is what the page is about.
func (b merchantBody) Subject() string { return b.Merchant.Name }

// Payable is the account of what is owed to the merchant.
func (b merchantBody) Payable() ledger.Account {
	return ledger.Payable(b.Merchant.PartnerID, b.Merchant.ID)
}

// criteria are the sizes of merchants that payloads may carry.
var criteria = []string{"UMI", "UKE", "UME", "UBE", "URE", "PSO", "BLU"}

func (c *Console) showMerchant(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b merchantBody, err error) {
		b.Standings, b.Criteria = operate.MerchantStandings, criteria
		if b.Partner, err = r.Partner(v.PathValue("id")); err != nil {
			return b, err
		}
		if b.Merchant, err = r.Merchant(b.Partner.ID, v.PathValue("merchant")); err != nil {
			return b, err
		}
		kind, id, _ := strings.Cut(v.from(), "/")
		rows, err := r.OutletPage(b.Partner.ID, b.Merchant.ID, pay.OutletKind(kind), id, pageRows+1)
		b.Outlets = listOf(v, rows, func(o pay.Outlet) string { return string(o.Kind) + "/" + o.ID })
		return b, err
	})
}

var partyActs = []act{
	{path: "/partners", verb: "partner.add", least: pay.Admin, subject: []string{"id"}, do: (*Console).addPartner},
	{path: "/partners/{id}/merchants", verb: "merchant.add", least: pay.Admin, subject: []string{"id", "merchant"}, done: "The merchant was added", do: (*Console).addMerchant},
	{path: "/partners/{id}/standing", verb: "partner.standing", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).setStanding},
	{path: "/partners/{id}/notify", verb: "partner.notify", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).setNotify},
	{path: "/partners/{id}/settings", verb: "partner.settings", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).setSettings},
	{path: "/partners/{id}/key", verb: "partner.key", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).setKey},
	{path: "/partners/{id}/rotate", verb: "partner.rotate", least: pay.Admin, subject: []string{"id"}, do: (*Console).rotate},
	{path: "/partners/{id}/retire", verb: "partner.retire", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).retire},
	{path: "/partners/{id}/merchants/{merchant}", verb: "merchant.edit", least: pay.Admin, subject: []string{"id", "merchant"}, done: "Saved", do: (*Console).editMerchant},
}

func partnerPath(id string) string { return "/partners/" + url.PathEscape(id) }

func merchantPath(partner, id string) string {
	return partnerPath(partner) + "/merchants/" + url.PathEscape(id)
}

func (c *Console) setStanding(v *visit) (string, error) {
	id := v.PathValue("id")
	_, err := c.Desk.SetStanding(v.Context(), id, pay.Standing(v.PostFormValue("standing")))
	return partnerPath(id), err
}

func (c *Console) setNotify(v *visit) (string, error) {
	id := v.PathValue("id")
	_, err := c.Desk.SetNotify(v.Context(), id, strings.TrimSpace(v.PostFormValue("url")))
	return partnerPath(id), err
}

func (c *Console) setKey(v *visit) (string, error) {
	id := v.PathValue("id")
	overlap, err := c.Desk.Lasting(v.PostFormValue("overlap"))
	if err == nil {
		_, err = c.Desk.SetKey(v.Context(), id, v.PostFormValue("publicKey"), overlap)
	}
	return partnerPath(id), err
}

// retire ends the overlap of a rotation.
func (c *Console) retire(v *visit) (string, error) {
	id := v.PathValue("id")
	_, err := c.Desk.Retire(v.Context(), id)
	return partnerPath(id), err
}

// setSettings takes all settings that the form has, and leaves the others.
func (c *Console) setSettings(v *visit) (string, error) {
	id := v.PathValue("id")
	f := formFields{v: v}
	var s pay.PartnerSettings
	s.URLOnly, s.StrictHeaders = f.checked("urlOnly"), f.checked("strictHeaders")
	s.RatePerSecond, s.MaxTerminals = f.float("ratePerSecond"), f.whole("maxTerminals")
	s.TokenLife, s.CustomerLife = f.duration("tokenLife"), f.duration("customerLife")
	s.Refunds = pay.RefundPolicy{Window: f.duration("refundWindow"), FullOnly: f.checked("fullOnly")}
	s.Denied = strings.Fields(v.PostFormValue("denied"))
	if f.err != nil {
		return "", f.err
	}
	_, err := c.Desk.EditPartner(v.Context(), id, func(p *pay.Partner) error {
		p.Settings = s
		return nil
	})
	return partnerPath(id), err
}

// rotate draws new keys and answers with them itself: no address ever leads
// to a secret again.
func (c *Console) rotate(v *visit) (string, error) {
	overlap, err := c.Desk.Lasting(v.PostFormValue("overlap"))
	if err != nil {
		return "", err
	}
	drawn, err := c.Desk.Rotate(v.Context(), v.PathValue("id"), overlap)
	if err != nil {
		return "", err
	}
	return "", c.showNew(v, drawn, false)
}

// addPartner adds a partner and answers with its keys itself, as rotate does.
func (c *Console) addPartner(v *visit) (string, error) {
	f := formFields{v: v}
	drawn, err := c.Desk.AddPartner(v.Context(), operate.NewPartner{
		ID: f.text("id"), Name: f.text("name"), Dialect: f.text("dialect"), ClientKey: f.text("clientKey"),
		ChannelID: f.text("channelId"), NotifyURL: f.text("notifyURL"), PublicKey: f.text("publicKey"),
	})
	if err != nil {
		return "", err
	}
	return "", c.showNew(v, drawn, true)
}

// showNew answers with a partner's page that shows its new keys.
func (c *Console) showNew(v *visit, drawn sandbox.Credentials, added bool) error {
	body, err := c.partner(v, drawn.PartnerID)
	if err != nil {
		return err
	}
	body.New, body.Added = &drawn, added
	at := slices.IndexFunc(pages, func(p page) bool { return p.name == "partner" })
	c.render(v, http.StatusOK, &pages[at], body)
	return nil
}

// draftMerchant proposes what a new merchant needs: in a sandbox all that its
// codes carry, of the institution that is nobody's.
func (c *Console) draftMerchant() pay.Merchant {
	m := pay.Merchant{Criteria: "UMI"}
	if c.Sandbox {
		m.City, m.PostalCode, m.MCC = "JAKARTA", "10110", "5411"
		m.NMID, m.MPAN = "ID10"+digits(11), nobody+digits(10)
	}
	return m
}

// nobody is the institution of a sandbox's accounts, which no switch can reach.
const nobody = "93600999"

// digits draws n decimal digits.
func digits(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = byte('0' + rand.IntN(10))
	}
	return string(text)
}

// addMerchant adds a merchant to a partner.
func (c *Console) addMerchant(v *visit) (string, error) {
	f := formFields{v: v}
	m := pay.Merchant{PartnerID: v.PathValue("id"), ID: f.text("merchant")}
	f.merchant(&m)
	if f.err != nil {
		return "", f.err
	}
	m, err := c.Desk.AddMerchant(v.Context(), m)
	return merchantPath(m.PartnerID, m.ID), err
}

func (c *Console) editMerchant(v *visit) (string, error) {
	partner, id := v.PathValue("id"), v.PathValue("merchant")
	_, err := c.Desk.EditMerchant(v.Context(), partner, id, func(m *pay.Merchant) error {
		f := formFields{v: v}
		f.merchant(m)
		return f.err
	})
	return merchantPath(partner, id), err
}

// merchant lays the fields of a merchant's form over it.
func (f *formFields) merchant(m *pay.Merchant) {
	m.Name, m.City, m.PostalCode, m.MCC = f.text("name"), f.text("city"), f.text("postalCode"), f.text("mcc")
	m.Criteria, m.Category, m.NMID, m.MPAN = f.text("criteria"), f.text("category"), f.text("nmid"), f.text("mpan")
	m.Standing, m.DynamicOnly, m.NotifyURL = pay.Standing(f.text("standing")), f.checked("dynamicOnly"), f.text("notifyURL")
	m.DayLimit, m.MaxAmount = f.amount("dayLimit"), f.amount("maxAmount")
}

// formFields reads a form's fields up to the first that is wrong; an empty one
// is zero.
type formFields struct {
	v   *visit
	err error
}

func (f *formFields) text(name string) string  { return strings.TrimSpace(f.v.PostFormValue(name)) }
func (f *formFields) checked(name string) bool { return f.v.PostFormValue(name) != "" }

func parsed[T any](f *formFields, name, cure string, parse func(string) (T, error)) (value T) {
	text := f.text(name)
	if text == "" || f.err != nil {
		return value
	}
	value, err := parse(text)
	if err != nil {
		f.err = pay.RefuseField(pay.InvalidFormat, name, cure)
	}
	return value
}

func (f *formFields) amount(name string) pay.Rupiah {
	return parsed(f, name, "write rupiah as 10000 or 10000.00", operate.Amount)
}

func (f *formFields) duration(name string) time.Duration {
	return parsed(f, name, "write a duration such as 15m or 24h", time.ParseDuration)
}

func (f *formFields) whole(name string) int {
	return parsed(f, name, "write a whole number", strconv.Atoi)
}

func (f *formFields) float(name string) float64 {
	return parsed(f, name, "write a number", func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}
