package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/seal"
	"github.com/qrisd/qrisd/internal/storage/storagetest"
)

// under are the keys of a store: all that may be the master key.
func under(masters ...seal.Key) Keys {
	return Keys{Find: func(context.Context, bool) ([]seal.Key, error) { return masters, nil }}
}

// engines are where stores lie in tests.
var engines = map[string]func(t *testing.T) string{
	"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "books.db") },
	"postgres": func(t *testing.T) string { return pgtest.Shared(t).Database(t) },
}

func onEngines(t *testing.T, test func(t *testing.T, location string)) {
	for name, location := range engines {
		t.Run(name, func(t *testing.T) { test(t, location(t)) })
	}
}

// TestSealed holds stores whose secrets are sealed to the contract of others.
func TestSealed(t *testing.T) {
	for name, location := range engines {
		t.Run(name, func(t *testing.T) {
			locations, master := map[pay.Storage]string{}, seal.Draw()
			open := func(t *testing.T, location string) pay.Storage {
				s := mustOpen(t, location, Options{Keys: under(master)})
				locations[s] = location
				return s
			}
			storagetest.Run(t,
				func(t *testing.T) pay.Storage { return open(t, location(t)) },
				func(t *testing.T, s pay.Storage) pay.Storage {
					mustClose(t, s.(*Store))
					return open(t, locations[s])
				})
		})
	}
}

const (
	oldSecret     = "rahasia-lama-0001"
	newSecret     = "rahasia-baru-0002"
	notifyAddress = "https://toko:rahasia-alamat-0004@toko.example/told"
	settingText   = "-----BEGIN PRIVATE KEY----- rahasia-pelayan-0003"
)

