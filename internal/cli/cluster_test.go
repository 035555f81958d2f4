package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

// sites are where several nodes find the same books: each with its own
// connections to a database, or all on one store of this process.
var sites = map[string]func(t *testing.T) serveOptions{
	"postgres": func(t *testing.T) serveOptions { return serveOptions{store: pgtest.Shared(t).Database(t)} },
	"sqlite": func(t *testing.T) serveOptions {
		return serveOptions{among: openStore(t, filepath.Join(t.TempDir(), "books.db"))}
	},
}

func openStore(t *testing.T, location string) *storage.Store {
	t.Helper()
	store, err := storage.Open(context.Background(), location, storage.Options{Keys: storage.Keys{Kept: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func onSites(t *testing.T, test func(t *testing.T, o serveOptions)) {
	for name, site := range sites {
		t.Run(name, func(t *testing.T) { test(t, site(t)) })
	}
}

// startNodes starts several nodes at the same moment, each with its own empty
// data folder.
func startNodes(t *testing.T, o serveOptions, n int) []*harness {
	t.Helper()
	nodes := make([]*harness, n)
	var wg sync.WaitGroup
	for i := range nodes {
		mine := o
		mine.data = t.TempDir()
		wg.Go(func() { nodes[i] = startWith(t, mine) })
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return nodes
}

func readSandbox(t *testing.T, folder string) (file sandbox.File) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNodesSeedTogether: nodes that start at once on an empty database have
// the same parties and secrets, each with its own addresses.
func TestNodesSeedTogether(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 3)
		first := nodes[0].node.file
		if len(first.Partners) != len(dialects()) || len(first.Payers) != len(dialects()) {
			t.Fatalf("the sandbox has %d partners and %d payers", len(first.Partners), len(first.Payers))
		}
		for _, h := range nodes {
			own := readSandbox(t, h.dir)
			if own.APIURL != h.node.apiURL || own.AdminURL != h.node.adminURL {
				t.Errorf("the file of %s names %s and %s", h.node.apiURL, own.APIURL, own.AdminURL)
			}
			own.APIURL, own.AdminURL = first.APIURL, first.AdminURL
			if diff := cmp.Diff(first, own); diff != "" {
				t.Errorf("two nodes' files differ:\n%s", diff)
			}
			for dialect := range first.Partners {
				h.generated(dialect, h.body(dialect, "generate"))
			}
			h.call("aspi", "payment", h.body("aspi", "payment")).send().want(t, "2005000", "")
			h.books()
		}
	})
}

// TestTokenOfAnyNode: what one node has issued, remembered or repeated holds
// on the others.
func TestTokenOfAnyNode(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		a, b := nodes[0], nodes[1]
		token, body := a.token("aspi"), b.body("aspi", "generate")
		external := map[string][]string{"X-External-Id": {fresh("shared")}}
		for i, h := range []*harness{b, a} {
			c := h.call("aspi", "generate", body)
			c.token = token
			maps.Copy(c.header, external)
			c.send().want(t, []string{"2004700", "4094700"}[i], "")
		}
	})
}

// TestChangesHoldEverywhere: what an operator was told is done on one node
// holds on the other at once, though it remembered otherwise.
func TestChangesHoldEverywhere(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		a, b := nodes[0], nodes[1]
		partner := a.node.file.Partners["aspi"]
		where := "/v1/partners/" + partner.PartnerID
		for range 2 {
			b.generated("aspi", b.body("aspi", "generate"))
			a.mustAdmin("PUT", where+"/standing", object{"standing": "suspended"})
			if r := b.call("aspi", "token", object{"grantType": "client_credentials"}).send(); r.status == 200 {
				t.Fatalf("a partner that was suspended: %v", r)
			}
			b.mustAdmin("PUT", where+"/standing", object{"standing": "active"})
			a.generated("aspi", a.body("aspi", "generate"))
			a.mustAdmin("PATCH", where+"/merchants/"+partner.MerchantID, object{"standing": "blacklisted"})
			b.call("aspi", "generate", b.body("aspi", "generate")).send().want(t, "4034719", "")
			b.mustAdmin("PATCH", where+"/merchants/"+partner.MerchantID, object{"standing": "active"})
		}
		made := a.mustAdmin("POST", "/v1/partners", object{"id": "new", "dialect": "aspi", "channelId": "95221"})
		var c sandbox.Credentials
		if err := json.Unmarshal(made.raw, &c); err != nil {
			t.Fatal(err)
		}
		call := b.call("aspi", "token", object{"grantType": "client_credentials"})
		call.credentials = c
		call.send().want(t, "2007300", "")
	})
}

