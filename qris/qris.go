// Package qris is the Indonesian profile of EMVCo merchant-presented QR
// payloads: accounts, NMID, MPAN, criteria, tip, static and dynamic codes.
//
// [Decode] reads any payload, foreign ones included, [Validate] says what
// departs from the QRIS specification, [Payable] decides as an issuer does
// whether a scanned text can be paid, and [Encode] writes strictly.
//
// The QRIS specification is closed. Rules are cited by its numbers (as in
// 4.7.7) where licensed providers have published them.
package qris

import (
	"strings"

	"github.com/qrisd/qrisd/emv"
)

// IDRepository is the account of the central repository, which holds the NMID.
const IDRepository emv.ID = 51

// IDTransfer is the account of QRIS TTS: transfer, cash withdrawal, deposit.
const IDTransfer emv.ID = 40

// The accounts of acquirers (4.7.5.1).
const (
	firstDomestic emv.ID = 26
	lastDomestic  emv.ID = 45
)

// The objects of 62 that Code and Spec name.
const (
	subBill      emv.ID = 1
	subStore     emv.ID = 3
	subReference emv.ID = 5
	subTerminal  emv.ID = 7
	subPurpose   emv.ID = 8
	subOwn       emv.ID = 99 // the domestic proprietary template (Tabel 4.8)
)

// GUIDs of the central repository. The old one stands on codes of 2020.
const (
	GUIDRepository    = "ID.CO.QRIS.WWW"
	GUIDRepositoryOld = "ID.OR.GPNQR.WWW"
)

const (
	currencyIDR = "360"
	countryID   = "ID"
	mccTransfer = "4829"
)

// Account is a merchant account template: 26 to 45, or 51.
type Account struct {
	ID         emv.ID
	GUID       string // 00: reverse domain, or "00" (4.7.5.3)
	PAN        string // 01: MPAN, 18 digits without or 19 with the check digit; CPAN in 40
	MerchantID string // 02: the acquirer's merchant ID; NMID in 51; beneficiary in 40
	Criteria   string // 03: UMI, UKE, UME, UBE, URE, PSO or BLU
}

// Tip is what 55, 56 and 57 say, as printed.
type Tip struct {
	Indicator string // "" none, "01" payer decides, "02" fixed, "03" percentage
	Fixed     string // 56, an amount
	Percent   string // 57, "00.01" to "99.99"
}

// Code is what a payload says. Strings are substrings of the payload's text
// and empty where the payload says nothing.
type Code struct {
	Payload    emv.Payload
	Static     bool    // 01 is "11" or absent
	Domestic   Account // the acquirer's, of 26 to 45
	Repository Account // 51
	MCC        string  // 52, ISO 18245
	Currency   string  // 53, ISO 4217 numeric
	Country    string  // 58, ISO 3166-1
	Name       string
	City       string
	PostalCode string
	Amount     int64 // 54 in sen (hundredths of the currency); 0 when absent
	HasAmount  bool
	Tip        Tip

	BillNumber     string // 62.01
	StoreLabel     string // 62.03
	ReferenceLabel string // 62.05
	TerminalLabel  string // 62.07
	Purpose        string // 62.08

	// Scheme is "QRIS", "QRIS-TTS", or the foreign scheme that the GUID of an
	// account or else the country points to: "PIX", "PromptPay", "DuitNow",
	// "SGQR", "VietQR", "JPQR", "QRPh", "FPS"; "EMVCo" for any other.
	Scheme string
}

// NMID gives the national merchant ID, "" when the code has none.
func (c Code) NMID() string { return c.Repository.MerchantID }

// NNS gives the institution number of the acquirer, "" when the account's PAN
// has none.
func (c Code) NNS() string { return NNS(c.Domestic.PAN) }

// Decode reads a payload and applies no rules but that the framing must be
// right (else a *emv.FramingError) and that 54, if there is one, must be an
// amount of at most 13 characters that is exact in sen (else an emv.Finding
// with emv.CodeAmountFormat or CodeAmountPrecision). Templates that cannot be
// read leave their fields empty; Validate reports them. Decode does not
// allocate unless it fails.
func Decode(text string) (Code, error) {
	p, err := emv.Parse(text)
	if err != nil {
		return Code{}, err
	}
	c := read(p)
	if amount, ok := p.Get(emv.IDAmount); ok {
		c.HasAmount = true
		if c.Amount, err = sen(amount); err != nil {
			return Code{}, err
		}
	}
	c.Scheme = scheme(&c)
	return c, nil
}

