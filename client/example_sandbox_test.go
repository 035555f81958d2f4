package client_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// theSandbox is a real qrisd, against which the examples run.
type theSandbox struct {
	config   client.Config // of a client of the dialect
	merchant string        // its id
	consent  string        // the authorisation code of a customer

	core   *pay.Core
	server *httptest.Server
	key    *rsa.PrivateKey
	stop   func()
}

// now is the time of the examples.
var now = time.Date(2026, time.January, 31, 10, 0, 0, 0, snap.Jakarta)

// must ends an example that cannot go on.
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// startSandbox starts a server with a partner of a dialect.
func startSandbox(spec client.Provider) *theSandbox {
	dir := must(os.MkdirTemp("", "sandbox"))
	store := must(storage.OpenSQLite(context.Background(), filepath.Join(dir, "books.db"), storage.Options{}))
	s := &theSandbox{key: must(rsa.GenerateKey(rand.Reader, 2048))}
	s.core = pay.New(store, func() time.Time { return now }, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	credentials, wallets, err := sandbox.Seed(context.Background(), s.core)
	if err != nil {
		log.Fatal(err)
	}
	handler := server.New(s.core, served, server.Options{PublicURL: "https://qris.example", Sandbox: true, Log: slog.New(slog.DiscardHandler)}).Handler()
	s.server = httptest.NewServer(handler)
	c := credentials[spec.Name]
	s.merchant = c.MerchantID
	s.config = client.Config{
		BaseURL: s.server.URL, Provider: spec, PartnerID: c.PartnerID, ClientKey: c.ClientKey, ClientSecret: c.ClientSecret,
		PrivateKey: must(snap.ParsePrivateKey(c.PrivateKey)), ChannelID: c.ChannelID, Clock: func() time.Time { return now },
	}
	for _, w := range wallets {
		if w.Dialect == spec.Name {
			s.consent = w.AuthCode
		}
	}
	s.stop = func() {
		s.server.Close()
		store.Close()
		os.RemoveAll(dir)
	}
	return s
}

// served are the dialects of the examples.
var served = []dialect.Dialect{midtrans.Dialect(), aspi.Dialect()}

// client is one of the dialect's partner.
func (s *theSandbox) client() *client.Client { return must(client.New(s.config)) }

// someonePays pays a code, as a stranger with a phone does.
func (s *theSandbox) someonePays(referenceNo string) {
	must(sandbox.Pay(context.Background(), s.core, sandbox.Target{ReferenceNo: referenceNo}, 0))
}

// notify sends a code's notification to an address.
func (s *theSandbox) notify(url string, send func()) {
	must(s.core.EditPartner(context.Background(), s.config.PartnerID, func(p *pay.Partner) error {
		p.NotifyURL = url
		return nil
	}))
	n := notify.New(s.core, notify.Options{
		Dialects: served, Provider: func() *rsa.PrivateKey { return s.key }, AllowPrivate: true, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	s.core.OnOutbox(n.Kick)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	send()
	cancel()
	<-ended
}
