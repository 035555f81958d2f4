package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
)

var (
	// ErrNoKey refuses a store whose secrets are sealed, when no key is named.
	ErrNoKey = errors.New("storage: the secrets of this store are sealed and their key is not here")
	// ErrWrongKey refuses a store whose secrets another key has sealed.
	ErrWrongKey = errors.New("storage: this is not the key of the store's secrets")
)

// howToName ends the errors about the key of secrets.
const howToName = "name the key that they were sealed with: --key-file FILE, QRISD_KEY or --key-command COMMAND"

// Keys say where the master key of a store's secrets is. The zero value is for
// books without secrets: a store that was never sealed stays as it is, one that
// was is refused (ErrNoKey).
type Keys struct {
	// Find gives the keys of which one is the master key; the first seals a
	// store that is not sealed. It may make one unless sealed says that the
	// store has been sealed before. It is called again when a key is met that
	// none of them opens.
	Find func(ctx context.Context, sealed bool) ([]seal.Key, error)
	// Kept accepts a key that the store itself holds, and where Find is nil
	// puts one there: for sandboxes, whose nodes share a database and nothing
	// else. Whoever reads such a store can read its secrets.
	Kept bool

	blind bool // nobody will ask for a secret
}

func (k Keys) none() bool { return k.Find == nil && !k.Kept }

// settingKept holds the master key where Keys.Kept put it.
const settingKept = "storage.master"

// dataKey is a key that secrets are sealed under, itself sealed under the
// master key.
type dataKey struct {
	ID        string
	Wrapped   string
	MadeAt    time.Time
	RetiredAt time.Time // zero: it seals what is written
}

var dataKeys = table[dataKey]{
	name:    "data_key",
	columns: strings.Fields("id wrapped made_at retired_at"),
	fields: func(k *dataKey) []any {
		return []any{&k.ID, &k.Wrapped, moment{&k.MadeAt}, moment{&k.RetiredAt}}
	},
}

var (
	allDataKeys    = dataKeys.find("ORDER BY made_at, id")
	currentDataKey = dataKeys.find("WHERE retired_at = 0")
	insertDataKey  = dataKeys.insert()
	retireDataKeys = "UPDATE data_key SET retired_at = $1 WHERE retired_at = 0"
	rewrapDataKey  = "UPDATE data_key SET wrapped = $1 WHERE id = $2"
	dropDataKey    = "DELETE FROM data_key WHERE id = $1"
	dropSetting    = "DELETE FROM setting WHERE name = $1"
)

// vault has the keys of a store's secrets. It is safe for concurrent use.
type vault struct {
	keys Keys

	mu     sync.RWMutex
	master seal.Key
	opened map[string]seal.Key // data keys by their id
}

// dataKey gives a data key by its id, which it may have to look up: another
// node may have made it.
func (v *vault) dataKey(r reader, id string) (seal.Key, error) {
	if k, ok := v.known(id); ok {
		return k, nil
	}
	if err := v.load(context.Background(), r); err != nil {
		return seal.Key{}, err
	}
	if k, ok := v.known(id); ok {
		return k, nil
	}
	return seal.Key{}, fmt.Errorf("storage: the data key %s is not in table data_key: restore a backup, or rotate the secrets that it sealed", id)
}

func (v *vault) known(id string) (seal.Key, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	k, ok := v.opened[id]
	return k, ok
}

// load opens the data keys of a store that is sealed; pay.ErrNotFound where it
// is not.
func (v *vault) load(ctx context.Context, r reader) error {
	wrapped, err := dataKeys.all(r.q, allDataKeys)
	if err != nil {
		return err
	}
	if len(wrapped) == 0 {
		return pay.ErrNotFound
	}
	if v.holds(wrapped) {
		return nil
	}
	masters, err := v.candidates(ctx, r)
	if err != nil {
		return err
	}
	for _, master := range masters {
		if err = v.unwrap(master, wrapped); err == nil {
			return nil
		}
	}
	return err
}

// holds tries the master key that is known already.
func (v *vault) holds(wrapped []dataKey) bool {
	v.mu.RLock()
	master := v.master
	v.mu.RUnlock()
	return master != seal.Key{} && v.unwrap(master, wrapped) == nil
}

