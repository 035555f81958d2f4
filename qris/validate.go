package qris

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/emv"
)

// Validate gives EMVCo's findings (emv.Payload.Validate) and after them, when
// 58 is "ID", those of the QRIS specification. A foreign payload gets EMVCo's
// alone. It takes a payload and not a Code, so that a payload whose amount
// cannot be decoded can still be explained. A payload without findings gives
// nil.
func Validate(p emv.Payload) []emv.Finding {
	findings := p.Validate()
	if country, _ := p.Get(emv.IDCountry); country != countryID {
		return findings
	}
	v := profile{Code: read(p), findings: findings}
	for _, check := range profileChecks {
		check(&v)
	}
	return v.findings
}

// profile collects what the QRIS specification finds.
type profile struct {
	Code
	findings []emv.Finding
}

// profileChecks are the rules of the QRIS specification in the order in which
// findings appear.
var profileChecks = []func(*profile){
	(*profile).currency,
	(*profile).amount,
	(*profile).pipes,
	(*profile).postalCode,
	(*profile).accounts,
	(*profile).repository,
	(*profile).own,
	(*profile).transfer,
}

func (v *profile) fail(code emv.Code, path, detail, hint string) {
	v.findings = append(v.findings, emv.Finding{Code: code, Path: path, Detail: detail, Hint: hint})
}

func (v *profile) warn(code emv.Code, path, detail, hint string) {
	v.findings = append(v.findings, emv.Finding{Code: code, Severity: emv.Warning, Path: path, Detail: detail, Hint: hint})
}

func (v *profile) currency() {
	if v.Currency != currencyIDR && v.Currency != "" {
		v.fail(CodeCurrency, "53", fmt.Sprintf("the currency is %q, an Indonesian code must have 360", v.Currency), "")
	}
}

// amount leaves to EMVCo's rules what is no amount.
func (v *profile) amount() {
	text, ok := v.Payload.Get(emv.IDAmount)
	switch {
	case ok && v.Static:
		v.warn(CodeStaticAmount, "54", "a static code fixes the amount", "make it dynamic (01 = 12) or leave 54 out")
	case !ok && !v.Static:
		v.warn(CodeDynamicWithoutAmount, "54", "a dynamic code leaves the amount open", "give 54")
	}
	if !emv.ValidAmount(text) {
		return
	}
	n, err := sen(text)
	if err != nil {
		v.findings = append(v.findings, err.(emv.Finding))
	} else if n%100 != 0 {
		v.fail(CodeAmountSen, "54", fmt.Sprintf("the amount %q has sen, rupiah are paid whole", text), "round it")
	}
}

func (v *profile) pipes() {
	for id := emv.IDCountry; id <= emv.IDPostalCode; id++ {
		value, _ := v.Payload.Get(id)
		v.pipe(id.String(), value)
	}
}

func (v *profile) pipe(path, value string) {
	if strings.Contains(value, "|") {
		v.fail(CodePipe, path, fmt.Sprintf("%q has a \"|\", which separates fields between institutions", value), "replace it")
	}
}

func (v *profile) postalCode() {
	if _, ok := v.Payload.Get(emv.IDPostalCode); !ok {
		v.fail(CodePostalCodeMissing, "61", "the postal code is missing", "an Indonesian code must have it")
	}
}

// accounts checks the acquirer's account and, as far as they bear a PAN of the
// national numbering, the others.
func (v *profile) accounts() {
	if v.Domestic.ID == 0 && v.Repository.ID == 0 {
		v.fail(CodeDomesticMissing, "26", "there is neither an acquirer's account (26 to 45) nor the repository's (51)", "")
	}
	for id := firstDomestic; id <= lastDomestic; id++ {
		value, ok := v.Payload.Get(id)
		if !ok {
			continue
		}
		if a := account(id, value); id == v.Domestic.ID || NNS(a.PAN) != "" {
			v.account(&a)
		}
	}
}

func (v *profile) account(a *Account) {
	path := a.ID.String()
	if strings.ToUpper(a.GUID) != a.GUID {
		v.warn(CodeGUIDCase, path+".00", fmt.Sprintf("the GUID %q has lower-case letters", a.GUID), "")
	}
	v.pan(path+".01", a.PAN)
	switch n := utf8.RuneCountInString(a.MerchantID); {
	case n == 0:
		v.fail(CodeMerchantIDMissing, path+".02", "the acquirer's merchant ID is missing", "")
	case n > 15:
		v.fail(CodeMerchantIDLength, path+".02", fmt.Sprintf("the merchant ID has %d characters, at most 15 are allowed", n), "")
	}
	v.pipe(path+".02", a.MerchantID)
	if a.ID == IDTransfer {
		return
	}
	v.criteria(path+".03", a.Criteria)
	if a.Criteria == "" {
		v.warn(CodeCriteriaMissing, path+".03", "the criteria is missing", "issuers put URE")
	}
}

