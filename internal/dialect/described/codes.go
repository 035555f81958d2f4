package described

import (
	"cmp"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// grantField is the field of BadGrant that the standard's line names.
const grantField = "authCode"

// codes are the standard's lines of an operation with the dialect's answers.
// Lines that the dialect has no way to are left out.
func codes(d *dialect.Dialect, op *dialect.Operation, static bool) []dialect.Code {
	var all []dialect.Code
	for _, line := range op.Codes {
		kind, refused := dialect.Raises[line.Reach]
		switch {
		case line.Reach == dialect.BySuccess:
			line.Code, line.Message = op.Success.Case.Code(op.Service), op.Success.Text("", "")
		case refused && !reachable(d, op, line.Reach, static):
			continue
		case refused:
			o, name := d.Outcome(op, kind), "{field}"
			if kind == pay.BadGrant {
				name = grantField
			}
			line.Code, line.Message = o.Case.Code(op.Service), o.Text(name, "{reason}")
		}
		all = append(all, line)
	}
	slices.SortStableFunc(all, func(a, b dialect.Code) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// reachable reports whether the dialect's own choices leave a way to a line.
func reachable(d *dialect.Dialect, op *dialect.Operation, reach dialect.Reach, static bool) bool {
	switch reach {
	case dialect.ByExpiredToken, dialect.ByUnknownToken:
		return op.Auth != dialect.AuthAsymmetric
	case dialect.ByExternalID:
		return refuses(d.ExternalID, dialect.Raises[reach])
	case dialect.ByReference, dialect.ByInconsistent, dialect.ByRefundInconsistent:
		rule := d.Reference
		if op.Reference != nil {
			rule = *op.Reference
		}
		return refuses(rule, dialect.Raises[reach])
	case dialect.ByDynamicOnly:
		return static || !mandatory(op.Body, "amount")
	}
	return true
}

// refuses reports whether a rule ever answers with a kind.
func refuses(r dialect.Rule, k pay.Kind) bool {
	same := !r.Same.Replay && r.Same.Kind == k
	return r.Remember && (same || r.Other.Kind == k)
}

func mandatory(rows []field.Row, name string) bool {
	i := find(rows, name)
	return i >= 0 && rows[i].Need == field.Mandatory
}
