package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Fixtures are what a test suite wants to find, as one file says it. Amounts
// are rupiah in text, as in "15000" or "15000.00".
type Fixtures struct {
	Partners []PartnerFixture `json:"partners"`
	Payers   []PayerFixture   `json:"payers"`
	Codes    []CodeFixture    `json:"codes"`
	Tokens   []TokenFixture   `json:"tokens"`
}

// PartnerFixture is a partner with its merchants. One that is there already,
// of the seed for example, only gets the merchants that it lacks. Secrets that
// are left out are drawn.
type PartnerFixture struct {
	ID           string              `json:"id"`
	Name         string              `json:"name"`
	Dialect      string              `json:"dialect"`
	ClientKey    string              `json:"clientKey"` // empty: the id
	ClientSecret string              `json:"clientSecret"`
	PrivateKey   string              `json:"privateKey"` // PEM; gives the public key too
	PublicKey    string              `json:"publicKey"`
	ChannelID    string              `json:"channelId"`
	NotifyURL    string              `json:"notifyURL"`
	Standing     pay.Standing        `json:"standing"`
	Settings     pay.PartnerSettings `json:"settings"`
	Merchants    []MerchantFixture   `json:"merchants"`
}

// MerchantFixture is a merchant with its outlets.
type MerchantFixture struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	City        string          `json:"city"`
	PostalCode  string          `json:"postalCode"`
	MCC         string          `json:"mcc"`
	Criteria    string          `json:"criteria"`
	Category    string          `json:"category"`
	NMID        string          `json:"nmid"`
	MPAN        string          `json:"mpan"`
	Standing    pay.Standing    `json:"standing"`
	DayLimit    string          `json:"dayLimit"`
	MaxAmount   string          `json:"maxAmount"`
	DynamicOnly bool            `json:"dynamicOnly"`
	NotifyURL   string          `json:"notifyURL"`
	Outlets     []OutletFixture `json:"outlets"`
}

// OutletFixture is a store, a terminal or a division.
type OutletFixture struct {
	Kind     pay.OutletKind `json:"kind"`
	ID       string         `json:"id"`
	Standing pay.Standing   `json:"standing"`
}

// PayerFixture is a payer with money and limits.
type PayerFixture struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Balance    string       `json:"balance"`
	DayLimit   string       `json:"dayLimit"`
	MonthLimit string       `json:"monthLimit"`
	Standing   pay.Standing `json:"standing"`
}

// CodeFixture is a code that the verbs have brought to a status.
type CodeFixture struct {
	PartnerID          string     `json:"partnerId"`
	PartnerReferenceNo string     `json:"partnerReferenceNo"`
	MerchantID         string     `json:"merchantId"` // empty: the partner's first
	SubMerchantID      string     `json:"subMerchantId"`
	StoreID            string     `json:"storeId"`
	TerminalID         string     `json:"terminalId"`
	Amount             string     `json:"amount"`   // empty: static
	ValidFor           Span       `json:"validFor"` // of the business clock; 0: for ever
	NotifyURL          string     `json:"notifyURL"`
	Status             pay.Status `json:"status"`     // empty: initiated
	PaidAmount         string     `json:"paidAmount"` // of a static code
	PayerID            string     `json:"payerId"`    // empty: the outside payer
}

// TokenFixture is a token of a known text.
type TokenFixture struct {
	PartnerID string        `json:"partnerId"`
	PayerID   string        `json:"payerId"` // none for a B2B token
	Kind      pay.TokenKind `json:"kind"`    // b2b, customer or auth-code
	Token     string        `json:"token"`
	Life      Span          `json:"life"` // 0: a day; below 0 it has expired
}

// Made is what became of fixtures: each is named, with whether it was made or
// was there.
type Made struct {
	Partners  []MadePartner `json:"partners"`
	Merchants []MadeThing   `json:"merchants"`
	Outlets   []MadeThing   `json:"outlets"`
	Payers    []MadeThing   `json:"payers"`
	Codes     []MadeCode    `json:"codes"`
	Tokens    []MadeThing   `json:"tokens"`
}