func (v *profile) pan(path, pan string) {
	switch {
	case pan == "":
		v.fail(CodePANMissing, path, "the PAN is missing", "the payment cannot be routed without it")
		return
	case len(pan) > 19 || !isDigits(pan):
		v.fail(CodePANFormat, path, fmt.Sprintf("the PAN is %q, at most 19 digits are expected", pan), "")
		return
	case len(pan) == 19 && !Luhn(pan):
		v.fail(CodePANCheckDigit, path, "the PAN "+pan+" has a wrong check digit", "a digit was changed; or print 18 digits, without it")
	case len(pan) < 18:
		v.warn(CodePANLength, path, fmt.Sprintf("the PAN has %d digits, 18 (or 19 with the check digit) are usual", len(pan)), "")
	}
	if NNS(pan) == "" {
		v.warn(CodeNNS, path, "the PAN "+pan+" does not begin with an institution number, 9360 and four digits", "")
	}
}

// criterias lists the values of 03 (Tabel 4.6).
const criterias = "UMI UKE UME UBE URE PSO BLU"

func validCriteria(s string) bool {
	i := strings.Index(criterias, s)
	return len(s) == 3 && i >= 0 && i%4 == 0
}

func (v *profile) criteria(path, value string) {
	v.pipe(path, value)
	if value != "" && !validCriteria(value) {
		v.fail(CodeCriteria, path, fmt.Sprintf("the criteria is %q, one of %s is expected", value, criterias), "")
	}
}

func (v *profile) repository() {
	r := &v.Repository
	if r.ID == 0 {
		if v.Static {
			v.fail(CodeRepositoryMissing, "51", "a static code must have the account of the central repository", "add 51 with the NMID")
		}
		return
	}
	switch strings.ToUpper(r.GUID) {
	case GUIDRepository:
	case GUIDRepositoryOld:
		v.warn(CodeRepositoryGUID, "51.00", "the GUID is that of 2020", "use "+GUIDRepository)
	default:
		v.fail(CodeRepositoryGUID, "51.00", fmt.Sprintf("the GUID is %q, %s is expected", r.GUID, GUIDRepository), "")
	}
	v.nmid(r.MerchantID)
	v.criteria("51.03", r.Criteria)
	if r.Criteria != "" && v.Domestic.Criteria != "" && r.Criteria != v.Domestic.Criteria {
		v.warn(CodeCriteriaMismatch, "51.03", fmt.Sprintf("the criteria is %q, the acquirer's account has %q", r.Criteria, v.Domestic.Criteria), "")
	}
}

func (v *profile) nmid(nmid string) {
	switch {
	case nmid == "":
		v.fail(CodeNMIDMissing, "51.02", "the NMID is missing", "")
	case !nmidShape(nmid):
		v.warn(CodeNMIDFormat, "51.02", fmt.Sprintf("the NMID is %q, \"ID\" and 13 digits are expected", nmid), "")
	case !NMIDValid(nmid):
		v.warn(CodeNMIDCheckDigit, "51.02", "the NMID "+nmid+" has a wrong check digit", "")
	}
}

// maxOwn is the length that 62.99 may have (4.8.1.4).
const maxOwn = 91

func (v *profile) own() {
	if n := utf8.RuneCountInString(v.additional(subOwn)); n > maxOwn {
		v.warn(CodeOwnLength, "62.99", fmt.Sprintf("the template has %d characters, at most %d are allowed", n, maxOwn), "")
	}
}

// additional gives an object of 62, "" when it is missing.
func (v *profile) additional(id emv.ID) string {
	value, _ := v.Payload.Get(emv.IDAdditional)
	return subObject(value, id)
}

func subObject(template string, id emv.ID) string {
	t, err := emv.ParseTemplate(template)
	if err != nil {
		return ""
	}
	value, _ := t.Get(id)
	return value
}

// transfer applies the rules of QRIS TTS (Tabel 3.20 to 3.23, 4.2).
func (v *profile) transfer() {
	if v.Domestic.ID != IDTransfer || !transferPurposes[v.Purpose] {
		return
	}
	if v.Static {
		v.fail(CodeTransferStatic, "01", "a transfer code must be dynamic", "set 01 to 12")
	}
	if v.MCC != mccTransfer && v.MCC != "" {
		v.fail(CodeTransferMCC, "52", fmt.Sprintf("the merchant category of a transfer is %q, %s is expected", v.MCC, mccTransfer), "")
	}
	unique := subObject(v.additional(subOwn), 1)
	if n := utf8.RuneCountInString(unique); n < 8 || n > 64 {
		v.fail(CodeTransferUnique, "62.99.01", fmt.Sprintf("the unique number of a transfer has %d characters, 8 to 64 are expected", n), "")
	}
}
