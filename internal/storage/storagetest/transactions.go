package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

var errRefused = errors.New("refused")

func refusedKeepsNothing(t *testing.T, s pay.Storage) {
	insert(t, s, putPartner(somePartner("p")), insertPayer(somePayer("budi")), fund("budi", "fund", 100))
	err := s.Update(context.Background(), func(tx pay.Tx) error {
		for _, write := range []func(pay.Tx) error{
			insertCode(someCode("1")), insertMark(someMark("k")), insertPayment(somePayment("1")), putMerchant(someMerchant("p", "m")),
			func(tx pay.Tx) error { return tx.Debit("budi", 60) },
			func(tx pay.Tx) error { return tx.PutSetting("name", "value") },
		} {
			if err := write(tx); err != nil {
				return err
			}
		}
		return errRefused
	})
	if err != errRefused {
		t.Fatalf("got %v, want exactly the function's error", err)
	}
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Transfers: 1, Postings: 2})
	soundBooks(t, s)
	for _, again := range []func(pay.Tx) error{insertMark(someMark("k")), insertCode(someCode("1"))} {
		insert(t, s, again) // nothing is in the way
	}
	if merchants := view(t, s, func(r pay.Reader) ([]pay.Merchant, error) { return r.Merchants("p") }); len(merchants) != 0 {
		t.Errorf("the merchant was kept: %v", merchants)
	}
}

func panicKeepsNothing(t *testing.T, s pay.Storage) {
	err := s.Update(context.Background(), func(tx pay.Tx) error {
		if err := tx.InsertCode(someCode("1"), day); err != nil {
			return err
		}
		panic("a stray pointer")
	})
	if err == nil || !strings.Contains(err.Error(), "a stray pointer") {
		t.Errorf("the error does not carry the panic: %v", err)
	}
	if has(t, s, "1") {
		t.Error("the code was kept")
	}
	insert(t, s, insertCode(someCode("1")))
}

// failedStatement ignores what a statement said: the commit must not.
func failedStatement(t *testing.T, s pay.Storage) {
	negative := someCode("2")
	negative.Amount = -1
	err := s.Update(context.Background(), func(tx pay.Tx) error {
		if err := tx.InsertCode(someCode("1"), day); err != nil {
			return err
		}
		_ = tx.InsertCode(negative, day)
		_ = tx.InsertCode(someCode("3"), day)
		return nil
	})
	if err == nil {
		t.Errorf("the transaction succeeded in spite of its statement: %v", err)
	}
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{})
}

// neighbours of one group: some are refused, some panic, some fail; the rest
// is kept whole.
func neighbours(t *testing.T, s pay.Storage) {
	fates := []func(tx pay.Tx, ref string) error{
		func(pay.Tx, string) error { return nil },
		func(pay.Tx, string) error { return errRefused },
		func(pay.Tx, string) error { panic("in the middle") },
		func(tx pay.Tx, ref string) error { return tx.InsertCode(someCode(ref), day) },
		func(tx pay.Tx, ref string) error { return tx.InsertCode(pay.Code{Ref: ref + "-", State: "lost"}, day) },
	}
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			errs[i] = s.Update(context.Background(), func(tx pay.Tx) error {
				if err := tx.InsertCode(someCode(fmt.Sprint(i)), day); err != nil {
					return err
				}
				return fates[i%len(fates)](tx, fmt.Sprint(i))
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		survives := i%len(fates) == 0
		if (err == nil) != survives {
			t.Errorf("caller %d was answered %v", i, err)
		}
		if kept := has(t, s, fmt.Sprint(i)); kept != survives {
			t.Errorf("caller %d: kept is %t", i, kept)
		}
	}
}

func readsOwnWrites(t *testing.T, s pay.Storage) {
	insert(t, s, insertPayer(somePayer("budi")))
	update(t, s, func(tx pay.Tx) error {
		for _, amount := range []pay.Rupiah{5, 7} {
			if err := fund("budi", fmt.Sprint(amount), amount)(tx); err != nil {
				return err
			}
		}
		payer, err := tx.Payer("budi")
		if err != nil {
			return err
		}
		wrong, err := tx.WrongWallets(9)
		if payer.Balance != 12 || len(wrong) != 0 {
			return fmt.Errorf("balance %s, wrong wallets %v", payer.Balance, wrong)
		}
		return err
	})
}

func uncommittedIsUnseen(t *testing.T, s pay.Storage) {
	wrote, seen, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Update(context.Background(), func(tx pay.Tx) error {
			err := tx.InsertCode(someCode("1"), day)
			close(wrote)
			<-seen
			return err
		})
	}()
	select {
	case <-wrote:
	case err := <-done:
		t.Fatalf("Update gave up: %v", err)
	}
	if has(t, s, "1") {
		t.Error("a view saw what was not committed")
	}
	close(seen)
	is(t, <-done, nil)
	if !has(t, s, "1") {
		t.Error("a view after the commit does not see it")
	}
}

