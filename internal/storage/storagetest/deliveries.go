package storagetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// deliveryLife fails a delivery, sends it again, and succeeds.
func deliveryLife(t *testing.T, s pay.Storage) {
	want, other := someDelivery("d", "1"), someDelivery("e", "1")
	insert(t, s, insertDelivery(want), insertDelivery(other))
	want.Body = "{}"
	insert(t, s, func(tx pay.Tx) error { return tx.SetDeliveryBody("d", want.Body) })
	for i, state := range []pay.DeliveryState{pay.DeliveryPending, pay.DeliveryFailed, pay.DeliveryPending, pay.DeliveryDone} {
		at := noon.Add(time.Duration(i) * time.Minute)
		want.State, want.Attempts, want.NextAt, want.DoneAt = state, i+1, at.Add(time.Hour), at
		if state == pay.DeliveryPending {
			want.DoneAt = time.Time{}
		}
		insert(t, s, func(tx pay.Tx) error { return tx.SetDelivery("d", state, want.Attempts, want.NextAt, at) })
		same(t, "delivery", view(t, s, func(r pay.Reader) (pay.Delivery, error) { return r.Delivery("d") }), want)
	}
	same(t, "its neighbour", view(t, s, func(r pay.Reader) (pay.Delivery, error) { return r.Delivery("e") }), other)
	tries := make([]pay.Attempt, 11)
	for i := range tries {
		tries[i] = pay.Attempt{DeliveryID: "d", Number: i + 1, Status: 500 + i, At: noon}
	}
	for _, a := range slices.Backward(tries) {
		insert(t, s, insertAttempt(a), insertAttempt(pay.Attempt{DeliveryID: "e", Number: a.Number}))
	}
	same(t, "attempts", view(t, s, func(r pay.Reader) ([]pay.Attempt, error) { return r.Attempts("d") }), tries)
}

// dueDeliveries makes and tries deliveries at random and holds what is due to
// a list of its own.
func dueDeliveries(t *testing.T, s pay.Storage) {
	var made []pay.Delivery
	minutes := func(t *rapid.T, name string) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, name)) * time.Minute)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(0, 2).Draw(t, "new") {
			d := someDelivery(fmt.Sprintf("%04d", len(made)), fmt.Sprint("code ", rapid.IntRange(0, 9).Draw(t, "code")))
			d.NextAt = minutes(t, "NextAt")
			insert(t, s, insertDelivery(d))
			made = append(made, d)
		}
		for range rapid.IntRange(0, min(3, len(made))).Draw(t, "tries") {
			d := &made[rapid.IntRange(0, len(made)-1).Draw(t, "which")]
			d.State = rapid.SampledFrom([]pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}).Draw(t, "State")
			d.Attempts, d.NextAt, d.DoneAt = d.Attempts+1, minutes(t, "next"), noon
			if d.State == pay.DeliveryPending {
				d.DoneAt = time.Time{}
			}
			update(t, s, func(tx pay.Tx) error { return tx.SetDelivery(d.ID, d.State, d.Attempts, d.NextAt, noon) })
		}
		now, limit := minutes(t, "now"), rapid.IntRange(1, 12).Draw(t, "limit")
		want := upTo(dueDeliveriesOf(made, now), limit)
		for i := range want {
			want[i].Holder = "node"
		}
		same(t, "what is claimed", claim(t, s, "node", now, limit), want)
		update(t, s, func(tx pay.Tx) error { return tx.ReleaseDeliveries("node") })
	})
}

func claim(t failer, s pay.Storage, holder string, now time.Time, limit int) (claimed []pay.Delivery) {
	t.Helper()
	update(t, s, func(tx pay.Tx) (err error) {
		claimed, err = tx.ClaimDeliveries(holder, now, limit)
		return err
	})
	return claimed
}

// dueDeliveriesOf looks at the heads of all codes; made is in order of age.
func dueDeliveriesOf(made []pay.Delivery, now time.Time) []pay.Delivery {
	var due []pay.Delivery
	headed := map[string]bool{}
	for _, d := range made {
		if d.State != pay.DeliveryPending || headed[d.CodeRef] {
			continue
		}
		headed[d.CodeRef] = true
		if !d.NextAt.After(now) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b pay.Delivery) int {
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID))
	})
	return due
}

func deliveriesNewestFirst(t *testing.T, s pay.Storage) {
	states := []pay.DeliveryState{pay.DeliveryPending, pay.DeliveryDone, pay.DeliveryFailed}
	for _, i := range []int{3, 0, 5, 2, 4, 1} {
		d := someDelivery(fmt.Sprint(i), "1")
		d.PartnerID = []string{"p", "q"}[i/3]
		if d.State = states[i%3]; d.State != pay.DeliveryPending {
			d.DoneAt = noon
		}
		insert(t, s, insertDelivery(d))
	}
	for _, c := range []struct {
		partner string
		state   pay.DeliveryState
		want    []string
	}{
		{"", "", []string{"5", "4", "3", "2", "1", "0"}},
		{"", pay.DeliveryDone, []string{"4", "1"}},
		{"p", "", []string{"2", "1", "0"}},
		{"q", pay.DeliveryFailed, []string{"5"}},
		{"r", "", nil},
	} {
		got := view(t, s, func(r pay.Reader) (ids []string, err error) {
			return ids, r.Deliveries(c.partner, c.state, func(d pay.Delivery) error { ids = append(ids, d.ID); return nil })
		})
		same(t, fmt.Sprintf("deliveries of %q that are %q", c.partner, c.state), got, c.want)
	}
}
