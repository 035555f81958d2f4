package described

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// condition holds for requests in which a field has a value.
type condition struct {
	at    string
	field string
	is    string // a string's content; a number or a boolean as written
}

func holding(into *condition) reader {
	return func(p place) error {
		into.at = p.path
		if err := p.object(keys{"field": text(&into.field), "is": scalar(&into.is)}); err != nil {
			return err
		}
		if into.field == "" || into.is == "" {
			return p.fault(`it needs both, as in {"field": "additionalInfo.isStatic", "is": true}`)
		}
		return nil
	}
}

func scalar(into *string) reader {
	return func(p place) error {
		*into = written(p.value)
		if *into == "" {
			return p.fault("expected text, a number, true or false")
		}
		return nil
	}
}

// written is a scalar as one text: "true" and true are the same.
func written(v field.Value) string {
	if v.Kind() == field.Bool {
		return v.Raw()
	}
	return v.Text()
}

func (c condition) holds(body field.Value) bool { return written(body.Get(c.field)) == c.is }

// known refuses a condition on a field that has no row, which is most often a
// mistyped name.
func (c condition) known(rows []field.Row) error {
	if !slices.ContainsFunc(rows, func(r field.Row) bool { return r.Name == c.field }) {
		return fault(under(c.at, "field"), "%s", unknown("field", c.field, names(rows)))
	}
	return nil
}

// demand makes a field mandatory under a condition.
type demand struct {
	when condition
	row  field.Row
}

// verb is what an operation does.
type verb = func(context.Context, *dialect.Call) (any, error)

// demanding refuses a request that leaves out what a condition demands, and
// then does the verb.
func demanding(demands []demand, do verb) verb {
	if len(demands) == 0 {
		return do
	}
	return func(ctx context.Context, c *dialect.Call) (any, error) {
		for _, d := range demands {
			if d.when.holds(c.Body) && !c.Body.Get(d.row.Name).Present() {
				return nil, pay.RefuseField(pay.MissingField, d.row.Called(), fmt.Sprintf("it is mandatory where %s is %s", d.when.field, d.when.is))
			}
		}
		return do(ctx, c)
	}
}

// staticWhere lets a field say that a code is static, which in the standard
// the absence of an amount does. The payer of a static code names the amount,
// so the request's is not part of the code.
func staticWhere(static condition) func(*dialect.Call, *pay.GenerateRequest) error {
	return func(c *dialect.Call, req *pay.GenerateRequest) error {
		switch {
		case static.holds(c.Body):
			req.Amount = 0
			if c.Text(c.Operation.Validity.Field) == "" {
				req.ExpiresAt = time.Time{}
			}
		case req.Amount == 0:
			return pay.RefuseField(pay.MissingField, "amount", "a code is static only where "+static.field+" is "+static.is)
		}
		return nil
	}
}
