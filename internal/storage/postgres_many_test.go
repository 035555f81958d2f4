package storage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// peopled is a database with three rows of everything that is looked for.
func peopled(t *testing.T) *Store {
	t.Helper()
	s := openShared(t)
	fs := []func(pay.Tx) error{func(tx pay.Tx) error {
		return errors.Join(
			tx.PutPartner(pay.Partner{ID: "p0", ClientKey: "0"}), tx.PutPartner(pay.Partner{ID: "p1", ClientKey: "1"}),
			tx.PutMerchant(pay.Merchant{PartnerID: "p0", ID: "m0"}), tx.PutMerchant(pay.Merchant{PartnerID: "p0", ID: "m1"}),
			tx.PutMerchant(pay.Merchant{PartnerID: "p1", ID: "m0"}))
	}}
	for n := range int64(3) {
		id := fmt.Sprint(n)
		fs = append(fs, newWhole(n).insert, func(tx pay.Tx) error {
			return errors.Join(
				tx.InsertPayer(pay.Payer{ID: id}), tx.Credit(id, 100),
				tx.InsertToken(pay.Token{Hash: [32]byte{byte(n)}, PartnerID: "p0"}),
				tx.InsertMark(pay.Mark{PartnerID: "p0", Key: id, Ref: id}))
		})
	}
	for _, err := range commitTogether(s, fs...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func args(values ...any) []any { return values }

func hashOf(n byte) string {
	hash := [32]byte{n}
	return hex.EncodeToString(hash[:])
}

// TestLookupsTogether asks with every lookup alone and in a group, for what is
// there, what is not and what a neighbour asks for too.
func TestLookupsTogether(t *testing.T) {
	s := peopled(t)
	first, second := newWhole(0), newWhole(1)
	cases := map[string][][]any{
		codeByRef:        {args(first.code.Ref), args("none"), args(second.code.Ref)},
		holdCode:         {args(first.code.Ref), args("none"), args(second.code.Ref)},
		payerByID:        {args("0"), args("none"), args("1")},
		merchantByID:     {args("p0", "m0"), args("p1", "m1"), args("p0", "m1"), args("p1", "m0"), args("p0m", "0")},
		partnerByID:      {args("p0"), args("none"), args("p1")},
		markByID:         {args(markID("p0", "", "", "0", "")), args("none"), args(markID("p0", "", "", "1", ""))},
		tokenByHash:      {args(hashOf(0)), args("none"), args(hashOf(1))},
		paymentByRef:     {args(first.payment.Ref), args("none"), args(second.payment.Ref)},
		latestPayment:    {args(first.payment.CodeRef), args(""), args(second.payment.CodeRef)},
		deliveryByID:     {args(first.delivery.ID), args("none"), args(second.delivery.ID)},
		paidToMerchant:   {args(first.payment.AcquirerID, first.payment.MerchantID, someDay), args("p0", "none", someDay)},
		paidByPayerSince: {args(first.payment.PayerID, someDay), args("none", someDay)},
	}
	for text := range lookups {
		wanted := cases[text]
		if len(wanted) < 2 {
			t.Errorf("not tried: %s", text)
			continue
		}
		wanted = append(wanted, wanted[0]) // a neighbour's
		var alone [][][]byte
		for _, args := range wanted {
			alone = append(alone, lookUp(t, s, text, args)...)
		}
		if got := lookUp(t, s, text, wanted...); !reflect.DeepEqual(got, alone) {
			t.Errorf("%s\nfinds %q together, %q alone", text, got, alone)
		}
		if alone[0] == nil || reflect.DeepEqual(alone[0], alone[1]) {
			t.Errorf("%s found %q and %q", text, alone[0], alone[1])
		}
		if got := lookUp(t, s, text, wanted[0], wanted[0]); !reflect.DeepEqual(got, [][][]byte{alone[0], alone[0]}) {
			t.Errorf("%s\nfinds %q for two", text, got)
		}
	}
}

// lookUp asks in a group, each member for one row, and gives the rows; nil: none.
func lookUp(t *testing.T, s *Store, text string, wanted ...[]any) [][][]byte {
	t.Helper()
	found := make([][][]byte, len(wanted))
	var fs []func(pay.Tx) error
	for i := range wanted {
		fs = append(fs, func(x pay.Tx) error {
			found[i] = nil
			return x.(tx).db.query(text, append([]any{}, wanted[i]...), func(r row) error {
				if found[i] != nil {
					t.Errorf("%s %v found more than one row", text, wanted[i])
				}
				found[i] = r.(*rawRow).values
				return nil
			})
		})
	}
	for i, err := range commitTogether(s, fs...) {
		if err != nil {
			t.Fatalf("%s %v: %v", text, wanted[i], err)
		}
	}
	return found
}

// TestChangesTogether makes every change one by one and in a group: to rows
// that are there or not, that fit or not, and to one row again and again. The
// same must become of it.
func TestChangesTogether(t *testing.T) {
	w := []whole{newWhole(0), newWhole(1), newWhole(2)}
	at := micros(w[0].code.CreatedAt.Add(time.Minute))
	steps := map[string][][]any{
		closeCode: {args("paid", at, w[1].code.Ref), args("cancelled", at+1, w[0].code.Ref), args("paid", at+2, "none"), args("expired", at+3, w[1].code.Ref)},
		endCode:   {args(at, w[1].code.Ref), args(at+1, w[0].code.Ref), args(at, "none"), args(at+2, w[0].code.Ref)},
		debitPayer: {args(int64(60), "1"), args(int64(100), "0"), args(int64(60), "1"), args(int64(101), "2"), args(int64(40), "1"), args(int64(1), "none"),
			args(int64(1), "0")},
		creditPayer: {args(int64(60), "1"), args(int64(1), "none"), args(int64(7), "1"), args(int64(100), "0")},
		useToken:    {args(at, hashOf(1)), args(at+1, hashOf(0)), args(at, "none"), args(at+1, hashOf(1))},
		setDelivery: {args("delivered", int64(1), int64(0), at, w[1].delivery.ID), args("pending", int64(2), at, int64(0), w[0].delivery.ID),
			args("failed", int64(9), at+9, at+9, w[1].delivery.ID), args("failed", int64(9), at, at, "none")},
		setDeliveryBody: {args("a", w[1].delivery.ID), args("b", w[0].delivery.ID), args("c", w[1].delivery.ID), args("d", "none")},
	}
	for text := range changes {
		if len(steps[text]) == 0 {
			t.Errorf("not tried: %s", text)
			continue
		}
		single, group := peopled(t), peopled(t)
		var want []int64
		for _, args := range steps[text] {
			want = append(want, changeThrough(t, single, text, args)...)
		}
		if got := changeThrough(t, group, text, steps[text]...); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nchanges %v rows together, %v one by one", text, got, want)
		}
		for _, table := range []string{"code", "payer", "token", "delivery"} {
			if got, want := rowsOf(t, group, table), rowsOf(t, single, table); !reflect.DeepEqual(got, want) {
				t.Errorf("%s\nleaves %s as %q together, %q one by one", text, table, got, want)
			}
		}
	}
}

func changeThrough(t *testing.T, s *Store, text string, each ...[]any) []int64 {
	t.Helper()
	affected := make([]int64, len(each))
	var fs []func(pay.Tx) error
	for i := range each {
		fs = append(fs, func(x pay.Tx) (err error) {
			affected[i], err = x.(tx).db.exec(text, append([]any{}, each[i]...))
			return err
		})
	}
	for i, err := range commitTogether(s, fs...) {
		if err != nil {
			t.Fatalf("%s %v: %v", text, each[i], err)
		}
	}
	return affected
}

func rowsOf(t *testing.T, s *Store, table string) (rows []string) {
	t.Helper()
	mustView(t, s, func(r pay.Reader) error {
		return r.(reader).q.query("SELECT CAST("+table+" AS TEXT) FROM "+table+" ORDER BY 1", nil, func(r row) error {
			var text string
			err := r.Scan(&text)
			rows = append(rows, text)
			return err
		})
	})
	return rows
}

// TestOneChangeIsWrong: what the database refuses in one of many is told to its
// member alone.
func TestOneChangeIsWrong(t *testing.T) {
	s := peopled(t)
	credit := func(id string, amount pay.Rupiah) func(pay.Tx) error {
		return func(tx pay.Tx) error { return tx.Credit(id, amount) }
	}
	errs := commitTogether(s, credit("0", 1), credit("1", 9e18), credit("2", 1))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("answered %v", errs)
	}
	mustView(t, s, func(r pay.Reader) error {
		for i, want := range []pay.Rupiah{101, 100, 101} {
			if p, err := r.Payer(fmt.Sprint(i)); p.Balance != want {
				t.Errorf("payer %d has %s, %v", i, p.Balance, err)
			}
		}
		return nil
	})
}

