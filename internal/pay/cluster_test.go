package pay_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/storage"
)

// cluster is several cores on one store: what several nodes on one database
// are. Time stands still where a test does not move it.
type cluster struct {
	nodes      []*pay.Core
	mu         sync.Mutex
	now, clock time.Time // business and real
	partner    *pay.Partner
}

func (c *cluster) business() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *cluster) real() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.clock }

func (c *cluster) pass(business, real time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.clock = c.now.Add(business), c.clock.Add(real)
}

// engines open the stores of nodes: one for all, or each its own on one
// database.
var engines = map[string]func(t *testing.T, nodes int) []pay.Storage{
	"sqlite": func(t *testing.T, nodes int) []pay.Storage {
		return slices.Repeat([]pay.Storage{open(t, filepath.Join(t.TempDir(), "books.db"))}, nodes)
	},
	"postgres": func(t *testing.T, nodes int) (stores []pay.Storage) {
		url := pgtest.Shared(t).Database(t)
		for range nodes {
			stores = append(stores, open(t, url))
		}
		return stores
	},
}

func open(t *testing.T, location string) *storage.Store {
	t.Helper()
	store, err := storage.Open(t.Context(), location, storage.Options{})
	must(t, err)
	t.Cleanup(func() { store.Close() })
	return store
}

// onEngines runs a test on new clusters.
func onEngines(t *testing.T, nodes int, test func(t *testing.T, c *cluster)) {
	for name, stores := range engines {
		t.Run(name, func(t *testing.T) { test(t, newCluster(t, stores(t, nodes))) })
	}
}

