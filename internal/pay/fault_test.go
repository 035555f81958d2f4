package pay_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/qris"
)

// counter is a shop with payers, and cores on its books that have faults.
type counter struct {
	*pay.Core // without faults
	t         *testing.T
	store     *storage.Store
	now       time.Time
	partner   *pay.Partner
	dice      *rand.ChaCha8
}

const (
	ourMPAN   = "936009150000000018"
	theirMPAN = "936008990000000015"
)

func toko(id, mpan string) pay.Merchant {
	return pay.Merchant{
		PartnerID: "p", ID: id, Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "UKE",
		NMID: "ID1020021181745", MPAN: mpan, Standing: pay.Active, NotifyURL: "https://example.com/m",
	}
}

// newCounter has a merchant m of a partner p, and a payer budi with Rp 100,000.
func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, store: open(t, filepath.Join(t.TempDir(), "books.db")), dice: rand.NewChaCha8([32]byte{})}
	c.now = time.Date(2026, 1, 31, 10, 0, 0, 0, pay.Jakarta)
	c.partner = &pay.Partner{ID: "p", ClientKey: "k", Dialect: "dana", Standing: pay.Active}
	c.Core = c.with(failing(-1))
	must(t, errors.Join(c.PutPartner(t.Context(), *c.partner), c.PutMerchant(t.Context(), toko("m", ourMPAN))))
	must(t, c.AddPayer(t.Context(), pay.Payer{ID: "budi", Standing: pay.Active}, pay.Rp(100_000)))
	return c
}

// with is a core that remembers nothing yet, on a storage and dice with faults.
func (c *counter) with(f *faults) *pay.Core {
	return pay.New(faulty{f, c.store}, func() time.Time { return c.now }, faultyDice{f, c.dice}, pay.DefaultPolicy(), pay.NationalSwitch{})
}

func (c *counter) ctx() context.Context { return c.t.Context() }

// code makes one; an amount of 0 makes it static.
func (c *counter) code(amount pay.Rupiah) pay.Code {
	c.t.Helper()
	code, err := c.Generate(c.ctx(), pay.GenerateRequest{Partner: c.partner, MerchantID: "m", Amount: amount, ExpiresAt: c.now.Add(time.Hour)})
	must(c.t, err)
	return code
}

// paid makes a code that is paid.
func (c *counter) paid(amount pay.Rupiah) (pay.Code, pay.Payment) {
	c.t.Helper()
	code := c.code(amount)
	p, err := c.Pay(c.ctx(), pay.PayRequest{Partner: c.partner, PartnerRef: "of " + code.Ref, PayerID: "budi", Payload: code.Payload})
	must(c.t, err)
	return code, p
}

// theirs is another institution's code.
func (c *counter) theirs(tip qris.Tip) string {
	c.t.Helper()
	payload, err := qris.Encode(qris.Spec{
		GUID: "ID.CO.OTHER.WWW", MPAN: theirMPAN, MerchantID: "1", Criteria: "UMI", NMID: "ID1020021181745", MCC: "5411",
		Name: "Warung", City: "BANDUNG", PostalCode: "40111", Amount: 1_000_000, Tip: tip, ReferenceLabel: "7", TerminalLabel: "A01",
	})
	must(c.t, err)
	return payload
}

func (c *counter) marks(key string) []pay.Mark {
	return []pay.Mark{{PartnerID: "p", Kind: pay.ByExternalID, Key: key, Day: pay.Day(c.now)}}
}

// delivery is the id of a payment's only one.
func (c *counter) delivery(code pay.Code) (id string) {
	c.t.Helper()
	must(c.t, c.Inspect(c.ctx(), func(r pay.Reader) error {
		all, err := r.DeliveriesOf(code.Ref, 2)
		if len(all) != 1 {
			c.t.Fatalf("deliveries %v", all)
		}
		id = all[0].ID
		return err
	}))
	return id
}

// state is all that money and codes are.
type state struct {
	books    pay.Books
	payers   []pay.Payer
	codes    []pay.Code
	payments []pay.Payment
}

