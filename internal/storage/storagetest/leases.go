package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

// What several nodes decide between them.

func takeLease(s pay.Storage, name, holder string, now, until time.Time) (l pay.Lease, err error) {
	err = s.Update(context.Background(), func(tx pay.Tx) (err error) {
		l, err = tx.TakeLease(name, holder, now, until)
		return err
	})
	return l, err
}

func mustTake(t failer, s pay.Storage, name, holder string, now, until time.Time) pay.Lease {
	t.Helper()
	l, err := takeLease(s, name, holder, now, until)
	if err != nil {
		t.Fatalf("%s takes %s: %v", holder, name, err)
	}
	same(t, "the lease", l, pay.Lease{Name: name, Holder: holder, Token: l.Token, Until: until})
	return l
}

func fence(l pay.Lease) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.Fence(l) }
}

func dropLease(l pay.Lease) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.DropLease(l) }
}

// leaseLife takes, renews, loses, takes over and drops a lease.
func leaseLife(t *testing.T, s pay.Storage) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	first := mustTake(t, s, "work", "a", noon, minute(10))
	_, err := takeLease(s, "work", "b", minute(10).Add(-time.Microsecond), minute(20))
	is(t, err, pay.ErrExists)
	renewed := mustTake(t, s, "work", "a", minute(5), minute(15))
	same(t, "the token of a renewal", renewed.Token, first.Token)
	insert(t, s, fence(first), fence(renewed))

	second := mustTake(t, s, "work", "b", minute(15), minute(25)) // its time is over at its end
	if second.Token <= first.Token {
		t.Errorf("a takeover leaves token %d where %d was", second.Token, first.Token)
	}
	is(t, s.Update(context.Background(), fence(first)), pay.ErrNotFound)
	insert(t, s, fence(second), dropLease(first)) // another's stays
	_, err = takeLease(s, "work", "a", minute(16), minute(26))
	is(t, err, pay.ErrExists)

	insert(t, s, dropLease(second))
	is(t, s.Update(context.Background(), fence(second)), pay.ErrNotFound)
	third := mustTake(t, s, "work", "a", minute(17), minute(27))
	if third.Token <= second.Token {
		t.Errorf("after a drop the token is %d where %d was", third.Token, second.Token)
	}
	is(t, s.Update(context.Background(), fence(second)), pay.ErrNotFound)
}

func leasesByName(t *testing.T, s pay.Storage) {
	want := map[string][]pay.Lease{"": nil, "node ": nil, "node _": nil, "nobody": nil}
	for _, name := range []string{"node _", "node a", "node%", "work"} {
		l := mustTake(t, s, name, "holder of "+name, noon, noon.Add(time.Hour))
		want[""] = append(want[""], l)
		if name[:4] == "node" && name[4] == ' ' {
			want["node "] = append(want["node "], l)
		}
		if name == "node _" {
			want[name] = append(want[name], l)
		}
	}
	for prefix, leases := range want {
		got := view(t, s, func(r pay.Reader) ([]pay.Lease, error) { return r.Leases(prefix) })
		same(t, fmt.Sprintf("leases that begin with %q", prefix), got, leases)
	}
	for name, take := range map[string]func(pay.Tx) (pay.Lease, error){
		"nobody":      func(tx pay.Tx) (pay.Lease, error) { return tx.TakeLease("new", "", noon, noon.Add(1e9)) },
		"over at its": func(tx pay.Tx) (pay.Lease, error) { return tx.TakeLease("new", "a", noon, noon) },
	} {
		if err := s.Update(context.Background(), func(tx pay.Tx) error { _, err := take(tx); return err }); err == nil {
			t.Errorf("a lease of %s beginning was given", name)
		}
	}
}

