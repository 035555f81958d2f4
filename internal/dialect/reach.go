package dialect

import "github.com/qrisd/qrisd/internal/pay"

// Reach says how a response code is reached on a running server.
type Reach string

// The ways. ByTrigger asks a sandbox for the code; all others are real
// conditions.
const (
	BySuccess        Reach = "success"
	ByBadBody        Reach = "malformed-body"
	ByBadField       Reach = "malformed-field"
	ByNoField        Reach = "missing-field"
	ByNoHeader       Reach = "missing-header"
	ByBadTime        Reach = "malformed-timestamp"
	ByBadSignature   Reach = "wrong-signature"
	ByUnknownClient  Reach = "unknown-client"
	ByExpiredToken   Reach = "expired-token"
	ByUnknownToken   Reach = "unknown-token"
	ByBadCustomer    Reach = "unknown-customer-token"
	ByExpiredCust    Reach = "expired-customer-token"
	ByBadGrant       Reach = "spent-auth-code"
	ByDenied         Reach = "api-outside-agreement"
	ByStopped        Reach = "suspended-partner"
	ByRate           Reach = "rate-limit"
	ByMethod         Reach = "wrong-method"
	ByExternalID     Reach = "repeated-external-id"
	ByReference      Reach = "repeated-reference"
	ByInconsistent   Reach = "repeated-reference-other-request"
	ByNoMerchant     Reach = "unknown-merchant"
	ByBlacklist      Reach = "blacklisted-merchant"
	BySuspension     Reach = "suspended-merchant"
	ByClosedOutlet   Reach = "closed-store"
	ByClosedTerminal Reach = "closed-terminal"
	ByDynamicOnly    Reach = "static-outside-agreement"
	ByAmountLimit    Reach = "amount-over-limit"
	ByMerchantLimit  Reach = "merchant-day-limit"
	ByPayerLimit     Reach = "payer-day-limit"
	ByWrongAmount    Reach = "other-amount-than-the-code"
	ByUnknownCode    Reach = "unknown-code"
	ByExpiredCode    Reach = "expired-code"
	ByPaidCode       Reach = "paid-code"
	ByForeignCode    Reach = "unroutable-code"
	ByEmptyDate      Reach = "date-without-codes"
	ByDormantPayer   Reach = "dormant-payer"
	ByBlockedPayer   Reach = "blocked-payer"
	ByFunds          Reach = "insufficient-funds"
	ByCancelledCode  Reach = "cancelled-code"
	ByUnknownRef     Reach = "unknown-original"
	ByPaidCancel     Reach = "cancel-after-payment"
	ByExpiredCancel  Reach = "cancel-after-expiry"
	ByNotPaid        Reach = "refund-before-payment"
	ByOverRefund     Reach = "refund-over-the-rest"
	ByRefunded       Reach = "refund-after-whole-refund"
	ByRefundLate     Reach = "refund-after-window"
	ByRefundPartial  Reach = "partial-refund-outside-agreement"

	ByRefundInconsistent Reach = "repeated-refund-other-request"
	ByTerminalLimit      Reach = "terminals-over-limit"

	ByTrigger Reach = "sandbox-trigger"
)

