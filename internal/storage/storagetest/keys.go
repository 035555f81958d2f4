package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// collision is a row and another that may not stand beside it.
type collision struct {
	name          string
	first, second func(pay.Tx) error
}

// collisions stand in an order: a refund needs its payment, an attempt its
// delivery.
func collisions() []collision {
	key, mpan, outside := somePartner("q"), someMerchant("p", "m"), someMerchant("q", "m")
	key.ClientKey = somePartner("p").ClientKey
	mpan.MPAN, outside.MPAN = "936000010000000001", "936000010000000001"
	code, payment := someCode("1"), somePayment("1")
	again := someCode("1")
	again.PartnerRef = "another"
	repaid := somePayment("1")
	repaid.PartnerRef = "another"
	mark := someMark("k")
	mark.Body, mark.Ref = [32]byte{2}, "another"
	resettled := someSettlement("m")
	resettled.ID, resettled.Gross = "another", 4
	return []collision{
		{"client key", putPartner(somePartner("p")), putPartner(key)},
		{"MPAN", putMerchant(mpan), putMerchant(outside)},
		{"payer", insertPayer(somePayer("budi")), insertPayer(somePayer("budi"))},
		{"code", insertCode(code), insertCode(again)},
		{"payment", insertPayment(payment), insertPayment(repaid)},
		{"refund", insertRefund(someRefund("r", "1")), insertRefund(someRefund("r", "1"))},
		{"delivery", insertDelivery(someDelivery("d", "1")), insertDelivery(someDelivery("d", "2"))},
		{"attempt", insertAttempt(pay.Attempt{DeliveryID: "d", Number: 1}), insertAttempt(pay.Attempt{DeliveryID: "d", Number: 1, Status: 200})},
		{"settlement", insertSettlement(someSettlement("m")), insertSettlement(resettled)},
		{"transfer", insertTransfer(moved("t", "a", "b", 1)), insertTransfer(moved("t", "c", "d", 2))},
		{"token", insertToken(someToken(1)), insertToken(someToken(1))},
		{"mark", insertMark(someMark("k")), insertMark(mark)},
	}
}

// secondInsertExists tries each collision inside one transaction and in a
// second one; both go on and keep what else they write.
func secondInsertExists(t *testing.T, s pay.Storage) {
	for _, id := range []string{"p", "q"} {
		insert(t, s, putPartner(somePartner(id)))
	}
	for i, c := range collisions() {
		goesOn(t, s, c, fmt.Sprint("inside ", i), func(tx pay.Tx) error {
			// Rows of earlier collisions may be in the way already.
			if err := c.first(tx); err != nil && !errors.Is(err, pay.ErrExists) {
				return err
			}
			return nil
		})
		goesOn(t, s, c, fmt.Sprint("after ", i), func(pay.Tx) error { return nil })
		for _, when := range []string{"inside", "after"} {
			name := fmt.Sprint(when, " ", i)
			same(t, c.name, view(t, s, func(r pay.Reader) (string, error) { return r.Setting(name) }), c.name)
		}
	}
	same(t, "the first settlement", view(t, s, func(r pay.Reader) ([]pay.Settlement, error) {
		return r.Settlements(day)
	}), []pay.Settlement{someSettlement("m")})
	same(t, "the first mark", view(t, s, func(r pay.Reader) (pay.Mark, error) {
		return r.Mark("p", "generate", pay.ByReference, "k", "")
	}), someMark("k"))
	same(t, "the first transfer", view(t, s, func(r pay.Reader) (ledger.Transfer, error) { return r.Transfer("t") }), moved("t", "a", "b", 1))
	same(t, "the first partner", view(t, s, func(r pay.Reader) (pay.Partner, error) {
		return r.PartnerByClientKey(somePartner("p").ClientKey)
	}), somePartner("p"))
}

