package described

import (
	"cmp"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// raises is the kind of refusal in which each way to a response code ends.
var raises = map[dialect.Reach]pay.Kind{
	dialect.ByBadBody:        pay.BadRequest,
	dialect.ByBadField:       pay.InvalidFormat,
	dialect.ByNoField:        pay.MissingField,
	dialect.ByNoHeader:       pay.MissingHeader,
	dialect.ByBadTime:        pay.BadTimestamp,
	dialect.ByBadSignature:   pay.BadSignature,
	dialect.ByUnknownClient:  pay.UnknownClient,
	dialect.ByExpiredToken:   pay.InvalidToken,
	dialect.ByUnknownToken:   pay.TokenNotFound,
	dialect.ByBadCustomer:    pay.CustomerNotFound,
	dialect.ByExpiredCust:    pay.InvalidCustomer,
	dialect.ByBadGrant:       pay.BadGrant,
	dialect.ByDenied:         pay.ForbiddenAPI,
	dialect.ByStopped:        pay.PartnerSuspended,
	dialect.ByRate:           pay.RateLimited,
	dialect.ByMethod:         pay.NotSupported,
	dialect.ByExternalID:     pay.ExternalIDUsed,
	dialect.ByReference:      pay.ReferenceUsed,
	dialect.ByInconsistent:   pay.Inconsistent,
	dialect.ByNoMerchant:     pay.MerchantUnknown,
	dialect.ByBlacklist:      pay.MerchantBlacklisted,
	dialect.BySuspension:     pay.MerchantSuspended,
	dialect.ByClosedOutlet:   pay.SubMerchantInactive,
	dialect.ByClosedTerminal: pay.TerminalUnknown,
	dialect.ByDynamicOnly:    pay.NotPermitted,
	dialect.ByAmountLimit:    pay.OverTransactionMax,
	dialect.ByMerchantLimit:  pay.OverMerchantLimit,
	dialect.ByPayerLimit:     pay.OverPayerLimit,
	dialect.ByWrongAmount:    pay.AmountMismatch,
	dialect.ByUnknownCode:    pay.CodeUnknown,
	dialect.ByExpiredCode:    pay.CodeExpired,
	dialect.ByPaidCode:       pay.CodePaid,
	dialect.ByForeignCode:    pay.Unroutable,
	dialect.ByEmptyDate:      pay.NothingOnDate,
	dialect.ByDormantPayer:   pay.PayerDormant,
	dialect.ByBlockedPayer:   pay.PayerBlocked,
	dialect.ByFunds:          pay.InsufficientFunds,
	dialect.ByCancelledCode:  pay.CodeCancelled,
	dialect.ByUnknownRef:     pay.CodeUnknown,
	dialect.ByPaidCancel:     pay.WrongState,
	dialect.ByExpiredCancel:  pay.CodeExpired,
	dialect.ByNotPaid:        pay.WrongState,
	dialect.ByOverRefund:     pay.OverRefund,
	dialect.ByRefunded:       pay.Refunded,
	dialect.ByRefundLate:     pay.RefundLate,
	dialect.ByRefundPartial:  pay.RefundPartial,
	dialect.ByTerminalLimit:  pay.OverTerminals,

	dialect.ByRefundInconsistent: pay.Inconsistent,
}

// grantField is the field of BadGrant that the standard's line names.
const grantField = "authCode"

// codes are the standard's lines of an operation with the dialect's answers.
// Lines that the dialect has no way to are left out.
func codes(d *dialect.Dialect, op *dialect.Operation, static bool) []dialect.Code {
	var all []dialect.Code
	for _, line := range op.Codes {
		kind, refused := raises[line.Reach]
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
		return refuses(d.ExternalID, raises[reach])
	case dialect.ByReference, dialect.ByInconsistent, dialect.ByRefundInconsistent:
		rule := d.Reference
		if op.Reference != nil {
			rule = *op.Reference
		}
		return refuses(rule, raises[reach])
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
