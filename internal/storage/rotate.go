package storage

import (
	"context"
	"errors"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
)

// ErrUnsealed answers who would rotate the keys of a store that has none.
var ErrUnsealed = errors.New("storage: the secrets of this store are not sealed: start qrisd serve on it with a key first")

// KeyStatus says which keys a store's secrets are sealed under. It holds no
// key.
type KeyStatus struct {
	Master string    `json:"masterKeyId"`
	Data   string    `json:"dataKeyId"` // of the one that seals
	Since  time.Time `json:"since"`     // of the data key
	// Retired is how many data keys an unfinished rotation has left.
	Retired int `json:"retired"`
	// Kept says that the master key is in the store itself.
	Kept bool `json:"keptInStore"`
}

// KeyStatus reads under which keys secrets are sealed now.
func (s *Store) KeyStatus(ctx context.Context) (k KeyStatus, err error) {
	if s.vault == nil {
		return k, ErrUnsealed
	}
	err = s.readers.view(ctx, func(r pay.Reader) error {
		all, err := dataKeys.all(r.(reader).q, allDataKeys)
		if err != nil {
			return err
		}
		k = KeyStatus{}
		for _, d := range all {
			if d.RetiredAt.IsZero() {
				k.Master, k.Data, k.Since = seal.KeyOf(d.Wrapped), d.ID, d.MadeAt
			} else {
				k.Retired++
			}
		}
		_, err = r.Setting(settingKept)
		k.Kept = err == nil
		return ignore(err, pay.ErrNotFound)
	})
	return k, err
}

// RotateMaster seals the data keys under another master key, all in one
// transaction: before it the old one opens the store, after it the new one. To
// do it again does nothing. A key that the store kept leaves it.
func (s *Store) RotateMaster(ctx context.Context, to seal.Key) error {
	if s.vault == nil {
		return ErrUnsealed
	}
	return s.writer.update(ctx, func(t pay.Tx) error { return s.vault.rewrap(t.(tx), to) })
}

func (v *vault) rewrap(t tx, to seal.Key) error {
	if err := t.Guard(guardSecrets); err != nil {
		return err
	}
	all, err := dataKeys.all(t.q, allDataKeys)
	if err != nil {
		return err
	}
	opened := make(map[string]seal.Key, len(all))
	for _, d := range all {
		if opened[d.ID], err = v.dataKey(t.reader, d.ID); err != nil {
			return err
		}
		if err := t.update(rewrapDataKey, to.Wrap(opened[d.ID]), d.ID); err != nil {
			return err
		}
	}
	if _, err := t.db.exec(dropSetting, []any{settingKept}); err != nil {
		return err
	}
	// If the commit fails this is not the master key. Then the next that is to
	// be opened does not open, and the keys are looked for again.
	v.take(to, opened)
	return nil
}

// Rotated is what a rotation of the data key has sealed anew.
type Rotated struct {
	Partners  int `json:"partners"`
	Merchants int `json:"merchants"` // whose address holds a password
	Settings  int `json:"settings"`
}

// rotateRows is how many partners or merchants one transaction seals anew, so
// that none takes long.
const rotateRows = 100

// RotateData draws a new data key, seals all secrets anew under it and forgets
// the keys before. What is written meanwhile is sealed under the new one. When
// it is cut off, all secrets can be opened, and the next rotation makes up for
// it.
func (s *Store) RotateData(ctx context.Context) (all Rotated, err error) {
	if s.vault == nil {
		return all, ErrUnsealed
	}
	if err := s.renewKey(ctx); err != nil {
		return all, err
	}
	for last := 1; last > 0 && err == nil; all.Partners += last {
		last, err = s.resealPartners(ctx)
	}
	for last := 1; last > 0 && err == nil; all.Merchants += last {
		last, err = s.resealMerchants(ctx)
	}
	if err == nil {
		all.Settings, err = s.resealSettings(ctx)
	}
	if err == nil {
		err = s.dropRetired(ctx)
	}
	return all, err
}

