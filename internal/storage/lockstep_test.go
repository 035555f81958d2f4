package storage

import (
	"errors"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestForeseen: what was foreseen costs one round trip together, and is read
// anew when it is read again.
func TestForeseen(t *testing.T) {
	read := func(tx pay.Tx) error {
		return errors.Join(errOf(tx.Payer("p")), errOf(tx.Code("c")), errOf(tx.Partner("a")), errOf(tx.Merchant("a", "m")))
	}
	for name, tc := range map[string]struct {
		f     func(pay.Tx) error
		trips int
	}{
		"nothing": {read, 4},
		"all": {func(tx pay.Tx) error {
			tx.Foresee(pay.Foreseen{PayerID: "p", CodeRef: "c", PartnerID: "a", MerchantID: "m"})
			return read(tx)
		}, 1},
		"others": {func(tx pay.Tx) error {
			tx.Foresee(pay.Foreseen{PayerID: "q", CodeRef: "d", PartnerID: "b", MerchantID: "m"})
			return read(tx)
		}, 4},
		"the code": {func(tx pay.Tx) error { tx.Foresee(pay.Foreseen{CodeRef: "c"}); return read(tx) }, 3},
		"again": {func(tx pay.Tx) error {
			tx.Foresee(pay.Foreseen{PayerID: "p", CodeRef: "c", PartnerID: "a", MerchantID: "m"})
			return errors.Join(read(tx), read(tx))
		}, 5},
	} {
		one := &job{f: func(tx pay.Tx) error { _ = tc.f(tx); return nil }, done: make(chan struct{})}
		s := newLockstep([]*job{one}, false)
		trips := 0
		err := s.run(func(asking []*member) error {
			trips++
			for _, a := range s.fetch() {
				a.answered = true
			}
			for _, m := range asking {
				m.asks.answered = true
			}
			return nil
		})
		if err != nil || trips != tc.trips {
			t.Errorf("%s: %d round trips, want %d; %v", name, trips, tc.trips, err)
		}
	}
}
