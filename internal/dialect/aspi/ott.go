package aspi

import (
	"context"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// ApplyOTT is apply-ott (49): a one-time token with which a customer is sent
// on to the provider's page without logging in again.
func ApplyOTT(paths ...string) dialect.Operation {
	return dialect.Operation{
		Name: "apply-ott", Service: snap.ServiceApplyOTT, Paths: paths,
		Trigger: AskField,
		Auth:    dialect.AuthSymmetric, Customer: true, Headers: CustomerHeaders,
		Body: Rows([]field.Row{
			{Name: "userResources", Kind: field.Array, Need: field.Mandatory, Min: 1, Max: 1, About: "what is asked for"},
			{Name: "userResources[]", Need: field.Mandatory, Max: 64, Enum: []string{ott}, About: "OTT"},
		}, additionalInfo),
		Reply: Rows(StatusRows, []field.Row{
			{Name: "userResources", Kind: field.Array, Need: field.Mandatory, About: "what was asked for"},
			{Name: "userResources[]", Kind: field.Object, Need: field.Mandatory, About: "one of it"},
			{Name: "userResources[].resourceType", Need: field.Mandatory, Max: 32, Enum: []string{ott}, About: "OTT"},
			{Name: "userResources[].value", Need: field.Mandatory, Max: 64, About: "the token, good for five minutes"},
		}, additionalInfo),
		Success: processed,
		Codes:   Codes(snap.ServiceApplyOTT, CommonLines, ottLines),
		Do:      doOTT,
	}
}

const ott = "OTT"

var ottLines = []Line{
	{snap.CaseInvalidCustomerToken, "", dialect.ByExpiredCust},
	{snap.CaseCustomerTokenNotFound, "", dialect.ByBadCustomer},
	{snap.CaseDoNotHonor, "", dialect.ByBlockedPayer},
	{snap.CaseDormantAccount, "", dialect.ByDormantPayer},
	{snap.CaseConflict, "", dialect.ByExternalID},
}

// OTTReply answers service 49.
type OTTReply struct {
	dialect.Status
	UserResources  []Resource `json:"userResources"`
	AdditionalInfo struct{}   `json:"additionalInfo"`
}

// Resource is something of the customer's.
type Resource struct {
	ResourceType string `json:"resourceType"`
	Value        string `json:"value"`
}

func doOTT(ctx context.Context, c *dialect.Call) (any, error) {
	token, err := c.Core.IssueOTT(ctx, c.Customer, c.Marks)
	if err != nil {
		return nil, err
	}
	return OTTReply{Status: c.Success(), UserResources: []Resource{{ott, token.Text}}}, nil
}
