package openapi

import (
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

// The names of what proves a request.
const (
	tokenScheme    = "accessToken"
	customerScheme = "customerToken"
)

var signatureSchemes = map[snap.Scheme]string{
	snap.TokenRequest: "tokenSignature", snap.Symmetric: "symmetricSignature",
	snap.Asymmetric: "asymmetricSignature", snap.AsymmetricWithToken: "asymmetricSignatureWithToken",
}

// security are the ways in which a request is proved, the usual one first.
func (b *builder) security(op *dialect.Operation) []Named[[]string] {
	var ways []Named[[]string]
	for _, s := range op.Auth.Schemes() {
		way := b.prove(nil, signatureSchemes[s], signed(s))
		if s == snap.Symmetric || s == snap.AsymmetricWithToken {
			way = b.prove(way, tokenScheme, &SecurityScheme{
				Type: "http", Scheme: "bearer", Description: "The B2B access token of service 73.",
			})
		}
		if op.Customer {
			way = b.prove(way, customerScheme, &SecurityScheme{
				Type: "apiKey", In: "header", Name: snap.HeaderAuthorizationCustomer, Description: "The customer's token of service 74.",
			})
		}
		ways = append(ways, way)
	}
	return ways
}

func (b *builder) prove(way Named[[]string], name string, scheme *SecurityScheme) Named[[]string] {
	share(&b.doc.Components.Security, name, scheme)
	way.put(name, []string{})
	return way
}

// signed is a signature: how it is made, and of what.
func signed(s snap.Scheme) *SecurityScheme {
	algorithm := "SHA256withRSA (PKCS #1 v1.5) with the partner's private key"
	if s == snap.Symmetric {
		algorithm = "HMAC-SHA512 with the client secret"
	}
	text := snap.StringToSign(s, snap.Message{
		Method: "POST", Path: "{path}", AccessToken: "{access token}", Timestamp: "{" + snap.HeaderTimestamp + "}", ClientKey: "{" + snap.HeaderClientKey + "}",
	})
	text = strings.Replace(text, snap.BodyHash(nil), "{lower case hex of SHA-256 of the minified body}", 1)
	return &SecurityScheme{
		Type: "apiKey", In: "header", Name: snap.HeaderSignature,
		Description: algorithm + ", in base64, over `" + text + "`. The path is the one that is called, with its query.",
	}
}