// candidates are the keys of which one must be the master key of a store that
// is sealed.
func (v *vault) candidates(ctx context.Context, r reader) ([]seal.Key, error) {
	if v.keys.Kept {
		text, err := r.Setting(settingKept)
		if err == nil {
			return seal.Parse(text)
		}
		if !errors.Is(err, pay.ErrNotFound) {
			return nil, err
		}
	}
	if v.keys.Find == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, howToName)
	}
	masters, err := v.keys.Find(ctx, true)
	if err == nil && len(masters) == 0 {
		err = fmt.Errorf("%w: %s", ErrNoKey, howToName)
	}
	return masters, err
}

// unwrap takes all data keys, or none.
func (v *vault) unwrap(master seal.Key, wrapped []dataKey) error {
	opened := make(map[string]seal.Key, len(wrapped))
	for _, w := range wrapped {
		k, err := master.Unwrap(w.Wrapped, w.ID)
		switch {
		case errors.Is(err, seal.ErrKey):
			return fmt.Errorf("%w: they are sealed under master key %s, the key that is named is %s; %s",
				ErrWrongKey, seal.KeyOf(w.Wrapped), master.ID(), howToName)
		case err != nil:
			return fmt.Errorf("storage: open data key %s: %w: restore a backup of table data_key", w.ID, err)
		}
		opened[w.ID] = k
	}
	v.take(master, opened)
	return nil
}

// take remembers keys. Those from before stay: a snapshot that is still read
// may be sealed under them.
func (v *vault) take(master seal.Key, opened map[string]seal.Key) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.opened == nil {
		v.opened = make(map[string]seal.Key)
	}
	v.master = master
	for id, k := range opened {
		v.opened[id] = k
	}
}

// guardSecrets is taken by all that seals: none writes under a key that is
// being retired.
const guardSecrets = "secrets"

// unlock opens the data keys of a store, and seals a store that is not sealed:
// it draws the first data key and seals under it what was plain, in one
// transaction.
func (s *Store) unlock(ctx context.Context, keys Keys) error {
	if keys.blind {
		return nil
	}
	v := &vault{keys: keys}
	err := s.readers.view(ctx, func(r pay.Reader) error { return v.load(ctx, r.(reader)) })
	switch {
	case err == nil:
		s.vault = v
		return nil
	case !errors.Is(err, pay.ErrNotFound):
		return err
	case keys.none():
		return nil
	}
	masters, err := v.first(ctx)
	if err != nil {
		return err
	}
	err = s.writer.update(ctx, func(t pay.Tx) error { return v.begin(ctx, t.(tx), masters) })
	if err == nil {
		s.vault = v
	}
	return err
}

// opened gives a Store, or why it could not be opened whole.
func (s *Store) opened(err error) (*Store, error) {
	if err == nil {
		return s, nil
	}
	return nil, errors.Join(err, s.Close())
}

func ignore(err, known error) error {
	if errors.Is(err, known) {
		return nil
	}
	return err
}

// first gives the master key of a store that was never sealed; none where the
// store is to keep one.
func (v *vault) first(ctx context.Context) ([]seal.Key, error) {
	if v.keys.Find == nil {
		return nil, nil
	}
	masters, err := v.keys.Find(ctx, false)
	if err == nil && len(masters) == 0 {
		err = fmt.Errorf("storage: there is no key to seal this store's secrets with: %s", howToName)
	}
	return masters, err
}

// begin seals a store, unless another node was first.
func (v *vault) begin(ctx context.Context, t tx, masters []seal.Key) error {
	if err := t.Guard(guardSecrets); err != nil {
		return err
	}
	if err := v.load(ctx, t.reader); !errors.Is(err, pay.ErrNotFound) {
		return err
	}
	if len(masters) == 0 {
		kept := seal.Draw()
		if err := t.PutSetting(settingKept, kept.Text()); err != nil {
			return err
		}
		masters = []seal.Key{kept}
	}
	k, err := v.draw(t, masters[0], time.Now())
	if err != nil {
		return err
	}
	return t.sealAll(k)
}

// draw makes the data key under which is sealed from now on.
func (v *vault) draw(t tx, master seal.Key, now time.Time) (seal.Key, error) {
	k := seal.Draw()
	if _, err := t.db.exec(retireDataKeys, []any{micros(now)}); err != nil {
		return k, err
	}
	row := dataKey{ID: k.ID(), Wrapped: master.Wrap(k), MadeAt: now}
	if err := t.insert(insertDataKey, dataKeys.values(&row)); err != nil {
		return k, err
	}
	v.take(master, map[string]seal.Key{k.ID(): k})
	return k, nil
}
