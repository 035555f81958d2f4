package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// parties are those that a sandbox was seeded with, and their secrets. The
// store keeps them, so that every node writes them into its sandbox.json.
type parties struct {
	Partners map[string]sandbox.Credentials `json:"partners"`
	Payers   []sandbox.Wallet               `json:"payers"`
}

const settingParties = "sandbox.parties"

func (p parties) text() (string, error) {
	text, err := json.Marshal(p)
	return string(text), err
}

func readParties(text string) (p parties, err error) {
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("setting %s: %w", settingParties, err)
	}
	return p, nil
}

// writeSandbox writes sandbox.json with this node's addresses, seeding an
// empty store first.
func (n *node) writeSandbox(ctx context.Context, own secrets) error {
	text, err := n.core.Setting(ctx, settingParties)
	for _, from := range []func(context.Context) (string, error){n.adopt, n.seed} {
		if err == nil && text == "" {
			text, err = from(ctx)
		}
	}
	if err != nil {
		return err
	}
	p, err := readParties(text)
	if err != nil {
		return err
	}
	n.file = sandbox.File{
		APIURL: n.apiURL, AdminURL: n.adminURL, AdminToken: own.token, ProviderPublicKey: snap.MarshalPublicKey(&n.signing.key().PublicKey),
		Partners: p.Partners, Payers: p.Payers,
	}
	return writeFile(n.sandboxFile, n.file)
}

// adopt takes the parties of a sandbox.json that was written before the store
// kept them. It gives nothing if there is none, or it is another store's.
func (n *node) adopt(ctx context.Context) (string, error) {
	old, err := os.ReadFile(n.sandboxFile)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var p parties
	if err := json.Unmarshal(old, &p); err != nil {
		return "", fmt.Errorf("reading %s: %w", n.sandboxFile, err)
	}
	if known, err := n.knows(ctx, p); err != nil || !known {
		return "", err
	}
	text, err := p.text()
	if err != nil {
		return "", err
	}
	return n.core.KeepSetting(ctx, settingParties, text)
}

// knows reports whether one of the partners is the store's.
func (n *node) knows(ctx context.Context, p parties) (bool, error) {
	for _, c := range p.Partners {
		partner, err := n.core.Partner(ctx, c.PartnerID)
		switch {
		case err == nil && partner.ClientSecret == c.ClientSecret:
			return true, nil
		case err != nil && !errors.Is(err, pay.ErrNotFound):
			return false, err
		}
	}
	return false, nil
}

// seed makes the parties, all of them or none. Of nodes that start together
// one does, and the others take what it has made.
func (n *node) seed(ctx context.Context) (text string, err error) {
	err = n.core.Together(ctx, settingParties, func(core *pay.Core) error {
		if text, err = core.Setting(ctx, settingParties); err != nil || text != "" {
			return err
		}
		var p parties
		if p.Partners, p.Payers, err = sandbox.Seed(ctx, core); err != nil {
			return fmt.Errorf("seeding the sandbox (a store that was no sandbox before cannot become one): %w", err)
		}
		if text, err = p.text(); err != nil {
			return err
		}
		text, err = core.KeepSetting(ctx, settingParties, text)
		return err
	})
	return text, err
}

// rotated puts a partner's new credentials where clients and tools look for
// them: into this node's sandbox.json, and into the store for other nodes.
func (n *node) rotated(ctx context.Context, c sandbox.Credentials) error {
	n.rewriting.Lock()
	defer n.rewriting.Unlock()
	text, err := n.core.EditSetting(ctx, settingParties, func(r pay.Reader, old string) (string, error) {
		return rotate(r, old, c)
	})
	if err != nil {
		return err
	}
	return n.rewrite(text)
}

// rewrite writes sandbox.json with parties that have changed, and with the
// server's key of now.
func (n *node) rewrite(text string) error {
	p, err := readParties(text)
	if err != nil {
		return err
	}
	file := n.file
	file.Partners, file.Payers = p.Partners, p.Payers
	file.ProviderPublicKey = snap.MarshalPublicKey(&n.signing.key().PublicKey)
	return writeFile(n.sandboxFile, file)
}

// republish puts another key of the server into sandbox.json.
func (n *node) republish(log *slog.Logger) {
	n.rewriting.Lock()
	defer n.rewriting.Unlock()
	text, err := n.core.Setting(context.Background(), settingParties)
	if err == nil {
		err = n.rewrite(text)
	}
	if err != nil {
		log.Error("writing the server's new key into sandbox.json", "error", err)
	}
}

// rotate replaces the credentials of a partner, unless they have been rotated
// once more since. A partner that is not there is an operator's own.
func rotate(r pay.Reader, old string, c sandbox.Credentials) (string, error) {
	p, err := readParties(old)
	if err != nil {
		return "", err
	}
	for name, known := range p.Partners {
		if known.PartnerID != c.PartnerID {
			continue
		}
		partner, err := r.Partner(c.PartnerID)
		if err != nil || partner.ClientSecret != c.ClientSecret {
			return old, err
		}
		c.MerchantID, c.StoreID, c.TerminalID = known.MerchantID, known.StoreID, known.TerminalID
		p.Partners[name] = c
	}
	return p.text()
}

func writeFile(path string, file sandbox.File) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return writeSecret(path, append(text, '\n'))
}