// newCluster has a partner p with a merchant m and a payer budi.
func newCluster(t *testing.T, stores []pay.Storage) *cluster {
	t.Helper()
	c := &cluster{now: time.Date(2026, 1, 31, 10, 0, 0, 0, pay.Jakarta), clock: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	for _, store := range stores {
		core := pay.New(store, c.business, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
		core.Share(c.real)
		c.nodes = append(c.nodes, core)
	}
	c.partner = &pay.Partner{ID: "p", ClientKey: "k", Dialect: "dana", NotifyURL: "https://example.com/", Standing: pay.Active}
	must(t, c.nodes[0].PutPartner(t.Context(), *c.partner))
	must(t, c.nodes[0].PutMerchant(t.Context(), pay.Merchant{
		PartnerID: "p", ID: "m", Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "UMI",
		NMID: "ID1020021181745", MPAN: "936009150000000018", Standing: pay.Active,
	}))
	must(t, c.nodes[0].AddPayer(t.Context(), pay.Payer{ID: "budi", Standing: pay.Active}, pay.Rp(1_000_000)))
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) generate(t *testing.T, node int, terminal string) (pay.Code, error) {
	t.Helper()
	return c.nodes[node].Generate(t.Context(), pay.GenerateRequest{
		Partner: c.partner, MerchantID: "m", TerminalID: terminal, Amount: pay.Rp(10_000), ExpiresAt: c.business().Add(time.Hour),
	})
}

// pay makes a code and pays it.
func (c *cluster) pay(t *testing.T) pay.Code {
	t.Helper()
	code, err := c.generate(t, 0, "")
	must(t, err)
	_, err = c.nodes[0].Pay(t.Context(), pay.PayRequest{PayerID: "budi", Payload: code.Payload})
	must(t, err)
	return code
}

// catchUp lets a node look, and reports whether something had changed.
func (c *cluster) catchUp(t *testing.T, node int) (changed bool) {
	t.Helper()
	must(t, c.nodes[node].CatchUp(t.Context(), func(pay.Reader) error { changed = true; return nil }))
	return changed
}

func (c *cluster) withdraw(t *testing.T, node int, terminal string) {
	t.Helper()
	must(t, c.nodes[node].PutOutlet(t.Context(), pay.Outlet{PartnerID: "p", MerchantID: "m", Kind: pay.Terminal, ID: terminal, Standing: pay.Inactive}))
}

// TestChangesReachOtherNodes: what a node remembers, absence too, ends when it
// looks, and when it has not looked for too long.
func TestChangesReachOtherNodes(t *testing.T) {
	for name, follow := range map[string]func(*cluster){
		"it looks":          func(c *cluster) { c.catchUp(t, 1) },
		"it stands still":   func(c *cluster) { c.pass(0, pay.Trust) },
		"it looks too late": func(c *cluster) { c.pass(0, time.Hour); c.catchUp(t, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, engines["sqlite"](t, 2))
			if !c.catchUp(t, 1) || c.catchUp(t, 1) {
				t.Error("a first look finds what was changed before, a second finds nothing")
			}
			_, err := c.generate(t, 1, "T1")
			must(t, err)
			c.withdraw(t, 0, "T1")
			follow(c)
			if _, err := c.generate(t, 1, "T1"); pay.KindOf(err) != pay.TerminalUnknown {
				t.Errorf("a code at a terminal that another node has withdrawn: %v", err)
			}
			_, err = c.nodes[0].EditMerchant(t.Context(), "p", "m", func(m *pay.Merchant) error { m.Standing = pay.Suspended; return nil })
			must(t, err)
			follow(c)
			if _, err := c.generate(t, 1, ""); pay.KindOf(err) != pay.MerchantSuspended {
				t.Errorf("a code of a merchant whom another node has suspended: %v", err)
			}
		})
	}
}

// TestRememberedUntilItChanges: a look that finds nothing lets a node go on
// with what it remembers.
func TestRememberedUntilItChanges(t *testing.T) { onEngines(t, 1, rememberedUntilItChanges) }

func rememberedUntilItChanges(t *testing.T, c *cluster) {
	c.catchUp(t, 0)
	first, err := c.nodes[0].Partner(t.Context(), "p")
	must(t, err)
	for range 20 {
		c.pass(0, pay.FollowEvery)
		if c.catchUp(t, 0) {
			t.Fatal("a look found a change where there was none")
		}
	}
	again, err := c.nodes[0].Partner(t.Context(), "p")
	must(t, err)
	if first != again {
		t.Error("the partner was read twice although nothing changed")
	}
	c.pass(0, pay.Trust)
	if again, err = c.nodes[0].Partner(t.Context(), "p"); err != nil || first == again {
		t.Errorf("it was not read anew after too long without a look: %v", err)
	}
}

// TestWhatOthersFollow: only what other nodes remember makes them look.
func TestWhatOthersFollow(t *testing.T) { onEngines(t, 2, whatOthersFollow) }

func whatOthersFollow(t *testing.T, c *cluster) {
	register := func(terminal string) {
		_, err := c.nodes[0].RegisterTerminal(t.Context(), pay.TerminalRequest{Partner: c.partner, MerchantID: "m", TerminalID: terminal})
		must(t, err)
	}
	c.catchUp(t, 1)
	for _, step := range []struct {
		name string
		do   func()
		told bool
	}{
		{"a new terminal", func() { register("T1") }, true},
		{"a terminal that is there", func() { register("T1") }, false},
		{"a payment", func() { c.pay(t) }, false},
		{"money for a payer", func() { must(t, c.nodes[0].Fund(t.Context(), "budi", 1)) }, false},
		{"an outlet", func() { c.withdraw(t, 0, "T1") }, true},
		{"a setting that is followed", func() { c.add(t, 0, "n", 1) }, true},
	} {
		step.do()
		if told := c.catchUp(t, 1); told != step.told {
			t.Errorf("%s: the other node was told: %t", step.name, told)
		}
	}
}

func (c *cluster) add(t *testing.T, node int, name string, n int) {
	_, err := c.nodes[node].EditSetting(t.Context(), name, func(_ pay.Reader, old string) (string, error) {
		sum, _ := strconv.Atoi(old)
		return strconv.Itoa(sum + n), nil
	})
	if err != nil {
		t.Error(err)
	}
}

const editors = 24

// at once runs f on all nodes in turn, concurrently.
func (c *cluster) atOnce(f func(node, i int)) {
	var wg sync.WaitGroup
	for i := range editors {
		wg.Go(func() { f(i%len(c.nodes), i) })
	}
	wg.Wait()
}

func TestEditsOfManyNodesAddUp(t *testing.T) { onEngines(t, 3, editsOfManyNodesAddUp) }

func editsOfManyNodesAddUp(t *testing.T, c *cluster) {
	c.atOnce(func(node, i int) {
		c.add(t, node, "n", 2)
		_, err := c.nodes[node].EditPartner(t.Context(), "p", func(p *pay.Partner) error {
			p.Settings.Denied = append(p.Settings.Denied, fmt.Sprint(i))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		_, err = c.nodes[node].EditPayer(t.Context(), "budi", func(p *pay.Payer) error { p.DayLimit++; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	if n, err := c.nodes[0].Setting(t.Context(), "n"); n != strconv.Itoa(2*editors) {
		t.Errorf("%d edits that each add 2 come to %s, %v", editors, n, err)
	}
	err := c.nodes[0].Inspect(t.Context(), func(r pay.Reader) error {
		p, err := r.Partner("p")
		if slices.Sort(p.Settings.Denied); len(slices.Compact(p.Settings.Denied)) != editors {
			t.Errorf("of %d edits the partner has %v", editors, p.Settings.Denied)
		}
		budi, missing := r.Payer("budi")
		if budi.DayLimit != editors {
			t.Errorf("of %d edits the payer has %d", editors, budi.DayLimit)
		}
		return errors.Join(err, missing)
	})
	must(t, err)
}

// TestMadeOnce: of nodes that make the same thing one does.
func TestMadeOnce(t *testing.T) { onEngines(t, 3, madeOnce) }

func madeOnce(t *testing.T, c *cluster) {
	kept, added := make([]string, editors), make([]error, editors)
	c.atOnce(func(node, i int) {
		var err error
		if kept[i], err = c.nodes[node].KeepSetting(t.Context(), "secret", fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
	})
	c.atOnce(func(node, i int) {
		added[i] = c.nodes[node].AddPartner(t.Context(), pay.Partner{ID: "q", ClientKey: "of q", ClientSecret: fmt.Sprint(i), Dialect: "dana"})
	})
	value, err := c.nodes[0].Setting(t.Context(), "secret")
	must(t, err)
	for i := range kept {
		if kept[i] != value {
			t.Errorf("one was told %q, the setting is %q", kept[i], value)
		}
	}
	winner := slices.Index(added, nil)
	for i, err := range added {
		if i != winner && !errors.Is(err, pay.ErrExists) {
			t.Errorf("a partner that is there is added: %v", err)
		}
	}
	p, err := c.nodes[0].Partner(t.Context(), "q")
	must(t, err)
	if p.ClientSecret != fmt.Sprint(winner) {
		t.Errorf("%d was told that it made the partner that has the secret of %s", winner, p.ClientSecret)
	}
}

func TestTogetherAllOrNothing(t *testing.T) { onEngines(t, 2, togetherAllOrNothing) }

func togetherAllOrNothing(t *testing.T, c *cluster) {
	halfway := errors.New("halfway")
	verbs := func(end error) func(*pay.Core) error {
		return func(core *pay.Core) error {
			err := errors.Join(
				core.PutPartner(t.Context(), pay.Partner{ID: "q", ClientKey: "of q", Dialect: "dana"}),
				core.AddPayer(t.Context(), pay.Payer{ID: "siti"}, pay.Rp(5)))
			if _, missing := core.Partner(t.Context(), "q"); missing != nil {
				t.Errorf("a verb does not see what the one before has done: %v", missing)
			}
			return errors.Join(err, end)
		}
	}
	found := func() (n int) {
		for _, read := range []func(pay.Reader) error{
			func(r pay.Reader) error { _, err := r.Partner("q"); return err },
			func(r pay.Reader) error { _, err := r.Payer("siti"); return err },
		} {
			switch err := c.nodes[1].Inspect(context.Background(), read); {
			case err == nil:
				n++
			case !errors.Is(err, pay.ErrNotFound):
				t.Error(err)
			}
		}
		return n
	}
	if err := c.nodes[0].Together(t.Context(), "seed", verbs(halfway)); !errors.Is(err, halfway) || found() != 0 {
		t.Errorf("%v, and %d of 2 were kept", err, found())
	}
	if err := c.nodes[0].Together(t.Context(), "seed", verbs(nil)); err != nil || found() != 2 {
		t.Errorf("%v, and %d of 2 were kept", err, found())
	}
	c.catchUp(t, 1)
	if _, err := c.nodes[1].Partner(t.Context(), "q"); err != nil {
		t.Errorf("another node does not know it: %v", err)
	}
}

// TestTogetherOneAfterAnother: with the same guard each sees whether another
// has done it all.
func TestTogetherOneAfterAnother(t *testing.T) { onEngines(t, 3, togetherOneAfterAnother) }

func togetherOneAfterAnother(t *testing.T, c *cluster) {
	c.atOnce(func(node, i int) {
		err := c.nodes[node].Together(t.Context(), "seed", func(core *pay.Core) error {
			if made, err := core.Setting(t.Context(), "made"); err != nil || made != "" {
				return err
			}
			if err := core.AddPayer(t.Context(), pay.Payer{ID: "siti"}, pay.Rp(5)); err != nil {
				return err
			}
			_, err := core.KeepSetting(t.Context(), "made", fmt.Sprint(i))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	if made, err := c.nodes[0].Setting(t.Context(), "made"); made == "" || err != nil {
		t.Errorf("nobody has made it: %v", err)
	}
}
