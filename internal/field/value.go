package field

import (
	"iter"
	"strings"
)

// Kind is what a JSON value is. Scalar is used by rows only: the documents
// print some fields as a string on one page and as a number on the next.
type Kind uint8

const (
	Absent Kind = iota
	Null
	String
	Number
	Bool
	Object
	Array
	Scalar
)

var kindNames = [...]string{"absent", "null", "string", "number", "boolean", "object", "array", "string or number"}

// String is the JSON Schema name of the kind.
func (k Kind) String() string { return kindNames[k] }

// node is one value of a parsed document. Nodes lie in reading order, so the
// first child of a filled object or array is the node right after it, and next
// leads to its siblings. Nodes hold no pointers: the collector passes them by.
type node struct {
	key   span  // name within the object
	raw   span  // the value as received
	text  span  // content of a string
	next  int32 // sibling; 0 is none, since the root is nobody's sibling
	count int32 // members or elements
	kind  Kind
}

// span is a piece of the body, or, when from is negative, unescaped string ^from.
type span struct{ from, to int32 }

type document struct {
	body      string
	nodes     []node
	unescaped []string // the strings that had escapes, resolved
}

func (d *document) slice(s span) string {
	if s.from < 0 {
		return d.unescaped[^s.from]
	}
	return d.body[s.from:s.to]
}

// Value is one value of a parsed document. The zero Value is an absent one, and
// every method of it works, so a path can be followed without asking at each
// step. A Value is immutable and safe for concurrent use.
type Value struct {
	doc *document
	at  int32
}

func (v Value) node() *node { return &v.doc.nodes[v.at] }

func (v Value) key() string { return v.doc.slice(v.node().key) }

// Kind tells what v is: never Scalar, and Absent for a value that is not there.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return Absent
	}
	return v.node().kind
}

// Present is false for a value that is not there, for null and for "": SNAP
// treats the three alike. An empty object or array is present.
func (v Value) Present() bool {
	switch v.Kind() {
	case Absent, Null:
		return false
	case String:
		return v.Text() != ""
	}
	return true
}

// Text is the content of a string with its escapes resolved, or a number as it
// was written; "" for every other kind.
func (v Value) Text() string {
	switch v.Kind() {
	case String:
		return v.doc.slice(v.node().text)
	case Number:
		return v.doc.slice(v.node().raw)
	}
	return ""
}

// Raw is the value exactly as received, without the white space around it; ""
// when absent.
func (v Value) Raw() string {
	if v.doc == nil {
		return ""
	}
	return v.doc.slice(v.node().raw)
}

// Get follows a dotted path of member names, as "additionalInfo.envInfo.sessionId".
// Names match in exact case, as JSON has it. The answer is absent when any step
// is missing or is not an object. Get does not allocate.
func (v Value) Get(path string) Value {
	for {
		name, rest, deeper := strings.Cut(path, ".")
		v = v.member(name)
		if !deeper {
			return v
		}
		path = rest
	}
}

func (v Value) member(name string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	for child := v.first(); child.doc != nil; child = child.next() {
		if child.key() == name {
			return child
		}
	}
	return Value{}
}

// first is the first member or element.
func (v Value) first() Value {
	if v.doc == nil || v.node().count == 0 {
		return Value{}
	}
	return Value{v.doc, v.at + 1}
}

// next is the member or element after v.
func (v Value) next() Value {
	if next := v.node().next; next != 0 {
		return Value{v.doc, next}
	}
	return Value{}
}

// Len is the number of elements of an array or members of an object, else 0.
func (v Value) Len() int {
	if v.doc == nil {
		return 0
	}
	return int(v.node().count)
}

// Index is element i of an array, counted from 0; absent outside it. It walks
// from the first element: use Items to visit them all.
func (v Value) Index(i int) Value {
	if v.Kind() != Array || i < 0 || i >= v.Len() {
		return Value{}
	}
	child := v.first()
	for ; i > 0; i-- {
		child = child.next()
	}
	return child
}

// Items yields the elements of an array with their indices; none for other kinds.
func (v Value) Items() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		i := 0
		for child := v.first(); child.doc != nil; child = child.next() {
			if !yield(i, child) {
				return
			}
			i++
		}
	}
}

// Members yields the names and values of an object in the order received; none
// for other kinds.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		for child := v.first(); child.doc != nil; child = child.next() {
			if !yield(child.key(), child) {
				return
			}
		}
	}
}
