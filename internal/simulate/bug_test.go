package simulate

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// bug is a fault of the server's own that is planted, to see that it is found.
type bug struct {
	name    string
	tx      func(pay.Tx) pay.Tx       // stands before every transaction
	forgets func(*writes) bool        // what is acknowledged and not kept
	crash   func(folder string) error // spoils what a crash has left
}

// bugs are one of each kind of damage.
var bugs = []bug{
	{name: "an acknowledged write is lost", forgets: func(wr *writes) bool { return len(wr.payments) == 1 && wr.order%40 == 0 }},
	{name: "after a crash only SQLite's own files are read", crash: keepSQLite},
	{name: "marks are dropped", tx: func(tx pay.Tx) pay.Tx { return markless{tx} }},
	{name: "a paid code stays open", tx: func(tx pay.Tx) pay.Tx { return openHanded{tx} }},
	{name: "a refund is not counted", tx: func(tx pay.Tx) pay.Tx { return forgetful{tx} }},
	{name: "a payer is not debited", tx: func(tx pay.Tx) pay.Tx { return generous{tx} }},
	{name: "a notification is not written", tx: func(tx pay.Tx) pay.Tx { return silent{tx} }},
	{name: "an unanswered notification counts as delivered", tx: func(tx pay.Tx) pay.Tx { return optimist{tx} }},
	{name: "a code may be paid after its end", tx: func(tx pay.Tx) pay.Tx { return timeless{tx} }},
}

// keepSQLite leaves the books' file and SQLite's log of it.
func keepSQLite(folder string) error {
	all, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Name() != bookFile && f.Name() != bookFile+"-wal" {
			err = errors.Join(err, os.Remove(filepath.Join(folder, f.Name())))
		}
	}
	return err
}

type markless struct{ pay.Tx }

func (m markless) InsertMark(pay.Mark) error { return nil }

type openHanded struct{ pay.Tx }

func (o openHanded) CloseCode(c pay.Code, to pay.CodeState) error {
	if to == pay.CodeIsPaid {
		return o.HoldCode(c.Ref)
	}
	return o.Tx.CloseCode(c, to)
}

type forgetful struct{ pay.Tx }

func (f forgetful) AddRefunded(string, pay.Rupiah, pay.Rupiah) error { return nil }

// generous forgets what is less than ten rupiah.
type generous struct{ pay.Tx }

func (g generous) Debit(payer string, amount pay.Rupiah) error {
	return g.Tx.Debit(payer, amount-amount%pay.Rp(10))
}

type silent struct{ pay.Tx }

func (silent) InsertDelivery(pay.Delivery) error { return nil }

type optimist struct{ pay.Tx }

func (o optimist) SetDelivery(id string, state pay.DeliveryState, attempts int, next, at time.Time) error {
	if attempts > 2 {
		state = pay.DeliveryDone
	}
	return o.Tx.SetDelivery(id, state, attempts, next, at)
}

// timeless reads codes as if they had no end.
type timeless struct{ pay.Tx }

func (t timeless) Code(ref string) (pay.Code, error) {
	c, err := t.Tx.Code(ref)
	c.ExpiresAt = time.Time{}
	return c, err
}
