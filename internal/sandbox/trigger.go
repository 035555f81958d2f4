package sandbox

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// Trigger is an answer that a request asked for, as the error that it ends in.
type Trigger struct {
	Code    string
	Message string
	HTTP    int
}

func (t Trigger) Error() string { return "the request asked for " + t.Code }

// Triggered finds the answer that a request asks for: the one of a magic value,
// or the response code that the operation's trigger field carries, if it is of
// this operation's service and not its success. DANA's own suite asks for
// answers in both ways.
func Triggered(op *dialect.Operation, body field.Value) (Trigger, bool) {
	code := asked(op, body)
	if len(code) != codeLength {
		return Trigger{}, false // as nearly all are: their error would cost more than the rest
	}
	status, service, number, err := snap.ParseCode(code)
	if err != nil || service != op.Service || code == op.Success.Case.Code(op.Service) {
		return Trigger{}, false
	}
	if line, ok := op.Code(code); ok {
		return Trigger{code, line.Message, status}, true
	}
	for _, c := range snap.Cases() {
		if c.HTTP == status && c.Number == number {
			return Trigger{code, c.Message, status}, true
		}
	}
	return Trigger{}, false
}

// codeLength is how many digits a response code has.
const codeLength = 7

func asked(op *dialect.Operation, body field.Value) string {
	for _, m := range op.Triggers {
		if body.Get(m.Field).Text() == m.Value {
			return m.Code
		}
	}
	if op.Trigger == "" {
		return ""
	}
	return body.Get(op.Trigger).Text()
}

// Waived gives the rules lifted because the body carries a value of the
// document's own sample.
func Waived(op *dialect.Operation, body field.Value) dialect.Waiver {
	var w dialect.Waiver
	for _, s := range op.Samples {
		if body.Get(s.Field).Text() == s.Value {
			w |= s.Waive
		}
	}
	return w
}
