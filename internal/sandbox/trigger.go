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

// Triggered reads the operation's trigger field: a value that is a response
// code of this operation's service, other than its success, is the answer.
// DANA's own suite asks for answers this way.
func Triggered(op *dialect.Operation, body field.Value) (Trigger, bool) {
	if op.Trigger == "" {
		return Trigger{}, false
	}
	code := body.Get(op.Trigger).Text()
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
