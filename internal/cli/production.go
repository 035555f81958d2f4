package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// defect is one thing with which no server of real money may run.
type defect struct{ what, cure string }

// fit refuses, with --production, to start with any defect, and names all.
func (o serveOptions) fit(ctx context.Context, books pay.Storage) error {
	if !o.production {
		return nil
	}
	var inBooks []defect
	err := books.View(ctx, func(r pay.Reader) (err error) {
		inBooks, err = o.defectsOf(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("--production: looking into the store: %w", err)
	}
	return unfit(append(o.defects(), inBooks...))
}

// fitToOpen is fit for a store that must not be opened yet, because that would
// seal it with a key of its own, which is not the one that will be named.
func (o serveOptions) fitToOpen() error {
	if !o.production || o.masterKeyNamed() || exists(filepath.Join(o.data, ownKey)) {
		return nil
	}
	return unfit(o.defects())
}

func unfit(found []defect) error {
	if len(found) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--production: %d defects, so the server does not start", len(found))
	for i, d := range found {
		fmt.Fprintf(&b, "\n%3d. %s\n     cure: %s", i+1, d.what, d.cure)
	}
	return errors.New(b.String())
}

// defects are those of the flags.
func (o serveOptions) defects() []defect {
	var found []defect
	for _, d := range []struct {
		bad bool
		defect
	}{
		{o.sandbox, defect{"--sandbox is given: triggers, levers, a movable clock and debug messages would be on", "leave --sandbox out"}},
		{!o.tls.on() && len(o.proxies) == 0, defect{"the API would be served over plain HTTP", "give --tls-cert and --tls-key, or name the proxies that end TLS with --behind-tls-proxy"}},
		{!o.adminTLS.on() && len(o.proxies) == 0 && !loopback(o.admin), defect{"the management API would be served over plain HTTP on " + o.admin, "give --admin-tls-cert and --admin-tls-key, or listen on 127.0.0.1"}},
		{!o.publicHTTPS(), defect{"clients and payers would be sent to an address that is not https", "give --public-url with https://"}},
		{o.skew == 0, defect{"--skew 0 takes requests of any time, so that a captured one stays good for ever", "leave --skew out, which is 5m, or give another"}},
		{!o.masterKeyNamed(), defect{"no master key is named, so that secrets would be kept beside the key that opens them", "make one with qrisd secret key FILE and give it with --key-file, --key-command or " + keyVariable}},
		{exists(filepath.Join(o.data, "sandbox.json")), defect{"the data folder has a sandbox.json, with credentials of a sandbox", "take another --data, or remove the file if the store was never a sandbox"}},
	} {
		if d.bad {
			found = append(found, d.defect)
		}
	}
	if _, err := o.exposure.open(); err != nil {
		found = append(found, defect{err.Error(), "correct the flag or the file that it names"})
	}
	return found
}

// publicHTTPS reports whether the addresses in answers begin with https.
func (o serveOptions) publicHTTPS() bool {
	if o.publicURL == "" {
		return o.tls.on()
	}
	return strings.HasPrefix(o.publicURL, "https://")
}

// loopback reports whether a listener is reached from this machine alone.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// defectsOf are those of the books.
func (o serveOptions) defectsOf(r pay.Reader) (found []defect, err error) {
	for _, look := range []func(pay.Reader) ([]defect, error){sandboxDefects, secretDefects, o.partnerDefects, payerDefects} {
		more, err := look(r)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

const cureNewStore = "begin with an empty store: qrisd serve --production --data FOLDER"

// sandboxDefects are what a sandbox leaves in its store.
func sandboxDefects(r pay.Reader) (found []defect, err error) {
	for _, s := range []struct{ setting, harmless, what string }{
		{settingParties, "", "the store was a sandbox: its demo partners and payers, whose credentials are in files, are in it"},
		{operate.ClockSetting, "0s", "the store's clock was moved"},
		{sandbox.LeverSetting, "[]", "sandbox levers are kept in the store"},
	} {
		text, err := optional(r, s.setting)
		if err != nil {
			return nil, err
		}
		if text != "" && text != s.harmless {
			found = append(found, defect{s.what, cureNewStore})
		}
	}
	return found, nil
}

// secretDefects are those of the server's own secrets. One that is not there
// yet will be drawn.
func secretDefects(r pay.Reader) (found []defect, err error) {
	token, err := optional(r, settingToken)
	if err != nil {
		return nil, err
	}
	if why := weak(token); token != "" && why != "" {
		found = append(found, defect{"the admin token " + why, "delete the row " + settingToken + " of the table setting, and another is drawn at the next start"})
	}
	key, err := optional(r, settingProviderKey)
	if err != nil || key == "" {
		return found, err
	}
	if _, err := readSigningKeys(key); err != nil {
		found = append(found, defect{"the server's own key: " + err.Error(), "delete the row " + settingProviderKey + " of the table setting, and one is made at the next start; give partners its public key"})
	}
	return found, nil
}

// What a secret has at least.
const (
	secretLength  = 32 // characters
	secretVariety = 10 // of them different
)

// weak says why a secret could be guessed; empty: it could not.
func weak(secret string) string {
	different := make(map[rune]bool)
	for _, c := range secret {
		different[c] = true
	}
	switch {
	case len(secret) < secretLength:
		return fmt.Sprintf("has %d characters, of at least %d", len(secret), secretLength)
	case len(different) < secretVariety:
		return fmt.Sprintf("is made of %d different characters, of at least %d", len(different), secretVariety)
	}
	return ""
}

// demoMPAN begins the MPAN of every merchant of a sandbox, whose institution
// there is not.
const demoMPAN = "93600999"

// partnerDefects are those of the partners, their keys and their merchants.
func (o serveOptions) partnerDefects(r pay.Reader) (found []defect, err error) {
	all, err := r.Partners()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		found = append(found, o.partnerDefect(p)...)
		merchants, err := r.Merchants(p.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range merchants {
			if strings.HasPrefix(m.MPAN, demoMPAN) {
				found = append(found, defect{"merchant " + m.ID + " of partner " + p.ID + " has the MPAN of a sandbox, " + m.MPAN, cureNewStore})
			}
		}
	}
	return found, nil
}

func (o serveOptions) partnerDefect(p pay.Partner) (found []defect) {
	for _, key := range []string{p.PublicKey, p.Former.PublicKey} {
		if _, err := snap.ParsePublicKey(key); key != "" && err != nil {
			found = append(found, defect{"the key of partner " + p.ID + ": " + err.Error(), "start without --production, register a key of at least 2048 bits with qrisd partner key, and start again"})
		}
	}
	if why := weak(p.ClientSecret); p.ClientSecret != "" && why != "" {
		found = append(found, defect{"the client secret of partner " + p.ID + " " + why, "start without --production, draw another with qrisd partner rotate, and start again"})
	}
	if p.Access.Mutual() && !o.tls.asks() && len(o.proxies) == 0 {
		found = append(found, defect{"partner " + p.ID + " is bound to a client certificate, for which nobody is asked", "give --client-ca or --mutual-tls"})
	}
	return found
}

// payerDefects are the payers of a sandbox.
func payerDefects(r pay.Reader) (found []defect, err error) {
	demo := []string{sandbox.OutsidePayer}
	for _, name := range dialectNames() {
		demo = append(demo, sandbox.PayerOf(name))
	}
	for _, id := range demo {
		_, err := r.Payer(id)
		switch {
		case err == nil:
			found = append(found, defect{"payer " + id + " is a sandbox's, whose wallet was filled with no money", cureNewStore})
		case !errors.Is(err, pay.ErrNotFound):
			return nil, err
		}
	}
	return found, nil
}