// Ways explains each Reach in one line, for the list of codes.
var Ways = map[Reach]string{
	BySuccess:        "send a valid request",
	ByBadBody:        "send a body that is not strict JSON (trailing data, duplicate keys, bad UTF-8, too deep or too large)",
	ByBadField:       "send a field that breaks its documented form",
	ByNoField:        "leave out a mandatory field",
	ByNoHeader:       "leave out a mandatory header",
	ByBadTime:        "send an X-TIMESTAMP that is no date and time",
	ByBadSignature:   "sign with another secret or sign other bytes",
	ByUnknownClient:  "send a client key or partner id that does not exist",
	ByExpiredToken:   "use a B2B token past its life",
	ByUnknownToken:   "use a B2B token that was never issued",
	ByBadCustomer:    "use a customer token that was never issued",
	ByExpiredCust:    "use a customer token past its life",
	ByBadGrant:       "exchange an authorisation code twice",
	ByDenied:         "call an API outside the partner's agreement (qrisd partner deny)",
	ByStopped:        "suspend the partner (qrisd partner suspend)",
	ByRate:           "exceed the partner's request rate (qrisd partner rate)",
	ByMethod:         "call with another method than POST",
	ByExternalID:     "repeat an X-EXTERNAL-ID within a Jakarta day",
	ByReference:      "repeat a partnerReferenceNo",
	ByInconsistent:   "repeat a partnerReferenceNo with another body",
	ByNoMerchant:     "name a merchant that is not the partner's",
	ByBlacklist:      "blacklist the merchant (qrisd merchant blacklist)",
	BySuspension:     "suspend the merchant (qrisd merchant suspend)",
	ByClosedOutlet:   "close the store (qrisd merchant outlet --standing inactive)",
	ByClosedTerminal: "close the terminal (qrisd merchant outlet --kind terminal --standing inactive)",
	ByDynamicOnly:    "ask a merchant without static codes for one (qrisd merchant add --dynamic-only)",
	ByAmountLimit:    "exceed the limit of one transaction, Rp 10,000,000 by default",
	ByMerchantLimit:  "exceed the merchant's day limit (qrisd merchant limit)",
	ByPayerLimit:     "exceed the payer's day limit (qrisd payer limit)",
	ByWrongAmount:    "pay another amount than the dynamic code asks for",
	ByUnknownCode:    "pay a payload of a merchant here that was never generated",
	ByExpiredCode:    "pay a code past its validity (move the sandbox clock)",
	ByPaidCode:       "pay a dynamic code twice",
	ByForeignCode:    "pay a payload whose account carries no Indonesian NNS",
	ByEmptyDate:      "ask for a date on which no code was generated",
	ByDormantPayer:   "make the payer dormant (qrisd payer dormant)",
	ByBlockedPayer:   "block the payer (qrisd payer block)",
	ByFunds:          "pay more than the payer's balance",
	ByCancelledCode:  "decode or pay a code that was cancelled",
	ByUnknownRef:     "name an original reference that is no transaction of the partner's",
	ByPaidCancel:     "cancel a code that was paid",
	ByExpiredCancel:  "cancel a code whose validity has passed",
	ByNotPaid:        "refund a code that was not paid",
	ByOverRefund:     "refund more than is left of the payment",
	ByRefunded:       "refund a payment that is wholly refunded, with a new partnerRefundNo",
	ByRefundLate:     "refund a payment after the refund window of the partner's agreement",
	ByRefundPartial:  "refund a part where the partner's agreement has whole refunds only",

	ByRefundInconsistent: "repeat a partnerRefundNo with another body",
	ByTerminalLimit:      "register more terminals than a merchant may have (65,000, or the maxTerminals of the partner's settings)",

	ByTrigger: "sandbox only: send the response code itself as the trigger field",
}

// Raises is the kind of refusal in which each way to a response code ends.
var Raises = map[Reach]pay.Kind{
	ByBadBody:        pay.BadRequest,
	ByBadField:       pay.InvalidFormat,
	ByNoField:        pay.MissingField,
	ByNoHeader:       pay.MissingHeader,
	ByBadTime:        pay.BadTimestamp,
	ByBadSignature:   pay.BadSignature,
	ByUnknownClient:  pay.UnknownClient,
	ByExpiredToken:   pay.InvalidToken,
	ByUnknownToken:   pay.TokenNotFound,
	ByBadCustomer:    pay.CustomerNotFound,
	ByExpiredCust:    pay.InvalidCustomer,
	ByBadGrant:       pay.BadGrant,
	ByDenied:         pay.ForbiddenAPI,
	ByStopped:        pay.PartnerSuspended,
	ByRate:           pay.RateLimited,
	ByMethod:         pay.NotSupported,
	ByExternalID:     pay.ExternalIDUsed,
	ByReference:      pay.ReferenceUsed,
	ByInconsistent:   pay.Inconsistent,
	ByNoMerchant:     pay.MerchantUnknown,
	ByBlacklist:      pay.MerchantBlacklisted,
	BySuspension:     pay.MerchantSuspended,
	ByClosedOutlet:   pay.SubMerchantInactive,
	ByClosedTerminal: pay.TerminalUnknown,
	ByDynamicOnly:    pay.NotPermitted,
	ByAmountLimit:    pay.OverTransactionMax,
	ByMerchantLimit:  pay.OverMerchantLimit,
	ByPayerLimit:     pay.OverPayerLimit,
	ByWrongAmount:    pay.AmountMismatch,
	ByUnknownCode:    pay.CodeUnknown,
	ByExpiredCode:    pay.CodeExpired,
	ByPaidCode:       pay.CodePaid,
	ByForeignCode:    pay.Unroutable,
	ByEmptyDate:      pay.NothingOnDate,
	ByDormantPayer:   pay.PayerDormant,
	ByBlockedPayer:   pay.PayerBlocked,
	ByFunds:          pay.InsufficientFunds,
	ByCancelledCode:  pay.CodeCancelled,
	ByUnknownRef:     pay.CodeUnknown,
	ByPaidCancel:     pay.WrongState,
	ByExpiredCancel:  pay.CodeExpired,
	ByNotPaid:        pay.WrongState,
	ByOverRefund:     pay.OverRefund,
	ByRefunded:       pay.Refunded,
	ByRefundLate:     pay.RefundLate,
	ByRefundPartial:  pay.RefundPartial,
	ByTerminalLimit:  pay.OverTerminals,

	ByRefundInconsistent: pay.Inconsistent,
}
