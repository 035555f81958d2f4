package dana

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
)

// originalExternalID is longer here than in the standard.
var originalExternalID = field.Row{Name: aspi.OriginalExternalID.Name, Max: 36, Soft: true, About: aspi.OriginalExternalID.About}

// placeRows say whose order it is.
var placeRows = []field.Row{
	needed("merchantId", 64, "the merchant; it must be the order's"),
	text("subMerchantId", 32, "a division of the merchant"),
	text("externalStoreId", 64, "the shop"),
}

var originalPartnerRef = needed(aspi.OriginalPartnerRef.Name, 64, "the partner's reference of the order")

// queryBody: one of the two references must be there, and a serviceCode that
// is none of DANA's is refused behind the sandbox's magic one.
var queryBody = aspi.Rows(
	[]field.Row{
		{Name: aspi.OriginalPartnerRef.Name, Need: field.Conditional, Min: 1, Max: 64, About: "the partner's reference of the order, or else the other"},
		{Name: aspi.OriginalRef.Name, Need: field.Conditional, Min: 1, Max: 64, About: "DANA's reference of the order"},
		originalExternalID,
		{Name: "serviceCode", Need: field.Mandatory, Min: 2, Max: 2, About: "the service of the original: 47 for a code, 54 for an order"},
		moment("transactionDate", "when it was made"),
	},
	namedAmount("amount", field.Optional, "its amount"),
	placeRows, []field.Row{object("additionalInfo", "anything")})

var queryReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	text(aspi.OriginalPartnerRef.Name, 64, "the partner's reference of the order"),
	text(aspi.OriginalRef.Name, 64, "DANA's reference of the order"),
	originalExternalID,
	{Name: "serviceCode", Need: field.Mandatory, Min: 2, Max: 2, Format: field.Digits, About: "the request's"},
	{Name: "latestTransactionStatus", Need: field.Mandatory, Min: 2, Max: 2, Format: field.Digits, About: "how it stands"},
	text("transactionStatusDesc", 50, "the same in a word"),
},
	aspi.Money("transAmount", field.Optional, "what was paid, or is asked for until then"),
	aspi.Money("amount", field.Optional, "the same"),
	aspi.Money("feeAmount", field.Optional, "the fee on top"),
	[]field.Row{
		moment("paidTime", "when it was paid"),
		text("title", 256, "title of the order"),
		object("additionalInfo", "details"),
		text(detail+"merchantId", 64, "the merchant"),
		object(detail+"amountDetail", "its amounts"),
	},
	aspi.Money(detail+"amountDetail.orderAmount", field.Mandatory, "what is asked for"),
	aspi.Money(detail+"amountDetail.payAmount", field.Optional, "what was paid"),
	aspi.Money(detail+"amountDetail.refundAmount", field.Optional, "what was given back"),
	[]field.Row{
		object(detail+"timeDetail", "its times"),
		moment(detail+"timeDetail.createdTime", "when it was made"),
		moment(detail+"timeDetail.expiryTime", "when it ends"),
		{Name: detail + "timeDetail.paidTimes", Kind: field.Array, About: "when it was paid"},
		{Name: detail + "timeDetail.paidTimes[]", Need: field.Mandatory, Max: 25, Format: field.Timestamp, About: "one payment"},
		moment(detail+"timeDetail.cancelledTime", "when it was cancelled"),
		object(detail+"statusDetail", "its status"),
		{Name: detail + "statusDetail.acquirementStatus", Need: field.Mandatory, Min: 1, Max: 64,
			Enum: []string{"INIT", "SUCCESS", "CLOSED", "PAYING", "MERCHANT_ACCEPT", "CANCELLED"}, About: "how it stands, in DANA's words"},
	})

const detail = "additionalInfo."

var cancelBody = aspi.Rows(
	[]field.Row{originalPartnerRef, aspi.OriginalRef, originalExternalID},
	placeRows,
	[]field.Row{text("reason", 256, "why")},
	namedAmount("amount", field.Optional, "what the order asks for; it must be the same"),
	[]field.Row{object("additionalInfo", "anything")})

// refundBody: the amount comes before the merchant, as in orders.
var refundBody = aspi.Rows(
	[]field.Row{
		originalPartnerRef, aspi.OriginalRef, originalExternalID,
		text("originalCaptureNo", 64, "the capture of an authorised payment"),
		needed("partnerRefundNo", 64, "the partner's reference of the refund; the same when retrying"),
	},
	namedAmount("refundAmount", field.Mandatory, "what to give back"),
	placeRows,
	[]field.Row{text("reason", 256, "why"), object("additionalInfo", "more about the refund")},
	refundDetailRows)

var actors = []string{"USER", "MERCHANT", "MERCHANT_OPERATOR", "BACK_OFFICE", "SYSTEM"}

var refundDetailRows = aspi.Rows(
	[]field.Row{
		text(detail+"payoutAccountNo", 64, "the account to pay to"),
		moment(detail+"refundAppliedTime", "when it was asked for"),
		{Name: detail + "actorType", Min: 1, Max: 64, Enum: actors, About: "who asks"},
		text(detail+"returnChargeToPayer", 64, "whether the charge goes back too"),
		text(detail+"destination", 64, "where it goes"),
		object(detail+"envInfo", "the environment"),
	},
	environment(detail+"envInfo", field.Optional),
	[]field.Row{
		text(detail+"envInfo.clientKey", 64, "the partner's id at DANA"),
		object(detail+"auditInfo", "the audit"),
		text(detail+"auditInfo.actionReason", 256, "why it was done"),
		text(detail+"auditInfo.thirdClientId", 32, "the client"),
		object(detail+"actorContext", "the actor"),
		text(detail+"actorContext.actorId", 64, "its id"),
		{Name: detail + "actorContext.actorType", Min: 1, Max: 32, Enum: actors, About: "its kind"},
	},
	list(detail+"refundOptionBill", "what it was paid with"),
	[]field.Row{{Name: detail + "refundOptionBill[].payMethod", Min: 1, Max: 64, Enum: payMethods, About: "the method"}},
	aspi.Money(detail+"refundOptionBill[].transAmount", field.Optional, "the part paid with it"),
	[]field.Row{
		text(detail+"extendInfo", 4096, "more, as JSON in a string"),
		text(detail+"asyncRefund", 5, "true or false: whether the answer may be a 202"),
	})

var refundReplyRows = dialect.AmendRows(aspi.RefundReplyRows,
	originalPartnerRef, originalExternalID,
	needed("partnerRefundNo", 64, "the partner's reference of the refund"),
	field.Row{Name: "refundAmount", Kind: field.Object, Need: field.Mandatory, About: "what was given back"})
