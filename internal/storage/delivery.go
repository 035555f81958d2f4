package storage

import (
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var deliveries = table[pay.Delivery]{
	name: "delivery",
	columns: strings.Fields(`id partner_id merchant_id code_ref payment_ref state attempts
		next_at body created_at done_at`),
	fields: func(d *pay.Delivery) []any {
		return []any{
			&d.ID, &d.PartnerID, &d.MerchantID, &d.CodeRef, &d.PaymentRef, (*string)(&d.State), &d.Attempts,
			moment{&d.NextAt}, &d.Body, moment{&d.CreatedAt}, moment{&d.DoneAt},
		}
	},
}

// The id of a delivery is a UUIDv7, so its order is that of age.
var (
	deliveryByID  = deliveries.find("WHERE id = $1")
	dueDeliveries = deliveries.find(`WHERE state = 'pending' AND next_at <= $1
		AND id = (SELECT MIN(id) FROM delivery AS same
			WHERE same.code_ref = delivery.code_ref AND same.state = 'pending')
		ORDER BY next_at, id LIMIT $2`)
	allDeliveries       = deliveries.find("WHERE $1 IN ('', state) ORDER BY id DESC")
	deliveriesOfPartner = deliveries.find("WHERE partner_id = $1 AND $2 IN ('', state) ORDER BY id DESC")
	insertDelivery      = deliveries.insert()
	setDeliveryBody     = "UPDATE delivery SET body = $1 WHERE id = $2"
	setDelivery         = "UPDATE delivery SET state = $1, attempts = $2, next_at = $3, done_at = $4 WHERE id = $5"
)

func (r reader) Delivery(id string) (pay.Delivery, error) {
	return deliveries.one(r.q, deliveryByID, id)
}

// DueDeliveries begin with the one that is due longest, so that none of them
// waits for ever.
func (r reader) DueDeliveries(now time.Time, limit int) ([]pay.Delivery, error) {
	return deliveries.all(r.q, dueDeliveries, micros(now), limit)
}

func (r reader) Deliveries(partnerID string, state pay.DeliveryState, visit func(pay.Delivery) error) error {
	if partnerID == "" {
		return deliveries.visit(r.q, allDeliveries, []any{string(state)}, visit)
	}
	return deliveries.visit(r.q, deliveriesOfPartner, []any{partnerID, string(state)}, visit)
}

func (t tx) InsertDelivery(d pay.Delivery) error {
	return t.insert(insertDelivery, deliveries.values(&d))
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
