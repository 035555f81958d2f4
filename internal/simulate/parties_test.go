package simulate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	mathrand "math/rand/v2"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

// epoch is the business time when a bubble begins, whose own time is always the
// first second of 2000: a morning in Jakarta.
var epoch = time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

func business() time.Time { return time.Now().Add(epoch).UTC() }

func dialects() []dialect.Dialect {
	return []dialect.Dialect{
		dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect(),
	}
}

// party is a partner with its merchant, and what its clients and its receiver
// know.
type party struct {
	dialect   *dialect.Dialect
	partner   pay.Partner
	merchant  pay.Merchant
	storeID   string
	terminal  string
	customers []customer // of an issuer

	token string // B2B, as the clients know it
	until time.Time
	mood  mood // of its receiver

	held     bool // the operator has suspended the merchant
	heldFrom int  // the last job that may not know of it yet
}

// customer is a payer whose issuer's partner may pay for it.
type customer struct{ payer, token string }

// The money that each payer begins with, little enough to run out.
const (
	purse     = pay.Rupiah(3_000_000_00)
	purses    = 3                         // payers of each issuer
	tokenLife = 10 * 365 * 24 * time.Hour // of customers' tokens
	b2bLife   = 3 * time.Hour
)

// beginning is what every world begins with: books, and the parties in them.
type beginning struct {
	books   []byte
	parties []party
}

var (
	beginningOnce sync.Once
	theBeginning  beginning
)

// begin makes the beginning once for all worlds.
func begin(t *testing.T) beginning {
	t.Helper()
	beginningOnce.Do(func() {
		folder := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			books, err := storage.Open(t.Context(), filepath.Join(folder, bookFile), storage.Options{Readers: 1})
			if err != nil {
				t.Fatal(err)
			}
			core := pay.New(books, business, mathrand.NewChaCha8([32]byte{}), policy, pay.NationalSwitch{})
			parties, err := populate(t.Context(), core)
			if err = errors.Join(err, books.Close()); err != nil {
				t.Fatal(err)
			}
			theBeginning.parties = parties
		})
		content, err := os.ReadFile(filepath.Join(folder, bookFile))
		if err != nil {
			t.Fatal(err)
		}
		theBeginning.books = content
	})
	if theBeginning.books == nil {
		t.Fatal("there is no beginning: an earlier test failed to make it")
	}
	return theBeginning
}

// populate makes the parties of a sandbox, with credentials of our own, and the
// issuers' payers.
func populate(ctx context.Context, core *pay.Core) ([]party, error) {
	credentials := make(map[string]sandbox.Credentials)
	all := dialects()
	for _, d := range all {
		credentials[d.Name] = sandbox.Credentials{
			PartnerID: "partner-" + d.Name, ClientKey: "client-" + d.Name, ClientSecret: "secret of " + d.Name,
			PublicKey: snap.MarshalPublicKey(&partnerKey().public), ChannelID: "95221",
		}
	}
	if err := sandbox.Reseed(ctx, core, credentials, nil); err != nil {
		return nil, err
	}
	var parties []party
	for i := range all {
		p, err := complete(ctx, core, &all[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
		parties = append(parties, p)
	}
	return parties, nil
}

// complete adds to a dialect's partner what its world needs.
func complete(ctx context.Context, core *pay.Core, d *dialect.Dialect) (p party, err error) {
	p.dialect = d
	p.partner, err = core.EditPartner(ctx, "partner-"+d.Name, func(partner *pay.Partner) error {
		partner.Settings.URLOnly, partner.Settings.TokenLife = true, b2bLife // no images are drawn
		partner.NotifyURL = "https://" + d.Name + ".example/told"
		return nil
	})
	if err != nil {
		return p, err
	}
	err = core.Inspect(ctx, func(r pay.Reader) error {
		all, err := r.Merchants(p.partner.ID)
		if err == nil {
			p.merchant = all[0]
		}
		return err
	})
	p.storeID, p.terminal = "S0001", "T0001"
	if d.Operation("payment") == nil || err != nil {
		return p, err
	}
	for i := range purses {
		c := customer{fmt.Sprintf("%s-%d", d.Name, i), fmt.Sprintf("the token of payer %d of %s", i, d.Name)}
		err := core.AddPayer(ctx, pay.Payer{ID: c.payer, Name: "Payer", Standing: pay.Active, CreatedAt: core.Now()}, purse)
		if err == nil {
			_, err = core.Grant(ctx, pay.TokenCustomer, p.partner.ID, c.payer, c.token, tokenLife)
		}
		if err != nil {
			return p, err
		}
		p.customers = append(p.customers, c)
	}
	return p, nil
}