// TestRotatedEverywhere: rotated credentials hold on every node, and stand in
// the file of each that starts later.
func TestRotatedEverywhere(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		a, b := nodes[0], nodes[1]
		old := a.node.file.Partners["midtrans"]
		b.token("midtrans")
		a.mustAdmin("POST", "/v1/partners/"+old.PartnerID+"/rotate", nil)
		rotated := readSandbox(t, a.dir).Partners["midtrans"]
		if rotated.ClientSecret == old.ClientSecret || rotated.MerchantID != old.MerchantID {
			t.Fatalf("the file has %+v", rotated)
		}
		if r := b.call("midtrans", "token", object{"grantType": "client_credentials"}).send(); r.status == 200 {
			t.Errorf("the old key still holds on the other node: %v", r)
		}
		c := b.call("midtrans", "token", object{"grantType": "client_credentials"})
		c.credentials = rotated
		c.send().want(t, "2007300", "")
		b.stop()
		o.data = b.dir
		again := startWith(t, o)
		if diff := cmp.Diff(rotated, again.node.file.Partners["midtrans"]); diff != "" {
			t.Errorf("a node that starts later has other credentials:\n%s", diff)
		}
		again.generated("midtrans", again.body("midtrans", "generate"))
	})
}

// TestClocksAddUp: moves of the clock on several nodes at once add up, and
// every node follows before the last is answered.
func TestClocksAddUp(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 3)
		const moves = 4
		var wg sync.WaitGroup
		for _, h := range nodes {
			for range moves {
				wg.Go(func() { h.advance("1h") })
			}
		}
		wg.Wait()
		want := (time.Duration(len(nodes)*moves) * time.Hour).String()
		for _, h := range append(nodes, startNodes(t, o, 1)...) {
			if got := h.mustAdmin("GET", "/v1/sandbox/clock", nil).body["offset"]; got != want {
				t.Errorf("a clock is %v ahead, want %s", got, want)
			}
		}
		g := nodes[0].generated("qoin", nodes[0].body("qoin", "generate")) // good for an hour
		nodes[1].advance("61m")
		paid := nodes[2].admin("POST", "/v1/sandbox/pay", object{"referenceNo": g.body["referenceNo"]})
		if paid.status == 200 {
			t.Errorf("a code whose time is over on another node was paid: %v", paid)
		}
	})
}

// TestRateOverNodes: two nodes together admit what the agreement says. Their
// clocks are one, so the seconds that the requests fell into are known.
func TestRateOverNodes(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		nodes := startNodes(t, o, 2)
		const limit = 3
		partner := nodes[0].node.file.Partners["aspi"].PartnerID
		nodes[0].mustAdmin("PUT", "/v1/partners/"+partner+"/settings", object{"ratePerSecond": limit})
		admitted, refused := 0, 0
		begun := time.Now().Unix()
		for i := 0; refused == 0 || i < 10*limit; i++ {
			switch r := nodes[i%2].call("aspi", "token", object{"grantType": "client_credentials"}).send(); r.code {
			case "2007300":
				admitted++
			case "4297300":
				refused++
			default:
				t.Fatal(r)
			}
		}
		if seconds := int(time.Now().Unix() - begun + 1); admitted == 0 || admitted > limit*seconds {
			t.Errorf("%d requests were admitted in %d seconds at %d a second", admitted, seconds, limit)
		}
	})
}

// TestDeadNodesDeliveries: what a node had claimed that died is delivered by
// another. That the dead one's clock was wrong does not matter.
func TestDeadNodesDeliveries(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		o.data, o.lease = t.TempDir(), 300*time.Millisecond
		h := startWith(t, o)
		address, heard, _ := hearing(t, "2005200")
		h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": address})
		g := h.generated("midtrans", h.body("midtrans", "generate"))
		h.stop()
		dead, ctx := pay.New(o.books(t), time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{}), t.Context()
		if _, err := dead.Join(ctx, "dead", time.Now(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := sandbox.Pay(ctx, dead, sandbox.Target{ReferenceNo: g.body["referenceNo"].(string)}, 0); err != nil {
			t.Fatal(err)
		}
		if claimed, err := dead.ClaimDeliveries(ctx, "dead", 9); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %v, %v", claimed, err)
		}
		startWith(t, o)
		<-heard
	})
}

// books opens the site's store once more.
func (o serveOptions) books(t *testing.T) *storage.Store {
	t.Helper()
	if o.among != nil {
		return o.among
	}
	return openStore(t, o.store)
}

// cut is a storage that a node cannot write to while it is partitioned.
type cut struct {
	pay.Storage
	off atomic.Bool
}

func (c *cut) Update(ctx context.Context, f func(pay.Tx) error) error {
	if c.off.Load() {
		return errors.New("the database does not answer")
	}
	return c.Storage.Update(ctx, f)
}

// candidate is a member that says when its work begins and when it ends.
type candidate struct {
	*member
	books        *cut
	begun, ended chan pay.Lease
	resign       func()
}

