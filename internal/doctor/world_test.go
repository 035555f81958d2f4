package doctor

import (
	"crypto/rsa"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// suits are the mistakes that can be made under a scheme.
func suits(s snap.Scheme) []mistake {
	var all []mistake
	add := func(more ...[]mistake) {
		for _, m := range more {
			all = append(all, m...)
		}
	}
	add(timeMistakes, stringMistakes)
	switch s {
	case snap.TokenRequest:
		add(clientKeyMistakes, rsaMistakes, []mistake{
			{"shape: order", formed("D|C")}, {"shape: separators", formed("C:D")},
			{"scheme: asymmetric", formed("M:P:H:D")},
		})
	case snap.Asymmetric:
		add(bodyMistakes, hashMistakes, pathMistakes, transactionShapes, rsaMistakes)
	default:
		add(bodyMistakes, hashMistakes, pathMistakes, tokenMistakes, transactionShapes, hmacMistakes())
	}
	return all
}

// wires are the kinds of body that reach the server.
var wires = []string{
	`{"partnerReferenceNo":"A0001","merchantId":"00007100010926","amount":{"value":"10000.00","currency":"IDR"},"storeId":"abcd"}`,
	`{"title":"Makan makan 1OMS ","items":[{"brand":"Kopi Susu"}],"additionalInfo":{"a":"b c"}}`,
	`{"url":"https://example.com/qr?a=1","partnerReferenceNo":"A/1","amount":{"value":"1.00"}}`,
	`{"title":"Café é","city":"Jogja","merchantId":"M1"}`,
	`{"title":"a < b & c > d","merchantId":"M1","amount":{"value":"1.00"}}`,
	`{"price":10000.00,"quantity":1,"merchantId":"M1"}`,
	"{\n  \"merchantId\": \"M1\",\n  \"amount\": {\n    \"value\": \"1.00\"\n  }\n}",
	"{\r\n  \"merchantId\": \"M 1\",\r\n  \"amount\": {\r\n    \"value\": \"1.00\"\r\n  }\r\n}\r\n",
	`{"url":"https:\/\/example.com\/qr","title":"Caf\u00e9","merchantId":"M1"}`,
	"",
}

// world is one API called in one way.
type world struct {
	dialect *dialect.Dialect
	op      *dialect.Operation
	scheme  snap.Scheme
	target  string
}

func worlds() []world {
	var all []world
	for _, d := range []dialect.Dialect{dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect()} {
		generate := d.Operation("generate")
		scheme := snap.Symmetric
		if generate.Auth == dialect.AuthAsymmetric {
			scheme = snap.Asymmetric
		}
		all = append(all,
			world{&d, generate, scheme, generate.Paths[0]},
			world{&d, generate, scheme, "/" + d.Name + generate.Paths[0] + "?lang=id&a=1"},
		)
		if op := d.Operation("token"); op != nil {
			all = append(all, world{&d, op, snap.TokenRequest, op.Paths[0]})
		}
	}
	return all
}

// known is what the server knows in a world.
func (w world) known() Known {
	own, previous, other := keys()[0], keys()[1], keys()[2]
	k := Expect(w.dialect, w.op, &pay.Partner{
		ID: partnerIDText, ClientKey: clientKeyText, ClientSecret: secretText, PublicKey: snap.MarshalPublicKey(&own.PublicKey),
	}, w.scheme == snap.Symmetric)
	k.Paths = w.accepted()
	k.Secrets, k.PublicKeys, k.Tokens = []string{previousSecret}, []*rsa.PublicKey{&previous.PublicKey}, []string{previousToken}
	k.PrivateKey = snap.MarshalPrivateKey(own)
	k.Others = []Party{{Name: "toko", Secret: otherSecret, PublicKey: &other.PublicKey}}
	return k
}

// accepted are the paths of the server's own check.
func (w world) accepted() []string {
	bare, _, _ := strings.Cut(w.target, "?")
	all := []string{w.target, bare}
	if short, ok := strings.CutPrefix(bare, "/"+w.dialect.Name); ok {
		all = append(all, short, strings.TrimPrefix(short, w.dialect.Unsigned))
	}
	if w.dialect.Unsigned != "" {
		all = append(all, strings.TrimPrefix(bare, w.dialect.Unsigned))
	}
	return all
}

// accepts is the server's own check of a signature.
func (w world) accepts(r *Request) bool {
	m := snap.Message{Method: r.Method, Path: r.Target, AccessToken: b2bToken, Body: r.Body, Timestamp: r.Get("X-TIMESTAMP")}
	key, signature := &keys()[0].PublicKey, r.Get("X-SIGNATURE")
	switch w.op.Auth {
	case dialect.AuthToken:
		return snap.VerifyToken(key, clientKeyText, m.Timestamp, signature) == nil
	case dialect.AuthAsymmetric:
		return snap.VerifyAsymmetric(key, m, false, signature, w.accepted()...) == nil
	case dialect.AuthWithToken:
		if snap.VerifyAsymmetric(key, m, true, signature, w.accepted()...) == nil {
			return true
		}
	}
	return snap.VerifySymmetric(secretText, m, signature, w.accepted()...) == nil
}
