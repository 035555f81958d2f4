package storage

import (
	"context"
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/seal"
)

// Secrets are sealed between the domain and the tables: a partner's client
// secrets, notify addresses that hold a password and, but for those of no
// consequence, the settings.

// plainSettings begin the names of the settings that are not sealed: what a
// copy, this package and the nodes' agreement rest on.
var plainSettings = []string{"copy.", "storage.", "cluster."}

func isPlain(setting string) bool {
	for _, beginning := range plainSettings {
		if strings.HasPrefix(setting, beginning) {
			return true
		}
	}
	return false
}

// The places that texts are bound to.
func secretOf(partnerID string) []string { return []string{"partner", partnerID, "client_secret"} }
func formerOf(partnerID string) []string { return []string{"partner", partnerID, "former"} }
func notifyOf(partnerID string) []string { return []string{"partner", partnerID, "notify_url"} }
func notifyOfMerchant(m pay.Merchant) []string {
	return []string{"merchant", m.PartnerID, m.ID, "notify_url"}
}
func valueOfSetting(name string) []string { return []string{"setting", name, "value"} }

// sealPartner gives the row of a partner with its secrets sealed.
func sealPartner(k seal.Key, p pay.Partner) pay.Partner {
	p.ClientSecret = k.Seal(p.ClientSecret, secretOf(p.ID)...)
	if p.Former.Secret != "" {
		p.Former.Secret = k.Seal(p.Former.Secret, formerOf(p.ID)...)
	}
	p.NotifyURL = sealAddress(k, p.NotifyURL, notifyOf(p.ID))
	return p
}

// sealAddress seals an address if it holds a password, or looks as if it were
// sealed.
func sealAddress(k seal.Key, address string, place []string) string {
	if pay.HoldsPassword(address) || isSealed(address) {
		return k.Seal(address, place...)
	}
	return address
}

func isSealed(text string) bool { return strings.HasPrefix(text, seal.Beginning) }

func sealMerchant(k seal.Key, m pay.Merchant) pay.Merchant {
	m.NotifyURL = sealAddress(k, m.NotifyURL, notifyOfMerchant(m))
	return m
}

// open opens what was sealed for a place.
func (v *vault) open(r reader, sealed string, place []string) (string, error) {
	id := seal.KeyOf(sealed)
	if id == "" {
		return "", fmt.Errorf("storage: %s: %w: a program without sealing has written it, or a hand; set it anew", strings.Join(place, " "), seal.ErrPlain)
	}
	k, err := v.dataKey(r, id)
	if err != nil {
		return "", err
	}
	text, err := k.Open(sealed, place...)
	if err != nil {
		return "", fmt.Errorf("storage: %s: %w: restore it from a backup, or set it anew", strings.Join(place, " "), err)
	}
	return text, nil
}

func (v *vault) openPartner(r reader, p pay.Partner) (_ pay.Partner, err error) {
	if p.ClientSecret, err = v.open(r, p.ClientSecret, secretOf(p.ID)); err != nil {
		return pay.Partner{}, err
	}
	if p.Former.Secret != "" {
		if p.Former.Secret, err = v.open(r, p.Former.Secret, formerOf(p.ID)); err != nil {
			return pay.Partner{}, err
		}
	}
	if isSealed(p.NotifyURL) {
		if p.NotifyURL, err = v.open(r, p.NotifyURL, notifyOf(p.ID)); err != nil {
			return pay.Partner{}, err
		}
	}
	return p, nil
}

func (v *vault) openMerchant(r reader, m pay.Merchant) (_ pay.Merchant, err error) {
	if isSealed(m.NotifyURL) {
		m.NotifyURL, err = v.open(r, m.NotifyURL, notifyOfMerchant(m))
	}
	return m, err
}

// opening is a reader that opens what is sealed.
type opening struct {
	reader
	vault *vault
}

func (o opening) partner(p pay.Partner, err error) (pay.Partner, error) {
	if err != nil {
		return p, err
	}
	return o.vault.openPartner(o.reader, p)
}

func (o opening) partners(all []pay.Partner, err error) ([]pay.Partner, error) {
	for i := range all {
		if all[i], err = o.partner(all[i], err); err != nil {
			return nil, err
		}
	}
	return all, err
}

func (o opening) merchant(m pay.Merchant, err error) (pay.Merchant, error) {
	if err != nil {
		return m, err
	}
	return o.vault.openMerchant(o.reader, m)
}

func (o opening) merchants(all []pay.Merchant, err error) ([]pay.Merchant, error) {
	for i := range all {
		if all[i], err = o.merchant(all[i], err); err != nil {
			return nil, err
		}
	}
	return all, err
}

func (o opening) Merchant(partnerID, id string) (pay.Merchant, error) {
	return o.merchant(o.reader.Merchant(partnerID, id))
}

func (o opening) MerchantByMPAN(mpan string) (pay.Merchant, error) {
	return o.merchant(o.reader.MerchantByMPAN(mpan))
}

func (o opening) Merchants(partnerID string) ([]pay.Merchant, error) {
	return o.merchants(o.reader.Merchants(partnerID))
}

func (o opening) MerchantPage(partnerID, after string, limit int) ([]pay.Merchant, error) {
	return o.merchants(o.reader.MerchantPage(partnerID, after, limit))
}

