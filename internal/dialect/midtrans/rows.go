package midtrans

import (
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
)

const (
	acquirer = "additionalInfo.acquirer"
	items    = "additionalInfo.items"
	customer = "additionalInfo.customerDetails"
)

// acquirers are spelled in capitals in the document's table and in small
// letters in its samples.
var acquirers = []string{"GOPAY", "AIRPAY SHOPEE"}

var generateBody = aspi.Rows(
	[]field.Row{{Name: "partnerReferenceNo", Max: 36, Format: field.Identifier, About: "the partner's reference, preferably a UUID and the same as X-EXTERNAL-ID"}},
	aspi.Money("amount", field.Optional, "what is to be paid; absent for a static code"),
	[]field.Row{
		{Name: "merchantId", Max: 64, About: "the merchant; the partner's first when absent"},
		{Name: "subMerchantId", Max: 32, About: "a division of the merchant"},
		{Name: "storeId", Max: 64, About: "the shop, in the merchant's own words"},
		{Name: "validityPeriod", Max: 25, Format: field.Timestamp, About: "when the code ends: 20 seconds to 180 days from now, 15 minutes when absent"},
		{Name: "terminalId", Max: 16, About: "the terminal"},
		{Name: "additionalInfo", Kind: field.Object, About: "more about the purchase"},
		{Name: acquirer, Enum: acquirers, FoldEnum: true, About: "GOPAY or AIRPAY SHOPEE in any case; GOPAY when absent"},
	},
	sampled,
	aspi.Money("feeAmount", field.Optional, "in Midtrans's signature demo; not in the document"))

// sampled is what only the document's sample has: taken as it comes, and held
// to its JSON kinds where those are plain.
var sampled = []field.Row{
	{Name: items, Kind: field.Array, About: "in the sample only: what is bought"},
	{Name: items + "[]", Kind: field.Object, About: "one item"},
	{Name: items + "[].id", Kind: field.Scalar, About: "the item's id"},
	{Name: items + "[].price", Kind: field.Object, About: "what one costs"},
	{Name: items + "[].price.value", Kind: field.Scalar, Format: field.Money, Soft: true, About: "rupiah, without decimals in the sample"},
	{Name: items + "[].price.currency", Format: field.Currency, Soft: true, About: "ISO 4217 code, IDR"},
	{Name: items + "[].quantity", Kind: field.Scalar, About: "how many; a number in Midtrans's own clients"},
	{Name: items + "[].name", About: "the item's name"},
	{Name: items + "[].brand", About: "the item's brand"},
	{Name: items + "[].category", About: "the item's category"},
	{Name: items + "[].merchantName", About: "who sells it"},
	{Name: customer, Kind: field.Object, About: "in the sample only: who buys"},
	{Name: customer + ".email", About: "the customer's e-mail, as given: the sample's is no address"},
	{Name: customer + ".firstName", About: "the customer's first name"},
	{Name: customer + ".lastName", About: "the customer's last name"},
	{Name: customer + ".phone", Kind: field.Scalar, About: "the customer's phone number"},
	{Name: "additionalInfo.metadata", Kind: field.Object, About: "in the sample only: anything"},
	{Name: "additionalInfo.countryCode", About: "in the sample only: ID"},
	{Name: "additionalInfo.locale", About: "in the sample only: id_ID"},
}

const created = "additionalInfo.createdAt"

var generateReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	{Name: "referenceNo", Max: 64, About: "the provider's reference"},
	{Name: "partnerReferenceNo", Max: 36, About: "the request's, or the provider's reference when it had none"},
	{Name: "qrContent", Need: field.Conditional, Max: 512, About: "the payload; present on success"},
	{Name: "qrUrl", Max: 256, About: "where the image is served"},
	{Name: "qrImage", About: "the image, base64, of any length"},
	{Name: "merchantName", Max: 25, About: "the merchant's name"},
	{Name: "storeId", Max: 64, About: "the request's"},
	{Name: "terminalId", Max: 16, About: "the request's"},
	{Name: "additionalInfo", Kind: field.Object, About: "more about the code"},
	{Name: created, Kind: field.Object, About: "in the sample only: when the code was made"},
	{Name: created + ".dateTime", Min: 26, Max: 26, About: "the time in UTC with microseconds and no zone"},
	{Name: created + ".offset", Kind: field.Object, About: "in the sample only"},
	{Name: created + ".offset.totalSeconds", Kind: field.Number, Format: field.Digits, About: "always 0"},
	{Name: created + ".zone", Kind: field.Object, About: "in the sample only"},
	{Name: created + ".zone.totalSeconds", Kind: field.Number, Format: field.Digits, About: "always 0"},
	{Name: "additionalInfo.amount", Kind: field.Object, About: "in the sample only: what is to be paid; absent for a static code"},
	{Name: "additionalInfo.amount.value", Kind: field.Number, Format: field.Digits, About: "whole rupiah, as a number"},
	{Name: "additionalInfo.amount.currency", Min: 3, Max: 3, Format: field.Currency, About: "ISO 4217 code, IDR"},
	{Name: "additionalInfo.transactionType", Enum: []string{merchantTransaction}, About: "in the sample only"},
	{Name: "additionalInfo.recurring", Kind: field.Bool, About: "in the sample only: false"},
	{Name: "additionalInfo.merchantCrossRefId", About: "in the sample only: the code's id"},
	{Name: acquirer, Enum: acquirers, FoldEnum: true, About: "the acquirer as the request spelled it, a string as in the sample"},
})
