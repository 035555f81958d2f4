package pay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// officeVerbs are those of people and of other nodes, as verbs says.
var officeVerbs = map[string]func(c *counter) func(*pay.Core) error{
	"put partner": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.PutPartner(c.ctx(), *c.partner) }
	},
	"add partner": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			return core.AddPartner(c.ctx(), pay.Partner{ID: "q", ClientKey: "kq", Dialect: "dana"})
		}
	},
	"edit partner": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, err := core.EditPartner(c.ctx(), "p", func(*pay.Partner) error { return nil })
			return err
		}
	},
	"put merchant": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.PutMerchant(c.ctx(), toko("m", ourMPAN)) }
	},
	"add merchant": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.AddMerchant(c.ctx(), toko("n", theirMPAN)) }
	},
	"edit merchant": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, err := core.EditMerchant(c.ctx(), "p", "m", func(*pay.Merchant) error { return nil })
			return err
		}
	},
	"put outlet": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			return core.PutOutlet(c.ctx(), pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Store, ID: "s"})
		}
	},
	"register terminal": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, err := core.RegisterTerminal(c.ctx(), pay.TerminalRequest{Partner: c.partner, MerchantID: "m", TerminalID: "T1", Marks: c.marks("1")})
			return err
		}
	},
	"add payer": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.AddPayer(c.ctx(), pay.Payer{ID: "ani"}, 0) }
	},
	"add payer with money": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.AddPayer(c.ctx(), pay.Payer{ID: "ani"}, pay.Rp(1)) }
	},
	"fund": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.Fund(c.ctx(), "budi", pay.Rp(1)) }
	},
	"edit payer": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, err := core.EditPayer(c.ctx(), "budi", func(*pay.Payer) error { return nil })
			return err
		}
	},
	"clear": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.Clear(c.ctx()) }
	},
	"settings": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			_, first := core.EditSetting(c.ctx(), "n", func(_ pay.Reader, old string) (string, error) { return old + "1", nil })
			_, second := core.Setting(c.ctx(), "n")
			_, third := core.KeepSetting(c.ctx(), "n", "2")
			return errors.Join(first, second, third)
		}
	},
	"add user": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { return core.AddUser(c.ctx(), "ani", pay.Viewer, "kopi tubruk panas") }
	},
	"set user": func(c *counter) func(*pay.Core) error {
		must(c.t, c.AddUser(c.ctx(), "ani", pay.Viewer, "kopi tubruk panas"))
		return func(core *pay.Core) error {
			return core.SetUser(c.ctx(), "ani", pay.Admin, pay.Active, "teh poci manis")
		}
	},
	"sign in": func(c *counter) func(*pay.Core) error {
		const kept = "pbkdf2-sha256$1$MDEyMzQ1Njc4OWFiY2RlZg$" // of no password: the salt alone
		must(c.t, c.store.Update(c.ctx(), func(tx pay.Tx) error {
			return tx.InsertUser(pay.User{Name: "ani", Role: pay.Admin, Standing: pay.Active, Password: kept, CreatedAt: c.now})
		}))
		return func(core *pay.Core) error {
			if _, err := core.SignIn(c.ctx(), "ani", "kopi tubruk panas"); !errors.Is(err, pay.ErrNotFound) {
				return err
			}
			return nil
		}
	},
	"act": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			return core.Do(c.ctx(), pay.Act{Who: "ani", At: c.now}, func() error { return nil })
		}
	},
	"tokens": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			customer, first := core.IssueCustomer(c.ctx(), c.partner, "budi", time.Hour)
			_, second := core.IssueOTT(c.ctx(), pay.Token{PartnerID: "p", PayerID: "budi"}, nil)
			_, third := core.Grant(c.ctx(), pay.TokenB2B, "p", "", "text", time.Hour)
			_, fourth := core.Customer(c.ctx(), c.partner, customer.Text)
			if first != nil {
				fourth = nil
			}
			return errors.Join(first, second, third, fourth)
		}
	},
	"exchange": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			consent, err := core.Authorize(c.ctx(), c.partner, "budi")
			if err != nil {
				return err
			}
			_, err = core.Exchange(c.ctx(), c.partner, pay.TokenAuthCode, consent.Text, time.Hour, time.Hour)
			return err
		}
	},
	"quota": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error { _, err := core.TakeQuota(c.ctx(), "n", 1, 1, 5); return err }
	},
	"delivery": func(c *counter) func(*pay.Core) error {
		code, _ := c.paid(pay.Rp(1000))
		id := c.delivery(code)
		return func(core *pay.Core) error {
			_, first := core.ClaimDeliveries(c.ctx(), "a", 1)
			_, second := core.FixBody(c.ctx(), id, "{}")
			third := core.ReleaseDeliveries(c.ctx(), "a")
			return errors.Join(first, second, third, core.Resend(c.ctx(), id))
		}
	},
	"tried": func(c *counter) func(*pay.Core) error {
		code, _ := c.paid(pay.Rp(1000))
		try := pay.Attempt{DeliveryID: c.delivery(code), Number: 1, At: c.now}
		return func(core *pay.Core) error { return core.Tried(c.ctx(), try, pay.DeliveryDone, c.now) }
	},
	"catch up": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			core.Share(func() time.Time { return c.now })
			return core.CatchUp(c.ctx(), func(pay.Reader) error { return nil })
		}
	},
	"together": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			return core.Together(c.ctx(), "g", func(inner *pay.Core) error { return inner.Fund(c.ctx(), "budi", 1) })
		}
	},
	"nodes": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			l, first := core.Join(c.ctx(), "a", c.now, time.Minute)
			_, second := core.Nodes(c.ctx())
			if first != nil {
				return first
			}
			return errors.Join(second, core.Leave(c.ctx(), l))
		}
	},
	"leader": func(c *counter) func(*pay.Core) error {
		return func(core *pay.Core) error {
			l, err := core.TakeLease(c.ctx(), "work", "a", c.now, time.Minute)
			dead, joined := core.Join(c.ctx(), "dead", c.now, time.Minute)
			if err := errors.Join(err, joined); err != nil {
				return err
			}
			return errors.Join(core.Under(l).Bury(c.ctx(), dead), core.DropLease(c.ctx(), l))
		}
	},
}

func TestEveryCallOfAnOfficeMayFail(t *testing.T) {
	for name, prepare := range officeVerbs {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.sweep(prepare(c))
		})
	}
}

// TestBrokenMemory: what was used before cannot be found out, so the answer is
// neither that nor what is wrong with the request.
func TestBrokenMemory(t *testing.T) {
	c := newCounter(t)
	_, err := c.with(failingAt("Mark", errBroken)).Generate(c.ctx(), pay.GenerateRequest{Partner: c.partner, MerchantID: "none", Marks: c.marks("1")})
	if !errors.Is(err, errBroken) {
		t.Errorf("answered %v", err)
	}
}
