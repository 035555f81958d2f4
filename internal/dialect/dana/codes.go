package dana

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/snap"
)

var generateCodes = []dialect.Code{
	{Code: "2004700", Message: "Successful", Reach: dialect.BySuccess, Cause: "processed"},
	{Code: "4004700", Message: "Bad Request", Reach: dialect.ByBadBody, Cause: "general failure of the request"},
	{Code: "4004701", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField, Cause: "a field's form is wrong"},
	{Code: "4004702", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField, Cause: "a mandatory field is missing"},
	{Code: "4014700", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature, Cause: "not authorised"},
	{Code: "4034702", Message: "Exceeds Transaction Amount Limit", Reach: dialect.ByAmountLimit, Cause: "over the limit of a transaction"},
	{Code: "4034705", Message: "Do Not Honor", Reach: dialect.ByClosedOutlet, Cause: "abnormal status"},
	{Code: "4034715", Message: "Transaction Not Permitted. The API is outside the agreement", Reach: dialect.ByDenied, Cause: "not permitted"},
	{Code: "4044708", Message: "Invalid Merchant", Reach: dialect.ByNoMerchant, Cause: "no such merchant, or its status is abnormal"},
	{Code: "4044718", Message: "Inconsistent Request", Reach: dialect.ByInconsistent, Cause: "same partnerReferenceNo, other request"},
	{Code: "4294700", Message: "Too Many Requests", Reach: dialect.ByRate, Cause: "too many requests"},
	{Code: "5004700", Message: "General Error", Reach: dialect.ByTrigger, Cause: "general error, not to be retried"},
	{Code: "5004701", Message: "Internal Server Error", Reach: dialect.ByTrigger, Cause: "unknown failure: retry"},
}

// commonLines are what the payment gateway answers in all of its services.
var commonLines = []aspi.Line{
	{Case: snap.CaseBadRequest, Reach: dialect.ByBadBody},
	{Case: snap.CaseInvalidFieldFormat, Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
	{Case: snap.CaseInvalidMandatoryField, Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
	{Case: snap.CaseUnauthorized, Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
	{Case: snap.CaseTooManyRequests, Reach: dialect.ByRate},
	{Case: snap.CaseGeneralError, Reach: dialect.ByTrigger},
	{Case: snap.CaseInternalServerError, Reach: dialect.ByTrigger},
}

var orderLines = []aspi.Line{
	{Case: snap.CaseSuccessful, Reach: dialect.BySuccess},
	{Case: snap.CaseExceedsAmountLimit, Reach: dialect.ByAmountLimit},
	{Case: snap.CaseDoNotHonor, Reach: dialect.ByStopped},
	{Case: snap.CaseTransactionNotPermitted, Reach: dialect.ByDenied},
	{Case: snap.CaseInvalidMerchant, Reach: dialect.ByNoMerchant},
	{Case: snap.CaseInconsistentRequest, Reach: dialect.ByInconsistent},
}

var queryLines = []aspi.Line{
	{Case: snap.CaseSuccessful, Reach: dialect.BySuccess},
	{Case: snap.CaseInvalidToken, Reach: dialect.ByTrigger},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByUnknownRef},
}

var cancelLines = []aspi.Line{
	{Case: snap.CaseSuccessful, Message: "Success", Reach: dialect.BySuccess},
	{Case: snap.CaseInProgress, Reach: dialect.ByTrigger},
	{Case: snap.CaseTransactionExpired, Reach: dialect.ByExpiredCancel},
	{Case: snap.CaseDoNotHonor, Reach: dialect.ByStopped},
	{Case: snap.CaseInsufficientFunds, Reach: dialect.ByTrigger},
	{Case: snap.CaseTransactionNotPermitted, Reach: dialect.ByDenied},
	{Case: snap.CaseInvalidTransactionStatus, Reach: dialect.ByPaidCancel},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByUnknownRef},
	{Case: snap.CaseInvalidMerchant, Reach: dialect.ByNoMerchant},
	{Case: snap.CaseInvalidAmount, Reach: dialect.ByWrongAmount},
}

var refundLines = []aspi.Line{
	{Case: snap.CaseSuccessful, Reach: dialect.BySuccess},
	{Case: snap.CaseInProgress, Reach: dialect.ByTrigger},
	{Case: snap.CaseExceedsAmountLimit, Reach: dialect.ByOverRefund},
	{Case: snap.CaseDoNotHonor, Reach: dialect.ByStopped},
	{Case: snap.CaseInsufficientFunds, Reach: dialect.ByTrigger},
	{Case: snap.CaseTransactionNotPermitted, Reach: dialect.ByDenied},
	{Case: snap.CaseTransactionNotPermitted, Reach: dialect.ByRefundLate},
	{Case: snap.CaseTransactionNotPermitted, Reach: dialect.ByRefundPartial},
	{Case: snap.CaseInvalidTransactionStatus, Reach: dialect.ByNotPaid},
	{Case: snap.CaseInvalidTransactionStatus, Reach: dialect.ByRefunded},
	{Case: snap.CaseTransactionNotFound, Reach: dialect.ByUnknownRef},
	{Case: snap.CaseInvalidMerchant, Reach: dialect.ByNoMerchant},
	{Case: snap.CaseInconsistentRequest, Reach: dialect.ByRefundInconsistent},
}