// leaseOfOne lets many take a lease that is free, then one whose time is over:
// one of them gets it, with a token of its own.
func leaseOfOne(t *testing.T, s pay.Storage) {
	var tokens []int64
	for round := range 3 {
		now := noon.Add(time.Duration(round) * time.Hour)
		until := now.Add(time.Hour)
		won := race(t, s, pay.ErrExists, func(tx pay.Tx, racer int) error {
			_, err := tx.TakeLease("work", fmt.Sprint(round, " ", racer), now, until)
			return err
		})
		same(t, "winners", len(won), 1)
		l := view(t, s, func(r pay.Reader) (pay.Lease, error) { return only(r.Leases("work")) })
		same(t, "the lease", l, pay.Lease{Name: "work", Holder: fmt.Sprint(round, " ", won[0]), Token: l.Token, Until: until})
		tokens = append(tokens, l.Token)
	}
	if tokens[0] >= tokens[1] || tokens[1] >= tokens[2] {
		t.Errorf("the tokens of one holder after the other are %v", tokens)
	}
}

// fenceHolds lets a leader write while another takes over: whatever it writes
// is there when the other begins, and nothing comes later.
func fenceHolds(t *testing.T, s pay.Storage) {
	until := noon.Add(time.Minute)
	stale := mustTake(t, s, "work", "a", noon, until)
	insert(t, s, func(tx pay.Tx) error { return tx.PutSetting("written", "") })
	var found string
	won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, racer int) error {
		if racer == racers/2 {
			if _, err := tx.TakeLease("work", "b", until, until.Add(time.Minute)); err != nil {
				return err
			}
			var err error
			found, err = tx.Setting("written")
			return err
		}
		if err := tx.Fence(stale); err != nil {
			return err
		}
		return tx.PutSetting("written", fmt.Sprint(racer))
	})
	if len(won) == 0 {
		t.Fatal("nobody got anything")
	}
	same(t, "what was written", view(t, s, func(r pay.Reader) (string, error) { return r.Setting("written") }), found)
}

func takeQuota(name string, slot, n, limit int64) func(pay.Tx) error {
	return func(tx pay.Tx) error { return tx.TakeQuota(name, slot, n, limit) }
}

// quotaNeverExceeded lets many take at once, in chunks.
func quotaNeverExceeded(t *testing.T, s pay.Storage) {
	const limit, chunk = 100, 3
	for slot := range int64(3) {
		won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, _ int) error { return tx.TakeQuota("q", slot, chunk, limit) })
		same(t, "chunks that were granted", len(won), min(racers, limit/chunk))
		insert(t, s, takeQuota("q", slot, 1, limit))
		is(t, s.Update(context.Background(), takeQuota("q", slot, 1, limit)), pay.ErrNotFound)
	}
}

// quotasAreCounted takes at random and counts by hand.
func quotasAreCounted(t *testing.T, s pay.Storage) {
	type count struct{ slot, used int64 }
	counts := map[string]count{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
		slot, n := rapid.Int64Range(0, 40).Draw(t, "slot"), rapid.Int64Range(1, 5).Draw(t, "n")
		limit := rapid.Int64Range(1, 9).Draw(t, "limit")
		c, known := counts[name]
		if !known || slot > c.slot {
			c = count{slot, 0}
		}
		var want error = pay.ErrNotFound
		if c.used+n <= limit {
			c.used, want = c.used+n, nil
			counts[name] = c
		}
		if err := s.Update(context.Background(), takeQuota(name, slot, n, limit)); !errors.Is(err, want) {
			t.Fatalf("%d of %d in slot %d of %s, of which %d are used in slot %d: got %v, want %v", n, limit, slot, name, counts[name].used, counts[name].slot, err, want)
		}
	})
}

// settingIsMadeOnce: whoever is first makes it for all.
func settingIsMadeOnce(t *testing.T, s pay.Storage) {
	won := race(t, s, pay.ErrExists, func(tx pay.Tx, racer int) error {
		err := tx.InsertSetting("name", fmt.Sprint(racer))
		if !errors.Is(err, pay.ErrExists) {
			return err
		}
		if _, missing := tx.Setting("name"); missing != nil { // the winner's can be read
			return missing
		}
		return err
	})
	same(t, "winners", len(won), 1)
	same(t, "the setting", view(t, s, func(r pay.Reader) (string, error) { return r.Setting("name") }), fmt.Sprint(won[0]))
}

