package midtrans

import (
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// defaultAcquirer is spelled as in the document's samples.
const defaultAcquirer = "gopay"

// keepAcquirer stores the acquirer with the code, as a JSON string: the answer
// repeats it.
func keepAcquirer(c *dialect.Call, req *pay.GenerateRequest) error {
	name := c.Text(acquirer)
	if name == "" {
		name = defaultAcquirer
	}
	req.Echo = strconv.Quote(name) // JSON too: the row lets letters and a space pass
	return nil
}

// keptAcquirer reads it back. A code that was not made here has the default.
func keptAcquirer(code pay.Code) string {
	name, err := strconv.Unquote(code.Echo)
	if err != nil {
		return defaultAcquirer
	}
	return name
}

const merchantTransaction = "MERCHANT_TRANSACTION"

// reply answers service 47 with the members in the order of the document's
// sample.
type reply struct {
	dialect.Status
	ReferenceNo        string     `json:"referenceNo"`
	PartnerReferenceNo string     `json:"partnerReferenceNo"`
	QRContent          string     `json:"qrContent"`
	QRURL              string     `json:"qrUrl"`
	QRImage            string     `json:"qrImage"`
	MerchantName       string     `json:"merchantName"`
	StoreID            string     `json:"storeId"`
	TerminalID         string     `json:"terminalId"`
	AdditionalInfo     additional `json:"additionalInfo"`
}

type additional struct {
	CreatedAt          moment `json:"createdAt"`
	Amount             *money `json:"amount,omitempty"` // nil for a static code
	TransactionType    string `json:"transactionType"`
	Recurring          bool   `json:"recurring"`
	MerchantCrossRefID string `json:"merchantCrossRefId"`
	Acquirer           string `json:"acquirer"`
}

// moment is a time without a zone beside an offset and a zone of zero seconds:
// UTC.
type moment struct {
	DateTime string  `json:"dateTime"`
	Offset   seconds `json:"offset"`
	Zone     seconds `json:"zone"`
}

type seconds struct {
	Total int `json:"totalSeconds"`
}

// momentLayout has microseconds always, 26 characters.
const momentLayout = "2006-01-02T15:04:05.000000"

func momentOf(t time.Time) moment { return moment{DateTime: t.UTC().Format(momentLayout)} }

// money is an amount as a number of whole rupiah, which only additionalInfo
// has; everywhere else an amount is the standard's string.
type money struct {
	Value    int64  `json:"value"`
	Currency string `json:"currency"`
}

func moneyOf(amount pay.Rupiah) *money {
	if amount == 0 {
		return nil
	}
	return &money{Value: int64(amount / pay.Rp(1)), Currency: "IDR"}
}

func generated(c *dialect.Call, code pay.Code) any {
	return reply{
		Status: c.Success(), ReferenceNo: code.Ref, PartnerReferenceNo: code.PartnerRef,
		QRContent: code.Payload, QRURL: c.Site.ImageURL(code.Ref), QRImage: c.Image(code.Payload),
		MerchantName: code.MerchantName, StoreID: code.StoreID, TerminalID: code.TerminalID,
		AdditionalInfo: additional{
			CreatedAt: momentOf(code.CreatedAt), Amount: moneyOf(code.Amount),
			TransactionType: merchantTransaction, MerchantCrossRefID: code.ID, Acquirer: keptAcquirer(code),
		},
	}
}
