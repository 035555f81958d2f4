package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
	"github.com/qrisd/qrisd/internal/storage"
)

func secretCommand() *cobra.Command {
	f := new(secretFlags)
	c := group(&cobra.Command{
		Use:   "secret",
		Short: "Manage the keys that a store's secrets are sealed with",
		Long: `Manage the keys that a store's secrets are sealed with: partners' client secrets,
the server's own keys and its admin token. They are sealed under a data key in
the store, and that under a master key, which is in a file, in the environment
or at a key service. An embedded store that a server has open is asked of that
server, at its management API; others are opened.`,
	}, secretKeyCommand(), secretStatusCommand(f), secretRotateCommand(f))
	return c
}

func secretKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key FILE",
		Short: "Make a master key",
		Long: `Make a master key in a new file (mode 0600). Keep a copy where backups of the store
are not: without it nobody can read the secrets in them.`,
		Example: `  qrisd secret key /etc/qrisd/master.key`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			k := seal.Draw()
			if err := create(args[0], k.Text()+"\n", 0o600); err != nil {
				return fmt.Errorf("secret key: %w", err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: master key %s\n", args[0], k.ID())
			return nil
		},
	}
}

// secretFlags say whose secrets a command is about.
type secretFlags struct {
	adminFlags
	books booksFlags
	keyFlags
}

func (f *secretFlags) bind(c *cobra.Command) {
	f.adminFlags.bind(c)
	f.books.bindStore(c)
	f.bindKey(c.Flags())
}

// run carries something out by the server that has the store open, or on the
// store itself.
func (f *secretFlags) run(c *cobra.Command, ask request, do func(keeper, context.Context) (secretsView, error), say func(io.Writer, secretsView)) error {
	f.books.data = f.data
	used, err := inUse(c.Context(), f.books.location())
	if err != nil {
		return err
	}
	if used {
		a, err := f.client()
		if err != nil {
			return fmt.Errorf("the store is in use, so its server must be asked: %w", err)
		}
		return perform(c, a, ask, say)
	}
	k, err := f.open(c.Context())
	if err != nil {
		return err
	}
	view, err := do(k, c.Context())
	if err = errors.Join(err, k.store.Close()); err != nil {
		return err
	}
	if f.json {
		return printJSON(c.OutOrStdout(), view)
	}
	say(c.OutOrStdout(), view)
	return nil
}

// open opens a store that is sealed already.
func (f *secretFlags) open(ctx context.Context) (keeper, error) {
	keys, err := f.keys(f.data, f.books.location(), false)
	if err != nil {
		return keeper{}, err
	}
	find := keys.Find
	keys.Find = func(ctx context.Context, sealed bool) ([]seal.Key, error) {
		if !sealed {
			return nil, storage.ErrUnsealed
		}
		return find(ctx, sealed)
	}
	store, err := storage.Open(ctx, f.books.location(), storage.Options{Keys: keys})
	return keeper{store: store, own: f.ownFile(f.data)}, err
}

func secretStatusCommand(f *secretFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show which keys a store's secrets are sealed with",
		Long: `Show which keys a store's secrets are sealed with, by their ids. No key is shown.
Keys that are left are an unfinished rotation's: rotate again.`,
		Example: `  qrisd secret status --data qrisd-data`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			err := f.run(c, get(path("secrets")), keeper.status, saySecrets)
			if err != nil {
				return fmt.Errorf("secret status: %w", err)
			}
			return nil
		},
	}
	f.bind(c)
	return c
}

func secretRotateCommand(f *secretFlags) *cobra.Command {
	var master bool
	var to keyFlags
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Seal a store's secrets under another key",
		Long: `Draw a new data key and seal every secret in the store anew under it, while the
server goes on; or with --master seal the data key under another master key. If
it is cut off, nothing is lost: do it again.

The new master key is in --new-key-file, printed by --new-key-command, or in
$` + newKeyVariable + `. Where the master key is the data folder's own, ` + ownKey + `, a new one is
drawn and written there if none is named. Nodes on one database are given a file
with both keys, a line each, before, and the new one alone after it.`,
		Example: `  qrisd secret rotate
  qrisd secret rotate --master --new-key-file /etc/qrisd/next.key`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := rotateSecrets(c, f, master, to); err != nil {
				return fmt.Errorf("secret rotate: %w", err)
			}
			return nil
		},
	}
	f.bind(c)
	c.Flags().BoolVar(&master, "master", false, "rotate the master key")
	c.Flags().StringVar(&to.keyFile, "new-key-file", "", "with --master: file of the new key")
	c.Flags().StringVar(&to.keyCommand, "new-key-command", "", "with --master: command that prints the new key")
	return c
}

