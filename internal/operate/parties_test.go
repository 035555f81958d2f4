package operate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// TestStandings: each kind of party takes its own, and no other.
func TestStandings(t *testing.T) {
	all := []pay.Standing{pay.Active, pay.Inactive, pay.Suspended, pay.Blacklisted, pay.Dormant, pay.Blocked, "", "ACTIVE"}
	for _, c := range []struct {
		of   string
		kind []pay.Standing
		fit  map[pay.Standing]bool
	}{
		{"partners", operate.PartnerStandings, map[pay.Standing]bool{pay.Active: true, pay.Suspended: true}},
		{"merchants", operate.MerchantStandings, map[pay.Standing]bool{pay.Active: true, pay.Inactive: true, pay.Suspended: true, pay.Blacklisted: true}},
		{"outlets", operate.OutletStandings, map[pay.Standing]bool{pay.Active: true, pay.Inactive: true}},
		{"payers", operate.PayerStandings, map[pay.Standing]bool{pay.Active: true, pay.Dormant: true, pay.Blocked: true}},
	} {
		for _, s := range all {
			if err := operate.Fits(s, c.kind); (err == nil) != c.fit[s] {
				t.Errorf("%q of %s: %v", s, c.of, err)
			}
		}
	}
}

func TestSetStanding(t *testing.T) {
	w := newWorld(t)
	p, err := w.SetStanding(t.Context(), "P", pay.Suspended)
	w.must(err)
	if p.Standing != pay.Suspended || w.spread.Load() != 1 {
		t.Errorf("the partner is %s, other nodes were waited for %d times", p.Standing, w.spread.Load())
	}
	_, err = w.SetStanding(t.Context(), "P", pay.Dormant)
	w.refused("a dormant partner", err, operate.BadRequest, "standing dormant does not fit this kind of party")
	if _, err := w.SetStanding(t.Context(), "Q", pay.Active); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("an unknown partner: %v", err)
	}
	if kept, err := w.Core.Partner(t.Context(), "P"); err != nil || kept.Standing != pay.Suspended || w.spread.Load() != 1 {
		t.Errorf("after refusals the partner is %+v, %v", kept, err)
	}
}

func TestEditMerchant(t *testing.T) {
	w := newWorld(t)
	edit := func(id string, change func(*pay.Merchant)) (pay.Merchant, error) {
		return w.EditMerchant(t.Context(), "P", id, func(m *pay.Merchant) error { change(m); return nil })
	}
	m, err := edit("M", func(m *pay.Merchant) { m.Standing, m.Name = pay.Blacklisted, "Kedai" })
	w.must(err)
	if m.Standing != pay.Blacklisted || m.Name != "Kedai" || m.City != "JAKARTA" {
		t.Errorf("the merchant is %+v", m)
	}
	_, err = edit("M", func(m *pay.Merchant) { m.Standing = pay.Blocked })
	w.refused("a blocked merchant", err, operate.BadRequest, "standing blocked does not fit this kind of party")
	_, err = edit("M", func(m *pay.Merchant) { m.ID = "X" })
	w.refused("another id", err, operate.BadRequest, "a merchant's id cannot change")
	if _, err = edit("X", func(*pay.Merchant) {}); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("an unknown merchant: %v", err)
	}
	if kept, err := w.Core.Merchant(t.Context(), "P", "M"); err != nil || kept.Standing != pay.Blacklisted || w.spread.Load() != 1 {
		t.Errorf("after refusals the merchant is %+v, %v", kept, err)
	}
}