// read takes everything but the amount and the scheme out of a payload.
func read(p emv.Payload) Code {
	c := Code{Payload: p, Static: true}
	for o := range p.All() {
		c.set(o)
	}
	c.Domestic = domestic(p)
	return c
}

func (c *Code) set(o emv.Object) {
	switch o.ID {
	case emv.IDInitiationMethod:
		c.Static = o.Value == "11"
	case IDRepository:
		c.Repository = account(o.ID, o.Value)
	case emv.IDMCC:
		c.MCC = o.Value
	case emv.IDCurrency:
		c.Currency = o.Value
	case emv.IDTipIndicator:
		c.Tip.Indicator = o.Value
	case emv.IDTipFixed:
		c.Tip.Fixed = o.Value
	case emv.IDTipPercent:
		c.Tip.Percent = o.Value
	case emv.IDCountry:
		c.Country = o.Value
	case emv.IDName:
		c.Name = o.Value
	case emv.IDCity:
		c.City = o.Value
	case emv.IDPostalCode:
		c.PostalCode = o.Value
	case emv.IDAdditional:
		c.setAdditional(o.Value)
	}
}

func (c *Code) setAdditional(value string) {
	t, err := emv.ParseTemplate(value)
	if err != nil {
		return
	}
	c.BillNumber, _ = t.Get(subBill)
	c.StoreLabel, _ = t.Get(subStore)
	c.ReferenceLabel, _ = t.Get(subReference)
	c.TerminalLabel, _ = t.Get(subTerminal)
	c.Purpose, _ = t.Get(subPurpose)
}

// account reads an account template; one that cannot be read has only its ID.
func account(id emv.ID, value string) Account {
	a := Account{ID: id}
	t, err := emv.ParseTemplate(value)
	if err != nil {
		return a
	}
	a.GUID, _ = t.Get(0)
	a.PAN, _ = t.Get(1)
	a.MerchantID, _ = t.Get(2)
	a.Criteria, _ = t.Get(3)
	return a
}

// domestic picks the acquirer's account: the first of 26 to 45 whose PAN
// carries an institution number, because codes of several schemes may put a
// scheme of their own first; else the first.
func domestic(p emv.Payload) (first Account) {
	for id := firstDomestic; id <= lastDomestic; id++ {
		value, ok := p.Get(id)
		if !ok {
			continue
		}
		a := account(id, value)
		if NNS(a.PAN) != "" {
			return a
		}
		if first.ID == 0 {
			first = a
		}
	}
	return first
}

// schemes is searched from the top; a row matches by the beginning of a GUID
// in 26 to 51, in any case.
var schemes = []struct{ guid, scheme string }{
	{GUIDRepository, "QRIS"},
	{GUIDRepositoryOld, "QRIS"},
	{"BR.GOV.BCB.PIX", "PIX"},
	{"A000000677", "PromptPay"},
	{"A000000615", "DuitNow"},
	{"A000000727", "VietQR"},
	{"SG.PAYNOW", "SGQR"},
	{"SG.SGQR", "SGQR"},
	{"JP.OR.PAYMENTSJAPAN", "JPQR"},
	{"HK.COM.HKICL", "FPS"},
	{"COM.P2PQRPAY", "QRPh"},
	{"PH.PPMI", "QRPh"},
}

// national names the scheme of a country, for codes whose GUIDs say nothing.
var national = map[string]string{
	countryID: "QRIS", "BR": "PIX", "TH": "PromptPay", "MY": "DuitNow", "VN": "VietQR",
	"SG": "SGQR", "JP": "JPQR", "HK": "FPS", "PH": "QRPh",
}

// transferPurposes are the values of 62.08 that make a code with 40 a transfer
// or a movement of cash rather than a payment.
var transferPurposes = map[string]bool{
	"BOOK": true, "DMCT": true, "XBCT": true, "CWDL": true, "CDPT": true,
}

func scheme(c *Code) string {
	if c.Country == countryID {
		if c.Domestic.ID == IDTransfer && transferPurposes[c.Purpose] {
			return "QRIS-TTS"
		}
		return "QRIS"
	}
	if s := schemeByGUID(c.Payload); s != "" {
		return s
	}
	if s := national[c.Country]; s != "" {
		return s
	}
	return "EMVCo"
}

func schemeByGUID(p emv.Payload) string {
	for o := range p.All() {
		if o.ID < firstDomestic || o.ID > IDRepository {
			continue
		}
		guid := account(o.ID, o.Value).GUID
		for _, row := range schemes {
			if len(guid) >= len(row.guid) && strings.EqualFold(guid[:len(row.guid)], row.guid) {
				return row.scheme
			}
		}
	}
	return ""
}
