package qoin

import (
	"encoding/json"
	"strconv"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// keepAcquirer stores the acquirer with the code, as a JSON number: the answer
// repeats it.
func keepAcquirer(c *dialect.Call, req *pay.GenerateRequest) error {
	id, err := strconv.ParseInt(c.Text(acquirer), 10, 32)
	if err != nil {
		return &pay.Error{Kind: pay.InvalidFormat, Field: acquirer, Detail: "the id is a whole number below 2147483648", Cause: err}
	}
	req.Echo = strconv.FormatInt(id, 10)
	return nil
}

const merchantTransaction = "MERCHANT_TRANSACTION"

// reply answers service 47 with the members in the order of the document's
// sample, which is alphabetical.
type reply struct {
	AdditionalInfo     additional `json:"additionalInfo"`
	MerchantName       string     `json:"merchantName"`
	PartnerReferenceNo string     `json:"partnerReferenceNo"`
	QRContent          string     `json:"qrContent"`
	QRImage            string     `json:"qrImage"`
	QRURL              string     `json:"qrUrl"`
	ReferenceNo        string     `json:"referenceNo"`
	dialect.Status
	StoreID    string `json:"storeId"`
	TerminalID string `json:"terminalId"`
}

type additional struct {
	Acquirer           json.Number `json:"acquirer"`
	Amount             money       `json:"amount"`
	CreatedAt          moment      `json:"createdAt"`
	MerchantCrossRefID string      `json:"merchantCrossRefId"`
	Recurring          bool        `json:"recurring"`
	TransactionType    string      `json:"transactionType"`
}

// money is snap.Amount with its members in the sample's order.
type money struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

// moment is a time beside an offset and a zone of zero seconds, which say
// nothing: the offset that counts is in the text.
type moment struct {
	DateTime string  `json:"dateTime"`
	Offset   seconds `json:"offset"`
	Zone     seconds `json:"zone"`
}

type seconds struct {
	Total int `json:"totalSeconds"`
}

func generated(c *dialect.Call, code pay.Code) any {
	return reply{
		AdditionalInfo: additional{
			Acquirer:           json.Number(code.Echo),
			Amount:             money{Currency: "IDR", Value: snap.FormatAmount(int64(code.Amount))},
			CreatedAt:          moment{DateTime: snap.FormatTimestamp(code.CreatedAt)},
			MerchantCrossRefID: code.ID,
			TransactionType:    merchantTransaction,
		},
		MerchantName: code.MerchantName, PartnerReferenceNo: code.PartnerRef,
		QRContent: code.Payload, QRImage: c.Image(code.Payload), QRURL: c.Site.ImageURL(code.Ref),
		ReferenceNo: code.Ref, Status: c.Success(),
		StoreID: code.StoreID, TerminalID: code.TerminalID,
	}
}
