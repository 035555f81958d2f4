package cli

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// signingKey is a key with which the server signs notifications from a moment
// on, until the next one's.
type signingKey struct {
	Key  string    `json:"key"` // PEM
	From time.Time `json:"from"`

	private *rsa.PrivateKey
}

// readSigningKeys reads setting provider.key: the keys, oldest first, or as it
// once was the one key alone.
func readSigningKeys(text string) (keys []signingKey, err error) {
	if strings.HasPrefix(text, "-----") {
		keys = []signingKey{{Key: text}}
	} else if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fmt.Errorf("reading the provider's keys: %w", err)
	}
	for i := range keys {
		if keys[i].private, err = snap.ParsePrivateKey(keys[i].Key); err != nil {
			return nil, fmt.Errorf("reading the provider's key: %w", err)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("reading the provider's keys: there are none")
	}
	return keys, nil
}

// signsAt is the place of the key that signs at a moment.
func signsAt(keys []signingKey, now time.Time) int {
	for i, k := range slices.Backward(keys) {
		if !k.From.After(now) {
			return i
		}
	}
	return 0
}

// signing are the keys of a server, as its node follows them.
type signing struct {
	now  func() time.Time
	told func(*rsa.PrivateKey) // of another key that signs; nil: nobody is

	mu   sync.Mutex
	keys []signingKey
	last *rsa.PrivateKey
}

// follow takes over what the setting says.
func (s *signing) follow(text string) error {
	keys, err := readSigningKeys(text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.keys = keys
	s.mu.Unlock()
	s.key()
	return nil
}

// key is the one that signs now.
func (s *signing) key() *rsa.PrivateKey {
	s.mu.Lock()
	private := s.keys[signsAt(s.keys, s.now())].private
	changed := s.last != nil && !s.last.Equal(private)
	s.last = private
	s.mu.Unlock()
	if changed && s.told != nil {
		s.told(private)
	}
	return private
}

// followSigning takes over a key that another node has drawn.
func (n *node) followSigning(r pay.Reader) error {
	text, err := optional(r, settingProviderKey)
	if err != nil || text == "" {
		return err
	}
	return n.signing.follow(text)
}

// withNext adds a key that signs from a moment on. Of those before, the one that
// signs now stays: one that was to follow it does not any more.
func withNext(old string, next signingKey, now time.Time) (string, error) {
	keys, err := readSigningKeys(old)
	if err != nil {
		return "", err
	}
	at := signsAt(keys, now)
	text, err := json.Marshal([]signingKey{keys[at], next})
	return string(text), err
}

// provider implements admin.Provider.
type provider struct{ n *node }

// providerView is what partners may know of the server's own keys.
type providerView struct {
	Keys []providerKeyView `json:"keys"`
}

type providerKeyView struct {
	Fingerprint string    `json:"fingerprint"`
	PublicKey   string    `json:"publicKey"`
	From        time.Time `json:"signsFrom,omitzero"`
	Signs       bool      `json:"signs"` // now
}

// Show implements admin.Provider: the key that signs, and one that will.
func (p provider) Show(ctx context.Context) (any, error) {
	text, err := p.n.core.Setting(ctx, settingProviderKey)
	if err != nil {
		return nil, err
	}
	return p.view(text)
}

func (p provider) view(text string) (v providerView, err error) {
	keys, err := readSigningKeys(text)
	if err != nil {
		return v, err
	}
	at := signsAt(keys, p.n.core.Now())
	for i, k := range keys[at:] {
		public := &k.private.PublicKey
		v.Keys = append(v.Keys, providerKeyView{snap.Fingerprint(public), snap.MarshalPublicKey(public), k.From, i == 0})
	}
	return v, nil
}

// Rotate implements admin.Provider.
func (p provider) Rotate(ctx context.Context, overlap time.Duration) (any, error) {
	drawn, err := newProviderKey()
	if err != nil {
		return nil, err
	}
	text, err := p.n.core.EditSetting(ctx, settingProviderKey, func(_ pay.Reader, old string) (string, error) {
		now := p.n.core.Now()
		return withNext(old, signingKey{Key: drawn, From: now.Add(overlap)}, now)
	})
	if err != nil {
		return nil, err
	}
	if err := p.n.signing.follow(text); err != nil {
		return nil, err
	}
	return p.view(text)
}

func providerCommand() *cobra.Command {
	f := new(adminFlags)
	c := group(&cobra.Command{
		Use:   "provider",
		Short: "Show or rotate the server's own signing key",
		Long: `Show or rotate the key with which the server signs notifications, and asks
partners' servers for tokens. Partners verify with its public key.`,
	}, providerShowCommand(f), providerRotateCommand(f))
	f.bind(c)
	return c
}

func providerShowCommand(f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Show the server's public keys",
		Long:    "Show the public key of the key that signs, and during a rotation of the one that will.",
		Example: `  qrisd provider show --json`,
		Args:    cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return perform(c, a, get(path("provider")), sayProvider)
		}),
	}
}

func providerRotateCommand(f *adminFlags) *cobra.Command {
	var overlap string
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Draw another signing key for the server",
		Long: `Draw another signing key. For the overlap the server goes on to sign with the key
it has, and shows the public key of the next: give it to the partners, to be
taken beside the other. Then the next one signs, and the old one is dropped.`,
		Example: `  qrisd provider rotate --overlap 168h`,
		Args:    cobra.NoArgs,
		RunE: f.run(func(c *cobra.Command, a *adminClient, _ []string) error {
			return perform(c, a, post(path("provider", "rotate"), map[string]string{"overlap": overlap}), sayProvider)
		}),
	}
	c.Flags().StringVar(&overlap, "overlap", "", overlapHelp)
	return c
}

// overlapHelp is what all flags of an overlap say.
const overlapHelp = "how long the old keys go on, as in 24h; 0s: they end at once (default: the server's --key-overlap)"

func sayProvider(w io.Writer, v providerView) {
	for _, k := range v.Keys {
		state := "signs now"
		if !k.Signs {
			state = "signs from " + k.From.In(pay.Jakarta).Format(time.RFC3339)
		}
		printPairs(w, [][2]string{{"fingerprint", k.Fingerprint}, {"state", state}})
		fmt.Fprint(w, k.PublicKey)
	}
}
