package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
	again := func(tx pay.Tx) error { return tx.SetDeliveryBody("d", "another") }
	is(t, s.Update(context.Background(), again), pay.ErrNotFound)
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

// dueDeliveries makes, tries, claims and releases deliveries at random, for
// two holders, and holds what each claim gives to a list of its own.
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
			d.Attempts, d.NextAt, d.DoneAt, d.Holder = d.Attempts+1, minutes(t, "next"), noon, ""
			if d.State == pay.DeliveryPending {
				d.DoneAt = time.Time{}
			}
			update(t, s, func(tx pay.Tx) error { return tx.SetDelivery(d.ID, d.State, d.Attempts, d.NextAt, noon) })
		}
		if holder := rapid.SampledFrom([]string{"nobody", "a", "b", ""}).Draw(t, "released"); holder != "nobody" {
			update(t, s, func(tx pay.Tx) error { return tx.ReleaseDeliveries(holder) })
			releaseOf(made, holder)
		}
		now, limit := minutes(t, "now"), rapid.IntRange(1, 12).Draw(t, "limit")
		holder := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "holder")
		want := upTo(dueDeliveriesOf(made, now), limit)
		for i := range want {
			want[i].Holder = holder
			made[slices.IndexFunc(made, func(d pay.Delivery) bool { return d.ID == want[i].ID })].Holder = holder
		}
		same(t, "what is claimed", claim(t, s, holder, now, limit), want)
	})
	got := view(t, s, func(r pay.Reader) (all []pay.Delivery, err error) {
		return all, r.Deliveries("", "", func(d pay.Delivery) error { all = append(all, d); return nil })
	})
	slices.Reverse(made)
	same(t, "all in the end", got, made)
}

func releaseOf(made []pay.Delivery, holder string) {
	for i, d := range made {
		if holder == "" || d.Holder == holder {
			made[i].Holder = ""
		}
	}
}

// claimsPassOver lets holders claim and settle at the same time: each delivery
// is one holder's, once, and those of a code come in order.
func claimsPassOver(t *testing.T, s pay.Storage) {
	const holders, codes, each = 8, 30, 4
	update(t, s, func(tx pay.Tx) error {
		for i := range codes * each {
			if err := tx.InsertDelivery(someDelivery(fmt.Sprintf("%04d", i), fmt.Sprint("code ", i%codes))); err != nil {
				return err
			}
		}
		return nil
	})
	var claims claimLog
	errs := make([]error, holders)
	var wg sync.WaitGroup
	for i := range holders {
		wg.Go(func() {
			for errs[i] == nil && claims.count() < codes*each {
				errs[i] = claims.settleSome(s, fmt.Sprint("holder ", i))
			}
		})
	}
	wg.Wait()
	same(t, "errors", errors.Join(errs...), nil)
	want := map[string][]string{}
	for i := range codes * each {
		code := fmt.Sprint("code ", i%codes)
		want[code] = append(want[code], fmt.Sprintf("%04d", i))
	}
	same(t, "claims of each code", claims.ofCode, want)
	same(t, "what is left", claim(t, s, "another", noon, codes*each), []pay.Delivery(nil))
}

// claimLog is what was claimed, in order, by code.
type claimLog struct {
	mu     sync.Mutex
	total  int
	ofCode map[string][]string
}

func (l *claimLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *claimLog) add(claimed []pay.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ofCode == nil {
		l.ofCode = map[string][]string{}
	}
	for _, d := range claimed {
		l.ofCode[d.CodeRef] = append(l.ofCode[d.CodeRef], d.ID)
	}
	l.total += len(claimed)
}

// settleSome claims a few and, in another transaction, settles them if they
// are still the holder's.
func (l *claimLog) settleSome(s pay.Storage, holder string) error {
	const limit = 3
	var claimed []pay.Delivery
	err := s.Update(context.Background(), func(tx pay.Tx) (err error) {
		claimed, err = tx.ClaimDeliveries(holder, noon, limit)
		return err
	})
	if err != nil || len(claimed) > limit {
		return cmp.Or(err, fmt.Errorf("%d were claimed, the limit is %d", len(claimed), limit))
	}
	l.add(claimed)
	return s.Update(context.Background(), func(tx pay.Tx) error {
		for _, d := range claimed {
			now, err := tx.Delivery(d.ID)
			if err == nil && now != d {
				err = fmt.Errorf("%+v was claimed and became %+v", d, now)
			}
			if err = errors.Join(err, tx.SetDelivery(d.ID, pay.DeliveryDone, 1, noon, noon)); err != nil {
				return err
			}
		}
		return nil
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

// dueDeliveriesOf looks at the heads of all codes, held ones included; made is
// in order of age.
func dueDeliveriesOf(made []pay.Delivery, now time.Time) []pay.Delivery {
	var due []pay.Delivery
	headed := map[string]bool{}
	for _, d := range made {
		if d.State != pay.DeliveryPending || headed[d.CodeRef] {
			continue
		}
		headed[d.CodeRef] = true
		if d.Holder == "" && !d.NextAt.After(now) {
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
