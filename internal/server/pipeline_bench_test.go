package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// unkept is a store that keeps nothing of a code, so that what remains is the
// work of the server.
type unkept struct {
	pay.Storage
	on bool
}

func (u *unkept) Update(ctx context.Context, f func(pay.Tx) error) error {
	if u.on {
		return f(forgetful{})
	}
	return u.Storage.Update(ctx, f)
}

type forgetful struct{ pay.Tx }

func (forgetful) InsertMark(pay.Mark) error         { return nil }
func (forgetful) InsertCode(pay.Code, string) error { return nil }

// caller signs requests of a partner and hands them to the handler.
type caller struct {
	handler     http.Handler
	credentials sandbox.Credentials
	token       string
}

// benchServer keeps one code and no other.
func benchServer(b *testing.B, image bool) (caller, pay.Code) {
	b.Helper()
	store, err := storage.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	books := &unkept{Storage: store}
	core := pay.New(books, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	credentials, _, err := sandbox.Seed(b.Context(), core)
	if err != nil {
		b.Fatal(err)
	}
	c := caller{credentials: credentials["midtrans"]}
	partner, err := core.EditPartner(b.Context(), c.credentials.PartnerID, func(p *pay.Partner) error {
		p.Settings.URLOnly = !image
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	token, err := core.IssueB2B(b.Context(), &partner, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	c.token = token.Text
	c.handler = New(core, []dialect.Dialect{midtrans.Dialect()}, Options{PublicURL: "https://qris.example", Log: slog.New(slog.DiscardHandler)}).Handler()
	code, err := core.Generate(b.Context(), pay.GenerateRequest{Partner: &partner, Amount: pay.Rp(10_000)})
	if err != nil {
		b.Fatal(err)
	}
	books.on = true
	return c, code
}

// request is signed, under a reference of its own.
func (c caller) request(b *testing.B, path, text string) *http.Request {
	b.Helper()
	var random [12]byte
	rand.Read(random[:])
	ref := hex.EncodeToString(random[:])
	body := []byte(fmt.Sprintf(text, ref))
	m := snap.Message{Method: http.MethodPost, Path: path, AccessToken: c.token, Body: body, Timestamp: snap.FormatTimestamp(time.Now())}
	signature, err := snap.Sign(snap.Symmetric, snap.Credentials{Secret: c.credentials.ClientSecret}, m)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(m.Method, path, bytes.NewReader(body))
	for name, value := range map[string]string{
		"Content-Type": "application/json", snap.HeaderTimestamp: m.Timestamp, snap.HeaderPartnerID: c.credentials.PartnerID,
		snap.HeaderExternalID: ref, snap.HeaderChannelID: c.credentials.ChannelID, snap.HeaderAuthorization: "Bearer " + c.token,
		snap.HeaderSignature: signature,
	} {
		r.Header.Set(name, value)
	}
	return r
}

// answered measures the handler alone, without HTTP and its connections.
func (c caller) answered(b *testing.B, path, text string) {
	requests := make([]*http.Request, b.N)
	for i := range requests {
		requests[i] = c.request(b, path, text)
	}
	w := httptest.NewRecorder()
	b.ReportAllocs()
	b.ResetTimer()
	for _, r := range requests {
		w.Body.Reset()
		w.Code = http.StatusOK
		clear(w.Header())
		if c.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

const generateBody = `{"partnerReferenceNo":"%s","amount":{"value":"12345.00","currency":"IDR"},"merchantId":"00007100010926","terminalId":"213141251124","additionalInfo":{"acquirer":"gopay","items":[{"id":"susumaniskaleng","price":{"value":"5000","currency":"IDR"},"quantity":"1","name":"HOLYCOW 1KG T-bone","brand":"Makan makan 1OMS ","category":"Food","merchantName":""}],"customerDetails":{"email":"budi@contoh.id","firstName":"Budi","lastName":"Utomo","phone":"081223323423"},"metadata":{},"countryCode":"ID","locale":"id_ID"}}`

// BenchmarkGenerate is the whole check and answer of a request, but for the
// store.
func BenchmarkGenerate(b *testing.B) {
	for _, image := range []bool{false, true} {
		b.Run(map[bool]string{false: "url", true: "image"}[image], func(b *testing.B) {
			c, _ := benchServer(b, image)
			c.answered(b, "/v1.0/qr/qr-mpm-generate", generateBody)
		})
	}
}

// BenchmarkQuery reads one code of the store each time.
func BenchmarkQuery(b *testing.B) {
	c, code := benchServer(b, false)
	c.answered(b, "/v1.0/qr/qr-mpm-query", `{"originalReferenceNo":"`+code.Ref+`","serviceCode":"47","additionalInfo":{"of":"%s"}}`)
}
