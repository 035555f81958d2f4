package speedcash

import (
	"context"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// headers are those of the document's table and Authorization, which the table
// forgets and its "OAuth 2.0" means.
var headers = []field.Row{
	aspi.Timestamp, aspi.Signature, aspi.Authorization, aspi.PartnerID, aspi.ExternalID, channelID, aspi.ContentType,
}

// channelID is X-CHANNEL-ID in the document and channel-id in its curl.
var channelID = field.Row{
	Name: snap.HeaderChannelID, As: "X-CHANNEL-ID", Need: field.Mandatory, Max: 5, Soft: true,
	About: "the channel's id, as X-CHANNEL-ID or CHANNEL-ID",
}

// generateBody is the standard's with the provider's own lengths.
var generateBody = dialect.AmendRows(aspi.GenerateRows,
	field.Row{Name: "partnerReferenceNo", Min: 1, Max: 25, Format: field.Alphanumeric, About: "the partner's reference of the transaction"},
	field.Row{Name: "amount", Kind: field.Object, Need: field.Conditional, About: "present for a dynamic code, absent for a static one"},
	field.Row{Name: "terminalId", Min: 3, Max: 16, Format: field.Identifier, About: "the terminal"},
)

// dateGenerate is printed as an instant with offset; a plain date says the
// same.
var dateGenerate = &field.Format{
	Name:    "date-or-date-time",
	About:   "a date, or a date and time with offset, as in 2026-01-31 or 2026-01-31T00:00:00+07:00",
	Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))?$`,
	Check:   func(s string) bool { return field.Date.Check(s) || field.Timestamp.Check(s) },
}

var listBody = []field.Row{
	{Name: "dateGenerate", Need: field.Mandatory, Format: dateGenerate, About: "the date on which the codes were generated, in Jakarta"},
	{Name: "additionalInfo", Kind: field.Object, Need: field.Mandatory, About: "names the merchant"},
	{Name: "additionalInfo.merchantId", Need: field.Mandatory, Max: 64, About: "the merchant"},
	{Name: "additionalInfo." + limitName, Kind: field.Scalar, Format: pageLimit, About: "of codes in the answer, 10000 at most and without it; the document has no pages"},
	{Name: "additionalInfo." + behindName, Max: 64, About: "next of the page before, which this one comes behind"},
}

// What the document has no names for: its list is one answer, however long.
const (
	limitName  = "limit"
	behindName = "from"
	mostCodes  = 10_000
)

var pageLimit = &field.Format{
	Name: "page-limit", About: "a number from 1 to 10000", Pattern: `^([1-9][0-9]{0,3}|10000)$`, Most: mostCodes,
	Check: func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && 1 <= n && n <= mostCodes && s == strconv.Itoa(n)
	},
}

// localTime is how the list prints times: Jakarta's, without saying so.
const localTime = time.DateTime

var localTimeFormat = &field.Format{
	Name: "local-date-time", About: "date and time in Jakarta, as in 2026-01-31 23:59:59",
	Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$`,
	Check:   func(s string) bool { _, err := time.Parse(localTime, s); return err == nil },
}

const (
	dynamicType = "dynamic"
	staticType  = "static"
)

var listReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	{Name: "dataDetail", Kind: field.Array, Need: field.Mandatory, About: "the codes, newest first"},
	{Name: "dataDetail[]", Kind: field.Object, Need: field.Mandatory, About: "one code"},
	{Name: "dataDetail[].id_qr", Need: field.Mandatory, Max: 64, About: "the code's reference, as referenceNo of the answer to generate"},
	{Name: "dataDetail[].type", Need: field.Mandatory, Enum: []string{dynamicType, staticType}, About: "dynamic or static"},
	{Name: "dataDetail[].generate_time", Need: field.Mandatory, Format: localTimeFormat, About: "when it was generated; generated_time in the document's table"},
	{Name: "dataDetail[].expired_date", Need: field.Conditional, Format: localTimeFormat, About: "when it ends, null for a static code; expired_time in the document's table"},
	{Name: "dataDetail[].amount", Need: field.Conditional, Max: 19, Format: field.Amount, About: "what is to be paid, null for a static code"},
	{Name: "additionalInfo", Kind: field.Object, Need: field.Conditional, About: "there if the date has more codes"},
	{Name: "additionalInfo.next", Need: field.Conditional, Max: 64, About: "what additionalInfo.from asks for the next page with: id_qr of the last code of this one"},
})

// listReply answers service 90.
type listReply struct {
	dialect.Status
	DataDetail     []listedCode `json:"dataDetail"`
	AdditionalInfo *furtherList `json:"additionalInfo,omitempty"` // nil: this is all
}

// furtherList says where a list goes on.
type furtherList struct {
	Next string `json:"next"`
}

// listedCode has the names of the document's sample, which clients parse; its
// table says generated_time and expired_time.
type listedCode struct {
	IDQR         string  `json:"id_qr"`
	Type         string  `json:"type"`
	GenerateTime string  `json:"generate_time"`
	ExpiredDate  *string `json:"expired_date"`
	Amount       *string `json:"amount"`
}

func doList(ctx context.Context, c *dialect.Call) (any, error) {
	day, err := jakartaDay(c.Text("dateGenerate"))
	if err != nil {
		return nil, err
	}
	limit := mostCodes
	if text := c.Text("additionalInfo." + limitName); text != "" {
		limit, _ = strconv.Atoi(text) // its format was checked
	}
	codes, more, err := c.Core.List(ctx, pay.ListRequest{
		Partner: c.Partner, MerchantID: c.Text("additionalInfo.merchantId"), Day: day,
		Behind: c.Text("additionalInfo." + behindName), Limit: limit, Marks: c.Marks,
	})
	if err != nil {
		return nil, err
	}
	reply := listReply{Status: c.Success(), DataDetail: make([]listedCode, len(codes))}
	for i, code := range codes {
		reply.DataDetail[i] = listed(code)
	}
	if more {
		reply.AdditionalInfo = &furtherList{Next: codes[len(codes)-1].Ref}
	}
	return reply, nil
}

// jakartaDay is the date asked for: as written, or that of the instant in
// Jakarta.
func jakartaDay(text string) (string, error) {
	if field.Date.Check(text) {
		return text, nil
	}
	at, err := snap.ParseTimestamp(text)
	if err != nil {
		return "", &pay.Error{Kind: pay.InvalidFormat, Field: "dateGenerate", Detail: "reading the date", Cause: err}
	}
	return pay.Day(at), nil
}

func listed(code pay.Code) listedCode {
	l := listedCode{IDQR: code.Ref, Type: staticType, GenerateTime: local(code.CreatedAt)}
	if code.Static() {
		return l // null and null, even when it ends: "if static it is null"
	}
	l.Type = dynamicType
	amount := code.Amount.String()
	l.Amount = &amount
	if !code.ExpiresAt.IsZero() {
		end := local(code.ExpiresAt)
		l.ExpiredDate = &end
	}
	return l
}

func local(t time.Time) string { return t.In(pay.Jakarta).Format(localTime) }
