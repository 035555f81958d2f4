package dana

import (
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
)

// What an order is paid with.
const (
	networkPay = "NETWORK_PAY"
	qrisOption = "NETWORK_PAY_PG_QRIS"
	balance    = "BALANCE"
)

var payMethods = []string{
	balance, "COUPON", "NET_BANKING", "CREDIT_CARD", "DEBIT_CARD", "VIRTUAL_ACCOUNT", "OTC", "DIRECT_DEBIT_CREDIT_CARD",
	"DIRECT_DEBIT_DEBIT_CARD", "ONLINE_CREDIT", "LOAN_CREDIT", networkPay, "CARD",
}

var payOptions = []string{
	"NETWORK_PAY_PG_SPAY", "NETWORK_PAY_PG_OVO", "NETWORK_PAY_PG_GOPAY", "NETWORK_PAY_PG_LINKAJA", "NETWORK_PAY_PG_CARD",
	qrisOption, "NETWORK_PAY_PC_INDOMARET", "VIRTUAL_ACCOUNT_BCA", "VIRTUAL_ACCOUNT_BNI", "VIRTUAL_ACCOUNT_MANDIRI",
	"VIRTUAL_ACCOUNT_BRI", "VIRTUAL_ACCOUNT_BTPN", "VIRTUAL_ACCOUNT_CIMB", "VIRTUAL_ACCOUNT_PERMATA", "VIRTUAL_ACCOUNT_PANI",
}

// orderBody: the amount comes before the merchant, for DANA's suite sends a
// bad amount with an empty merchantId.
var orderBody = aspi.Rows(
	[]field.Row{needed("partnerReferenceNo", 64, "the partner's reference; the same when retrying")},
	namedAmount("amount", field.Mandatory, "what is to be paid"),
	[]field.Row{
		needed("merchantId", 64, "the merchant"),
		text("subMerchantId", 32, "the externalDivisionId of a registered division"),
		text("externalStoreId", 64, "the shop; DANA's page shows QRIS only with it"),
		moment("validUpTo", "when the order ends, in Jakarta time"),
		text("disabledPayMethods", 64, "pay methods to leave out"),
		{Name: "urlParams", Kind: field.Array, Need: field.Mandatory, About: "addresses of the merchant's"},
		{Name: "urlParams[]", Kind: field.Object, Need: field.Mandatory, About: "one of them"},
		needed("urlParams[].url", 512, "the address"),
		{Name: "urlParams[].type", Need: field.Mandatory, Min: 1, Max: 32, Enum: []string{"PAY_RETURN", notification},
			About: "NOTIFICATION: where the payment is told; PAY_RETURN: where the payer goes"},
		{Name: "urlParams[].isDeeplink", Min: 1, Max: 1, Enum: []string{"Y", "N"}, Soft: true, About: "whether it opens an app"},
	},
	payOptionRows, orderDetailRows)

const notification = "NOTIFICATION"

// payOptionRows: fees are written "0" by DANA's suite, and a BALANCE has the
// option "".
var payOptionRows = aspi.Rows(
	list("payOptionDetails", "what it is paid with; absent: chosen on the page"),
	[]field.Row{
		{Name: "payOptionDetails[].payMethod", Need: field.Mandatory, Min: 1, Max: 64, Enum: payMethods, About: "the method"},
		{Name: "payOptionDetails[].payOption", Min: 1, Max: 64, Enum: payOptions, About: "the provider of the method"},
	},
	aspi.Money("payOptionDetails[].transAmount", field.Mandatory, "the part paid with it"),
	looseMoney("payOptionDetails[].feeAmount", "its fee"),
	[]field.Row{
		text("payOptionDetails[].cardToken", 64, "token of a card"),
		text("payOptionDetails[].merchantToken", 64, "token of the merchant"),
		object("payOptionDetails[].additionalInfo", "more about the option"),
		text("payOptionDetails[].additionalInfo.phoneNumber", 15, "the payer's phone"),
		text("payOptionDetails[].additionalInfo.paymentCode", 0, "code of a virtual account"),
	},
	list("payOptionDetails[].additionalInfo.promoInfos", "promotions"),
	aspi.Money("payOptionDetails[].additionalInfo.promoInfos[].promoAmount", field.Mandatory, "the discount"),
	[]field.Row{
		needed("payOptionDetails[].additionalInfo.promoInfos[].promoId", 64, "the promotion"),
		needed("payOptionDetails[].additionalInfo.promoInfos[].promoType", 32, "its kind"),
	})

