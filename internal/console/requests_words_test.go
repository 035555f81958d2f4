package console

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"slices"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/doctor"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// referenceWords are words that the rows of dialects bring, and those of the
// checks and of the doctor.
func referenceWords() []string {
	words := []string{
		"Headers", "Body of the request", "Body of the answer", "Parameters", "Members of seamlessData", lifeB2B, lifeCustomer, lifeRefresh,
		"path", "method", "headers", "timestamp", "partner", "access", "token", "signature", "agreement", "customer", "rate", "lever", "repeated", "body", "fields", "do",
	}
	words = slices.AppendSeq(words, maps.Values(needWords))
	words = slices.AppendSeq(words, maps.Values(dialect.Ways))
	for _, k := range []field.Kind{field.String, field.Number, field.Bool, field.Object, field.Array, field.Scalar} {
		words = append(words, k.String())
	}
	for _, f := range []*field.Format{field.Digits, field.Alphanumeric, field.Identifier, field.Amount, field.Money, field.Currency, field.Timestamp, field.TimestampLoose, field.Date} {
		words = append(words, f.About)
	}
	for _, s := range []snap.Scheme{snap.TokenRequest, snap.Symmetric, snap.Asymmetric, snap.AsymmetricWithToken} {
		words = append(words, s.String())
	}
	for _, s := range statuses {
		words = append(words, string(s))
	}
	return append(words, doctorsFacts()...)
}

// doctorsFacts are the names of all facts that the doctor tells.
func doctorsFacts() []string {
	r := doctor.Request{Method: "POST", Target: "/x", Body: []byte(`{"a": "b\/c"}`), Headers: []doctor.Header{
		{Name: snap.HeaderTimestamp, Value: "2026-01-31T23:59:59+07:00"}, {Name: "X_PARTNER_ID", Value: "P"},
	}}
	var err error
	r.At, err = snap.ParseTimestamp(r.Get(snap.HeaderTimestamp))
	if err != nil {
		panic(err)
	}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	sign, err := snap.Sign(snap.Symmetric, snap.Credentials{Secret: "the secret of P"}, snap.Message{Method: "POST", Path: "/y", Body: r.Body, Timestamp: "2026-01-31T23:59:59+07:00"})
	if err != nil {
		panic(err)
	}
	r.Headers = append(r.Headers, doctor.Header{Name: snap.HeaderSignature, Value: sign})
	d := doctor.Examine(context.Background(), r, doctor.Known{
		Schemes: []snap.Scheme{snap.Symmetric, snap.AsymmetricWithToken}, Secret: "the secret of P", Documented: []string{"/y"},
		PublicKey: &pair.PublicKey, Headers: []string{snap.HeaderPartnerID},
	})
	var names []string
	for _, f := range d.Facts {
		names = append(names, f.Name)
	}
	return names
}

// TestDoctorsFacts holds the list of facts to what is translated: all kinds
// come up.
func TestDoctorsFacts(t *testing.T) {
	if names := doctorsFacts(); len(names) != 13 {
		t.Errorf("the doctor tells %q", names)
	}
}
