package cli

import (
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
)

// TestEveryOperationHasATrigger: each operation of each dialect can be asked
// for a code, which changes nothing.
func TestEveryOperationHasATrigger(t *testing.T) {
	h := start(t)
	for i := range h.dialects {
		d := &h.dialects[i]
		for j := range d.Operations {
			op := &d.Operations[j]
			t.Run(d.Name+"/"+op.Name, func(t *testing.T) {
				a := attempt{h, d, op, dialect.Code{}}
				if op.Trigger == "" {
					t.Fatal("it has no trigger")
				}
				for _, status := range []string{"500", "504"} {
					code := status + string(op.Service) + "00"
					request := a.with(a.changed(op.Trigger, code))
					if op.Auth != dialect.AuthToken && op.Auth != dialect.AuthAsymmetric {
						request.token = h.token(d.Name)
					}
					before := h.state()
					request.send().want(t, code, "")
					if h.state() != before {
						t.Error("the books have changed")
					}
				}
			})
		}
	}
}
