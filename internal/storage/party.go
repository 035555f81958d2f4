package storage

import (
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var partners = table[pay.Partner]{
	name: "partner",
	columns: strings.Fields(`id name dialect client_key client_secret public_key
		channel_id notify_url standing settings former access created_at`),
	fields: func(p *pay.Partner) []any {
		return []any{
			&p.ID, &p.Name, &p.Dialect, &p.ClientKey, &p.ClientSecret, &p.PublicKey,
			&p.ChannelID, &p.NotifyURL, (*string)(&p.Standing), settings{&p.Settings}, former{&p.Former},
			access{&p.Access}, moment{&p.CreatedAt},
		}
	},
}

var (
	partnerByID      = partners.find("WHERE id = $1")
	partnerByKey     = partners.find("WHERE client_key = $1")
	partnersByAge    = partners.find("ORDER BY created_at, id")
	putPartner       = partners.upsert("id")
	partnerWithMyKey = "SELECT id FROM partner WHERE client_key = $1 AND id <> $2"
)

func (r reader) Partner(id string) (pay.Partner, error) { return partners.known(r.q, partnerByID, id) }

func (r reader) PartnerByClientKey(key string) (pay.Partner, error) {
	return partners.one(r.q, partnerByKey, key)
}

func (r reader) Partners() ([]pay.Partner, error) { return partners.all(r.q, partnersByAge) }

func (t tx) PutPartner(p pay.Partner) error {
	return t.put(putPartner, partners.values(&p), partnerWithMyKey, p.ClientKey, p.ID)
}

var merchants = table[pay.Merchant]{
	name: "merchant",
	columns: strings.Fields(`partner_id id name city postal_code mcc criteria category
		nmid mpan standing day_limit max_amount dynamic_only notify_url created_at`),
	fields: func(m *pay.Merchant) []any {
		return []any{
			&m.PartnerID, &m.ID, &m.Name, &m.City, &m.PostalCode, &m.MCC, &m.Criteria, &m.Category,
			&m.NMID, &m.MPAN, (*string)(&m.Standing), (*int64)(&m.DayLimit), (*int64)(&m.MaxAmount),
			&m.DynamicOnly, &m.NotifyURL, moment{&m.CreatedAt},
		}
	},
}

var (
	merchantByID       = merchants.find("WHERE partner_id = $1 AND id = $2")
	merchantByMPAN     = merchants.find("WHERE mpan = $1 AND mpan <> ''")
	merchantsByAge     = merchants.find("WHERE partner_id = $1 ORDER BY created_at, id")
	putMerchant        = merchants.upsert("partner_id", "id")
	merchantWithMyMPAN = `SELECT id FROM merchant
		WHERE mpan = $1 AND mpan <> '' AND NOT (partner_id = $2 AND id = $3)`
)

func (r reader) Merchant(partnerID, id string) (pay.Merchant, error) {
	return merchants.known(r.q, merchantByID, partnerID, id)
}

func (r reader) MerchantByMPAN(mpan string) (pay.Merchant, error) {
	return merchants.one(r.q, merchantByMPAN, mpan)
}

func (r reader) Merchants(partnerID string) ([]pay.Merchant, error) {
	return merchants.all(r.q, merchantsByAge, partnerID)
}

// PutMerchant answers ErrExists when another merchant has the MPAN.
func (t tx) PutMerchant(m pay.Merchant) error {
	return t.put(putMerchant, merchants.values(&m), merchantWithMyMPAN, m.MPAN, m.PartnerID, m.ID)
}

var outlets = table[pay.Outlet]{
	name:    "outlet",
	columns: strings.Fields("partner_id merchant_id kind id standing"),
	fields: func(o *pay.Outlet) []any {
		return []any{&o.PartnerID, &o.MerchantID, (*string)(&o.Kind), &o.ID, (*string)(&o.Standing)}
	},
}

var (
	outletByID        = outlets.find("WHERE partner_id = $1 AND merchant_id = $2 AND kind = $3 AND id = $4")
	outletsOfMerchant = outlets.find("WHERE partner_id = $1 AND merchant_id = $2 ORDER BY kind, id")
	outletsOfKind     = "SELECT COUNT(*) FROM outlet WHERE partner_id = $1 AND merchant_id = $2 AND kind = $3"
	putOutlet         = outlets.upsert("partner_id", "merchant_id", "kind", "id")
)

func (r reader) Outlet(partnerID, merchantID string, kind pay.OutletKind, id string) (pay.Outlet, error) {
	return outlets.one(r.q, outletByID, partnerID, merchantID, string(kind), id)
}

func (r reader) Outlets(partnerID, merchantID string) ([]pay.Outlet, error) {
	return outlets.all(r.q, outletsOfMerchant, partnerID, merchantID)
}

func (r reader) CountOutlets(partnerID, merchantID string, kind pay.OutletKind) (int, error) {
	return scalar[int](r.q, outletsOfKind, partnerID, merchantID, string(kind))
}

func (t tx) PutOutlet(o pay.Outlet) error {
	_, err := t.db.exec(putOutlet, outlets.values(&o))
	return err
}

var payers = table[pay.Payer]{
	name:    "payer",
	columns: strings.Fields("id name standing balance day_limit month_limit created_at"),
	fields: func(p *pay.Payer) []any {
		return []any{
			&p.ID, &p.Name, (*string)(&p.Standing), (*int64)(&p.Balance), (*int64)(&p.DayLimit),
			(*int64)(&p.MonthLimit), moment{&p.CreatedAt},
		}
	},
}

var (
	payerByID   = payers.find("WHERE id = $1")
	insertPayer = payers.insert()
	setPayer    = "UPDATE payer SET standing = $1, day_limit = $2, month_limit = $3 WHERE id = $4"
	debitPayer  = "UPDATE payer SET balance = balance - $1 WHERE id = $2 AND balance >= $1"
	creditPayer = "UPDATE payer SET balance = balance + $1 WHERE id = $2"
)

func (r reader) Payer(id string) (pay.Payer, error) { return payers.one(r.q, payerByID, id) }

// InsertPayer begins a wallet at zero, whatever p.Balance says.
func (t tx) InsertPayer(p pay.Payer) error {
	p.Balance = 0
	return t.insert(insertPayer, payers.values(&p))
}

func (t tx) SetPayer(p pay.Payer) error {
	return t.update(setPayer, string(p.Standing), int64(p.DayLimit), int64(p.MonthLimit), p.ID)
}

func (t tx) Debit(payerID string, amount pay.Rupiah) error {
	return t.moveBalance(debitPayer, payerID, amount)
}

func (t tx) Credit(payerID string, amount pay.Rupiah) error {
	return t.moveBalance(creditPayer, payerID, amount)
}

func (t tx) moveBalance(text, payerID string, amount pay.Rupiah) error {
	if amount < 0 {
		return fmt.Errorf("storage: payer %s: a debit or credit of %s: swap the two instead of negating", payerID, amount)
	}
	return t.update(text, int64(amount), payerID)
}
