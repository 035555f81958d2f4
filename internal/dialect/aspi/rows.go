package aspi

import (
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// The rows of headers. Their order is the precedence that providers' own test
// suites rely on: the time and the signature come before all others.
var (
	Timestamp             = field.Row{Name: snap.HeaderTimestamp, Need: field.Mandatory, Format: field.Timestamp, About: "the client's time, ISO 8601 with offset"}
	Signature             = field.Row{Name: snap.HeaderSignature, Need: field.Mandatory, About: "base64 or hex of the signature"}
	ClientKey             = field.Row{Name: snap.HeaderClientKey, Need: field.Mandatory, Max: 64, About: "the client's id, given at registration"}
	Authorization         = field.Row{Name: snap.HeaderAuthorization, Need: field.Mandatory, About: "Bearer and the B2B access token"}
	AuthorizationCustomer = field.Row{Name: snap.HeaderAuthorizationCustomer, Need: field.Mandatory, About: "the customer's access token, with or without Bearer"}
	PartnerID             = field.Row{Name: snap.HeaderPartnerID, Need: field.Mandatory, Max: 36, Soft: true, About: "the partner's id"}
	ExternalID            = field.Row{Name: snap.HeaderExternalID, Need: field.Mandatory, Max: 36, Soft: true, About: "the request's id, unique in a day"}
	ChannelID             = field.Row{Name: snap.HeaderChannelID, Need: field.Mandatory, Max: 5, Soft: true, About: "the device or channel id of the PJP"}
	ContentType           = field.Row{Name: "Content-Type", Need: field.Mandatory, Max: 127, Format: field.JSONType, About: "application/json"}
	Origin                = field.Row{Name: snap.HeaderOrigin, About: "origin domain"}
)

// TokenHeaders are the headers of an access token request.
var TokenHeaders = []field.Row{Timestamp, Signature, ClientKey, ContentType}

// SymmetricHeaders are the headers of a B2B transaction with a token.
var SymmetricHeaders = []field.Row{Timestamp, Signature, Authorization, PartnerID, ExternalID, ChannelID, ContentType, Origin}

// AsymmetricHeaders are those without one.
var AsymmetricHeaders = []field.Row{Timestamp, Signature, PartnerID, ExternalID, ChannelID, ContentType, Origin}

// CustomerHeaders are the headers of a B2B2C transaction.
var CustomerHeaders = []field.Row{
	Timestamp, Signature, Authorization, AuthorizationCustomer, PartnerID, ExternalID, ChannelID, ContentType, Origin,
	{Name: snap.HeaderIPAddress, Max: 15, Soft: true, About: "the customer's IP address"},
	{Name: snap.HeaderDeviceID, Max: 400, Soft: true, About: "the customer's device"},
	{Name: snap.HeaderLatitude, Max: 10, Soft: true, About: "latitude of the device"},
	{Name: snap.HeaderLongitude, Max: 10, Soft: true, About: "longitude of the device"},
}

// Money gives the three rows of an amount object: itself, value and currency.
func Money(name string, need field.Need, about string) []field.Row {
	return []field.Row{
		{Name: name, Kind: field.Object, Need: need, About: about},
		{Name: name + ".value", Need: field.Mandatory, Min: 1, Max: 19, Format: field.Amount, About: "rupiah with two decimals, at most 16 digits before the point"},
		{Name: name + ".currency", Need: field.Mandatory, Min: 1, Max: 3, Format: field.Currency, About: "ISO 4217 code, IDR"},
	}
}

// StatusRows are the head of every answer.
var StatusRows = []field.Row{
	{Name: "responseCode", Need: field.Mandatory, Min: 7, Max: 7, Format: field.Digits, About: "HTTP status, service code and case code"},
	{Name: "responseMessage", Need: field.Mandatory, Max: 150, About: "the message that belongs to the code"},
}

// Rows joins rows and groups of rows in order.
func Rows(groups ...[]field.Row) []field.Row {
	var all []field.Row
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
