package pay

import "slices"

// kindNames are stable: files that operators write carry them.
var kindNames = [kinds]string{
	Internal:            "internal",
	BadRequest:          "bad-request",
	MissingHeader:       "missing-header",
	InvalidHeader:       "invalid-header",
	MissingField:        "missing-field",
	InvalidFormat:       "invalid-format",
	BadTimestamp:        "bad-timestamp",
	UnknownClient:       "unknown-client",
	BadSignature:        "bad-signature",
	InvalidToken:        "invalid-token",
	TokenNotFound:       "token-not-found",
	InvalidCustomer:     "invalid-customer",
	CustomerNotFound:    "customer-not-found",
	ForbiddenAPI:        "forbidden-api",
	PartnerSuspended:    "partner-suspended",
	RateLimited:         "rate-limited",
	NotSupported:        "not-supported",
	NotRouted:           "not-routed",
	ExternalIDUsed:      "external-id-used",
	ReferenceUsed:       "reference-used",
	Inconsistent:        "inconsistent",
	MerchantUnknown:     "merchant-unknown",
	MerchantInactive:    "merchant-inactive",
	MerchantSuspended:   "merchant-suspended",
	MerchantBlacklisted: "merchant-blacklisted",
	SubMerchantInactive: "sub-merchant-inactive",
	TerminalUnknown:     "terminal-unknown",
	NotPermitted:        "not-permitted",
	OverTransactionMax:  "over-transaction-max",
	OverMerchantLimit:   "over-merchant-limit",
	OverPayerLimit:      "over-payer-limit",
	AmountMismatch:      "amount-mismatch",
	BadPayload:          "bad-payload",
	Unroutable:          "unroutable",
	CodeUnknown:         "code-unknown",
	CodeExpired:         "code-expired",
	CodeCancelled:       "code-cancelled",
	CodePaid:            "code-paid",
	WrongState:          "wrong-state",
	OverRefund:          "over-refund",
	Refunded:            "refunded",
	RefundLate:          "refund-late",
	RefundPartial:       "refund-partial",
	OverTerminals:       "over-terminals",
	NothingOnDate:       "nothing-on-date",
	PayerUnknown:        "payer-unknown",
	PayerDormant:        "payer-dormant",
	PayerBlocked:        "payer-blocked",
	InsufficientFunds:   "insufficient-funds",
	BadGrant:            "bad-grant",
}

// String is the kind's name in files and logs, such as "merchant-unknown".
func (k Kind) String() string {
	if k < 0 || k >= kinds {
		return "unknown-kind"
	}
	return kindNames[k]
}

// ParseKind finds the kind of a name; ok is false where none has it.
func ParseKind(name string) (k Kind, ok bool) {
	i := slices.Index(kindNames[:], name)
	if i < 0 || name == "" {
		return Internal, false
	}
	return Kind(i), true
}
