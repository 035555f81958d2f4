package paydia

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// binding is "Get OAuth 2.0 URL" (service 10). What the present page has as
// parameters an older one has as headers; both are taken.
func binding() *dialect.Binding {
	return &dialect.Binding{
		Service: "10",
		Path:    "/snap/v1.0/get-auth-code",
		Query:   bindingQuery,
		Headers: map[string]string{
			dialect.PartnerParam: snap.HeaderPartnerID, "timestamp": snap.HeaderTimestamp,
			"externalId": snap.HeaderExternalID, "channelId": snap.HeaderChannelID,
		},
		Seamless: []field.Row{
			{Name: dialect.MobileNumber, As: "seamlessData.mobileNumber", Max: 18, About: "the number that the payer must log in with: the payer's id here"},
		},
	}
}

// bindingQuery has the page's lengths; a state of 36 characters stands in its
// neighbour's sample, so that one only warns.
var bindingQuery = []field.Row{
	{Name: dialect.PartnerParam, Need: field.Mandatory, Max: 64, About: "the partner's id"},
	{Name: "timestamp", Need: field.Mandatory, Max: 25, Format: field.Timestamp, Soft: true, About: "the client's time"},
	{Name: "externalId", Need: field.Mandatory, Max: 64, About: "the request's id"},
	{Name: "channelId", Need: field.Mandatory, Max: 64, About: "the channel's id"},
	{Name: "scopes", Need: field.Mandatory, Max: 256, About: "what the payer consents to, separated by commas; anything"},
	{Name: dialect.StateParam, Need: field.Mandatory, Max: 32, Soft: true, About: "given back unchanged, against forged answers"},
	{Name: dialect.RedirectParam, Need: field.Mandatory, Max: 256, About: "where the payer's browser goes on"},
	{Name: dialect.SeamlessParam, Max: 512, About: "JSON that names the payer"},
	{Name: dialect.SeamlessSignParam, Need: field.Conditional, Max: 512, About: "SHA256withRSA over seamlessData, with the partner's key"},
}