func TestAddRefusals(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddPartner(t.Context(), operate.NewPartner{ID: "Q", Dialect: "latin"})
	w.refused("an unknown dialect", err, operate.BadRequest, "dialect latin is not offered")
	_, err = w.AddPartner(t.Context(), operate.NewPartner{ID: "P", Dialect: "aspi"})
	if !errors.Is(err, pay.ErrExists) {
		t.Errorf("a partner twice: %v", err)
	}
	_, err = w.AddMerchant(t.Context(), pay.Merchant{PartnerID: "P", ID: "O", Standing: pay.Dormant})
	w.refused("a dormant merchant", err, operate.BadRequest, "standing dormant does not fit this kind of party")
	if w.spread.Load() != 0 {
		t.Errorf("other nodes were waited for %d times", w.spread.Load())
	}
}

// TestRotate: the secret and the key pair are new and fit, all else stays, and
// the sandbox's file hears of them.
func TestRotate(t *testing.T) {
	w := newWorld(t)
	before, err := w.Core.Partner(t.Context(), "P")
	w.must(err)
	was := *before
	var told []sandbox.Credentials
	w.Rotated = func(_ context.Context, c sandbox.Credentials) error {
		told = append(told, c)
		return nil
	}
	drawn, err := w.Rotate(t.Context(), "P", 0)
	w.must(err)
	now, err := w.Core.Partner(t.Context(), "P")
	w.must(err)
	if now.ClientSecret == was.ClientSecret || now.PublicKey == was.PublicKey {
		t.Error("the old secret or key is still the partner's")
	}
	if now.ClientSecret != drawn.ClientSecret || now.PublicKey != drawn.PublicKey || now.ClientKey != was.ClientKey || now.ChannelID != was.ChannelID {
		t.Errorf("drawn were %+v, the partner is %+v", drawn, now)
	}
	if drawn.PartnerID != "P" || drawn.ClientKey != was.ClientKey || drawn.ChannelID != was.ChannelID {
		t.Errorf("the credentials are another's: %+v", drawn)
	}
	if len(told) != 1 || told[0] != drawn {
		t.Errorf("the sandbox's file was told %+v", told)
	}
	fits(t, drawn)
	if _, err := w.Rotate(t.Context(), "Q", 0); !errors.Is(err, pay.ErrNotFound) || len(told) != 1 {
		t.Errorf("an unknown partner: %v", err)
	}
	full := errors.New("the disk is full")
	w.Rotated = func(context.Context, sandbox.Credentials) error { return full }
	if _, err := w.Rotate(t.Context(), "P", 0); err != full {
		t.Errorf("a file that cannot be written: %v", err)
	}
}

// fits wants a private key that signs for the public one.
func fits(t *testing.T, c sandbox.Credentials) {
	t.Helper()
	private, err := snap.ParsePrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	public, err := snap.ParsePublicKey(c.PublicKey)
	if err != nil || !public.Equal(&private.PublicKey) {
		t.Errorf("the public key is another's: %v", err)
	}
}

func TestSetKey(t *testing.T) {
	w := newWorld(t)
	c, err := sandbox.NewCredentials("P", "", "")
	w.must(err)
	if p, err := w.SetKey(t.Context(), "P", c.PublicKey, 0); err != nil || p.PublicKey != c.PublicKey {
		t.Errorf("the key is %q, %v", p.PublicKey, err)
	}
	var r *operate.Refusal
	if _, err := w.SetKey(t.Context(), "P", "a key", 0); !errors.As(err, &r) || r.Kind != operate.BadRequest {
		t.Errorf("what is no key: %v", err)
	}
	if p, err := w.Core.Partner(t.Context(), "P"); err != nil || p.PublicKey != c.PublicKey {
		t.Errorf("a refused key was taken: %v", err)
	}
}

func TestAmount(t *testing.T) {
	for text, want := range map[string]pay.Rupiah{"": 0, "10000": pay.Rp(10_000), "10000.50": pay.Rp(10_000) + 50} {
		if got, err := operate.Amount(text); err != nil || got != want {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"1,000", "-5", "1.5", "Rp 5", "1e6"} {
		if _, err := operate.Amount(text); err == nil {
			t.Errorf("%q is an amount", text)
		}
	}
}
