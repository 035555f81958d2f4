package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
)

// keptSetting is a row of table setting.
type keptSetting struct{ Name, Value string }

var settingRows = table[keptSetting]{
	name:    "setting",
	columns: strings.Fields("name value"),
	fields:  func(s *keptSetting) []any { return []any{&s.Name, &s.Value} },
}

var settingsByName = settingRows.find("ORDER BY name")

// merchantsWithSecrets are those whose address sealAddress seals.
var merchantsWithSecrets = merchants.find("WHERE notify_url LIKE '%@%' OR notify_url LIKE '" + seal.Beginning + "%'")

// settingUnscrubbed stands while a file may hold what was plain where no row
// is any more.
const settingUnscrubbed = "storage.unscrubbed"

// sealAll seals the secrets of a store that was never sealed.
func (t tx) sealAll(k seal.Key) error {
	all, err := t.reader.Partners()
	if err != nil {
		return err
	}
	kept, err := t.secretSettings()
	if err != nil || len(all)+len(kept) == 0 { // without partners there are no merchants
		return err
	}
	addressed, err := merchants.all(t.q, merchantsWithSecrets)
	if err != nil {
		return err
	}
	if err := t.mustBeAlone(); err != nil {
		return err
	}
	for _, p := range all {
		if err := t.PutPartner(sealPartner(k, p)); err != nil {
			return err
		}
	}
	for _, m := range addressed {
		if err := t.PutMerchant(sealMerchant(k, m)); err != nil {
			return err
		}
	}
	for _, s := range kept {
		if err := t.PutSetting(s.Name, k.Seal(s.Value, valueOfSetting(s.Name)...)); err != nil {
			return err
		}
	}
	return t.PutSetting(settingUnscrubbed, "")
}

func (t tx) secretSettings() ([]keptSetting, error) {
	all, err := settingRows.all(t.q, settingsByName)
	var secret []keptSetting
	for _, s := range all {
		if !isPlain(s.Name) {
			secret = append(secret, s)
		}
	}
	return secret, err
}

// mustBeAlone refuses to seal under nodes of a version that cannot open what is
// sealed.
func (t tx) mustBeAlone() error {
	leases, err := t.Leases("node ")
	if err != nil {
		return err
	}
	for _, l := range leases {
		if l.Until.After(time.Now()) {
			return fmt.Errorf("storage: the secrets of this store are plain and this start would seal them, but node %s is at work and may not understand that: stop all nodes of the version before, wait half a minute if one was killed, and start again", l.Holder)
		}
	}
	return nil
}

// scrubFile rewrites a file in which secrets were plain: what a row no longer
// holds may still stand in free pages and in the log. A start that was cut off
// here is made up for by the next.
func (s *Store) scrubFile(ctx context.Context, books *sqliteFile) error {
	pending := false
	err := s.readers.view(ctx, func(r pay.Reader) error {
		_, err := r.Setting(settingUnscrubbed)
		pending = err == nil
		return ignore(err, pay.ErrNotFound)
	})
	if err != nil || !pending {
		return err
	}
	s.health.retire()
	w, err := books.session("PRAGMA temp_store = FILE", "VACUUM")
	if err == nil {
		err = checkpoint(w)
	}
	if err != nil {
		return fmt.Errorf("storage: rewrite the file without the plain secrets: %w", err)
	}
	return s.writer.update(ctx, func(t pay.Tx) error {
		_, err := t.(tx).db.exec(dropSetting, []any{settingUnscrubbed})
		return err
	})
}
