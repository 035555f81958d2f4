package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/qrisd/qrisd/internal/seal"
	"github.com/qrisd/qrisd/internal/storage"
)

// keyFlags name the master key, which opens the secrets of a store.
type keyFlags struct{ keyFile, keyCommand string }

// The environment variables that may hold keys: the master key, and the one
// that is to follow it.
const (
	keyVariable    = "QRISD_KEY"
	newKeyVariable = "QRISD_NEW_KEY"
)

// ownKey is the file, in the data folder, of a master key that nobody named.
const ownKey = "store.key"

func (k *keyFlags) bindKey(f *pflag.FlagSet) {
	f.StringVar(&k.keyFile, "key-file", "", "file of the master key of the store's secrets (default: the key in $"+keyVariable+", else "+ownKey+" in the data folder)")
	f.StringVar(&k.keyCommand, "key-command", "", "command that prints the master key, run by the shell")
}

// masterKeyNamed reports whether somebody said which key secrets are sealed
// with.
func (k keyFlags) masterKeyNamed() bool {
	return k.keyFile != "" || k.keyCommand != "" || os.Getenv(keyVariable) != ""
}

// findKeys reads the keys that a place holds; one line each.
type findKeys func(ctx context.Context) ([]seal.Key, error)

// named is where a key is said to be: by a flag, whose name begins so, else by
// the environment; nil: nowhere.
func (k keyFlags) named(flags, variable string) (findKeys, error) {
	file, command := flags+"key-file", flags+"key-command"
	switch {
	case k.keyFile != "" && k.keyCommand != "":
		return nil, fmt.Errorf("%s and %s both name the key: give one of them", file, command)
	case k.keyFile != "":
		return keysIn(file, k.keyFile), nil
	case k.keyCommand != "":
		return keysOf(command, k.keyCommand), nil
	case os.Getenv(variable) != "":
		return keysFrom(variable), nil
	}
	return nil, nil
}

func keysIn(flag, name string) findKeys {
	return func(context.Context) ([]seal.Key, error) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: reading the key: %w", flag, err)
		}
		return parseKeys(flag+" "+name, text)
	}
}

func keysFrom(variable string) findKeys {
	return func(context.Context) ([]seal.Key, error) { return parseKeys(variable, []byte(os.Getenv(variable))) }
}

func parseKeys(where string, text []byte) ([]seal.Key, error) {
	keys, err := seal.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return keys, nil
}

// keyWithin is how long a command may take to print a key.
const keyWithin = 30 * time.Second

// keysOf runs a command. What it complains of goes to where this program
// complains; what it prints is in no error.
func keysOf(flag, command string) findKeys {
	return func(ctx context.Context) ([]seal.Key, error) {
		ctx, cancel := context.WithTimeout(ctx, keyWithin)
		defer cancel()
		var out bytes.Buffer
		c := exec.CommandContext(ctx, "sh", "-c", command)
		c.Stdout, c.Stderr, c.WaitDelay = &out, os.Stderr, time.Second
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("%s: running it: %w", flag, cmp.Or(ctx.Err(), err))
		}
		return parseKeys(flag, out.Bytes())
	}
}

// keys say where the key of a store is. Where nobody named one it is in a file
// of the data folder, made if need be; sandboxes that share a database keep it
// there.
func (k keyFlags) keys(data, location string, sandbox bool) (storage.Keys, error) {
	find, err := k.named("--", keyVariable)
	if err != nil {
		return storage.Keys{}, err
	}
	if find != nil {
		return storage.Keys{Find: func(ctx context.Context, _ bool) ([]seal.Key, error) { return find(ctx) }}, nil
	}
	own := filepath.Join(data, ownKey)
	if storage.IsPostgres(location) && !exists(own) {
		if sandbox {
			return storage.Keys{Kept: true}, nil
		}
		return storage.Keys{Kept: true, Find: nobodysKey}, nil
	}
	return storage.Keys{Kept: true, Find: func(_ context.Context, sealed bool) ([]seal.Key, error) { return ownKeys(own, sealed) }}, nil
}

// openStore opens the books with the key of their secrets.
func (o serveOptions) openStore(ctx context.Context) (*storage.Store, error) {
	keys, err := o.keys(o.data, o.location(), o.sandbox)
	if err != nil {
		return nil, err
	}
	return storage.Open(ctx, o.location(), storage.Options{Keys: keys})
}

// keyOverlap is how long keys go on that were rotated.
func (o serveOptions) keyOverlap() time.Duration {
	switch {
	case o.overlap >= 0:
		return o.overlap
	case o.sandbox:
		return 0
	}
	return 24 * time.Hour
}

// nobodysKey refuses a database that nodes share, and whose key they could not
// share.
func nobodysKey(context.Context, bool) ([]seal.Key, error) {
	return nil, errors.New("no key for the secrets of this database is named: make one with qrisd secret key FILE, and give it to every node with --key-file, --key-command or " + keyVariable)
}

// ownKeys reads the key's file in the data folder, and makes it for a store
// that was never sealed.
func ownKeys(own string, sealed bool) ([]seal.Key, error) {
	text, err := os.ReadFile(own)
	switch {
	case err == nil:
		return parseKeys(own, text)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the store's key: %w", err)
	case sealed:
		return nil, fmt.Errorf("%w: %s is missing: bring it back from where it was kept, or name the key with --key-file, --key-command or %s", storage.ErrNoKey, own, keyVariable)
	}
	k := seal.Draw()
	return []seal.Key{k}, writeKeys(own, k)
}

// writeKeys replaces a file of keys whole, readable by its owner only, and
// waits until it is on disk: what is sealed under them must not outlive them.
func writeKeys(name string, keys ...seal.Key) error {
	text := "# The master key of this store's secrets (qrisd secret). Keep it apart from backups.\n"
	for _, k := range keys {
		text += k.Text() + "\n"
	}
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the key: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return fmt.Errorf("writing the key: %w", err)
	}
	return syncFolder(filepath.Dir(name))
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