// keep writes a partner and a setting with secrets, as they are known above.
func keep(t *testing.T, s *Store, partners ...string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx pay.Tx) error {
		for _, id := range partners {
			p := pay.Partner{ID: id, ClientKey: id, ClientSecret: oldSecret, NotifyURL: notifyAddress, Standing: pay.Active}
			if err := tx.PutPartner(p); err != nil {
				return err
			}
			p.ReplaceSecret(newSecret, morning, time.Hour)
			m := pay.Merchant{PartnerID: id, ID: "M", NotifyURL: notifyAddress, Standing: pay.Active}
			if err := errors.Join(tx.PutPartner(p), tx.PutMerchant(m)); err != nil {
				return err
			}
		}
		return errors.Join(tx.PutSetting("provider.key", oldSecret), tx.PutSetting("provider.key", settingText), tx.PutSetting("cluster.generation", "g"))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// holds checks that the secrets come back.
func holds(t *testing.T, s pay.Storage, partners ...string) {
	t.Helper()
	err := s.View(t.Context(), func(r pay.Reader) error {
		for _, id := range partners {
			p, err := r.Partner(id)
			if err != nil {
				return err
			}
			if p.ClientSecret != newSecret || p.Former.Secret != oldSecret {
				t.Errorf("partner %s has %q, before %q", id, p.ClientSecret, p.Former.Secret)
			}
			m, err := r.Merchant(id, "M")
			if p.NotifyURL != notifyAddress || m.NotifyURL != notifyAddress {
				t.Errorf("partner %s is notified at %q, its merchant at %q, %v", id, p.NotifyURL, m.NotifyURL, err)
			}
		}
		text, err := r.Setting("provider.key")
		if text != settingText {
			t.Errorf("the setting is %q", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stored is all that somebody can read who has the database: the bytes of each
// file, or every row.
func stored(t *testing.T, location string) []byte {
	t.Helper()
	if IsPostgres(location) {
		return fmt.Append(nil, dump(t, location))
	}
	var all []byte
	files, err := filepath.Glob(location + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("the store's files are %v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

func hidden(t *testing.T, location string, secrets ...string) {
	t.Helper()
	all := stored(t, location)
	if len(all) < 1000 {
		t.Fatalf("%d bytes are no store", len(all))
	}
	for _, secret := range secrets {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("%q can be read in the store", secret)
		}
	}
}

// TestNothingIsPlain looks for secrets in the files while the store is open,
// with its logs, and after it was closed.
func TestNothingIsPlain(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		master := seal.Draw()
		s := mustOpen(t, location, Options{Keys: under(master)})
		keep(t, s, "P", "Q")
		secrets := []string{oldSecret, newSecret, settingText, notifyAddress, "rahasia", master.Text()}
		hidden(t, location, secrets...)
		holds(t, s, "P", "Q")
		mustClose(t, s)
		hidden(t, location, secrets...)
	})
}

// TestPlainStoreIsSealed opens a store that an earlier version has written.
func TestPlainStoreIsSealed(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		plain := mustOpen(t, location, Options{})
		keep(t, plain, "P", "Q")
		if !bytes.Contains(stored(t, location), []byte(newSecret)) {
			t.Fatal("nothing was plain to begin with: the test looks in the wrong place")
		}
		mustClose(t, plain)
		keys := under(seal.Draw())
		for range 2 { // the second finds it sealed
			s := mustOpen(t, location, Options{Keys: keys})
			holds(t, s, "P", "Q")
			mustClose(t, s)
			hidden(t, location, oldSecret, newSecret, settingText, notifyAddress)
		}
		if _, err := Open(t.Context(), location, Options{}); !errors.Is(err, ErrNoKey) {
			t.Errorf("without its key: %v", err)
		}
	})
}

// TestScrubIsMadeUpFor: of a start that was cut off after the secrets were
// sealed, the next takes the rest out of the file.
func TestScrubIsMadeUpFor(t *testing.T) {
	location := filepath.Join(t.TempDir(), "books.db")
	plain := mustOpen(t, location, Options{})
	keep(t, plain, "P")
	if err := plain.unlock(t.Context(), under(seal.Draw())); err != nil {
		t.Fatal(err)
	}
	master := plain.vault.master
	mustClose(t, plain)
	s := mustOpen(t, location, Options{Keys: under(master)})
	holds(t, s, "P")
	mustClose(t, s)
	hidden(t, location, oldSecret, newSecret, settingText, notifyAddress)
}

// TestNodesOfBefore: a store on which a node of an earlier version is at work
// is not sealed under it.
func TestNodesOfBefore(t *testing.T) {
	location := engines["postgres"](t)
	plain := mustOpen(t, location, Options{})
	keep(t, plain, "P")
	err := plain.Update(t.Context(), func(tx pay.Tx) error {
		_, err := tx.TakeLease("node 1", "node 1", time.Now(), time.Now().Add(time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), location, Options{Keys: under(seal.Draw())}); err == nil || !strings.Contains(err.Error(), "node node 1 is at work") {
		t.Errorf("opened under another node: %v", err)
	}
	holds(t, plain, "P")
}

func TestOtherKeysAreRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		master, wrong := seal.Draw(), seal.Draw()
		s := mustOpen(t, location, Options{Keys: under(master)})
		keep(t, s, "P")
		mustClose(t, s)
		broken := errors.New("the vault is down")
		for _, c := range []struct {
			keys Keys
			want error
			says string
		}{
			{Keys{}, ErrNoKey, "--key-file FILE, QRISD_KEY or --key-command COMMAND"},
			{Keys{Kept: true}, ErrNoKey, "--key-file"},
			{under(), ErrNoKey, "--key-file"},
			{under(wrong), ErrWrongKey, "sealed under master key " + master.ID() + ", the key that is named is " + wrong.ID() + "; name the key"},
			{Keys{Find: func(context.Context, bool) ([]seal.Key, error) { return nil, broken }}, broken, "the vault is down"},
		} {
			_, err := Open(t.Context(), location, Options{Keys: c.keys})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), wrong.Text()) {
				t.Errorf("want %v, %q; got %v", c.want, c.says, err)
			}
		}
		holds(t, mustOpen(t, location, Options{Keys: under(wrong, master)}), "P")
	})
}

// TestKeptKey: stores of sandboxes that share a database hold the key
// themselves.
func TestKeptKey(t *testing.T) {
	onEngines(t, func(t *testing.T, location string) {
		s := mustOpen(t, location, Options{Keys: Keys{Kept: true}})
		keep(t, s, "P")
		mustClose(t, s)
		s = mustOpen(t, location, Options{Keys: Keys{Kept: true}})
		holds(t, s, "P")
		status, err := s.KeyStatus(t.Context())
		if err != nil || !status.Kept {
			t.Errorf("the status is %+v, %v", status, err)
		}
		master := seal.Draw()
		if err := s.RotateMaster(t.Context(), master); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
		if _, err := Open(t.Context(), location, Options{Keys: Keys{Kept: true}}); !errors.Is(err, ErrNoKey) {
			t.Errorf("the key has not left the store: %v", err)
		}
		holds(t, mustOpen(t, location, Options{Keys: under(master)}), "P")
	})
}

// TestSecretsAreBound puts what one row holds into another, alters it, and
// writes plain text: none of it is taken for a secret.
func TestSecretsAreBound(t *testing.T) {
	other := seal.Draw()
	for name, statement := range map[string]string{
		"another partner's":   "UPDATE partner SET client_secret = (SELECT client_secret FROM partner WHERE id = 'Q') WHERE id = 'P'",
		"another column's":    "UPDATE partner SET client_secret = json_extract(former, '$.secret') WHERE id = 'P'",
		"a setting's":         "UPDATE partner SET client_secret = (SELECT value FROM setting WHERE name = 'provider.key') WHERE id = 'P'",
		"one byte altered":    "UPDATE partner SET client_secret = substr(client_secret, 1, 30) || CASE substr(client_secret, 31, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(client_secret, 32) WHERE id = 'P'",
		"cut":                 "UPDATE partner SET client_secret = substr(client_secret, 1, 40) WHERE id = 'P'",
		"plain text":          "UPDATE partner SET client_secret = 'known' WHERE id = 'P'",
		"nothing":             "UPDATE partner SET client_secret = '' WHERE id = 'P'",
		"an unknown data key": "UPDATE partner SET client_secret = '" + other.Seal("known", secretOf("P")...) + "' WHERE id = 'P'",
		"another's address":   "UPDATE partner SET notify_url = (SELECT notify_url FROM merchant WHERE partner_id = 'P') WHERE id = 'P'",
		"a former secret":     "UPDATE partner SET former = (SELECT former FROM partner WHERE id = 'Q') WHERE id = 'P'",
	} {
		t.Run(name, func(t *testing.T) {
			location, keys := filepath.Join(t.TempDir(), "books.db"), under(seal.Draw())
			s := mustOpen(t, location, Options{Keys: keys})
			keep(t, s, "P", "Q")
			mustClose(t, s)
			tamper(t, location, statement)
			s = mustOpen(t, location, Options{Keys: keys})
			err := s.View(t.Context(), func(r pay.Reader) error {
				p, err := r.Partner("P")
				if err == nil {
					t.Errorf("it reads as %q and %q", p.ClientSecret, p.Former.Secret)
				}
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "P") && !strings.Contains(err.Error(), other.ID()) {
				t.Errorf("the error is %v", err)
			}
			holds(t, s, "Q")
		})
	}
}

// TestNodesSealTogether opens an empty database on several nodes at once.
func TestNodesSealTogether(t *testing.T) {
	for name, keys := range map[string]Keys{"a key that is named": under(seal.Draw()), "a key in the store": {Kept: true}} {
		t.Run(name, func(t *testing.T) {
			location := engines["postgres"](t)
			nodes := make([]*Store, 4)
			var wg sync.WaitGroup
			for i := range nodes {
				wg.Go(func() { nodes[i] = mustOpen(t, location, Options{Keys: keys}) })
			}
			wg.Wait()
			for i, s := range nodes {
				keep(t, s, fmt.Sprint("P", i))
			}
			for _, s := range nodes {
				holds(t, s, "P0", "P1", "P2", "P3")
			}
			if is, err := nodes[0].KeyStatus(t.Context()); err != nil || is.Retired != 0 {
				t.Errorf("the status is %+v, %v", is, err)
			}
		})
	}
}

// TestSecretsTravelSealed: a copy needs no key, holds nothing plain, and opens
// with the key of the original.
func TestSecretsTravelSealed(t *testing.T) {
	onEngines(t, func(t *testing.T, from string) {
		master := seal.Draw()
		s := mustOpen(t, from, Options{Keys: under(master)})
		keep(t, s, "P")
		mustClose(t, s)
		for name, to := range engines {
			t.Run("to "+name, func(t *testing.T) {
				location := to(t)
				mustCopy(t, from, location, CopyOptions{Check: func(s *Snapshot) error { return s.Check(Invariants()) }})
				hidden(t, location, oldSecret, newSecret, settingText, notifyAddress)
				if _, err := Open(t.Context(), location, Options{}); !errors.Is(err, ErrNoKey) {
					t.Errorf("without the key: %v", err)
				}
				err := Read(t.Context(), location, func(s *Snapshot) error {
					all, err := s.PartnersOf(t.Context(), under(master))
					if err == nil && (len(all) != 1 || all[0].ClientSecret != newSecret) {
						t.Errorf("the partners are %+v", all)
					}
					_, refused := s.PartnersOf(t.Context(), under(seal.Draw()))
					if !errors.Is(refused, ErrWrongKey) {
						t.Errorf("with another key: %v", refused)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
				holds(t, mustOpen(t, location, Options{Keys: under(master)}), "P")
			})
		}
	})
}

func TestUnsealedStoresHaveNoKeys(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})
	_, status := s.KeyStatus(t.Context())
	_, data := s.RotateData(t.Context())
	for what, err := range map[string]error{"status": status, "data": data, "master": s.RotateMaster(t.Context(), seal.Draw())} {
		if !errors.Is(err, ErrUnsealed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
