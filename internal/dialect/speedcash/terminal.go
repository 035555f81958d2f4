package speedcash

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// maxTerminals is how many a merchant may have, "for dynamic and static QRIS".
const maxTerminals = 65_000

// terminal is "Generate Terminal" (92): it registers one.
func terminal() dialect.Operation {
	return dialect.Operation{
		Name: "terminal", Service: snap.ServiceTerminal, Paths: []string{"/v1.0/qr/qr-generate-terminal"},
		Auth: dialect.AuthWithToken, Headers: headers,
		Body:    terminalBody,
		Reply:   terminalReplyRows,
		Success: successful,
		Trigger: "description",
		Codes:   answered(aspi.Codes(snap.ServiceTerminal, aspi.CommonLines, terminalLines)),
		Do:      doTerminal,
	}
}

// terminalBody has the lengths of generate's terminalId but not its letters:
// the page's own sample has blanks.
var terminalBody = []field.Row{
	{Name: "merchantId", Need: field.Mandatory, Min: 1, Max: 64, About: "the merchant"},
	{Name: "terminalId", Need: field.Mandatory, Min: 3, Max: 16, About: "the terminal"},
	{Name: "description", Need: field.Mandatory, Max: 256, About: "what it is; given back, not kept"},
}

var terminalReplyRows = aspi.Rows(aspi.StatusRows, []field.Row{
	{Name: "merchantId", Need: field.Mandatory, Max: 64, About: "the merchant"},
	{Name: "terminalId", Need: field.Mandatory, Max: 16, About: "the terminal"},
	{Name: "description", Need: field.Mandatory, Max: 256, About: "what it is"},
})

var terminalLines = []aspi.Line{
	{Case: snap.CaseSuspendTransaction, Reach: dialect.BySuspension},
	{Case: snap.CaseMerchantBlacklisted, Reach: dialect.ByBlacklist},
	{Case: snap.CaseMerchantLimit, Reach: dialect.ByTerminalLimit},
	{Case: snap.CaseInvalidMerchant, Reach: dialect.ByNoMerchant},
	{Case: snap.CaseInvalidTerminal, Reach: dialect.ByClosedTerminal},
	{Case: snap.CaseConflict, Reach: dialect.ByExternalID},
}

// terminalReply answers service 92.
type terminalReply struct {
	dialect.Status
	MerchantID  string `json:"merchantId"`
	TerminalID  string `json:"terminalId"`
	Description string `json:"description"`
}

func doTerminal(ctx context.Context, c *dialect.Call) (any, error) {
	o, err := c.Core.RegisterTerminal(ctx, pay.TerminalRequest{
		Partner: c.Partner, MerchantID: c.Text("merchantId"), TerminalID: c.Text("terminalId"), Most: maxTerminals, Marks: c.Marks,
	})
	if err != nil {
		return nil, err
	}
	return terminalReply{c.Success(), o.MerchantID, o.ID, c.Text("description")}, nil
}
