// Package emv reads, checks and writes EMVCo merchant-presented QR payloads.
//
// A payload is a text of objects, each a two digit ID, a two digit length and
// a value; the length counts characters (Unicode code points), the CRC runs
// over the UTF-8 bytes (EMVCo QRCPS-MPM, "Data Organization"). Three levels
// are kept apart:
//
//   - framing, which [Parse] demands of every text;
//   - EMVCo's rules, which [Payload.Validate] reports as findings;
//   - a country's profile, which other packages add.
//
// Reading is lenient and never allocates; writing ([Build], [Append]) is
// strict. The package knows no country.
package emv

import "iter"

// ID names an object under the root or in a template: 0 to 99.
type ID uint8

// The root objects (EMVCo QRCPS-MPM, table of data objects under the root).
// 02 to 51 hold merchant accounts, of which 26 to 51 are templates; 65 to 79
// are reserved; 80 to 99 are unreserved templates.
const (
	IDFormatIndicator  ID = 0
	IDInitiationMethod ID = 1
	IDMCC              ID = 52
	IDCurrency         ID = 53
	IDAmount           ID = 54
	IDTipIndicator     ID = 55
	IDTipFixed         ID = 56
	IDTipPercent       ID = 57
	IDCountry          ID = 58
	IDName             ID = 59
	IDCity             ID = 60
	IDPostalCode       ID = 61
	IDAdditional       ID = 62
	IDCRC              ID = 63
	IDLanguage         ID = 64
)

const maxID ID = 99

// digits holds the two digits of every ID, so that naming one costs nothing.
const digits = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// String gives the two digits of the ID, or "??" above 99.
func (id ID) String() string {
	if id > maxID {
		return "??"
	}
	return digits[2*int(id) : 2*int(id)+2]
}

// Object is one ID with its value. Values that come from a parsed text are
// substrings of it.
type Object struct {
	ID    ID
	Value string
}

// Payload is a text whose framing is right. It is a small value (40 bytes)
// that holds the text and which IDs it has; objects are found by walking the
// headers, which for a usual payload takes a few nanoseconds. The zero
// Payload has no objects.
type Payload struct{ objects frame }

// Parse checks the framing of a payload: valid UTF-8, headers of four digits,
// values as long as their headers say, nothing left over, no ID twice under
// the root. Values of length zero pass, because real payloads have them;
// Validate reports them. Every error is a *FramingError. Parse does not look
// at the CRC and does not allocate unless it fails.
func Parse(text string) (Payload, error) {
	f, err := parseFrame(text, true)
	if err != nil {
		return Payload{}, err
	}
	return Payload{f}, nil
}

// Text gives the parsed text.
func (p Payload) Text() string { return p.objects.text }

// Get gives the value of a root object and whether the payload has it.
func (p Payload) Get(id ID) (string, bool) { return p.objects.get(id) }

// Len gives the number of root objects.
func (p Payload) Len() int { return int(p.objects.n) }

// At gives the i-th root object in document order, and panics outside
// 0 <= i < Len(). To visit all of them use All.
func (p Payload) At(i int) Object { return p.objects.at(i) }

// All visits the root objects in document order.
func (p Payload) All() iter.Seq[Object] { return p.objects.all() }

// Equal tells whether both payloads have the same text.
func (p Payload) Equal(q Payload) bool { return p.objects.text == q.objects.text }

// Encode writes the objects again, in their order and with lengths counted
// anew. It gives back the parsed text for every payload, the printed CRC
// included, and exists to prove that reading lost nothing.
func (p Payload) Encode() string {
	dst := make([]byte, 0, len(p.objects.text))
	for o := range p.All() {
		dst = appendObject(dst, o.ID, length(o.Value), o.Value)
	}
	return string(dst)
}

// Template is the value of an object that itself holds objects: 26 to 51,
// 62, 64, 80 to 99 under the root, 50 to 99 inside 62.
type Template struct{ objects frame }

// ParseTemplate checks the framing of a template's value by the rules of
// Parse. An error is a *FramingError whose offset counts from the start of
// the value. It does not allocate unless it fails.
func ParseTemplate(value string) (Template, error) {
	f, err := parseFrame(value, false)
	if err != nil {
		return Template{}, err
	}
	return Template{f}, nil
}

// Get gives the value of an object and whether the template has it.
func (t Template) Get(id ID) (string, bool) { return t.objects.get(id) }

// Len gives the number of objects.
func (t Template) Len() int { return int(t.objects.n) }

// At gives the i-th object in document order, and panics outside
// 0 <= i < Len().
func (t Template) At(i int) Object { return t.objects.at(i) }

// All visits the objects in document order.
func (t Template) All() iter.Seq[Object] { return t.objects.all() }
