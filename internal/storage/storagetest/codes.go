package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// upTo are the first n rows; nil stays nil.
func upTo[T any](rows []T, n int) []T {
	if n < len(rows) {
		return rows[:n]
	}
	return rows
}

// dueCodes makes and closes codes and holds what is due to a list of its own.
// Each code ends at a moment of its own, so the order is certain.
func dueCodes(t *testing.T, s pay.Storage) {
	var made []pay.Code
	rapid.Check(t, func(t *rapid.T) {
		code := someCode(fmt.Sprint(len(made)))
		if rapid.Bool().Draw(t, "ends") {
			seconds := rapid.IntRange(-3, 3).Draw(t, "seconds")
			code.ExpiresAt = noon.Add(time.Duration(seconds)*time.Second + time.Duration(len(made))*time.Microsecond)
		}
		insert(t, s, insertCode(code))
		made = append(made, code)
		if i := rapid.IntRange(0, 3*len(made)).Draw(t, "closed"); i < len(made) && made[i].State == pay.CodeActive {
			made[i].State, made[i].ClosedAt = pay.CodeIsExpired, noon
			update(t, s, func(tx pay.Tx) error { return tx.CloseCode(made[i], pay.CodeIsExpired) })
		}
		now := noon.Add(time.Duration(rapid.IntRange(-4, 4).Draw(t, "now")) * time.Second)
		if rapid.Bool().Draw(t, "to the microsecond") {
			now = code.ExpiresAt
		}
		limit := rapid.IntRange(1, len(made)+1).Draw(t, "limit")
		got := view(t, s, func(r pay.Reader) ([]pay.Code, error) { return r.DueCodes(now, limit) })
		want := upTo(dueCodesOf(made, now), limit)
		same(t, "due codes", got, want)
		if rapid.Bool().Draw(t, "expire") {
			expire(t, s, made, now, limit, want)
		}
	})
}

// expire closes what is due, each code as of its own end.
func expire(t failer, s pay.Storage, made []pay.Code, now time.Time, limit int, due []pay.Code) {
	t.Helper()
	update(t, s, func(tx pay.Tx) error {
		n, err := tx.ExpireCodes(now, limit)
		same(t, "how many expired", n, len(due))
		return err
	})
	for _, c := range due {
		c.State, c.ClosedAt = pay.CodeIsExpired, c.ExpiresAt
		same(t, "an expired code", view(t, s, func(r pay.Reader) (pay.Code, error) { return r.Code(c.Ref) }), c)
		made[slices.IndexFunc(made, func(m pay.Code) bool { return m.Ref == c.Ref })] = c
	}
}

func dueCodesOf(made []pay.Code, now time.Time) []pay.Code {
	var due []pay.Code
	for _, c := range made {
		if c.State == pay.CodeActive && c.StateAt(now) == pay.CodeIsExpired {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b pay.Code) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	return due
}

// codeEndsEarly ends codes before their validity does, with and without one:
// once each, and no other code.
func codeEndsEarly(t *testing.T, s pay.Storage) {
	lasting, endless, other := someCode("1"), someCode("2"), someCode("3")
	lasting.ExpiresAt, other.ExpiresAt = noon.Add(time.Hour), noon.Add(time.Hour)
	insert(t, s, insertCode(lasting), insertCode(endless), insertCode(other))
	for _, c := range []pay.Code{lasting, endless} {
		c.State, c.ClosedAt, c.ExpiresAt = pay.CodeIsExpired, noon.Add(time.Minute), noon.Add(time.Minute)
		again := c
		again.ClosedAt = noon.Add(2 * time.Minute)
		update(t, s, func(tx pay.Tx) error { return tx.EndCode(c) })
		update(t, s, func(tx pay.Tx) error { is(t, tx.EndCode(again), pay.ErrNotFound); return nil })
		same(t, "a code that has ended", view(t, s, func(r pay.Reader) (pay.Code, error) { return r.Code(c.Ref) }), c)
	}
	update(t, s, func(tx pay.Tx) error { is(t, tx.EndCode(someCode("4")), pay.ErrNotFound); return nil })
	same(t, "due codes", view(t, s, func(r pay.Reader) ([]pay.Code, error) { return r.DueCodes(noon.AddDate(1, 0, 0), 9) }), []pay.Code{other})
}

// latestPayment adds payments in any order of time.
func latestPayment(t *testing.T, s pay.Storage) {
	latest := map[string]pay.Payment{}
	serial := 0
	rapid.Check(t, func(t *rapid.T) {
		serial++
		p := somePayment(fmt.Sprint(serial))
		p.CodeRef = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "code")
		p.At = noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "minutes")) * time.Minute)
		insert(t, s, insertPayment(p))
		if newer(p, latest[p.CodeRef]) {
			latest[p.CodeRef] = p
		}
		for _, ref := range []string{"a", "b"} {
			if want, ok := latest[ref]; ok {
				same(t, "latest of "+ref, view(t, s, func(r pay.Reader) (pay.Payment, error) { return r.LatestPayment(ref) }), want)
			}
		}
	})
	err := s.View(context.Background(), func(r pay.Reader) error { _, err := r.LatestPayment(""); return err })
	if !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("the latest payment of no code: %v", err)
	}
}

