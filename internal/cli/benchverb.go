package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// The operations that are measured.
const (
	verbGenerate = "generate"
	verbPay      = "pay"
	verbQuery    = "query"
	verbList     = "list"
)

// verb is an operation that is measured, at the dialects whose documents have
// it.
type verb struct {
	name      string
	operation string
	dialects  []string // the first is measured if none is named
	ahead     float64  // requests that are prepared for each second of a round
	body      func(t *benchTarget, ref string, now time.Time) string
}

// danaAhead is verb.ahead where signing takes a millisecond.
const danaAhead = 6_000

var verbs = []verb{
	{verbGenerate, "generate", []string{"midtrans", "qoin", "dana"}, 25_000, generateText},
	{verbPay, "payment", []string{"paydia"}, 10_000, payText},
	{verbQuery, "query", []string{"midtrans", "qoin"}, 25_000, queryText},
	{verbList, "list", []string{"speedcash"}, 100, listText},
}

func verbNamed(name string) (verb, bool) {
	i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == name })
	if i < 0 {
		return verb{}, false
	}
	return verbs[i], true
}

func benchVerbs() []string {
	var names []string
	for _, v := range verbs {
		names = append(names, v.name)
	}
	return names
}

// generateBodies are bodies of the documents' size; the first %s is the
// reference, the second of Qoin's the validity.
var generateBodies = map[string]string{
	"midtrans": `{"partnerReferenceNo":"%[1]s","amount":{"value":"12345.00","currency":"IDR"},"merchantId":"00007100010926","terminalId":"213141251124","additionalInfo":{"acquirer":"gopay","items":[{"id":"susumaniskaleng","price":{"value":"5000","currency":"IDR"},"quantity":"1","name":"HOLYCOW 1KG T-bone","brand":"Makan makan 1OMS ","category":"Food","merchantName":""}],"customerDetails":{"email":"budi@contoh.id","firstName":"Budi","lastName":"Utomo","phone":"081223323423"},"metadata":{},"countryCode":"ID","locale":"id_ID"}}`,
	"qoin":     `{"partnerReferenceNo":"%[1]s","amount":{"value":"10000.00","currency":"IDR"},"merchantId":"","storeId":"","validityPeriod":"%[2]s","additionalInfo":{"acquirer":3,"items":[{"id":"idasd1239aks001","name":"Qris","quantity":"1","price":{"value":10,"currency":"IDR"}}],"customerDetails":{"email":"budi@contoh.id","firstName":"John.","lastName":"Doe","phone":"085688983935"}}}`,
	"dana":     `{"merchantId":"00007100010926","subMerchantId":"310928924949487","storeId":"abcd","partnerReferenceNo":"%[1]s","amount":{"value":"12345.00","currency":"IDR"},"feeAmount":{"value":"100.00","currency":"IDR"},"additionalInfo":{"terminalSource":"MER","envInfo":{"sessionId":"8EU6mLl5mUpUBgyRFT4v7DjfQ3fcauthcenter","tokenId":"a8d359d6-ca3d-4048-9295-bbea5f6715a6","websiteLanguage":"en_US","clientIp":"10.15.8.189","osType":"Windows.PC","appVersion":"1.0","sdkVersion":"1.0","sourcePlatform":"IPG","terminalType":"SYSTEM","orderTerminalType":"APP","orderOsType":"IOS","merchantAppVersion":"1.0"}}}`,
}

func generateText(t *benchTarget, ref string, now time.Time) string {
	return fmt.Sprintf(generateBodies[t.dialect.Name]+"%.0[2]s", ref, snap.FormatTimestamp(now.Add(time.Hour)))
}

// payText pays the next code that was stored, in full.
func payText(t *benchTarget, ref string, _ time.Time) string {
	code := t.books.code(int(t.books.taken.Add(1)-1) % t.books.codes)
	return fmt.Sprintf(`{"partnerReferenceNo":"%s","amount":{"value":"%s","currency":"IDR"},"additionalInfo":{"qrContent":"%s"}}`,
		ref, snap.FormatAmount(int64(code.Amount)), code.Payload)
}

// queryText asks for any code that was stored.
func queryText(t *benchTarget, _ string, _ time.Time) string {
	code := t.books.code(t.books.any())
	if t.byPartnerRef {
		return fmt.Sprintf(`{"originalPartnerReferenceNo":"%s","serviceCode":"47","merchantId":"%s"}`, code.PartnerRef, code.MerchantID)
	}
	if t.dialect.Name == "qoin" { // the document's sample has no more
		return fmt.Sprintf(`{"originalReferenceNo":"%s","serviceCode":"51"}`, code.Ref)
	}
	return fmt.Sprintf(`{"originalReferenceNo":"%s","originalPartnerReferenceNo":"%s","serviceCode":"47","merchantId":"%s"}`,
		code.Ref, code.PartnerRef, code.MerchantID)
}

// listText asks for all that was stored.
func listText(t *benchTarget, _ string, _ time.Time) string {
	return fmt.Sprintf(`{"dateGenerate":"%s","additionalInfo":{"merchantId":"%s"}}`,
		t.books.day.Format(time.DateOnly), t.books.patterns[0].MerchantID)
}