func viewIsOneSnapshot(t *testing.T, s pay.Storage) {
	insert(t, s, insertPayer(somePayer("budi")), fund("budi", "1", 5))
	err := s.View(context.Background(), func(r pay.Reader) error {
		before, err := r.Payer("budi")
		if err != nil {
			return err
		}
		insert(t, s, fund("budi", "2", 7))
		after, err := r.Balance("payer:budi")
		if before.Balance != 5 || after != 5 {
			return fmt.Errorf("the snapshot moved from %s to %s", before.Balance, after)
		}
		return err
	})
	is(t, err, nil)
	now := view(t, s, func(r pay.Reader) (pay.Rupiah, error) { return r.Balance("payer:budi") })
	same(t, "the next view", now, pay.Rupiah(12))
}

func viewEndsWithItsError(t *testing.T, s pay.Storage) {
	if err := s.View(context.Background(), func(pay.Reader) error { return errRefused }); err != errRefused {
		t.Errorf("View gave %v", err)
	}
	for range 2 * racers { // more than any pool of readers holds
		func() {
			defer func() { _ = recover() }()
			_ = s.View(context.Background(), func(pay.Reader) error { panic("in a view") })
		}()
	}
	insert(t, s, insertCode(someCode("1")))
	if !has(t, s, "1") {
		t.Error("views see nothing new after panics")
	}
}

func handleDoesNotOutlive(t *testing.T, s pay.Storage) {
	var kept pay.Tx
	update(t, s, func(tx pay.Tx) error { kept = tx; return nil })
	if err := kept.InsertCode(someCode("1"), day); err == nil {
		t.Error("a transaction that is over accepted a write")
	}
	if _, err := kept.Counts(); err == nil {
		t.Error("a transaction that is over could read")
	}
	var reader pay.Reader
	is(t, s.View(context.Background(), func(r pay.Reader) error { reader = r; return nil }), nil)
	if _, err := reader.Counts(); err == nil {
		t.Error("a view that is over could read")
	}
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{})
}

func cancelledNeverRuns(t *testing.T, s pay.Storage) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	is(t, s.Update(ctx, func(pay.Tx) error { t.Error("the update ran"); return nil }), context.Canceled)
	is(t, s.View(ctx, func(pay.Reader) error { t.Error("the view ran"); return nil }), context.Canceled)
}

// runningIsTold cancels a caller whose function runs: it must learn what
// became of the transaction.
func runningIsTold(t *testing.T, s pay.Storage) {
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx pay.Tx) error {
		cancel()
		return tx.InsertCode(someCode("1"), day)
	})
	if kept := has(t, s, "1"); kept != (err == nil) || err != nil {
		t.Errorf("kept is %t but the answer was %v", kept, err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	err = s.View(ctx, func(r pay.Reader) error {
		cancel()
		_, err := r.Code("1")
		return err
	})
	is(t, err, context.Canceled)
}

// goexit ends a goroutine from inside, as FailNow does in a test.
func goexit(t *testing.T, s pay.Storage) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(context.Background(), func(tx pay.Tx) error {
			_ = tx.InsertCode(someCode("1"), day)
			runtime.Goexit()
			return nil
		})
	})
	wg.Wait()
	if has(t, s, "1") {
		t.Error("the code was kept")
	}
	insert(t, s, insertCode(someCode("1")))
}

func acknowledgedIsKept(t *testing.T, s pay.Storage, reopen Reopen) {
	insert(t, s, insertPayer(somePayer("budi")), fund("budi", "fund", 100))
	won := race(t, s, nil, func(tx pay.Tx, racer int) error {
		return insertCode(someCode(fmt.Sprint(racer)))(tx)
	})
	before := trialBalance(t, s)
	s = reopen(t, s)
	same(t, "acknowledged codes", len(won), racers)
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Codes: racers, Transfers: 1, Postings: 2})
	same(t, "trial balance", trialBalance(t, s), before)
	soundBooks(t, s)
	for i := range racers {
		want := someCode(fmt.Sprint(i))
		same(t, "code", view(t, s, func(r pay.Reader) (pay.Code, error) { return r.Code(want.Ref) }), want)
	}
	insert(t, s, insertCode(someCode("after")))
}