func rotateSecrets(c *cobra.Command, f *secretFlags, master bool, to keyFlags) error {
	text, err := to.next(c.Context())
	switch {
	case err != nil:
		return err
	case text != "" && !master:
		return errors.New("a new master key is named, but not --master: without it the data key is rotated")
	}
	ask := post(path("secrets", "rotate"), map[string]any{"master": master, "masterKey": text})
	return f.run(c, ask, func(k keeper, ctx context.Context) (secretsView, error) { return k.rotate(ctx, master, text) }, func(w io.Writer, v secretsView) {
		if master && text != "" {
			fmt.Fprintln(w, "start the server with the new key from now on")
		}
		saySecrets(w, v)
	})
}

// next is the text of the new master key; empty: none is named.
func (k keyFlags) next(ctx context.Context) (string, error) {
	find, err := k.named("--new-", newKeyVariable)
	if find == nil || err != nil {
		return "", err
	}
	keys, err := find(ctx)
	if err != nil {
		return "", err
	}
	return keys[0].Text(), nil
}

// secretsView is what keeper answers, of which each act fills some.
type secretsView struct {
	storage.KeyStatus
	Anew *storage.Rotated `json:"sealedAnew,omitempty"`
}

func saySecrets(w io.Writer, v secretsView) {
	rows := [][2]string{
		{"master key", v.Master}, {"data key", v.Data}, {"since", v.Since.In(pay.Jakarta).Format("2006-01-02 15:04:05 -07:00")},
	}
	if v.Kept {
		rows = append(rows, [2]string{"", "the master key is in the store itself: whoever reads the store reads its secrets"})
	}
	if v.Retired > 0 {
		rows = append(rows, [2]string{"left", fmt.Sprintf("%d data keys of an unfinished rotation: rotate again", v.Retired)})
	}
	if v.Anew != nil {
		rows = append(rows, [2]string{"sealed anew", fmt.Sprintf("%d partners, %d merchants' addresses, %d settings", v.Anew.Partners, v.Anew.Merchants, v.Anew.Settings)})
	}
	printPairs(w, rows)
}

// keeper keeps the keys of a store's secrets.
type keeper struct {
	store *storage.Store
	own   string // file of the master key, if that is the data folder's own; empty: it is named
}

// ownFile is the file of a master key that nobody named.
func (k keyFlags) ownFile(data string) string {
	own := filepath.Join(data, ownKey)
	if k.masterKeyNamed() || !exists(own) {
		return ""
	}
	return own
}

// Status implements admin.Keeper.
func (k keeper) Status(ctx context.Context) (any, error) { return k.status(ctx) }

// Rotate implements admin.Keeper.
func (k keeper) Rotate(ctx context.Context, master bool, key string) (any, error) {
	v, err := k.rotate(ctx, master, key)
	for _, refusal := range []error{errNoNewKey, storage.ErrUnsealed, seal.ErrForm} {
		if errors.Is(err, refusal) {
			return nil, &operate.Refusal{Kind: operate.BadRequest, Message: err.Error()}
		}
	}
	return v, err
}

func (k keeper) status(ctx context.Context) (v secretsView, err error) {
	v.KeyStatus, err = k.store.KeyStatus(ctx)
	return v, err
}

func (k keeper) rotate(ctx context.Context, master bool, text string) (secretsView, error) {
	if master {
		if err := k.rotateMaster(ctx, text); err != nil {
			return secretsView{}, err
		}
		return k.status(ctx)
	}
	done, err := k.store.RotateData(ctx)
	if err != nil {
		return secretsView{}, err
	}
	v, err := k.status(ctx)
	v.Anew = &done
	return v, err
}

var errNoNewKey = errors.New("no new master key is named: make one with qrisd secret key FILE, and give it with --new-key-file")

func (k keeper) rotateMaster(ctx context.Context, text string) error {
	if text != "" {
		keys, err := seal.Parse(text)
		if err != nil {
			return err
		}
		return k.store.RotateMaster(ctx, keys[0])
	}
	if k.own == "" {
		return errNoNewKey
	}
	old, err := ownKeys(k.own, true)
	if err != nil {
		return err
	}
	// Until the store has the one, its file holds both.
	next := seal.Draw()
	if err := writeKeys(k.own, append(old, next)...); err != nil {
		return err
	}
	if err := k.store.RotateMaster(ctx, next); err != nil {
		return err
	}
	return writeKeys(k.own, next)
}