// looseMoney is an amount that clients also write without decimals.
func looseMoney(name, about string) []field.Row {
	rows := aspi.Money(name, field.Optional, about)
	rows[1].Format = field.Money
	return rows
}

const orderPath = "additionalInfo.order"

var orderDetailRows = aspi.Rows(
	[]field.Row{
		object("additionalInfo", "more about the order"),
		needed("additionalInfo.mcc", 64, "merchant category code"),
		text("additionalInfo.extendInfo", 4096, "more, as JSON in a string"),
		{Name: "additionalInfo.envInfo", Kind: field.Object, Need: field.Mandatory, About: "the environment"},
	},
	environment("additionalInfo.envInfo", field.Optional),
	[]field.Row{
		text("additionalInfo.envInfo.clientKey", 64, "the partner's id at DANA"),
		object(orderPath, "what is bought"),
		needed(orderPath+".orderTitle", 64, "the title that queries answer"),
		text(orderPath+".merchantTransType", 64, "the merchant's kind of transaction"),
		object(orderPath+".buyer", "who buys"),
		text(orderPath+".buyer.externalUserType", 32, "kind of externalUserId"),
		text(orderPath+".buyer.nickname", 64, "the buyer's name"),
		text(orderPath+".buyer.externalUserId", 32, "the buyer at the merchant"),
		text(orderPath+".buyer.userId", 32, "the buyer at DANA"),
	},
	goodsRows(orderPath+".goods"), shippingRows(orderPath+".shippingInfo"),
	[]field.Row{
		text(orderPath+".extendInfo", 4096, "more, as JSON in a string"),
		text(orderPath+".createdTime", 0, "when it was ordered"),
		text(orderPath+".orderMemo", 0, "a note"),
		{Name: orderPath + ".scenario", Min: 1, Max: 64, Enum: []string{"API", redirect}, About: "API, or REDIRECT to the page"},
	})

const redirect = "REDIRECT"

func goodsRows(path string) []field.Row {
	each := path + "[]."
	return aspi.Rows(list(path, "the goods"), []field.Row{
		needed(each+"name", 64, "name"),
		needed(each+"merchantGoodsId", 64, "the merchant's id of it"),
		needed(each+"description", 1024, "description"),
		needed(each+"category", 64, "category"),
	}, aspi.Money(each+"price", field.Mandatory, "price"), []field.Row{
		text(each+"unit", 64, "unit"),
		needed(each+"quantity", 16, "how many"),
		text(each+"merchantShippingId", 64, "its shipment"),
		text(each+"snapshotUrl", 512, "its page"),
		text(each+"extendInfo", 4096, "more"),
	})
}

func shippingRows(path string) []field.Row {
	each := path + "[]."
	return aspi.Rows(list(path, "the shipments"), []field.Row{
		needed(each+"merchantShippingId", 64, "the merchant's id of it"),
		text(each+"trackingNo", 64, "tracking number"),
		text(each+"carrier", 64, "carrier"),
	}, aspi.Money(each+"chargeAmount", field.Optional, "charge"), []field.Row{
		needed(each+"countryName", 64, "country"),
		needed(each+"stateName", 64, "province"),
		needed(each+"cityName", 64, "city"),
		text(each+"areaName", 64, "area"),
		needed(each+"address1", 256, "address"),
		text(each+"address2", 256, "address, second line"),
		needed(each+"firstName", 64, "first name"),
		needed(each+"lastName", 64, "last name"),
		text(each+"mobileNo", 32, "mobile phone"),
		text(each+"phoneNo", 32, "phone"),
		needed(each+"zipCode", 32, "postal code"),
		text(each+"email", 128, "e-mail"),
		text(each+"faxNo", 32, "fax"),
	})
}

// orderReplyRows: one of DANA's messages is longer than the 150 characters of
// its own table.
var orderReplyRows = aspi.Rows(
	[]field.Row{aspi.StatusRows[0], {Name: "responseMessage", Need: field.Mandatory, Max: 255, About: "the message that belongs to the code"}},
	[]field.Row{
		text("referenceNo", 64, "DANA's reference"),
		needed("partnerReferenceNo", 64, "the partner's reference"),
		text("webRedirectUrl", 2048, "where a person pays the order"),
		object("additionalInfo", "of an order paid by QRIS"),
		text("additionalInfo.paymentCode", 512, "the payload"),
	})