func (c *counter) state() (s state) {
	c.t.Helper()
	books, err := c.CheckBooks(c.ctx())
	must(c.t, err)
	s.books = books
	must(c.t, c.Inspect(c.ctx(), func(r pay.Reader) error {
		var errs [3]error
		s.payers, errs[0] = r.PayerPage("", 100)
		s.codes, errs[1] = r.CodePage(pay.CodeFilter{}, "", 100)
		s.payments, errs[2] = r.PaymentPage(pay.PaymentFilter{}, "", 100)
		return errors.Join(errs[:]...)
	}))
	return s
}

// sweep runs a verb again and again, each time with the next of its calls
// failing, until none is left that could. What broke must be the answer, and
// nothing may have changed.
func (c *counter) sweep(verb func(*pay.Core) error) {
	c.t.Helper()
	for n := 0; ; n++ {
		before, f := c.state(), failing(n)
		err := verb(c.with(f))
		if !f.fired {
			if must(c.t, err); n == 0 {
				c.t.Error("it calls nothing")
			}
			return
		}
		if !errors.Is(err, errBroken) {
			c.t.Errorf("call %d, %s, broke, and the answer is %v", n, f.name, err)
		}
		if !reflect.DeepEqual(c.state(), before) {
			c.t.Errorf("call %d, %s, broke, and something has changed", n, f.name)
		}
	}
}

// verbs gives for each verb what happens before it, and the verb.
var verbs = map[string]func(c *counter) func(*pay.Core) error{
	"generate": func(c *counter) func(*pay.Core) error {
		m := toko("m", ourMPAN)
		m.DayLimit = pay.Rp(50_000)
		must(c.t, c.PutMerchant(c.ctx(), m))
		return func(core *pay.Core) error {
			_, err := core.Generate(c.ctx(), pay.GenerateRequest{Partner: c.partner, StoreID: "s", Amount: pay.Rp(1000), Marks: c.marks("1")})
			return err
		}
	},
	"pay": func(c *counter) func(*pay.Core) error {
		m := toko("m", ourMPAN)
		m.DayLimit = pay.Rp(50_000)
		must(c.t, c.PutMerchant(c.ctx(), m))
		must(c.t, limits(c, pay.Rp(50_000), pay.Rp(50_000)))
		return paying(c, c.code(pay.Rp(1000)).Payload, 0)
	},
	"pay a static code": func(c *counter) func(*pay.Core) error { return paying(c, c.code(0).Payload, pay.Rp(1000)) },
	"pay elsewhere":     func(c *counter) func(*pay.Core) error { return paying(c, c.theirs(qris.Tip{}), 0) },
	"refund": func(c *counter) func(*pay.Core) error {
		code, _ := c.paid(pay.Rp(1000))
		return refunding(c, pay.Original{Ref: code.Ref})
	},
	"refund of a payment": func(c *counter) func(*pay.Core) error {
		_, p := c.paid(pay.Rp(1000))
		return refunding(c, pay.Original{Ref: p.Ref})
	},
	"cancel": func(c *counter) func(*pay.Core) error {
		code := c.code(pay.Rp(1000))
		return func(core *pay.Core) error {
			_, err := core.Cancel(c.ctx(), c.partner, pay.Original{PartnerRef: code.PartnerRef}, c.marks("1"))
			return err
		}
	},
	"expire now": func(c *counter) func(*pay.Core) error {
		code := c.code(pay.Rp(1000))
		return func(core *pay.Core) error { _, err := core.ExpireNow(c.ctx(), code.Ref); return err }
	},
	"expire": func(c *counter) func(*pay.Core) error {
		c.code(pay.Rp(1000))
		c.now = c.now.Add(2 * time.Hour)
		return func(core *pay.Core) error {
			core.OnEvent(func(pay.Event) {})
			_, err := core.Expire(c.ctx())
			return err
		}
	},
	"settle": func(c *counter) func(*pay.Core) error {
		c.paid(pay.Rp(1000))
		day := pay.Day(c.now)
		c.now = c.now.Add(24 * time.Hour)
		return func(core *pay.Core) error { _, err := core.Settle(c.ctx(), day); return err }
	},
	"repeated": func(c *counter) func(*pay.Core) error {
		code := c.code(pay.Rp(1000))
		o := pay.Original{Ref: code.Ref}
		_, err := c.Cancel(c.ctx(), c.partner, o, c.marks("1"))
		must(c.t, err)
		return func(core *pay.Core) error {
			_, err := core.Cancel(c.ctx(), c.partner, o, c.marks("1"))
			return unlessRepeated(c, err)
		}
	},
	"recall": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { _, err := core.Recall(c.ctx(), c.marks("1")[0]); return err }
	},
	"list": func(c *counter) func(*pay.Core) error {
		c.code(pay.Rp(1000))
		return func(core *pay.Core) error {
			_, err := core.List(c.ctx(), pay.ListRequest{Partner: c.partner, MerchantID: "m", Day: pay.Day(c.now), Limit: 9, Marks: c.marks("1")})
			return err
		}
	},
	"revoke a token": func(c *counter) func(*pay.Core) error {
		token, err := c.IssueB2B(c.ctx(), c.partner, time.Hour)
		must(c.t, err)
		return func(core *pay.Core) error {
			_, err := core.RevokeToken(c.ctx(), c.partner.ID, token.Hash)
			return err
		}
	},
	"revoke a binding": func(c *counter) func(*pay.Core) error {
		_, err := c.IssueCustomer(c.ctx(), c.partner, "budi", time.Hour)
		must(c.t, err)
		return func(core *pay.Core) error {
			_, err := core.RevokeBinding(c.ctx(), c.partner.ID, "budi")
			return err
		}
	},
	"query": func(c *counter) func(*pay.Core) error {
		_, err := c.Generate(c.ctx(), pay.GenerateRequest{Partner: c.partner, Amount: pay.Rp(1000), Marks: c.marks("1")})
		must(c.t, err)
		return func(core *pay.Core) error {
			_, err := core.Query(c.ctx(), c.partner, pay.Original{ExternalID: "1"})
			return err
		}
	},
	"decode": func(c *counter) func(*pay.Core) error {
		code := c.code(pay.Rp(1000))
		return func(core *pay.Core) error { _, err := core.Decode(c.ctx(), code.Payload); return err }
	},
	"tell": func(c *counter) func(*pay.Core) error {
		code, p := c.paid(pay.Rp(1000))
		return func(core *pay.Core) error {
			_, err := core.Told(c.ctx(), pay.Delivery{CodeRef: code.Ref, PaymentRef: p.Ref})
			return err
		}
	},
	"reads": func(c *counter) func(*pay.Core) error {
		code, p := c.paid(pay.Rp(1000))
		refund, err := c.Refund(c.ctx(), pay.RefundRequest{Partner: c.partner, Original: pay.Original{Ref: code.Ref}})
		must(c.t, err)
		return func(core *pay.Core) error {
			_, first := core.Code(c.ctx(), code.Ref)
			_, second := core.Payment(c.ctx(), p.Ref)
			_, third := core.RefundByRef(c.ctx(), refund.Ref)
			_, fourth := core.CheckBooks(c.ctx())
			return errors.Join(first, second, third, fourth)
		}
	},
	"seal": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, err := core.Under(pay.Lease{}).Seal(c.ctx(), pay.Sealing{Now: c.now})
			return err
		}
	},
}