// guardedAddUp counts up a setting in many transactions at once: with the
// guard none rests on what another has not left.
func guardedAddUp(t *testing.T, s pay.Storage) {
	won := race(t, s, nil, func(tx pay.Tx, _ int) error {
		if err := tx.Guard("counter"); err != nil {
			return err
		}
		text, err := tx.Setting("n")
		if errors.Is(err, pay.ErrNotFound) {
			text, err = "0", nil
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		return tx.PutSetting("n", strconv.Itoa(n+1))
	})
	same(t, "transactions", len(won), racers)
	same(t, "the count", view(t, s, func(r pay.Reader) (string, error) { return r.Setting("n") }), fmt.Sprint(racers))
}

// heldCodeStays pays a static code while another closes it: each payment is
// there when the code is closed, and none comes later.
func heldCodeStays(t *testing.T, s pay.Storage) {
	code := someCode("1")
	code.Amount = 0
	insert(t, s, insertCode(code))
	code.ClosedAt = noon
	is(t, s.Update(context.Background(), func(tx pay.Tx) error { return tx.HoldCode("2") }), pay.ErrNotFound)
	var seen pay.Rupiah
	won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, racer int) error {
		if racer == racers/2 {
			if err := tx.CloseCode(code, pay.CodeIsVoid); err != nil {
				return err
			}
			var err error
			seen, err = tx.PaidToMerchant("p", "m", day)
			return err
		}
		if err := tx.HoldCode("1"); err != nil {
			return err
		}
		p := somePayment(fmt.Sprint(racer))
		p.CodeRef, p.Amount = "1", 1
		return tx.InsertPayment(p, day)
	})
	paid := view(t, s, func(r pay.Reader) (pay.Rupiah, error) { return r.PaidToMerchant("p", "m", day) })
	same(t, "what was paid when it was closed", seen, paid)
	same(t, "those who were told of success", len(won), int(paid)+1)
	is(t, s.Update(context.Background(), func(tx pay.Tx) error { return tx.HoldCode("1") }), pay.ErrNotFound)
}

// claimsAreOneNodes: nodes that claim at once share what is due, and what a
// dead one has claimed is free for others once it is released.
func claimsAreOneNodes(t *testing.T, s pay.Storage) {
	for i := range racers {
		insert(t, s, insertDelivery(someDelivery(fmt.Sprintf("%02d", i), fmt.Sprint(i))))
	}
	claims := make([][]pay.Delivery, racers)
	race(t, s, nil, func(tx pay.Tx, racer int) (err error) {
		claims[racer], err = tx.ClaimDeliveries(fmt.Sprint("node ", racer), noon, 5)
		return err
	})
	holders := map[string]string{}
	for racer, claimed := range claims {
		for _, d := range claimed {
			if other, twice := holders[d.ID]; twice {
				t.Errorf("%s is claimed by node %d and %s", d.ID, racer, other)
			}
			holders[d.ID] = d.Holder
			same(t, "the holder", d.Holder, fmt.Sprint("node ", racer))
		}
	}
	left := claim(t, s, "late", noon, racers)
	same(t, "deliveries that somebody has", len(holders)+len(left), racers)
	for id, holder := range holders {
		update(t, s, func(tx pay.Tx) error { return tx.ReleaseDeliveries(holder) })
		same(t, "who has it then", view(t, s, func(r pay.Reader) (pay.Delivery, error) { return r.Delivery(id) }).Holder, "")
	}
	same(t, "what was released", len(claim(t, s, "later", noon, racers)), len(holders))
	update(t, s, func(tx pay.Tx) error { return tx.ReleaseDeliveries("") })
	same(t, "all that was claimed", len(claim(t, s, "last", noon, racers)), racers)
}
