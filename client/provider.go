package client

import "github.com/qrisd/qrisd/snap"

// The names of operations. The token operations are called by [Client.Token]
// and [Client.CustomerToken].
const (
	OpToken         = "token"          // service 73
	OpCustomerToken = "customer-token" // service 74
	OpGenerate      = "generate"       // service 47
	OpPayment       = "payment"        // service 50
	OpList          = "list"           // service 90
)

// Provider is how one provider's API differs from the others. Those of this
// package are functions that give a fresh value, to be amended where a
// provider changes a path or a scheme; any other can be written down likewise.
type Provider struct {
	Name       string
	Operations map[string]Operation

	// ChannelHeader is the header of the channel's id. Empty is the standard's
	// CHANNEL-ID.
	ChannelHeader string
	// BareCustomer leaves "Bearer " out of Authorization-Customer.
	BareCustomer bool
	// ExternalIDIsReference gives partnerReferenceNo as X-EXTERNAL-ID, by which
	// the provider knows a retry.
	ExternalIDIsReference bool
}

// Operation is one API of a provider.
type Operation struct {
	Path     string      // "/v1.0/qr/qr-mpm-generate", put behind the path of BaseURL
	Scheme   snap.Scheme // the symmetric ones carry the B2B token
	Customer bool        // needs the token of a customer
}

// DANA is the DANA document "Generate QRIS": asymmetric signatures, no token.
func DANA() Provider {
	return Provider{Name: "dana", Operations: map[string]Operation{
		OpGenerate: {Path: "/v1.0/qr/qr-mpm-generate.htm", Scheme: snap.Asymmetric},
	}}
}

// Qoin is the Qoin document "Generate QRIS", with its prefix /ordersnap/api.
func Qoin() Provider {
	return Provider{Name: "qoin", Operations: map[string]Operation{
		OpToken:    {Path: "/ordersnap/api/v1.0/access-token/b2b", Scheme: snap.TokenRequest},
		OpGenerate: {Path: "/ordersnap/api/v1.0/qr/qr-mpm-generate", Scheme: snap.Symmetric},
	}}
}

// Midtrans is the Midtrans document "Payment Method: QRIS".
func Midtrans() Provider {
	return Provider{Name: "midtrans", ExternalIDIsReference: true, Operations: map[string]Operation{
		OpToken:    {Path: "/v1.0/access-token/b2b", Scheme: snap.TokenRequest},
		OpGenerate: {Path: "/v1.0/qr/qr-mpm-generate", Scheme: snap.Symmetric},
	}}
}

// Paydia is the Paydia document "Payment QR MPM", with its prefix /snap.
func Paydia() Provider {
	return Provider{Name: "paydia", BareCustomer: true, Operations: map[string]Operation{
		OpToken:         {Path: "/snap/v1.0/access-token/b2b", Scheme: snap.TokenRequest},
		OpCustomerToken: {Path: "/snap/v1.0/access-token/b2b2c", Scheme: snap.TokenRequest},
		OpPayment:       {Path: "/snap/v1.0/qr/qr-mpm-payment", Scheme: snap.Symmetric, Customer: true},
	}}
}

// SpeedCash is the SpeedCash document "QRIS Generate List" and its neighbours.
// The scheme that it calls "asymmetric with token" is symmetric in its
// samples; qrisd takes [snap.AsymmetricWithToken] as well.
func SpeedCash() Provider {
	return Provider{Name: "speedcash", ChannelHeader: "X-CHANNEL-ID", Operations: map[string]Operation{
		OpToken:    {Path: "/v1.0/access-token/b2b", Scheme: snap.TokenRequest},
		OpGenerate: {Path: "/v1.0/qr/qr-mpm-generate", Scheme: snap.Symmetric},
		OpList:     {Path: "/v1.0/qr/qr-generate-list", Scheme: snap.Symmetric},
	}}
}

// ASPI is the standard as published.
func ASPI() Provider {
	return Provider{Name: "aspi", Operations: map[string]Operation{
		OpToken:         {Path: "/v1.0/access-token/b2b", Scheme: snap.TokenRequest},
		OpCustomerToken: {Path: "/v1.0/access-token/b2b2c", Scheme: snap.TokenRequest},
		OpGenerate:      {Path: "/v1.0/qr/qr-mpm-generate", Scheme: snap.Symmetric},
		OpPayment:       {Path: "/v1.0/qr/qr-mpm-payment", Scheme: snap.Symmetric, Customer: true},
	}}
}

// Providers are all of this package.
func Providers() []Provider {
	return []Provider{DANA(), Qoin(), Midtrans(), Paydia(), SpeedCash(), ASPI()}
}

// ProviderNamed finds a provider of this package by its Name.
func ProviderNamed(name string) (Provider, bool) {
	for _, p := range Providers() {
		if p.Name == name {
			return p, true
		}
	}
	return Provider{}, false
}