func runFor(t *testing.T, store pay.Storage) *candidate {
	t.Helper()
	books := &cut{Storage: store}
	core := pay.New(books, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	m, err := newMember(core, 300*time.Millisecond, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &candidate{m, books, make(chan pay.Lease, 64), make(chan pay.Lease, 64), cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.hold(ctx, m.leadership("work"), func(ctx context.Context, l pay.Lease) {
			c.begun <- l
			<-ctx.Done()
			c.ended <- l
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return c
}

// TestLeadershipMoves: a leader that cannot renew stops, another begins, and
// what the first still does writes nothing. One that resigns is followed by
// whoever is left.
func TestLeadershipMoves(t *testing.T) {
	onSites(t, func(t *testing.T, o serveOptions) {
		store := o.books(t)
		a := runFor(t, store)
		stale := <-a.begun
		b := runFor(t, store)
		a.books.off.Store(true)
		<-a.ended
		current := <-b.begun
		if current.Token <= stale.Token || current.Holder != b.name {
			t.Errorf("%+v follows %+v", current, stale)
		}
		a.books.off.Store(false)
		if err := buryGhost(t, a.core, stale); !errors.Is(err, pay.ErrLeaseLost) {
			t.Errorf("a stale leader that the database answers again: %v", err)
		}
		b.resign()
		if again := <-a.begun; again.Token <= current.Token {
			t.Errorf("%+v follows %+v", again, current)
		}
	})
}

// buryGhost is work that needs nothing but a lease.
func buryGhost(t *testing.T, core *pay.Core, under pay.Lease) error {
	t.Helper()
	ghost, err := core.Join(t.Context(), "ghost of "+under.Holder, time.Now(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return core.Under(under).Bury(t.Context(), ghost)
}

// TestJanitorBuriesTheDead and nobody else.
func TestJanitorBuriesTheDead(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "books.db"))
	core := pay.New(store, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	m, err := newMember(core, 20*time.Millisecond, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, node := range []string{m.name, "dead", "slow clock"} {
		if _, err := core.Join(ctx, node, time.Now(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	t0, err := m.take(ctx, m.leadership("janitor"))
	if err != nil {
		t.Fatal(err)
	}
	j := janitor{member: m}
	for renewals := 0; ; renewals++ {
		if err := j.look(ctx, t0.lease); err != nil {
			t.Fatal(err)
		}
		nodes, err := core.Nodes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		names := make([]string, len(nodes))
		for i, l := range nodes {
			names[i] = l.Holder
		}
		if !slices.Contains(names, m.name) || !slices.Contains(names, "slow clock") {
			t.Fatalf("of the nodes that live %v are left", names)
		}
		if !slices.Contains(names, "dead") {
			return
		}
		// One whose clock is an hour behind renews before every look.
		if _, err := core.Join(ctx, "slow clock", time.Now().Add(-time.Hour+time.Duration(renewals)*time.Second), time.Second); err != nil {
			t.Fatal(err)
		}
		pause(ctx, m.life/3)
	}
}

// TestOldSandboxIsAdopted: a sandbox.json whose store does not keep its
// parties yet is taken over, and one of another store is not.
func TestOldSandboxIsAdopted(t *testing.T) {
	folder := t.TempDir()
	old := olderSandbox(t, filepath.Join(folder, "qrisd.db"))
	if err := writeFile(filepath.Join(folder, "sandbox.json"), old); err != nil {
		t.Fatal(err)
	}
	h := startWith(t, serveOptions{data: folder})
	if diff := cmp.Diff(old.Partners, h.node.file.Partners); diff != "" {
		t.Errorf("the partners have changed:\n%s", diff)
	}
	h.generated("dana", h.body("dana", "generate"))
	h.stop()
	if err := os.Remove(filepath.Join(folder, "sandbox.json")); err != nil {
		t.Fatal(err)
	}
	h = startWith(t, serveOptions{data: folder})
	if diff := cmp.Diff(old.Payers, h.node.file.Payers); diff != "" {
		t.Errorf("without the file the payers have changed:\n%s", diff)
	}
	h.stop()

	other := t.TempDir()
	if err := writeFile(filepath.Join(other, "sandbox.json"), old); err != nil {
		t.Fatal(err)
	}
	h = startWith(t, serveOptions{data: other})
	if h.node.file.Partners["dana"].ClientSecret == old.Partners["dana"].ClientSecret {
		t.Error("the file of another store was believed")
	}
	h.generated("dana", h.body("dana", "generate"))
}

// olderSandbox seeds a store as versions did that kept the parties only in
// the file.
func olderSandbox(t *testing.T, path string) (file sandbox.File) {
	t.Helper()
	store := openStore(t, path)
	core := pay.New(store, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	var err error
	if file.Partners, file.Payers, err = sandbox.Seed(t.Context(), core); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}