func (s *Store) renewKey(ctx context.Context) error {
	return s.writer.update(ctx, func(t pay.Tx) error {
		raw, v := t.(tx), s.vault
		if err := raw.Guard(guardSecrets); err != nil {
			return err
		}
		current, err := dataKeys.one(raw.q, currentDataKey)
		if err != nil {
			return err
		}
		master, err := v.masterOf(raw.reader, current)
		if err != nil {
			return err
		}
		_, err = v.draw(raw, master, time.Now())
		return err
	})
}

// masterOf is the master key that has sealed a data key.
func (v *vault) masterOf(r reader, d dataKey) (seal.Key, error) {
	if !v.holds([]dataKey{d}) {
		if err := v.load(context.Background(), r); err != nil {
			return seal.Key{}, err
		}
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.master, nil
}

var partnersUnderOthers = partners.find("WHERE substr(client_secret, 1, length(CAST($1 AS TEXT))) <> $1 ORDER BY id LIMIT $2")

// resealPartners seals a few partners under the data key of now, and gives how
// many.
func (s *Store) resealPartners(ctx context.Context) (n int, err error) {
	err = s.writer.update(ctx, func(t pay.Tx) error {
		w := &sealing{tx: t.(tx), vault: s.vault}
		k, err := w.key()
		if err != nil {
			return err
		}
		rows, err := w.opened().partners(partners.all(w.q, partnersUnderOthers, seal.Prefix(k.ID()), rotateRows))
		if err != nil {
			return err
		}
		for _, p := range rows {
			if err := w.PutPartner(p); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}

var merchantsUnderOthers = merchants.find("WHERE notify_url LIKE '" + seal.Beginning + "%' AND substr(notify_url, 1, length(CAST($1 AS TEXT))) <> $1 ORDER BY partner_id, id LIMIT $2")

func (s *Store) resealMerchants(ctx context.Context) (n int, err error) {
	err = s.writer.update(ctx, func(t pay.Tx) error {
		w := &sealing{tx: t.(tx), vault: s.vault}
		k, err := w.key()
		if err != nil {
			return err
		}
		rows, err := w.opened().merchants(merchants.all(w.q, merchantsUnderOthers, seal.Prefix(k.ID()), rotateRows))
		if err != nil {
			return err
		}
		for _, m := range rows {
			if err := w.PutMerchant(m); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}

func (s *Store) resealSettings(ctx context.Context) (n int, err error) {
	err = s.writer.update(ctx, func(t pay.Tx) error {
		w := &sealing{tx: t.(tx), vault: s.vault}
		if _, err := w.key(); err != nil {
			return err
		}
		rows, err := w.secretSettings()
		if err != nil {
			return err
		}
		for _, row := range rows {
			value, err := s.vault.open(w.reader, row.Value, valueOfSetting(row.Name))
			if err == nil {
				err = w.PutSetting(row.Name, value)
			}
			if err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}

var sealedUnder = `SELECT COUNT(*) FROM (
	SELECT 1 FROM partner WHERE substr(client_secret, 1, length(CAST($1 AS TEXT))) = $1
	UNION ALL SELECT 1 FROM merchant WHERE substr(notify_url, 1, length(CAST($1 AS TEXT))) = $1
	UNION ALL SELECT 1 FROM setting WHERE substr(value, 1, length(CAST($1 AS TEXT))) = $1) AS sealed`

// dropRetired deletes the retired data keys that nothing is sealed under.
func (s *Store) dropRetired(ctx context.Context) error {
	return s.writer.update(ctx, func(t pay.Tx) error {
		raw := t.(tx)
		if err := raw.Guard(guardSecrets); err != nil {
			return err
		}
		all, err := dataKeys.all(raw.q, allDataKeys)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.RetiredAt.IsZero() {
				continue
			}
			n, err := scalar[int64](raw.q, sealedUnder, seal.Prefix(d.ID))
			if err == nil && n == 0 {
				_, err = raw.db.exec(dropDataKey, []any{d.ID})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