func (o opening) Partner(id string) (pay.Partner, error) { return o.partner(o.reader.Partner(id)) }

func (o opening) PartnerByClientKey(key string) (pay.Partner, error) {
	return o.partner(o.reader.PartnerByClientKey(key))
}

func (o opening) Partners() ([]pay.Partner, error) { return o.partners(o.reader.Partners()) }

func (o opening) PartnerPage(after string, limit int) ([]pay.Partner, error) {
	return o.partners(o.reader.PartnerPage(after, limit))
}

func (o opening) Setting(name string) (string, error) {
	value, err := o.reader.Setting(name)
	if err != nil || isPlain(name) {
		return value, err
	}
	return o.vault.open(o.reader, value, valueOfSetting(name))
}

// sealing is a transaction that opens what is sealed and seals what it writes.
type sealing struct {
	tx
	vault *vault
	under *seal.Key // nil until something is sealed
}

func (s *sealing) opened() opening { return opening{s.reader, s.vault} }

func (s *sealing) Partner(id string) (pay.Partner, error) { return s.opened().Partner(id) }

func (s *sealing) PartnerByClientKey(key string) (pay.Partner, error) {
	return s.opened().PartnerByClientKey(key)
}

func (s *sealing) Partners() ([]pay.Partner, error) { return s.opened().Partners() }

func (s *sealing) PartnerPage(after string, limit int) ([]pay.Partner, error) {
	return s.opened().PartnerPage(after, limit)
}

func (s *sealing) Merchant(partnerID, id string) (pay.Merchant, error) {
	return s.opened().Merchant(partnerID, id)
}

func (s *sealing) MerchantByMPAN(mpan string) (pay.Merchant, error) {
	return s.opened().MerchantByMPAN(mpan)
}

func (s *sealing) Merchants(partnerID string) ([]pay.Merchant, error) {
	return s.opened().Merchants(partnerID)
}

func (s *sealing) MerchantPage(partnerID, after string, limit int) ([]pay.Merchant, error) {
	return s.opened().MerchantPage(partnerID, after, limit)
}

func (s *sealing) Setting(name string) (string, error) { return s.opened().Setting(name) }

// key is what is sealed under, until the transaction ends.
func (s *sealing) key() (seal.Key, error) {
	if s.under != nil {
		return *s.under, nil
	}
	if err := s.Guard(guardSecrets); err != nil {
		return seal.Key{}, err
	}
	current, err := dataKeys.one(s.q, currentDataKey)
	if err != nil {
		return seal.Key{}, fmt.Errorf("storage: find the data key: %w", err)
	}
	k, err := s.vault.dataKey(s.reader, current.ID)
	s.under = &k
	return k, err
}

func (s *sealing) PutPartner(p pay.Partner) error {
	k, err := s.key()
	if err != nil {
		return err
	}
	return s.tx.PutPartner(sealPartner(k, p))
}

func (s *sealing) PutMerchant(m pay.Merchant) error {
	if !pay.HoldsPassword(m.NotifyURL) && !isSealed(m.NotifyURL) {
		return s.tx.PutMerchant(m)
	}
	k, err := s.key()
	if err != nil {
		return err
	}
	return s.tx.PutMerchant(sealMerchant(k, m))
}

// sealed is the value of a setting as it is written.
func (s *sealing) sealed(name, value string) (string, error) {
	if isPlain(name) {
		return value, nil
	}
	k, err := s.key()
	if err != nil {
		return "", err
	}
	return k.Seal(value, valueOfSetting(name)...), nil
}

func (s *sealing) InsertSetting(name, value string) error {
	value, err := s.sealed(name, value)
	if err != nil {
		return err
	}
	return s.tx.InsertSetting(name, value)
}

func (s *sealing) PutSetting(name, value string) error {
	value, err := s.sealed(name, value)
	if err != nil {
		return err
	}
	return s.tx.PutSetting(name, value)
}

// reading is a function of a View on a store whose secrets are sealed.
func (v *vault) reading(f func(pay.Reader) error) func(pay.Reader) error {
	if v == nil {
		return f
	}
	return func(r pay.Reader) error { return f(opening{r.(reader), v}) }
}

// writing is a function of an Update on a store whose secrets are sealed.
func (v *vault) writing(f func(pay.Tx) error) func(pay.Tx) error {
	if v == nil {
		return f
	}
	return func(t pay.Tx) error { return f(&sealing{tx: t.(tx), vault: v}) }
}

// MasterKey is the id of the key that opens the books' secrets; empty: they are
// not sealed.
func (s *Snapshot) MasterKey() (string, error) {
	all, err := dataKeys.all(s, allDataKeys)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return seal.KeyOf(all[len(all)-1].Wrapped), nil
}

// PartnersOf are all partners with their secrets, which the keys open.
func (s *Snapshot) PartnersOf(ctx context.Context, keys Keys) ([]pay.Partner, error) {
	r, v := reader{s}, &vault{keys: keys}
	if err := v.load(ctx, r); err != nil {
		if err = ignore(err, pay.ErrNotFound); err != nil {
			return nil, err
		}
		return r.Partners()
	}
	return opening{r, v}.Partners()
}
