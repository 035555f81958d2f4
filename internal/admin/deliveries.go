package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

type deliveryView struct {
	ID         string            `json:"id"`
	PartnerID  string            `json:"partnerId"`
	MerchantID string            `json:"merchantId"`
	CodeRef    string            `json:"codeReferenceNo"`
	PaymentRef string            `json:"paymentReferenceNo"`
	State      pay.DeliveryState `json:"state"`
	Attempts   int               `json:"attempts"`
	NextAt     time.Time         `json:"nextAt,omitzero"`
	CreatedAt  time.Time         `json:"createdAt"`
	DoneAt     time.Time         `json:"doneAt,omitzero"`
	Body       string            `json:"body,omitempty"`
	Tries      []attemptView     `json:"tries,omitempty"`
}

type attemptView struct {
	Number int       `json:"number"`
	URL    string    `json:"url"`
	At     time.Time `json:"at"`
	Millis int64     `json:"millis"`
	Status int       `json:"status"`
	Answer string    `json:"answer"`
}

func viewDelivery(d pay.Delivery) deliveryView {
	v := deliveryView{
		ID: d.ID, PartnerID: d.PartnerID, MerchantID: d.MerchantID, CodeRef: d.CodeRef, PaymentRef: d.PaymentRef,
		State: d.State, Attempts: d.Attempts, CreatedAt: d.CreatedAt, DoneAt: d.DoneAt,
	}
	if d.State == pay.DeliveryPending {
		v.NextAt = d.NextAt
	}
	return v
}

var errPageFull = errors.New("admin: the page is full")

// listDeliveries gives the newest deliveries, of a partner and in a state
// where the query names them.
func (a *API) listDeliveries(r *http.Request) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r, mostRows)
	if err != nil {
		return nil, err
	}
	views := []deliveryView{}
	err = a.core.Inspect(r.Context(), func(reader pay.Reader) error {
		views = views[:0]
		return reader.Deliveries(q.Get("partner"), pay.DeliveryState(q.Get("state")), func(d pay.Delivery) error {
			views = append(views, viewDelivery(d))
			if len(views) == limit {
				return errPageFull
			}
			return nil
		})
	})
	if errors.Is(err, errPageFull) {
		err = nil
	}
	return map[string]any{"deliveries": views}, err
}

// showDelivery gives a delivery with its body and every attempt.
func (a *API) showDelivery(r *http.Request) (any, error) {
	var v deliveryView
	err := a.core.Inspect(r.Context(), func(reader pay.Reader) error {
		d, err := reader.Delivery(r.PathValue("id"))
		if err != nil {
			return err
		}
		v = viewDelivery(d)
		v.Body = d.Body
		tries, err := reader.Attempts(d.ID)
		for _, t := range tries {
			v.Tries = append(v.Tries, attemptView{t.Number, t.URL, t.At, t.Millis, t.Status, t.Answer})
		}
		return err
	})
	return v, err
}

// resend makes a delivery due again, whatever became of it.
func (a *API) resend(r *http.Request) (any, error) {
	if err := a.core.Resend(r.Context(), r.PathValue("id")); err != nil {
		return nil, err
	}
	return a.showDelivery(r)
}