func newer(a, b pay.Payment) bool {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Ref, b.Ref)) > 0
}

func dayOldestFirst(t *testing.T, s pay.Storage) {
	for ref, row := range map[string]struct {
		acquirer, day string
		at            time.Time
	}{
		"1": {"p", day, noon},
		"2": {"q", day, noon.Add(-time.Microsecond)},
		"3": {"p", day, noon},
		"4": {"p", day, noon.Add(-time.Hour)},
		"5": {"", day, noon.Add(time.Hour)}, // off-us
		"6": {"p", "2026-01-03", noon},
		"7": {"p", "2026-01-01", noon},
	} {
		p, r := somePayment(ref), someRefund(ref, ref)
		p.AcquirerID, p.At, r.AcquirerID, r.At = row.acquirer, row.at, row.acquirer, row.at
		insert(t, s, func(tx pay.Tx) error {
			return errors.Join(tx.InsertPayment(p, row.day), tx.InsertRefund(r, row.day))
		})
	}
	for acquirer, want := range map[string][]string{
		"": {"4", "2", "1", "3", "5"}, "p": {"4", "1", "3"}, "q": {"2"}, "r": nil,
	} {
		same(t, "payments of "+acquirer, view(t, s, func(r pay.Reader) (refs []string, err error) {
			return refs, r.PaymentsOn(acquirer, day, func(p pay.Payment) error { refs = append(refs, p.Ref); return nil })
		}), want)
		same(t, "refunds of "+acquirer, view(t, s, func(r pay.Reader) (refs []string, err error) {
			return refs, r.RefundsOn(acquirer, day, func(p pay.Refund) error { refs = append(refs, p.Ref); return nil })
		}), want)
	}
}

func outletsByKind(t *testing.T, s pay.Storage) {
	insert(t, s, putPartner(somePartner("p")), putMerchant(someMerchant("p", "m")), putMerchant(someMerchant("p", "n")))
	for _, o := range []pay.Outlet{
		{MerchantID: "m", Kind: pay.Store, ID: "1"}, {MerchantID: "m", Kind: pay.Store, ID: "2", Standing: pay.Inactive},
		{MerchantID: "m", Kind: pay.Terminal, ID: "1"}, {MerchantID: "n", Kind: pay.Store, ID: "1"},
	} {
		o.PartnerID = "p"
		insert(t, s, func(tx pay.Tx) error { return tx.PutOutlet(o) })
	}
	for kind, want := range map[pay.OutletKind]int{pay.Store: 2, pay.Terminal: 1, pay.SubMerchant: 0} {
		got := view(t, s, func(r pay.Reader) (int, error) { return r.CountOutlets("p", "m", kind) })
		same(t, string(kind), got, want)
	}
}
