package storage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var deliveries = table[pay.Delivery]{
	name: "delivery",
	columns: strings.Fields(`id partner_id merchant_id code_ref payment_ref state attempts
		next_at body created_at done_at holder`),
	fields: func(d *pay.Delivery) []any {
		return []any{
			&d.ID, &d.PartnerID, &d.MerchantID, &d.CodeRef, &d.PaymentRef, (*string)(&d.State), &d.Attempts,
			moment{&d.NextAt}, &d.Body, moment{&d.CreatedAt}, moment{&d.DoneAt}, &d.Holder,
		}
	},
}

// The id of a delivery is a UUIDv7, so its order is that of age.
var (
	deliveryByID = deliveries.find("WHERE id = $1")
	// What is pending has no end: said so, one index alone fits, even where no
	// statistics help to choose.
	dueDeliveries = `WHERE state = 'pending' AND holder = '' AND next_at <= $1
			AND id = (SELECT MIN(id) FROM delivery AS same
				WHERE same.code_ref = delivery.code_ref AND same.done_at = 0)
			ORDER BY next_at, id LIMIT $2`
	// One writer finds what is due and holds each: that can be said again.
	findDeliveries = deliveries.find(dueDeliveries)
	holdDelivery   = "UPDATE delivery SET holder = $1 WHERE id = $2"
	// Nodes that claim at the same time pass over each other's rows.
	claimDeliveries = `WITH due AS MATERIALIZED (
			SELECT id FROM delivery ` + dueDeliveries + ` /*postgres: FOR UPDATE SKIP LOCKED */)
		UPDATE delivery SET holder = $3 WHERE id IN (SELECT id FROM due)
		RETURNING ` + strings.Join(deliveries.columns, ", ")
	releaseDeliveries   = "UPDATE delivery SET holder = '' WHERE holder = $1 AND holder <> ''"
	releaseEvery        = "UPDATE delivery SET holder = '' WHERE holder <> ''"
	allDeliveries       = deliveries.find("WHERE $1 IN ('', state) ORDER BY id DESC")
	deliveriesOfPartner = deliveries.find("WHERE partner_id = $1 AND $2 IN ('', state) ORDER BY id DESC")
	insertDelivery      = deliveries.insert()
	setDeliveryBody     = "UPDATE delivery SET body = $1 WHERE id = $2 AND body = ''"
	setDelivery         = "UPDATE delivery SET state = $1, attempts = $2, next_at = $3, done_at = $4, holder = '' WHERE id = $5"
)

func (r reader) Delivery(id string) (pay.Delivery, error) {
	return deliveries.one(r.q, deliveryByID, id)
}

func (r reader) Deliveries(partnerID string, state pay.DeliveryState, visit func(pay.Delivery) error) error {
	if partnerID == "" {
		return deliveries.visit(r.q, allDeliveries, []any{string(state)}, visit)
	}
	return deliveries.visit(r.q, deliveriesOfPartner, []any{partnerID, string(state)}, visit)
}

func (t tx) InsertDelivery(d pay.Delivery) error {
	return t.add(insertDelivery, deliveries.values(&d))
}

// ClaimDeliveries begins with the one that is due longest, so that none of
// them waits for ever.
func (t tx) ClaimDeliveries(holder string, now time.Time, limit int) ([]pay.Delivery, error) {
	if holder == "" {
		return nil, fmt.Errorf("storage: claim deliveries: the holder has no name, so they would stay free")
	}
	claim := t.claimTogether
	if _, alone := t.db.(*unit); alone {
		claim = t.claimEach
	}
	claimed, err := claim(holder, micros(now), limit)
	slices.SortFunc(claimed, func(a, b pay.Delivery) int {
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID))
	})
	return claimed, err
}

func (t tx) claimTogether(holder string, now int64, limit int) (claimed []pay.Delivery, err error) {
	err = t.db.returning(claimDeliveries, []any{now, limit, holder}, func(r row) error {
		d, err := deliveries.scan(r)
		claimed = append(claimed, d)
		return err
	})
	return claimed, err
}

func (t tx) claimEach(holder string, now int64, limit int) ([]pay.Delivery, error) {
	claimed, err := deliveries.all(t.q, findDeliveries, now, limit)
	for i := range claimed {
		if err == nil {
			claimed[i].Holder = holder
			err = t.update(holdDelivery, holder, claimed[i].ID)
		}
	}
	return claimed, err
}

func (t tx) ReleaseDeliveries(holder string) error {
	text, args := releaseDeliveries, []any{holder}
	if holder == "" {
		text, args = releaseEvery, nil
	}
	_, err := t.db.exec(text, args)
	return err
}

func (t tx) SetDeliveryBody(id, body string) error { return t.update(setDeliveryBody, body, id) }

// SetDelivery takes no notice of at while the state is pending.
func (t tx) SetDelivery(id string, state pay.DeliveryState, attempts int, next, at time.Time) error {
	if state == pay.DeliveryPending {
		at = time.Time{}
	}
	return t.update(setDelivery, string(state), attempts, micros(next), micros(at), id)
}

var attempts = table[pay.Attempt]{
	name:    "attempt",
	columns: strings.Fields("delivery_id number url tried_at millis status answer"),
	fields: func(a *pay.Attempt) []any {
		return []any{&a.DeliveryID, &a.Number, &a.URL, moment{&a.At}, &a.Millis, &a.Status, &a.Answer}
	},
}

var (
	attemptsOfDelivery = attempts.find("WHERE delivery_id = $1 ORDER BY number")
	insertAttempt      = attempts.insert()
)

func (r reader) Attempts(deliveryID string) ([]pay.Attempt, error) {
	return attempts.all(r.q, attemptsOfDelivery, deliveryID)
}

// InsertAttempt answers ErrExists when the delivery has an attempt of this
// number. The delivery must be there.
func (t tx) InsertAttempt(a pay.Attempt) error {
	return t.insert(insertAttempt, attempts.values(&a))
}
