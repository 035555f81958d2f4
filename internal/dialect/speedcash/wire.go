package speedcash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	{Name: "additionalInfo." + limitName, Kind: field.Scalar, Format: pageLimit, About: "of codes in the answer, 10000 at most; all of them without it, as the document has no pages"},
	{Name: "additionalInfo." + behindName, Max: 64, About: "next of the page before, or any id_qr, which the list comes behind"},
}

// What the document has no names for: its list is one answer, however long, and
// so is ours unless a client asks for a page.
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
	{Name: "additionalInfo", Kind: field.Object, Need: field.Conditional, About: "there if a page was asked for and the date has more codes"},
	{Name: "additionalInfo.next", Need: field.Conditional, Max: 64, About: "what additionalInfo.from asks for the next page with: id_qr of the last code of this one"},
})

func doList(ctx context.Context, c *dialect.Call) (any, error) {
	day, err := jakartaDay(c.Text("dateGenerate"))
	if err != nil {
		return nil, err
	}
	limit, _ := strconv.Atoi(c.Text("additionalInfo." + limitName)) // its format was checked; not there: 0, which is all
	list, err := c.Core.List(ctx, pay.ListRequest{
		Partner: c.Partner, MerchantID: c.Text("additionalInfo.merchantId"), Day: day,
		Behind: c.Text("additionalInfo." + behindName), Limit: limit, Marks: c.Marks,
	})
	if err != nil {
		return nil, err
	}
	head := c.Success()
	return dialect.Stream(func(ctx context.Context, w io.Writer) error { return writeList(ctx, w, head, list) }), nil
}

// writeList writes the answer of service 90. Its fields have the names of the
// document's sample, which clients parse; the table says generated_time and
// expired_time.
func writeList(ctx context.Context, w io.Writer, head dialect.Status, list *pay.Listing) error {
	start, err := json.Marshal(head)
	if err != nil {
		return err
	}
	text := append(start[:len(start)-1], `,"dataDetail":[`...)
	next, err := list.Each(ctx, func(code pay.ListedCode) error {
		text = appendListed(text, code)
		_, err := w.Write(text)
		text = append(text[:0], ',')
		return err
	})
	if err != nil {
		return err
	}
	text = append(text[:0], ']')
	if next != "" {
		text = fmt.Appendf(text, `,"additionalInfo":{"next":%q}`, next)
	}
	_, err = w.Write(append(text, '}'))
	return err
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

// appendListed writes a code of a list: by hand, as a day may have a hundred
// thousand. What it writes has no character that JSON escapes.
func appendListed(b []byte, code pay.ListedCode) []byte {
	kind := dynamicType
	if code.Static() {
		kind = staticType
	}
	b = append(append(b, `{"id_qr":"`...), code.Ref...)
	b = append(append(b, `","type":"`...), kind...)
	b = append(b, `","generate_time":`...)
	b = append(appendLocal(b, code.CreatedAt), `,"expired_date":`...)
	if code.Static() {
		return append(b, `null,"amount":null}`...) // also when it ends: "if static it is null"
	}
	b = append(appendLocal(b, code.ExpiresAt), `,"amount":"`...)
	return append(append(b, code.Amount.String()...), `"}`...)
}

// appendLocal writes a time in quotes, or null for none.
func appendLocal(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.In(pay.Jakarta).AppendFormat(append(b, '"'), localTime), '"')
}
