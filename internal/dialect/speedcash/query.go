package speedcash

import (
	"cmp"
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// qrID is the reference of a code, by a name of the provider's own.
const qrID = "qrId"

func query() dialect.Operation {
	op := aspi.Query("/v1.0/qr/qr-mpm-query")
	op.Auth, op.Headers, op.Body = dialect.AuthWithToken, headers, queryBody
	op.Success, op.Codes = successful, answered(op.Codes)
	op.Do = aspi.QueryingBy(findCode, aspi.Queried)
	return op
}

var queryBody = []field.Row{
	{Name: aspi.OriginalRef.Name, Need: field.Conditional, Max: 64, About: "SpeedCash's reference of the transaction, from the notification"},
	{Name: aspi.OriginalPartnerRef.Name, Need: field.Conditional, Max: 64, About: "the partner's reference, given when the code was generated"},
	{Name: "serviceCode", Need: field.Mandatory, Min: 1, Max: 2, Enum: []string{string(snap.ServiceGenerate)}, About: "47, the service of the original"},
	{Name: "merchantId", Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant; it must be the transaction's"},
	{Name: "additionalInfo", Kind: field.Object, Need: field.Conditional, About: "may name the code"},
	{Name: "additionalInfo." + qrID, Need: field.Conditional, Max: 64, About: "the code, as id_qr of the list"},
}

// findCode gives the transaction that a request names in one of three ways.
func findCode(ctx context.Context, c *dialect.Call) (pay.Transaction, error) {
	id := c.Text("additionalInfo." + qrID)
	o := pay.Original{
		Ref:        cmp.Or(c.Text(aspi.OriginalRef.Name), id),
		PartnerRef: c.Text(aspi.OriginalPartnerRef.Name),
	}
	if o == (pay.Original{}) {
		return pay.Transaction{}, pay.RefuseField(pay.MissingField, aspi.OriginalRef.Name,
			"the request names no transaction: send this, originalPartnerReferenceNo or additionalInfo.qrId")
	}
	t, err := aspi.FindBy(ctx, c, o)
	if err == nil && id != "" && id != t.Ref() {
		err = pay.RefuseField(pay.CodeUnknown, "additionalInfo."+qrID, "it names another code than originalReferenceNo")
	}
	return t, err
}

// notice is the standard's with the code by the name that a query takes. The
// provider's page of it is not published, nor how it is signed: with its RSA
// key, as a partner has that and no token of ours.
func notice() *dialect.Notice {
	n := aspi.Notice("/v1.0/qr/qr-mpm-notify", aspi.Statuses)
	n.Body = func(t pay.Transaction) map[string]any {
		body := aspi.Told(t, aspi.Statuses)
		more, ok := body["additionalInfo"].(map[string]any)
		if !ok {
			more = make(map[string]any)
			body["additionalInfo"] = more
		}
		more[qrID] = t.Ref()
		return body
	}
	return n
}
