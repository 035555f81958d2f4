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
	case "paydia/payment", "aspi/payment":
		return object{"partnerReferenceNo": fresh("P"), "amount": idr("20000.00"), "additionalInfo": object{"qrContent": h.dynamicCode()}}
	case "speedcash/list":
		h.call("speedcash", "generate", h.body("speedcash", "generate")).send().want(h.t, "2004700", "")
		return object{"dateGenerate": snap.FormatTimestamp(h.node.core.Now()), "additionalInfo": object{"merchantId": merchant.MerchantID}}
	}
	switch operation {
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