func paying(c *counter, payload string, amount pay.Rupiah) func(*pay.Core) error {
	return func(core *pay.Core) error {
		_, err := core.Pay(c.ctx(), pay.PayRequest{Partner: c.partner, PayerID: "budi", Payload: payload, Amount: amount, Fee: pay.Rp(10), Marks: c.marks("p")})
		return err
	}
}

func refunding(c *counter, o pay.Original) func(*pay.Core) error {
	return func(core *pay.Core) error {
		_, err := core.Refund(c.ctx(), pay.RefundRequest{Partner: c.partner, Original: o, Amount: pay.Rp(500), Marks: c.marks("r")})
		return err
	}
}

func limits(c *counter, day, month pay.Rupiah) error {
	_, err := c.EditPayer(c.ctx(), "budi", func(p *pay.Payer) error { p.DayLimit, p.MonthLimit = day, month; return nil })
	return err
}

func unlessRepeated(c *counter, err error) error {
	if _, repeated := errors.AsType[*pay.Repeated](err); repeated {
		return nil
	}
	if err == nil {
		c.t.Error("an identifier that was used before is accepted")
	}
	return err
}

// TestEveryCallMayFail: whichever call to its storage or its dice fails, a verb
// fails with it, and has done nothing.
func TestEveryCallMayFail(t *testing.T) {
	for name, prepare := range verbs {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.sweep(prepare(c))
		})
	}
}
