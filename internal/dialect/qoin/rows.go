package qoin

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
)

const (
	acquirer = "additionalInfo.acquirer"
	items    = "additionalInfo.items"
	customer = "additionalInfo.customerDetails"
)

var generateBody = aspi.Rows(
	[]field.Row{{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 36, About: "the merchant's id of the transaction, good once"}},
	aspi.Money("amount", field.Mandatory, "what is to be paid"),
	[]field.Row{
		{Name: "merchantId", Max: 64, About: "the merchant; the partner's first when absent or empty"},
		{Name: "storeId", Max: 16, About: "the store; the document describes it as a terminal"},
		{Name: "validityPeriod", Need: field.Mandatory, Max: 25, Format: field.Timestamp, About: "when the code ends, at most 3 hours from now"},
		{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "more about the purchase"},
		{Name: acquirer, Kind: field.Scalar, Need: field.Mandatory, Format: field.Digits, About: "id of the acquirer, a whole number"},
		{Name: items, Kind: field.Array, Need: field.Mandatory, About: "what is bought"},
		{Name: items + "[]", Kind: field.Object, Need: field.Mandatory, About: "one item"},
		{Name: items + "[].id", Need: field.Mandatory, About: "the item's id"},
		{Name: items + "[].name", Need: field.Mandatory, About: "the item's name"},
		{Name: items + "[].quantity", Kind: field.Scalar, Need: field.Mandatory, About: "how many; a number in some clients"},
		{Name: items + "[].price", Kind: field.Object, Need: field.Mandatory, About: "what one costs"},
		{Name: items + "[].price.value", Kind: field.Scalar, Need: field.Mandatory, Format: field.Money, About: "rupiah; a string in the table, the number 10 in the sample"},
		{Name: items + "[].price.currency", Need: field.Mandatory, Format: field.Currency, About: "ISO 4217 code, IDR"},
		{Name: customer, Kind: field.Object, Need: field.Mandatory, About: "who buys"},
		{Name: customer + ".email", Need: field.Mandatory, About: "the customer's e-mail, as given: the sample's is no address"},
		{Name: customer + ".firstName", Need: field.Mandatory, About: "the customer's first name"},
		{Name: customer + ".lastName", Need: field.Mandatory, About: "the customer's last name"},
		{Name: customer + ".phone", Need: field.Mandatory, About: "the customer's phone number"},
		{Name: "terminalId", Max: 16, About: "the standard's; the answer has it, the document's request does not"},
		{Name: "subMerchantId", Max: 32, About: "the standard's; not in the document"},
	},
	aspi.Money("feeAmount", field.Optional, "the standard's; not in the document"))

const created = "additionalInfo.createdAt"

var generateReplyRows = aspi.Rows(
	[]field.Row{
		{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "more about the code"},
		{Name: acquirer, Kind: field.Number, Need: field.Mandatory, Format: field.Digits, About: "the request's acquirer, as a number"},
	},
	aspi.Money("additionalInfo.amount", field.Mandatory, `what is to be paid; an object, though the table says "Object of Array"`),
	[]field.Row{
		{Name: created, Kind: field.Object, Need: field.Mandatory, About: "when the code was made"},
		{Name: created + ".dateTime", Need: field.Mandatory, Max: 25, Format: field.Timestamp, About: "the time, in Jakarta's zone"},
		{Name: created + ".offset", Kind: field.Object, About: "in the sample only"},
		{Name: created + ".offset.totalSeconds", Kind: field.Number, Format: field.Digits, About: "always 0"},
		{Name: created + ".zone", Kind: field.Object, About: "in the sample only"},
		{Name: created + ".zone.totalSeconds", Kind: field.Number, Format: field.Digits, About: "always 0"},
		{Name: "additionalInfo.merchantCrossRefId", About: "in the sample only: the code's id"},
		{Name: "additionalInfo.recurring", Kind: field.Bool, About: "in the sample only: false"},
		{Name: "additionalInfo.transactionType", Enum: []string{merchantTransaction}, About: "in the sample only"},
		{Name: "merchantName", Max: 25, About: "the merchant's name"},
		{Name: "partnerReferenceNo", Max: 36, About: "the request's"},
		{Name: "qrContent", Need: field.Conditional, Max: 512, About: "the payload; present on success"},
		{Name: "qrImage", About: "the image, base64, of any length"},
		{Name: "qrUrl", About: "where the image is served"},
		{Name: "referenceNo", Max: 64, About: "the provider's reference"},
	},
	aspi.StatusRows,
	[]field.Row{
		{Name: "storeId", About: "the request's"},
		{Name: "terminalId", About: "the terminal"},
	})

var generateCodes = []dialect.Code{
	{Code: "2004700", Message: "Successful", Reach: dialect.BySuccess, Cause: "processed"},
	{Code: "4004700", Message: "X-TIMESTAMP is not valid", Reach: dialect.ByBadTime, Cause: "the time cannot be read or is too far off"},
	{Code: "4004701", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField, Cause: "a field's form is wrong, the body is not JSON, or the amount is over a limit"},
	{Code: "4004702", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField, Cause: "a mandatory field or header is missing"},
	{Code: "4014700", Message: "Unauthorized. [Invalid Signature]", Reach: dialect.ByBadSignature, Cause: "wrong signature; with other reasons an unknown client, a bad token or a partner that may not call"},
	{Code: "4044708", Message: "Invalid Merchant", Reach: dialect.ByNoMerchant, Cause: "no such merchant or store, or one that may not trade"},
	{Code: "4094701", Message: "Duplicate partnerReferenceNo", Reach: dialect.ByReference, Cause: "the reference was used before, whatever else the request says"},
	{Code: "5004701", Message: "Internal server error", Reach: dialect.ByTrigger, Cause: "a failure of the provider's"},
}
