package cli

import (
	"testing"
)

// TestEveryOperationSucceeds calls each operation of each dialect with a valid
// request, on each of its paths and on the dialect's own mount.
func TestEveryOperationSucceeds(t *testing.T) {
	h := start(t)
	for _, d := range h.dialects {
		for _, op := range d.Operations {
			for _, path := range op.Paths {
				for _, prefix := range []string{"", "/" + d.Name} {
					t.Run(d.Name+" "+prefix+path, func(t *testing.T) {
						c := h.call(d.Name, op.Name, h.body(d.Name, op.Name))
						c.path = prefix + path
						r := c.send()
						r.want(t, op.Success.Case.Code(op.Service), "")
						t.Logf("%s", r.raw)
					})
				}
			}
		}
	}
	h.books()
}
