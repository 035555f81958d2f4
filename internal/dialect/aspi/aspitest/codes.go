package aspitest

import (
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// raises is the kind of refusal that each way to a response code ends in.
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
}

// Codes checks that an operation's list is the document's, in its order, and
// that each line is reached as it says: by the operation's success, by the
// outcome of the kind behind its Reach, or by a trigger.
func Codes(t *testing.T, d *dialect.Dialect, op *dialect.Operation, documented ...string) {
	t.Helper()
	var listed []string
	for _, c := range op.Codes {
		listed = append(listed, c.Code)
		checkCode(t, d, op, c)
	}
	if !slices.Equal(listed, documented) {
		t.Errorf("%s lists %v, the document %v", op.Name, listed, documented)
	}
}

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
		kind, ok := raises[c.Reach]
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
		if code := d.Outcome(op, k).Case.Code(op.Service); !listed(op, code) {
			t.Errorf("kind %d is answered with %s, which %s does not list", k, code, op.Name)
		}
	}
}

func listed(op *dialect.Operation, code string) bool {
	_, ok := op.Code(code)
	return ok
}

// Refusal is the answer to an error: the response code and its message.
func Refusal(t *testing.T, d *dialect.Dialect, op *dialect.Operation, err error) (code, message string) {
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

// Complete checks what holds for every dialect: an outcome for each kind, a
// path and a verb for each operation, messages within the 150 characters of
// the standard.
func Complete(t *testing.T, d *dialect.Dialect) {
	t.Helper()
	for _, k := range pay.Kinds() {
		if d.Outcomes[k].Case.HTTP == 0 {
			t.Errorf("%s has no outcome for kind %d", d.Name, k)
		}
	}
	for i := range d.Operations {
		op := &d.Operations[i]
		if len(op.Paths) == 0 || op.Do == nil || op.Success.Case.HTTP != 200 {
			t.Errorf("%s: operation %s is incomplete", d.Name, op.Name)
		}
		for _, c := range op.Codes {
			if n := utf8.RuneCountInString(c.Message); n == 0 || n > 150 {
				t.Errorf("%s: message of %d characters", c.Code, n)
			}
		}
	}
}