// MadeThing names a party or a token.
type MadeThing struct {
	ID   string `json:"id"`
	Of   string `json:"of,omitempty"` // partner, or partner and merchant
	Made bool   `json:"made"`
}

// MadePartner has the credentials too; the private key only where it was drawn
// or is in the file.
type MadePartner struct {
	Credentials
	Made bool `json:"made"`
}

// MadeCode says where to find a code.
type MadeCode struct {
	PartnerReferenceNo string     `json:"partnerReferenceNo"`
	ReferenceNo        string     `json:"referenceNo"`
	QRContent          string     `json:"qrContent"`
	Status             pay.Status `json:"status"`
	Made               bool       `json:"made"`
}

// Load makes what is not there yet, all of it or nothing. Things are known by
// their ids, codes by their partnerReferenceNo and tokens by their text: what
// is there stays as it is.
func (f Fixtures) Load(ctx context.Context, core *pay.Core) (Made, error) {
	if err := f.draw(ctx, core); err != nil {
		return Made{}, err
	}
	var made Made
	err := core.Together(ctx, "sandbox.fixtures", func(core *pay.Core) error {
		l := loading{core: core, made: Made{[]MadePartner{}, []MadeThing{}, []MadeThing{}, []MadeThing{}, []MadeCode{}, []MadeThing{}}}
		err := errors.Join(
			each(ctx, "partner", f.Partners, l.partner, func(p PartnerFixture) string { return p.ID }),
			each(ctx, "payer", f.Payers, l.payer, func(p PayerFixture) string { return p.ID }))
		if err == nil {
			err = each(ctx, "code", f.Codes, l.code, func(c CodeFixture) string { return c.PartnerReferenceNo })
		}
		if err == nil {
			err = each(ctx, "token of partner", f.Tokens, l.token, func(t TokenFixture) string { return t.PartnerID })
		}
		made = l.made
		return err
	})
	return made, err
}

// each does one kind of fixture and says which of them failed.
func each[T any](ctx context.Context, kind string, all []T, do func(context.Context, T) error, name func(T) string) error {
	for _, fixture := range all {
		if err := do(ctx, fixture); err != nil {
			return fmt.Errorf("%s %s: %w", kind, name(fixture), err)
		}
	}
	return nil
}

// draw fills in the secrets of partners that will be made. It does so before
// the transaction, for it takes time.
func (f Fixtures) draw(ctx context.Context, core *pay.Core) error {
	for i := range f.Partners {
		p := &f.Partners[i]
		_, err := core.Partner(ctx, p.ID)
		if err == nil {
			continue
		}
		if !errors.Is(err, pay.ErrNotFound) {
			return err
		}
		if err := p.draw(); err != nil {
			return fmt.Errorf("partner %s: %w", p.ID, err)
		}
	}
	return nil
}

func (p *PartnerFixture) draw() error {
	c, err := NewCredentials(p.ID, p.ClientKey, p.ChannelID)
	if err != nil {
		return err
	}
	p.ClientKey = c.ClientKey
	if p.ClientSecret == "" {
		p.ClientSecret = c.ClientSecret
	}
	switch {
	case p.PrivateKey != "":
		private, err := snap.ParsePrivateKey(p.PrivateKey)
		if err != nil {
			return pay.RefuseField(pay.InvalidFormat, "privateKey", err.Error())
		}
		p.PublicKey = snap.MarshalPublicKey(&private.PublicKey)
	case p.PublicKey == "":
		p.PrivateKey, p.PublicKey = c.PrivateKey, c.PublicKey
	default:
		if _, err := snap.ParsePublicKey(p.PublicKey); err != nil {
			return pay.RefuseField(pay.InvalidFormat, "publicKey", err.Error())
		}
	}
	return nil
}

