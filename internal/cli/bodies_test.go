package cli

import (
	"time"

	"github.com/qrisd/qrisd/snap"
)

type object = map[string]any

func idr(value string) object { return object{"value": value, "currency": "IDR"} }

// body gives a valid body of an operation with fresh references.
func (h *harness) body(dialectName, operation string) object {
	h.t.Helper()
	merchant := h.node.file.Partners[dialectName]
	switch dialectName + "/" + operation {
	case "dana/generate":
		return object{
			"merchantId": merchant.MerchantID, "storeId": merchant.StoreID, "partnerReferenceNo": fresh("D"), "amount": idr("15000.00"),
			"additionalInfo": object{"envInfo": object{"sourcePlatform": "IPG", "orderTerminalType": "APP", "terminalType": "SYSTEM"}},
		}
	case "dana/order":
		b := h.body("dana", "generate")
		return object{
			"partnerReferenceNo": fresh("O"), "merchantId": merchant.MerchantID, "amount": idr("15000.00"), "externalStoreId": merchant.StoreID,
			"validUpTo":        snap.FormatTimestamp(h.node.core.Now().Add(20 * time.Minute)),
			"urlParams":        []object{{"url": "http://127.0.0.1:9/notify", "type": "NOTIFICATION", "isDeeplink": "N"}},
			"payOptionDetails": []object{{"payMethod": "NETWORK_PAY", "payOption": "NETWORK_PAY_PG_QRIS", "transAmount": idr("15000.00")}},
			"additionalInfo": object{
				"mcc": "5732", "envInfo": b["additionalInfo"].(object)["envInfo"],
				"order": object{"orderTitle": "Kopi", "scenario": "API", "merchantTransType": "FOOD"},
			},
		}
	case "qoin/generate":
		return object{
			"partnerReferenceNo": fresh("Q"), "amount": idr("10000.00"), "merchantId": "", "storeId": "",
			"validityPeriod": snap.FormatTimestamp(h.node.core.Now().Add(time.Hour)),
			"additionalInfo": object{
				"acquirer":        3,
				"items":           []object{{"id": "1", "name": "Kopi", "quantity": "1", "price": object{"value": 10000, "currency": "IDR"}}},
				"customerDetails": object{"email": "budi@contoh.id", "firstName": "Budi", "lastName": "Utomo", "phone": "0812"},
			},
		}
	case "midtrans/generate":
		return object{"partnerReferenceNo": fresh("M"), "amount": idr("25000.00"), "merchantId": merchant.MerchantID, "terminalId": merchant.TerminalID}
	case "speedcash/generate":
		return object{"partnerReferenceNo": fresh("S"), "terminalId": merchant.TerminalID, "amount": idr("9000.00"), "merchantId": merchant.MerchantID}
	case "aspi/generate":
		return object{"partnerReferenceNo": fresh("A"), "amount": idr("20000.00"), "merchantId": merchant.MerchantID, "storeId": merchant.StoreID, "terminalId": merchant.TerminalID}
	case "paydia/generate":
		return object{"partnerReferenceNo": fresh("P"), "amount": idr("15000.00"), "merchantid": merchant.MerchantID, "storeId": merchant.StoreID, "terminalId": merchant.TerminalID}
	case "paydia/payment", "aspi/payment":
		return object{"partnerReferenceNo": fresh("P"), "amount": idr("20000.00"), "additionalInfo": object{"qrContent": h.dynamicCode()}}
	case "speedcash/list":
		h.call("speedcash", "generate", h.body("speedcash", "generate")).send().want(h.t, "2004700", "")
		return object{"dateGenerate": snap.FormatTimestamp(h.node.core.Now()), "additionalInfo": object{"merchantId": merchant.MerchantID}}
	}
	switch operation {
	case "decode":
		return object{"partnerReferenceNo": fresh("E"), "qrContent": h.dynamicCode(), "scanTime": snap.FormatTimestamp(h.node.core.Now())}
	case "apply-ott":
		return object{"userResources": []string{"OTT"}}
	case "query", "status", "cancel":
		return h.about(dialectName, operation, h.original(dialectName, operation))
	case "refund":
		o := h.original(dialectName, operation)
		h.payOriginal(o)
		return h.about(dialectName, operation, o)
	case "terminal":
		return object{"merchantId": merchant.MerchantID, "terminalId": fresh("T"), "description": "Kasir"}
	case "token":
		return object{"grantType": "client_credentials"}
	case "customer-token":
		return object{"grantType": "AUTHORIZATION_CODE", "authCode": h.authCode(dialectName)}
	}
	h.t.Fatalf("no body for %s/%s", dialectName, operation)
	return nil
}

// dynamicCode generates a code of Rp 20,000 and gives its payload.
func (h *harness) dynamicCode() string {
	h.t.Helper()
	return h.generated("aspi", h.body("aspi", "generate")).body["qrContent"].(string)
}

// generated generates a code.
func (h *harness) generated(dialectName string, body object) reply {
	h.t.Helper()
	r := h.call(dialectName, "generate", body).send()
	r.want(h.t, "2004700", "")
	return r
}

// authCode is a payer's consent to the dialect's partner.
func (h *harness) authCode(dialectName string) string {
	h.t.Helper()
	r := h.mustAdmin("POST", "/v1/payers/payer-"+dialectName+"/auth-code", object{"partnerID": h.node.file.Partners[dialectName].PartnerID})
	return r.body["authCode"].(string)
}

// original is a transaction that a later request is about.
type original struct {
	ref, partnerRef, service string
	paid                     bool
}

// original makes a code of the dialect, or a payment for an operation of an
// issuer's customers.
func (h *harness) original(dialectName, operation string) original {
	h.t.Helper()
	if _, op := h.operation(dialectName, operation); !op.Customer {
		b := h.body(dialectName, "generate")
		r := h.generated(dialectName, b)
		return original{ref: r.body["referenceNo"].(string), partnerRef: b["partnerReferenceNo"].(string), service: "47"}
	}
	b := h.body(dialectName, "payment")
	r := h.call(dialectName, "payment", b).send()
	r.want(h.t, "2005000", "")
	return original{r.body["referenceNo"].(string), b["partnerReferenceNo"].(string), "50", true}
}

// payOriginal pays it, from outside, unless it is paid.
func (h *harness) payOriginal(o original) {
	h.t.Helper()
	if !o.paid {
		h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": o.ref})
	}
}

// about is the body of a request about a transaction: of all that such
// requests carry, what the operation's rows know.
func (h *harness) about(dialectName, operation string, o original) object {
	h.t.Helper()
	merchant := h.node.file.Partners[dialectName]
	all := object{
		"originalReferenceNo": o.ref, "originalPartnerReferenceNo": o.partnerRef, "serviceCode": o.service,
		"merchantId": merchant.MerchantID, "merchantid": merchant.MerchantID, "reason": "because", "partnerRefundNo": fresh("R"),
	}
	if dialectName == "dana" && operation == "refund" {
		all["refundAmount"] = idr("15000.00")
	}
	_, op := h.operation(dialectName, operation)
	b := object{}
	for _, row := range op.Body {
		if v, ok := all[row.Name]; ok {
			b[row.Name] = v
		}
	}
	return b
}
