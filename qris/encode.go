package qris

import (
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/emv"
)

// Spec is what a payload shall say. Texts are printable ASCII; [Shorten]
// makes a long name fit.
type Spec struct {
	GUID       string // the acquirer's reverse domain, up to 32, or "00"
	MPAN       string // 16 to 19 digits from 9360; with 19 the last is the check digit
	MerchantID string // the acquirer's, up to 15
	Criteria   string // UMI, UKE, UME, UBE, URE, PSO or BLU
	NMID       string // "ID" and 13 digits; may be empty in a dynamic code (4.7.7)
	MCC        string // four digits
	Name       string // up to 25
	City       string // up to 15
	PostalCode string // up to 10

	Static bool  // 01 is "11" and the amount must be 0
	Amount int64 // in sen, whole rupiah; above 0 in a dynamic code
	Tip    Tip

	BillNumber     string // each up to 25
	StoreLabel     string
	ReferenceLabel string
	TerminalLabel  string

	DomesticID emv.ID // the account's ID, 26 to 45 but not 40; 0 stands for 26
}

// SpecError lists everything that keeps a Spec from being encoded. The Path of
// a finding is the object, its Detail names the field.
type SpecError struct{ Findings []emv.Finding }

// Error joins the findings into one line.
func (e *SpecError) Error() string {
	lines := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		lines[i] = f.Error()
	}
	return "qris: encode: " + strings.Join(lines, " | ")
}

// maxText is above the length of every text that a valid Spec can give: 461.
const maxText = 512

// Encode writes a payload: 00 01 26 51 52 53 54 55 56 57 58 59 60 61 62 63, of
// which 51, 54 to 57 and 62 only when there is something to say. The amount is
// written in whole rupiah, without decimals. It is strict, and an error is a
// *SpecError that names every bad field. NMIDs are held to their form but not
// to their check digit, which the documents' dummies lack. It allocates the
// text and nothing else.
func Encode(s Spec) (string, error) {
	if faults := s.check(); faults != nil {
		return "", &SpecError{faults}
	}
	var space [maxText]byte
	var digits [20]byte
	amount := strconv.AppendInt(digits[:0], s.Amount/100, 10)
	if s.Amount == 0 {
		amount = nil
	}
	w := writer{text: space[:0]}.
		accounts(&s).
		add(emv.IDMCC, s.MCC).
		add(emv.IDCurrency, currencyIDR).
		add(emv.IDAmount, string(amount)).
		add(emv.IDTipIndicator, s.Tip.Indicator).
		add(emv.IDTipFixed, s.Tip.Fixed).
		add(emv.IDTipPercent, s.Tip.Percent).
		add(emv.IDCountry, countryID).
		add(emv.IDName, s.Name).
		add(emv.IDCity, s.City).
		add(emv.IDPostalCode, s.PostalCode).
		additional(&s)
	if w.failed {
		return "", &SpecError{[]emv.Finding{tooLong(w.at)}}
	}
	return string(emv.AppendCRC(w.text)), nil
}

// tooLong is the one fault that check leaves to the writer: labels that exceed
// the 99 characters of their template together.
func tooLong(id emv.ID) emv.Finding {
	return emv.Finding{Code: emv.CodeValueLength, Path: id.String(),
		Detail: "the labels together exceed the 99 characters of the template", Hint: "shorten them"}
}

// writer appends objects, leaving out empty ones, until one does not fit. It is
// passed by value and keeps no error, so that its text can stay on the stack of
// Encode.
type writer struct {
	text   []byte
	failed bool
	at     emv.ID // where it failed
}

func (w writer) add(id emv.ID, value string) writer {
	if w.failed || value == "" {
		return w
	}
	text, err := emv.Append(w.text, id, value)
	return writer{text, err != nil, id}
}

func (w writer) accounts(s *Spec) writer {
	initiation := "12"
	if s.Static {
		initiation = "11"
	}
	w = w.add(emv.IDFormatIndicator, "01").
		add(emv.IDInitiationMethod, initiation).
		template(s.domesticID(), []emv.Object{{ID: 0, Value: s.GUID}, {ID: 1, Value: s.MPAN}, {ID: 2, Value: s.MerchantID}, {ID: 3, Value: s.Criteria}})
	if s.NMID == "" {
		return w
	}
	return w.template(IDRepository, []emv.Object{{ID: 0, Value: GUIDRepository}, {ID: 2, Value: s.NMID}, {ID: 3, Value: s.Criteria}})
}

func (w writer) additional(s *Spec) writer {
	var objects [4]emv.Object
	n := 0
	for _, o := range [...]emv.Object{{ID: subBill, Value: s.BillNumber}, {ID: subStore, Value: s.StoreLabel}, {ID: subReference, Value: s.ReferenceLabel}, {ID: subTerminal, Value: s.TerminalLabel}} {
		if o.Value != "" {
			objects[n] = o
			n++
		}
	}
	if n == 0 {
		return w
	}
	return w.template(emv.IDAdditional, objects[:n])
}

func (w writer) template(id emv.ID, objects []emv.Object) writer {
	if w.failed {
		return w
	}
	text, err := emv.AppendTemplate(w.text, id, objects...)
	return writer{text, err != nil, id}
}

func (s *Spec) domesticID() emv.ID {
	if s.DomesticID == 0 {
		return firstDomestic
	}
	return s.DomesticID
}