// TestMarksTakenForMade goes on after marks that others have, alone and in a
// group, each way on which one may find out.
func TestMarksTakenForMade(t *testing.T) {
	mark := func(tx pay.Tx, key string) error {
		return tx.InsertMark(pay.Mark{PartnerID: "p", Key: key, Ref: "new"})
	}
	for name, tc := range map[string]struct {
		f    func(pay.Tx) error
		want error
	}{
		"its end":    {func(tx pay.Tx) error { return mark(tx, "old") }, pay.ErrExists},
		"one of two": {func(tx pay.Tx) error { return errors.Join(mark(tx, "free"), mark(tx, "old")) }, pay.ErrExists},
		"the other":  {func(tx pay.Tx) error { return errors.Join(mark(tx, "old"), mark(tx, "free")) }, pay.ErrExists},
		"a read":     {func(tx pay.Tx) error { return errors.Join(mark(tx, "old"), errOf(tx.Payer("0"))) }, pay.ErrExists},
		"a write":    {func(tx pay.Tx) error { return errors.Join(mark(tx, "old"), tx.Credit("0", 1)) }, pay.ErrExists},
		"a row":      {func(tx pay.Tx) error { return errors.Join(mark(tx, "old"), newWhole(7).insert(tx)) }, pay.ErrExists},
		"a row, read": {func(tx pay.Tx) error {
			return errors.Join(mark(tx, "old"), newWhole(7).insert(tx), errOf(tx.Counts()))
		}, pay.ErrExists},
		"a lock":        {func(tx pay.Tx) error { return errors.Join(mark(tx, "old"), tx.Guard("x")) }, pay.ErrExists},
		"its own":       {func(tx pay.Tx) error { return errors.Join(mark(tx, "free"), mark(tx, "free")) }, pay.ErrExists},
		"its refusal":   {func(tx pay.Tx) error { return firstOf(mark(tx, "old"), errNo) }, pay.ErrExists},
		"none":          {func(tx pay.Tx) error { return firstOf(mark(tx, "free"), errNo) }, errNo},
		"none, written": {func(tx pay.Tx) error { return firstOf(mark(tx, "free"), tx.Credit("0", 1), errNo) }, errNo},
	} {
		for _, others := range []int{0, 3} {
			s := peopled(t)
			fs := []func(pay.Tx) error{func(tx pay.Tx) error { return mark(tx, "old") }}
			if err := commitTogether(s, fs...)[0]; err != nil {
				t.Fatal(err)
			}
			fs[0] = tc.f
			for n := range others {
				fs = append(fs, func(tx pay.Tx) error { return errors.Join(mark(tx, fmt.Sprint("other", n)), tx.Credit("1", 1)) })
			}
			for i, err := range commitTogether(s, fs...) {
				if (i == 0) != (err != nil) || (i == 0 && !errors.Is(err, tc.want)) {
					t.Errorf("%s, %d others: member %d was answered %v", name, others, i, err)
				}
			}
			mustView(t, s, func(r pay.Reader) error {
				_, free := r.Mark("p", "", "", "free", "")
				counts, err := r.Counts()
				if free != pay.ErrNotFound || counts.Codes != 3 || err != nil {
					t.Errorf("%s, %d others: left a mark (%v), or rows: %+v, %v", name, others, free, counts, err)
				}
				for i, want := range []pay.Rupiah{100, 100 + pay.Rupiah(others)} {
					if p, err := r.Payer(fmt.Sprint(i)); p.Balance != want {
						t.Errorf("%s, %d others: payer %d has %s, %v", name, others, i, p.Balance, err)
					}
				}
				return nil
			})
		}
	}
}

func errOf[V any](_ V, err error) error { return err }

// firstOf is the first of some errors, all of which are made.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