// loading is one transaction that makes fixtures.
type loading struct {
	core *pay.Core
	made Made
}

func absent(err error) (bool, error) {
	if errors.Is(err, pay.ErrNotFound) {
		return true, nil
	}
	return false, err
}

func (l *loading) partner(ctx context.Context, f PartnerFixture) error {
	var p pay.Partner
	missing, err := absent(l.core.Inspect(ctx, func(r pay.Reader) (err error) {
		p, err = r.Partner(f.ID)
		return err
	}))
	if err != nil {
		return err
	}
	if missing {
		p = pay.Partner{
			ID: f.ID, Name: f.Name, Dialect: f.Dialect, ClientKey: f.ClientKey, ClientSecret: f.ClientSecret, PublicKey: f.PublicKey,
			ChannelID: f.ChannelID, NotifyURL: f.NotifyURL, Standing: standing(f.Standing), Settings: f.Settings, CreatedAt: l.core.Now(),
		}
		if err := fits(p.Standing, pay.Active, pay.Suspended); err != nil {
			return err
		}
		if err := l.core.AddPartner(ctx, p); err != nil {
			return err
		}
	}
	c := Credentials{PartnerID: p.ID, ClientKey: p.ClientKey, ClientSecret: p.ClientSecret, PublicKey: p.PublicKey, ChannelID: p.ChannelID, PrivateKey: f.PrivateKey}
	if len(f.Merchants) > 0 {
		c.MerchantID = f.Merchants[0].ID
	}
	l.made.Partners = append(l.made.Partners, MadePartner{c, missing})
	return each(ctx, "merchant", f.Merchants, func(ctx context.Context, m MerchantFixture) error {
		return l.merchant(ctx, p.ID, m)
	}, func(m MerchantFixture) string { return m.ID })
}

func standing(s pay.Standing) pay.Standing {
	if s == "" {
		return pay.Active
	}
	return s
}

func fits(s pay.Standing, allowed ...pay.Standing) error {
	if slices.Contains(allowed, s) {
		return nil
	}
	return pay.RefuseField(pay.InvalidFormat, "standing", string(s)+" does not fit this kind of party")
}

// rupiah reads an amount; empty is none.
func rupiah(name, text string) (pay.Rupiah, error) {
	if text == "" {
		return 0, nil
	}
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	sen, err := snap.ParseAmount(text)
	if err != nil {
		return 0, pay.RefuseField(pay.InvalidFormat, name, "write rupiah as 10000 or 10000.00")
	}
	return pay.Rupiah(sen), nil
}

func (l *loading) merchant(ctx context.Context, partnerID string, f MerchantFixture) error {
	missing, err := absent(l.core.Inspect(ctx, func(r pay.Reader) error {
		_, err := r.Merchant(partnerID, f.ID)
		return err
	}))
	if err == nil && missing {
		err = l.addMerchant(ctx, partnerID, f)
	}
	if err != nil {
		return err
	}
	l.made.Merchants = append(l.made.Merchants, MadeThing{f.ID, partnerID, missing})
	return each(ctx, "outlet", f.Outlets, func(ctx context.Context, o OutletFixture) error {
		return l.outlet(ctx, pay.Outlet{PartnerID: partnerID, MerchantID: f.ID, Kind: o.Kind, ID: o.ID, Standing: standing(o.Standing)})
	}, func(o OutletFixture) string { return o.ID })
}

func (l *loading) addMerchant(ctx context.Context, partnerID string, f MerchantFixture) error {
	dayLimit, err := rupiah("dayLimit", f.DayLimit)
	if err != nil {
		return err
	}
	most, err := rupiah("maxAmount", f.MaxAmount)
	if err != nil {
		return err
	}
	m := pay.Merchant{
		PartnerID: partnerID, ID: f.ID, Name: f.Name, City: f.City, PostalCode: f.PostalCode, MCC: f.MCC, Criteria: f.Criteria, Category: f.Category,
		NMID: f.NMID, MPAN: f.MPAN, Standing: standing(f.Standing), DayLimit: dayLimit, MaxAmount: most, DynamicOnly: f.DynamicOnly, NotifyURL: f.NotifyURL, CreatedAt: l.core.Now(),
	}
	if err := fits(m.Standing, pay.Active, pay.Inactive, pay.Suspended, pay.Blacklisted); err != nil {
		return err
	}
	return l.core.AddMerchant(ctx, m)
}

