package snap

import (
	"fmt"
	"slices"
	"strconv"
)

// Case is one row of the standard's table of responses. With a service it
// makes a response code: the HTTP status, the service, the case.
//
// Message is the table's text without its placeholder ("{field name}",
// "[reason]"), which [Case.With] fills. Cases are comparable with ==.
type Case struct {
	HTTP    int    // also the status line of the answer
	Number  string // two digits, "00" to "99"
	Message string
}

// The table of the SNAP standard. "Cardholer" and "Opearation" are its own
// spelling, kept because clients compare.
var (
	CaseSuccessful = Case{200, "00", "Successful"}
	CaseInProgress = Case{202, "00", "Request In Progress"}

	CaseBadRequest            = Case{400, "00", "Bad Request"}
	CaseInvalidFieldFormat    = Case{400, "01", "Invalid Field Format"}
	CaseInvalidMandatoryField = Case{400, "02", "Invalid Mandatory Field"}

	CaseUnauthorized          = Case{401, "00", "Unauthorized"}
	CaseInvalidToken          = Case{401, "01", "Invalid Token (B2B)"}
	CaseInvalidCustomerToken  = Case{401, "02", "Invalid Customer Token"}
	CaseTokenNotFound         = Case{401, "03", "Token Not Found (B2B)"}
	CaseCustomerTokenNotFound = Case{401, "04", "Customer Token Not Found"}

	CaseTransactionExpired      = Case{403, "00", "Transaction Expired"}
	CaseFeatureNotAllowed       = Case{403, "01", "Feature Not Allowed"}
	CaseExceedsAmountLimit      = Case{403, "02", "Exceeds Transaction Amount Limit"}
	CaseSuspectedFraud          = Case{403, "03", "Suspected Fraud"}
	CaseActivityCountLimit      = Case{403, "04", "Activity Count Limit Exceeded"}
	CaseDoNotHonor              = Case{403, "05", "Do Not Honor"}
	CaseFeatureNotAllowedNow    = Case{403, "06", "Feature Not Allowed At This Time"}
	CaseCardBlocked             = Case{403, "07", "Card Blocked"}
	CaseCardExpired             = Case{403, "08", "Card Expired"}
	CaseDormantAccount          = Case{403, "09", "Dormant Account"}
	CaseNeedTokenLimit          = Case{403, "10", "Need To Set Token Limit"}
	CaseOTPBlocked              = Case{403, "11", "OTP Blocked"}
	CaseOTPExpired              = Case{403, "12", "OTP Lifetime Expired"}
	CaseOTPSent                 = Case{403, "13", "OTP Sent To Cardholer"}
	CaseInsufficientFunds       = Case{403, "14", "Insufficient Funds"}
	CaseTransactionNotPermitted = Case{403, "15", "Transaction Not Permitted"}
	CaseSuspendTransaction      = Case{403, "16", "Suspend Transaction"}
	CaseTokenLimitExceeded      = Case{403, "17", "Token Limit Exceeded"}
	CaseInactiveAccount         = Case{403, "18", "Inactive Card/Account/Customer"}
	CaseMerchantBlacklisted     = Case{403, "19", "Merchant Blacklisted"}
	CaseMerchantLimit           = Case{403, "20", "Merchant Limit Exceed"}
	CaseSetLimitNotAllowed      = Case{403, "21", "Set Limit Not Allowed"}
	CaseTokenLimitInvalid       = Case{403, "22", "Token Limit Invalid"}
	CaseAccountLimit            = Case{403, "23", "Account Limit Exceed"}

	CaseInvalidTransactionStatus = Case{404, "00", "Invalid Transaction Status"}
	CaseTransactionNotFound      = Case{404, "01", "Transaction Not Found"}
	CaseInvalidRouting           = Case{404, "02", "Invalid Routing"}
	CaseBankNotSupported         = Case{404, "03", "Bank Not Supported By Switch"}
	CaseTransactionCancelled     = Case{404, "04", "Transaction Cancelled"}
	CaseCardRegistration         = Case{404, "05", "Merchant Is Not Registered For Card Registration Services"}
	CaseNeedOTP                  = Case{404, "06", "Need To Request OTP"}
	CaseJourneyNotFound          = Case{404, "07", "Journey Not Found"}
	CaseInvalidMerchant          = Case{404, "08", "Invalid Merchant"}
	CaseNoIssuer                 = Case{404, "09", "No Issuer"}
	CaseInvalidAPITransition     = Case{404, "10", "Invalid API Transition"}
	CaseInvalidAccount           = Case{404, "11", "Invalid Card/Account/Customer/Virtual Account"}
	CaseInvalidBill              = Case{404, "12", "Invalid Bill/Virtual Account"}
	CaseInvalidAmount            = Case{404, "13", "Invalid Amount"}
	CasePaidBill                 = Case{404, "14", "Paid Bill"}
	CaseInvalidOTP               = Case{404, "15", "Invalid OTP"}
	CasePartnerNotFound          = Case{404, "16", "Partner Not Found"}
	CaseInvalidTerminal          = Case{404, "17", "Invalid Terminal"}
	CaseInconsistentRequest      = Case{404, "18", "Inconsistent Request"}
	CaseExpiredBill              = Case{404, "19", "Invalid Bill/Virtual Account"}

	CaseNotSupported       = Case{405, "00", "Requested Function Is Not Supported"}
	CaseNotAllowed         = Case{405, "01", "Requested Opearation Is Not Allowed"}
	CaseConflict           = Case{409, "00", "Conflict"}
	CaseDuplicateReference = Case{409, "01", "Duplicate partnerReferenceNo"}
	CaseTooManyRequests    = Case{429, "00", "Too Many Requests"}

	CaseGeneralError        = Case{500, "00", "General Error"}
	CaseInternalServerError = Case{500, "01", "Internal Server Error"}
	CaseExternalServerError = Case{500, "02", "External Server Error"}
	CaseTimeout             = Case{504, "00", "Timeout"}
)

