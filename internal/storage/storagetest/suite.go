// Package storagetest is the suite that every engine of pay.Storage passes.
package storagetest

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/internal/pay"
)

// Open gives an empty Storage, which it closes when the test ends.
type Open func(t *testing.T) pay.Storage

// Reopen closes a Storage that Open gave and opens what it has kept.
type Reopen func(t *testing.T, s pay.Storage) pay.Storage

// claims are what every engine keeps to.
var claims = []struct {
	name  string
	check func(*testing.T, pay.Storage)
}{
	{"every field comes back", everyFieldComesBack},
	{"times come back in UTC to the microsecond", timesComeBack},
	{"what is absent is ErrNotFound", absentIsNotFound},
	{"lists of nothing are empty", listsOfNothing},
	{"a second insert is ErrExists and the transaction goes on", secondInsertExists},
	{"empty keys do not collide", emptyKeysDoNotCollide},
	{"a put replaces", putReplaces},
	{"a payer begins at zero and can be changed", payerLife},
	{"lists are in order", listsInOrder},
	{"codes of a day come newest first", codesNewestFirst},
	{"codes are due once their validity has passed", dueCodes},
	{"a code's validity can end early", codeEndsEarly},
	{"the latest payment of a code", latestPayment},
	{"a day's payments and refunds come oldest first", dayOldestFirst},
	{"outlets are counted by kind", outletsByKind},
	{"a visit can stop", visitCanStop},
	{"a visit cannot read", visitCannotRead},
	{"sums count one day of one party", sumsCountOneDay},
	{"balances are sums of postings", balancesAreSums},
	{"a wrong wallet is found", wrongWalletIsFound},
	{"a malformed transfer is refused whole", malformedTransfer},
	{"money does not leave its range", moneyStaysInRange},
	{"refunds never exceed the payment", refundsNeverExceed},
	{"what is open is what was paid and refunded", openIsWhatMoved},
	{"a merchant's day closes once", dayClosesOnce},
	{"a delivery is tried, ends and begins again", deliveryLife},
	{"deliveries are due in order, one of each code", dueDeliveries},
	{"claims at the same time pass each other over", claimsPassOver},
	{"deliveries come newest first", deliveriesNewestFirst},
	{"codes come in pages", codesInPages},
	{"payments and refunds come in pages", paymentsInPages},
	{"deliveries come in pages", deliveriesInPages},
	{"the ledger comes in pages", ledgerInPages},
	{"parties come in pages", partiesInPages},
	{"settlements come in pages", settlementsInPages},
	{"a user is added and changed", userLife},
	{"an act ends once", actsEndOnce},
	{"a code closes once", codeClosesOnce},
	{"a token is used once", tokenUsedOnce},
	{"a token is revoked once", tokenRevokedOnce},
	{"a binding is revoked whole", bindingRevoked},
	{"a revocation ends every exchange", revocationEndsExchanges},
	{"tokens and bindings come in pages", tokensInPages},
	{"a reference is marked once", markedOnce},
	{"debits never overdraw", debitsNeverOverdraw},
	{"a lease is taken, renewed, taken over and dropped", leaseLife},
	{"leases are found by name", leasesByName},
	{"a lease is one holder's", leaseOfOne},
	{"a fence keeps a stale leader out", fenceHolds},
	{"a quota is never exceeded", quotaNeverExceeded},
	{"quotas are counted by name and slot", quotasAreCounted},
	{"a setting is made once", settingIsMadeOnce},
	{"clearing leaves no party and no books", clearLeavesNothing},
	{"guarded transactions take place one after another", guardedAddUp},
	{"a code that is held stays active", heldCodeStays},
	{"a delivery is claimed by one node", claimsAreOneNodes},
	{"a refused transaction keeps nothing", refusedKeepsNothing},
	{"a panic keeps nothing", panicKeepsNothing},
	{"a failed statement fails its transaction", failedStatement},
	{"neighbours do not share a fate", neighbours},
	{"a transaction reads its own writes", readsOwnWrites},
	{"nobody else reads them before they are committed", uncommittedIsUnseen},
	{"a view is one snapshot", viewIsOneSnapshot},
	{"a view ends with its error", viewEndsWithItsError},
	{"a handle does not outlive its transaction", handleDoesNotOutlive},
	{"a cancelled caller's function never runs", cancelledNeverRuns},
	{"a function that runs is told its outcome", runningIsTold},
	{"a function that ends its goroutine harms none", goexit},
}

// Run holds an engine to the contract of pay.Storage.
func Run(t *testing.T, open Open, reopen Reopen) {
	for _, c := range claims {
		t.Run(c.name, func(t *testing.T) { c.check(t, open(t)) })
	}
	t.Run("what was acknowledged is there again", func(t *testing.T) { acknowledgedIsKept(t, open(t), reopen) })
}

// failer is what *testing.T and *rapid.T share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func update(t failer, s pay.Storage, f func(pay.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// insert commits each write in a transaction of its own.
func insert(t failer, s pay.Storage, writes ...func(pay.Tx) error) {
	t.Helper()
	for _, w := range writes {
		update(t, s, w)
	}
}

func view[T any](t failer, s pay.Storage, read func(pay.Reader) (T, error)) T {
	t.Helper()
	var found T
	err := s.View(context.Background(), func(r pay.Reader) (err error) {
		found, err = read(r)
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return found
}

func has(t failer, s pay.Storage, ref string) bool {
	t.Helper()
	err := s.View(context.Background(), func(r pay.Reader) error {
		_, err := r.Code(ref)
		return err
	})
	if err != nil && !errors.Is(err, pay.ErrNotFound) {
		t.Fatalf("View: %v", err)
	}
	return err == nil
}

// exactly compares times by what they show too: zone and precision.
var exactly = cmp.Options{
	cmp.Comparer(func(a, b time.Time) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func same(t failer, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, exactly); diff != "" {
		t.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

func is(t failer, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}