func (l *loading) outlet(ctx context.Context, o pay.Outlet) error {
	missing, err := absent(l.core.Inspect(ctx, func(r pay.Reader) error {
		_, err := r.Outlet(o.PartnerID, o.MerchantID, o.Kind, o.ID)
		return err
	}))
	if err == nil && missing {
		if err = fits(o.Standing, pay.Active, pay.Inactive); err == nil {
			err = l.core.PutOutlet(ctx, o)
		}
	}
	l.made.Outlets = append(l.made.Outlets, MadeThing{string(o.Kind) + " " + o.ID, o.PartnerID + "/" + o.MerchantID, missing})
	return err
}

func (l *loading) payer(ctx context.Context, f PayerFixture) error {
	missing, err := absent(l.core.Inspect(ctx, func(r pay.Reader) error {
		_, err := r.Payer(f.ID)
		return err
	}))
	if err == nil && missing {
		err = l.addPayer(ctx, f)
	}
	l.made.Payers = append(l.made.Payers, MadeThing{ID: f.ID, Made: missing})
	return err
}

func (l *loading) addPayer(ctx context.Context, f PayerFixture) error {
	p := pay.Payer{ID: f.ID, Name: f.Name, Standing: standing(f.Standing), CreatedAt: l.core.Now()}
	err := fits(p.Standing, pay.Active, pay.Dormant, pay.Blocked)
	if err != nil {
		return err
	}
	if p.DayLimit, err = rupiah("dayLimit", f.DayLimit); err != nil {
		return err
	}
	if p.MonthLimit, err = rupiah("monthLimit", f.MonthLimit); err != nil {
		return err
	}
	funds, err := rupiah("balance", f.Balance)
	if err != nil {
		return err
	}
	return l.core.AddPayer(ctx, p, funds)
}

// grantLife is how long a token lives that says nothing about it.
const grantLife = 24 * time.Hour

// leastToken is the shortest text that is taken for a secret.
const leastToken = 16

func (l *loading) token(ctx context.Context, f TokenFixture) error {
	life := time.Duration(f.Life)
	if life == 0 {
		life = grantLife
	}
	switch {
	case len(f.Token) < leastToken:
		return pay.RefuseField(pay.InvalidFormat, "token", fmt.Sprintf("its text has at least %d characters", leastToken))
	case !slices.Contains([]pay.TokenKind{pay.TokenB2B, pay.TokenCustomer, pay.TokenAuthCode}, f.Kind):
		return pay.RefuseField(pay.InvalidFormat, "kind", "it is b2b, customer or auth-code")
	case (f.Kind == pay.TokenB2B) != (f.PayerID == ""):
		return pay.RefuseField(pay.InvalidFormat, "payerId", "a customer token or auth-code is a payer's, a b2b token nobody's")
	}
	if _, err := l.core.Partner(ctx, f.PartnerID); err != nil {
		return err
	}
	if f.PayerID != "" {
		err := l.core.Inspect(ctx, func(r pay.Reader) error { _, err := r.Payer(f.PayerID); return err })
		if err != nil {
			return fmt.Errorf("payer %s: %w", f.PayerID, err)
		}
	}
	made, err := l.core.Grant(ctx, f.Kind, f.PartnerID, f.PayerID, f.Token, life)
	l.made.Tokens = append(l.made.Tokens, MadeThing{string(f.Kind) + " " + f.Token, strings.TrimSpace(f.PartnerID + " " + f.PayerID), made})
	return err
}
