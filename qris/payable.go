package qris

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/emv"
)

// survivable lists the errors of the QRIS specification that do not stop a
// payment: they stand on codes that are paid every day, among them the Paydia
// document's own (static without 51). All other errors stop it.
var survivable = map[emv.Code]bool{
	CodePostalCodeMissing: true,
	CodePipe:              true,
	CodeMerchantIDMissing: true,
	CodeMerchantIDLength:  true,
	CodeCriteria:          true,
	CodeRepositoryMissing: true,
	CodeRepositoryGUID:    true,
	CodeNMIDMissing:       true,
	CodeTransferMCC:       true,
}

// Unpayable is why a text cannot be paid.
type Unpayable struct {
	Finding emv.Finding
	// Repair is the payload before a run of spaces was collapsed, "" when
	// that is not what happened. It has not been judged; give it to Payable.
	Repair string
}

// Error gives the reason and how to cure it as one line.
func (u *Unpayable) Error() string { return "qris: not payable: " + u.Finding.Error() }

// Unwrap gives the finding.
func (u *Unpayable) Unwrap() error { return u.Finding }

// Payable decides whether a scanned text can be paid, as an issuer does:
// framing and CRC must be right, EMVCo's rules kept, and so must those QRIS
// rules without which the money cannot be sent. Foreign payloads are judged
// by EMVCo's rules alone. An error is an *Unpayable.
func Payable(text string) (Code, error) {
	p, err := emv.Parse(text)
	if err != nil {
		return Code{}, unpayable(text, asFinding(err))
	}
	for _, f := range Validate(p) {
		if f.Severity == emv.Error && !survivable[f.Code] {
			return Code{}, unpayable(text, f)
		}
	}
	c, err := Decode(text)
	if err != nil {
		return Code{}, unpayable(text, asFinding(err))
	}
	return c, nil
}

// asFinding takes the finding out of an error of emv or Decode.
func asFinding(err error) emv.Finding {
	if framing, ok := errors.AsType[*emv.FramingError](err); ok {
		return framing.Finding()
	}
	f, _ := errors.AsType[emv.Finding](err)
	return f
}

// unpayable explains a text by the spaces that it has lost, if putting them
// back makes framing and CRC fit, else by what was found.
func unpayable(text string, found emv.Finding) error {
	repaired, ok := emv.RepairSpaces(text)
	if !ok {
		return &Unpayable{Finding: found}
	}
	p, err := emv.Parse(repaired)
	if err != nil {
		return &Unpayable{Finding: found}
	}
	return &Unpayable{Finding: collapsed(text, p), Repair: repaired}
}

// collapsed describes the run of spaces that text has lost and p has.
func collapsed(text string, p emv.Payload) emv.Finding {
	o, offset := objectAt(p, firstDifference(text, p.Text()))
	crc, _ := p.CRC()
	return emv.Finding{
		Code: CodeSpacesCollapsed,
		Path: o.ID.String(),
		// Short, because it must fit an answer's message of 150 characters.
		Detail: fmt.Sprintf("a run of spaces was collapsed in tag %s: with %s length and CRC %s fit", o.ID, describeRun(o.Value, offset), crc),
		Hint:   "web pages show several spaces as one; take the payload from its source",
	}
}

// firstDifference gives the first offset at which a longer text departs from
// the shorter one.
func firstDifference(short, long string) int {
	i := 0
	for i < len(short) && short[i] == long[i] {
		i++
	}
	return i
}

// objectAt gives the root object whose value holds a byte of the text, and
// where in the value that byte is.
func objectAt(p emv.Payload, at int) (emv.Object, int) {
	const header = 4
	for o := range p.All() {
		at -= header
		if at < len(o.Value) {
			return o, at
		}
		at -= len(o.Value)
	}
	return emv.Object{}, 0
}

// describeRun says how long the run of spaces is that holds or ends at an
// offset, and beside which word: `two spaces before "Firman"`.
func describeRun(value string, at int) string {
	before := strings.TrimRight(value[:at], " ")
	after := strings.TrimLeft(value[at:], " ")
	run := spell(len(value)-len(before)-len(after)) + " spaces "
	if next := strings.Fields(after); len(next) > 0 {
		return run + "before " + strconv.Quote(next[0])
	}
	if last := strings.Fields(before); len(last) > 0 {
		return run + "after " + strconv.Quote(last[len(last)-1])
	}
	return run + "alone"
}

func spell(n int) string {
	words := [...]string{2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
	if n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}
