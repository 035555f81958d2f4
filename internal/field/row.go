package field

import "strings"

// Need is whether a document demands a field.
type Need uint8

const (
	Optional Need = iota
	Mandatory
	// Conditional fields are checked when present; whether one must be present
	// depends on others, so the dialect's code decides it.
	Conditional
)

var needNames = [...]string{"O", "M", "C"}

// String is the letter that the documents print: O, M or C.
func (n Need) String() string { return needNames[n] }

// Row describes one header or one field of a body, as a line of a document's
// table does.
type Row struct {
	// Name is the header's name, or a dotted path from the root of the body.
	// "items[].price.value" goes through every element, and "items[]" is the
	// elements themselves.
	Name string
	Kind Kind // omitted: String. Headers are text, whatever it says
	Need Need
	// Min and Max bound the characters (not bytes) of a string, the characters
	// of a number as written, or the elements of an array. 0 is no bound.
	Min, Max int
	Format   *Format // of strings and numbers; nil is any
	Enum     []string
	FoldEnum bool   // Enum matches in any case
	As       string // name that a fault carries, when it differs: DANA answers "amount" for amount.value
	// Soft makes length, format and enumeration a warning unless the check is
	// strict, for the fields on which documents and real clients disagree.
	Soft  bool
	About string // one line for the reference page
}

// Fault is what is wrong with one field.
type Fault struct {
	Field   string // with element numbers filled in: additionalInfo.items[0].id
	Missing bool   // case 02, Invalid Mandatory Field; otherwise case 01, Invalid Field Format
	Why     string // for people, with a hint: "26 characters, at most 25"
	Soft    bool   // a warning only
}

func (f Fault) Error() string { return f.Field + ": " + f.Why }

func (r *Row) kind() Kind {
	if r.Kind == Absent {
		return String
	}
	return r.Kind
}

// Called is the name that a fault carries.
func (r *Row) Called() string {
	if r.As != "" {
		return r.As
	}
	return r.Name
}

func (r *Row) missing() *Fault {
	return &Fault{Field: r.Called(), Missing: true, Why: "mandatory, but missing or empty"}
}

func (r *Row) malformed(why string) *Fault {
	return &Fault{Field: r.Called(), Why: why}
}

// misplaced is a fault of what lies above path, the rest of the row's name. It
// carries that name, unless the row answers by a plain name of its own.
func (r *Row) misplaced(path, why string) *Fault {
	if r.As != "" && !strings.Contains(r.As, "[]") {
		return r.malformed(why)
	}
	above := r.Name[:len(r.Name)-len(path)]
	return &Fault{Field: strings.TrimSuffix(above, "."), Why: why}
}

// documented is a fault against what a document prints, which Soft may excuse.
func (r *Row) documented(why string, strict bool) *Fault {
	return &Fault{Field: r.Called(), Why: why, Soft: r.Soft && !strict}
}

// numbered fills i into the last open "[]" of the field's name. Inner arrays
// return before outer ones, so each fills its own.
func (f *Fault) numbered(i string) {
	if at := strings.LastIndex(f.Field, "[]"); at >= 0 {
		f.Field = f.Field[:at+1] + i + f.Field[at+1:]
	}
}
