package console

import (
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// notificationsBody is a page of the list of notifications.
type notificationsBody struct {
	list[pay.Delivery]
	PartnerID string
	State     pay.DeliveryState
	States    []pay.DeliveryState
	Count     int
	Partners  []pay.Partner
}

func (c *Console) listNotifications(v *visit) (any, error) {
	b := notificationsBody{PartnerID: v.asked("partner"), States: deliveryStates}
	if state := pay.DeliveryState(v.asked("state")); slices.Contains(deliveryStates, state) {
		b.State = state
	}
	rows, err := read(v, func(r pay.Reader) (rows []pay.Delivery, err error) {
		if b.Partners, err = choices(r); err != nil {
			return nil, err
		}
		if b.Count, err = r.CountDeliveries(b.PartnerID, b.State, counted+1); err != nil {
			return nil, err
		}
		return r.DeliveryPage(b.PartnerID, b.State, v.from(), pageRows+1)
	})
	b.list = listOf(v, rows, func(d pay.Delivery) string { return d.ID })
	return b, err
}

// notificationBody is one notification and every try of it.
type notificationBody struct {
	Delivery pay.Delivery
	Tries    []pay.Attempt
}

// Subject is what the page is about.
func (b notificationBody) Subject() string { return b.Delivery.ID }

// Tone is that of a try. An answer of 200 alone acknowledges nothing: of the
// answers that may have, only the one is known that ended the notification.
func (b notificationBody) Tone(a pay.Attempt) string {
	switch {
	case a.Status < 200 || a.Status > 299:
		return "bad"
	case b.Delivery.State == pay.DeliveryDone && a.Number == b.Tries[0].Number:
		return "good"
	}
	return ""
}

func (c *Console) showNotification(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b notificationBody, err error) {
		if b.Delivery, err = r.Delivery(v.PathValue("id")); err != nil {
			return b, err
		}
		b.Tries, err = r.Attempts(b.Delivery.ID)
		slices.Reverse(b.Tries)
		return b, err
	})
}

var notificationActs = []act{
	{path: "/notifications/{id}/resend", verb: "notification.resend", least: pay.Operator, subject: []string{"id"}, done: "It is due again", do: (*Console).resend},
}

func (c *Console) resend(v *visit) (string, error) {
	id := v.PathValue("id")
	return "/notifications/" + id, c.core.Resend(v.Context(), id)
}
