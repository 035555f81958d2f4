package dana

import (
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
)

var terminals = []string{"APP", "WEB", "WAP", "SYSTEM"}

var generateBody = aspi.Rows(
	[]field.Row{
		{Name: "merchantId", Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant"},
		{Name: "subMerchantId", Min: 1, Max: 32, About: "the externalDivisionId of a registered division"},
		{Name: "storeId", Need: field.Mandatory, Min: 1, Max: 64, About: "the shop, in the merchant's own words"},
		{Name: "terminalId", Min: 1, Max: 16, About: "the terminal"},
		{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 25, About: "the partner's reference; the same when retrying"},
	},
	namedAmount("amount", field.Mandatory, "what is to be paid"),
	namedAmount("feeAmount", field.Optional, "the fee"),
	[]field.Row{
		{Name: "validityPeriod", Max: 25, Format: field.Timestamp, About: "when the code ends, in Jakarta time"},
		{Name: "additionalInfo", Kind: field.Object, About: "more about the request"},
		{Name: "additionalInfo.terminalSource", Min: 1, Max: 5, About: "type of the source terminal"},
		{Name: "additionalInfo.envInfo", Kind: field.Object, Need: field.Mandatory, About: "the environment"},
	},
	environment("additionalInfo.envInfo", field.Mandatory))

// amountNames are DANA's names of what the amounts can be refused for beyond
// their form.
var amountNames = map[string]string{
	"amount.value": "amount", "amount.currency": "amount", "feeAmount.value": "feeAmount", "feeAmount.currency": "feeAmount",
}

// namedAmount is an amount whose faults carry the object's name, as DANA
// answers them.
func namedAmount(name string, need field.Need, about string) []field.Row {
	rows := aspi.Money(name, need, about)
	for i := range rows {
		rows[i].As = name
	}
	return rows
}

// environment are the fields of an envInfo.
func environment(path string, orderTerminal field.Need) []field.Row {
	path += "."
	return []field.Row{
		text(path+"sessionId", 128, "session"),
		text(path+"tokenId", 128, "token"),
		text(path+"websiteLanguage", 16, "language of the page"),
		text(path+"clientIp", 32, "address of the client"),
		text(path+"osType", 128, "operating system"),
		text(path+"appVersion", 128, "version of the app"),
		text(path+"sdkVersion", 128, "version of the SDK"),
		{Name: path + "sourcePlatform", Need: field.Mandatory, Min: 1, Max: 32, Enum: []string{"IPG"}, About: "IPG: independent payment gateway"},
		{Name: path + "orderTerminalType", Need: orderTerminal, Min: 1, Max: 32, Enum: terminals, About: "APP, WEB, WAP or SYSTEM"},
		{Name: path + "terminalType", Need: field.Mandatory, Min: 1, Max: 32, Enum: terminals, About: "APP, WEB, WAP or SYSTEM"},
		text(path+"orderOsType", 128, "operating system of the order"),
		text(path+"merchantAppVersion", 128, "version of the merchant's app"),
		text(path+"extendInfo", 4096, "more, as JSON in a string"),
	}
}

// text is an optional string; needed is a mandatory one.
func text(name string, limit int, about string) field.Row {
	return field.Row{Name: name, Min: 1, Max: limit, About: about}
}

func needed(name string, limit int, about string) field.Row {
	row := text(name, limit, about)
	row.Need = field.Mandatory
	return row
}

func moment(name, about string) field.Row {
	return field.Row{Name: name, Max: 25, Format: field.Timestamp, About: about}
}

func object(name, about string) field.Row {
	return field.Row{Name: name, Kind: field.Object, About: about}
}

// list is an array of objects.
func list(name, about string) []field.Row {
	return []field.Row{
		{Name: name, Kind: field.Array, About: about},
		{Name: name + "[]", Kind: field.Object, Need: field.Mandatory, About: "one of them"},
	}
}

var generateReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	{Name: "referenceNo", Max: 64, About: "DANA's reference"},
	{Name: "partnerReferenceNo", Need: field.Mandatory, Min: 1, Max: 64, About: "the partner's reference"},
	{Name: "qrContent", Need: field.Conditional, Min: 1, Max: 512, About: "the payload; present on success"},
	{Name: "qrUrl", Min: 1, Max: 256, About: "where the image is served"},
	{Name: "qrImage", Max: 2000, About: "the image, base64"},
	{Name: "redirectUrl", Min: 1, Max: 512, About: "where a person pays the code"},
	{Name: "merchantName", Min: 1, Max: 64, About: "the merchant's name"},
	{Name: "storeId", Need: field.Mandatory, Min: 1, Max: 64, About: "the shop"},
	{Name: "terminalId", Max: 16, About: "the terminal"},
	{Name: "additionalInfo", Kind: field.Object, About: "empty"},
})