// goesOn makes the second insert after something else, and writes on. Of keys
// that the program draws, the last run of the function is the one that is told.
func goesOn(t *testing.T, s pay.Storage, c collision, name string, before func(pay.Tx) error) {
	t.Helper()
	var told error
	insert(t, s, func(tx pay.Tx) error {
		if err := before(tx); err != nil {
			return err
		}
		told = c.second(tx)
		return tx.PutSetting(name, c.name)
	})
	if told != pay.ErrExists {
		t.Errorf("%s: the second insert gave %v, want exactly ErrExists", c.name, told)
	}
}

func emptyKeysDoNotCollide(t *testing.T, s pay.Storage) {
	insert(t, s, putPartner(somePartner("p")))
	for _, id := range []string{"1", "2"} {
		code, payment, mark := someCode(id), somePayment(id), someMark("k")
		code.PartnerRef, payment.PartnerRef = "", ""
		mark.Day = "2026-01-0" + id // the same key on another day
		insert(t, s, putMerchant(someMerchant("p", id)), insertCode(code), insertPayment(payment), insertMark(mark))
	}
	others := someCode("3")
	others.PartnerID, others.PartnerRef = "q", "shared"
	ours := someCode("4")
	ours.PartnerRef = "shared"
	insert(t, s, insertCode(others), insertCode(ours))
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Codes: 4, Payments: 2})
}

const racers = 64

// race runs f at once in many goroutines, each in its transaction, and gives
// those that got nil. The others must get the loser's error.
func race(t *testing.T, s pay.Storage, loser error, f func(tx pay.Tx, racer int) error) (winners []int) {
	t.Helper()
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			errs[i] = s.Update(context.Background(), func(tx pay.Tx) error { return f(tx, i) })
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
		} else if !errors.Is(err, loser) {
			t.Errorf("racer %d: %v", i, err)
		}
	}
	return winners
}

func codeClosesOnce(t *testing.T, s pay.Storage) {
	code := someCode("1")
	insert(t, s, insertCode(code))
	code.ClosedAt = noon.Add(1)
	states := []pay.CodeState{pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}
	won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, racer int) error {
		return tx.CloseCode(code, states[racer%len(states)])
	})
	same(t, "winners", len(won), 1)
	code.State, code.ClosedAt = states[won[0]%len(states)], noon // a nanosecond is less than what is kept
	same(t, "the code", view(t, s, func(r pay.Reader) (pay.Code, error) { return r.Code("1") }), code)
}

func tokenUsedOnce(t *testing.T, s pay.Storage) {
	token := someToken(1)
	insert(t, s, insertToken(token))
	if err := s.Update(context.Background(), func(tx pay.Tx) error { return tx.UseToken(token) }); err == nil {
		t.Error("a use at no time was accepted")
	}
	token.UsedAt = noon
	won := race(t, s, pay.ErrNotFound, func(tx pay.Tx, _ int) error { return tx.UseToken(token) })
	same(t, "winners", len(won), 1)
	same(t, "the token", view(t, s, func(r pay.Reader) (pay.Token, error) { return r.Token(token.Hash) }), token)
}

// markedOnce: of all that mark a reference one makes its code.
func markedOnce(t *testing.T, s pay.Storage) {
	won := race(t, s, pay.ErrExists, func(tx pay.Tx, racer int) error {
		mark := someMark("k")
		mark.Ref = fmt.Sprint(racer)
		if err := tx.InsertCode(someCode(mark.Ref), day); err != nil {
			return err
		}
		return tx.InsertMark(mark)
	})
	same(t, "winners", len(won), 1)
	same(t, "Counts", view(t, s, pay.Reader.Counts), pay.Counts{Codes: 1})
	mark := view(t, s, func(r pay.Reader) (pay.Mark, error) { return r.Mark("p", "generate", pay.ByReference, "k", "") })
	same(t, "the code that the mark names", mark.Ref, fmt.Sprint(won[0]))
}
