package dialecttest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Codes checks that an operation's list is the document's, in its order. A line
// of the document is a code, or a code and its message where the document
// prints one.
func Codes(t *testing.T, op *dialect.Operation, documented ...string) {
	t.Helper()
	if len(op.Codes) != len(documented) {
		t.Fatalf("%s has %d codes, the document %d", op.Name, len(op.Codes), len(documented))
	}
	for i, c := range op.Codes {
		got := c.Code
		if strings.Contains(documented[i], " ") {
			got += " " + c.Message
		}
		if got != documented[i] {
			t.Errorf("%s: line %d is %q, the document's %q", op.Name, i+1, got, documented[i])
		}
	}
}

// checkCode holds a line to what the dialect answers: to the operation's
// success, to the outcome of the kind behind its Reach, or to a trigger.
func checkCode(t *testing.T, d *dialect.Dialect, op *dialect.Operation, c dialect.Code) {
	t.Helper()
	if _, known := dialect.Ways[c.Reach]; !known {
		t.Errorf("%s: %q is no way to reach it", c.Code, c.Reach)
	}
	switch c.Reach {
	case dialect.BySuccess:
		answers(t, op, op.Success, c)
	case dialect.ByTrigger:
		if _, standard := snap.ResponseCode(c.Code).Case(); op.Trigger == "" || !standard {
			t.Errorf("%s: no trigger field, or no case of the standard", c.Code)
		}
	default:
		kind, ok := dialect.Raises[c.Reach]
		if !ok {
			t.Fatalf("%s: nothing is raised by %q", c.Code, c.Reach)
		}
		answers(t, op, d.Outcome(op, kind), c)
	}
}

func answers(t *testing.T, op *dialect.Operation, o dialect.Outcome, c dialect.Code) {
	t.Helper()
	name := "{field}"
	if c.Reach == dialect.ByBadGrant {
		name = "authCode" // the one way whose field is always the same
	}
	if code, message := o.Case.Code(op.Service), o.Text(name, "{reason}"); code != c.Code || message != c.Message {
		t.Errorf("%s gives %s %q, its line says %s %q", c.Reach, code, message, c.Code, c.Message)
	}
}

// Documented checks that each kind is answered with a code of the operation's
// list.
func Documented(t *testing.T, d *dialect.Dialect, op *dialect.Operation, kinds ...pay.Kind) {
	t.Helper()
	for _, k := range kinds {
		code := d.Outcome(op, k).Case.Code(op.Service)
		if _, listed := op.Code(code); !listed {
			t.Errorf("kind %d is answered with %s, which %s does not list", k, code, op.Name)
		}
	}
}

// KindsBut are all kinds but some.
func KindsBut(some ...pay.Kind) []pay.Kind {
	return slices.DeleteFunc(pay.Kinds(), func(k pay.Kind) bool { return slices.Contains(some, k) })
}

// Refusals checks the code and message with which an operation answers errors.
func Refusals(t *testing.T, d *dialect.Dialect, op *dialect.Operation, all map[*pay.Error]string) {
	t.Helper()
	for err, want := range all {
		code, message := refusal(t, d, op, err)
		if got := code + " " + message; got != want {
			t.Errorf("kind %d gives %q, expected %q", err.Kind, got, want)
		}
	}
}

// refusal is the answer to an error: the response code and its message.
func refusal(t *testing.T, d *dialect.Dialect, op *dialect.Operation, err error) (code, message string) {
	t.Helper()
	var e *pay.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: %v is no refusal", op.Name, err)
	}
	wire := e.Field
	if renamed, ok := op.Names[wire]; ok {
		wire = renamed
	}
	o := d.Outcome(op, e.Kind)
	return o.Case.Code(op.Service), o.Text(wire, e.Detail)
}

// Operation finds an operation of a dialect.
func Operation(t *testing.T, d dialect.Dialect, name string) (*dialect.Dialect, *dialect.Operation) {
	t.Helper()
	op := d.Operation(name)
	if op == nil {
		t.Fatalf("%s has no operation %s", d.Name, name)
	}
	return &d, op
}

// Complete checks what holds for every dialect: an outcome for each kind, its
// operations at their paths and no others, a verb for each, messages within the
// 150 characters of the standard, and lists of codes that say what is answered.
func Complete(t *testing.T, d dialect.Dialect, paths map[string][]string) {
	t.Helper()
	for _, k := range pay.Kinds() {
		if d.Outcomes[k].Case.HTTP == 0 {
			t.Errorf("%s has no outcome for kind %d", d.Name, k)
		}
	}
	if len(d.Operations) != len(paths) {
		t.Errorf("%s has %d operations, expected %d", d.Name, len(d.Operations), len(paths))
	}
	for i := range d.Operations {
		op := &d.Operations[i]
		if !slices.Equal(op.Paths, paths[op.Name]) || op.Do == nil || op.Success.Case.HTTP != 200 {
			t.Errorf("%s: operation %s at %v is incomplete or not at %v", d.Name, op.Name, op.Paths, paths[op.Name])
		}
		if op.Reads != slices.Contains(readers, op.Name) {
			t.Errorf("%s: what %s does is remembered: %v", d.Name, op.Name, !op.Reads)
		}
		for _, c := range op.Codes {
			checkCode(t, &d, op, c)
			if n := utf8.RuneCountInString(c.Message); n == 0 || n > 150 {
				t.Errorf("%s: message of %d characters", c.Code, n)
			}
		}
	}
}

// readers are the operations that change nothing, in any dialect.
var readers = []string{"query", "decode", "status"}

// Samples checks that each of an operation's waivers is for a value that stands
// in the document's request.
func Samples(t *testing.T, op *dialect.Operation, request []byte) {
	t.Helper()
	printed := Sample(t, op.Body, request)
	for _, s := range op.Samples {
		if got := printed.Get(s.Field).Text(); got != s.Value {
			t.Errorf("%s is printed as %q, the waiver is for %q", s.Field, got, s.Value)
		}
	}
}

// The answers to a repeated identifier that are no response code.
const (
	Replayed = "the first answer"
	Ignored  = "none: repeats are not looked at"
)

// Repeats checks what an operation answers to a repeated identifier, first with
// the same body, then with another: a response code, Replayed or Ignored.
// X-EXTERNAL-ID is unique in a day, partnerReferenceNo for good.
func Repeats(t *testing.T, d *dialect.Dialect, op *dialect.Operation, externalID, reference [2]string) {
	t.Helper()
	if got := repeats(d, op, d.ExternalID); got != externalID || d.ExternalID.Daily != d.ExternalID.Remember {
		t.Errorf("%s: X-EXTERNAL-ID is answered %q, expected %q: %+v", op.Name, got, externalID, d.ExternalID)
	}
	if got := repeats(d, op, d.Reference); got != reference || d.Reference.Daily {
		t.Errorf("%s: partnerReferenceNo is answered %q, expected %q: %+v", op.Name, got, reference, d.Reference)
	}
}

func repeats(d *dialect.Dialect, op *dialect.Operation, rule dialect.Rule) (answers [2]string) {
	for i, r := range [2]dialect.Repeat{rule.Same, rule.Other} {
		switch {
		case !rule.Remember:
			answers[i] = Ignored
		case r.Replay:
			answers[i] = Replayed
		default:
			answers[i] = d.Outcome(op, r.Kind).Case.Code(op.Service)
		}
	}
	return answers
}