var cases = []Case{
	CaseSuccessful, CaseInProgress,
	CaseBadRequest, CaseInvalidFieldFormat, CaseInvalidMandatoryField,
	CaseUnauthorized, CaseInvalidToken, CaseInvalidCustomerToken,
	CaseTokenNotFound, CaseCustomerTokenNotFound,
	CaseTransactionExpired, CaseFeatureNotAllowed, CaseExceedsAmountLimit,
	CaseSuspectedFraud, CaseActivityCountLimit, CaseDoNotHonor,
	CaseFeatureNotAllowedNow, CaseCardBlocked, CaseCardExpired,
	CaseDormantAccount, CaseNeedTokenLimit, CaseOTPBlocked, CaseOTPExpired,
	CaseOTPSent, CaseInsufficientFunds, CaseTransactionNotPermitted,
	CaseSuspendTransaction, CaseTokenLimitExceeded, CaseInactiveAccount,
	CaseMerchantBlacklisted, CaseMerchantLimit, CaseSetLimitNotAllowed,
	CaseTokenLimitInvalid, CaseAccountLimit,
	CaseInvalidTransactionStatus, CaseTransactionNotFound, CaseInvalidRouting,
	CaseBankNotSupported, CaseTransactionCancelled, CaseCardRegistration,
	CaseNeedOTP, CaseJourneyNotFound, CaseInvalidMerchant, CaseNoIssuer,
	CaseInvalidAPITransition, CaseInvalidAccount, CaseInvalidBill,
	CaseInvalidAmount, CasePaidBill, CaseInvalidOTP, CasePartnerNotFound,
	CaseInvalidTerminal, CaseInconsistentRequest, CaseExpiredBill,
	CaseNotSupported, CaseNotAllowed, CaseConflict, CaseDuplicateReference,
	CaseTooManyRequests, CaseGeneralError, CaseInternalServerError,
	CaseExternalServerError, CaseTimeout,
}

// Cases returns the whole table in its own order: by status, then by number.
func Cases() []Case { return slices.Clone(cases) }

// Code is the seven digits of a response code, such as "4004701".
func (c Case) Code(s Service) string {
	return strconv.Itoa(c.HTTP) + string(s) + c.Number
}

// With is the message with the field or the reason that it is about:
// "Invalid Field Format amount", "Unauthorized. Invalid Signature". The table
// puts a full stop before the reason of 401/00, 403/06 and 403/15, and a space
// before every other. Without a detail it is the message alone.
func (c Case) With(detail string) string {
	switch {
	case detail == "":
		return c.Message
	case c == CaseUnauthorized, c == CaseFeatureNotAllowedNow, c == CaseTransactionNotPermitted:
		return c.Message + ". " + detail
	default:
		return c.Message + " " + detail
	}
}

// ResponseCode is a code as a response carries it in responseCode.
type ResponseCode string

// Case finds the code's row of the standard's table. Providers add numbers of
// their own, for which ok is false.
func (code ResponseCode) Case() (c Case, ok bool) {
	http, _, number, err := ParseCode(string(code))
	if err != nil {
		return Case{}, false
	}
	i := slices.IndexFunc(cases, func(c Case) bool { return c.HTTP == http && c.Number == number })
	if i < 0 {
		return Case{}, false
	}
	return cases[i], true
}

// ParseCode takes a response code apart. The three parts are only required to
// be digits and the status to be one of HTTP's (100 to 599): the service and
// the number may be a provider's own.
func ParseCode(code string) (http int, s Service, number string, err error) {
	if !shaped(code, "0000000") {
		return 0, "", "", fmt.Errorf("snap: response code %q: seven digits are needed, HTTP status (3), service (2) and case (2), as in \"2004700\"", code)
	}
	http, err = strconv.Atoi(code[:3])
	if err != nil || http < 100 || http > 599 {
		return 0, "", "", fmt.Errorf("snap: response code %q: %s is not an HTTP status", code, code[:3])
	}
	return http, Service(code[3:5]), code[5:], nil
}
