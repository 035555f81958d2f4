package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/storage"
)

// qrisd runs a command and gives what it printed.
func qrisd(t *testing.T, exit int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(args, nil, &out, &errs); code != exit {
		t.Fatalf("qrisd %q exits with %d\n%s%s", args, code, &out, &errs)
	}
	return out.String()
}

// chainHead is the end of a chain, as a command tells it.
func chainHead(t *testing.T, location string) (v headView) {
	t.Helper()
	if err := json.Unmarshal([]byte(qrisd(t, 0, "audit", "head", "--json", location)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// untilSealed waits until nothing waits for a block: a moment, or until the
// lease of a node that was killed has ended.
func untilSealed(t *testing.T, location string) headView {
	t.Helper()
	for range 800 {
		var out, errs bytes.Buffer
		var v headView
		if Main([]string{"audit", "head", "--json", location}, nil, &out, &errs) == 0 && json.Unmarshal(out.Bytes(), &v) == nil && v.Waiting == 0 {
			return v
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("what happened is not sealed after 40 s")
	return headView{}
}

// moveMoney pays, refunds and administers, through the front door.
func (h *harness) moveMoney() {
	h.t.Helper()
	h.call("paydia", "payment", h.body("paydia", "payment")).send().want(h.t, "2005000", "")
	h.call("midtrans", "refund", h.body("midtrans", "refund")).send().want(h.t, "2007800", "")
	h.mustAdmin("POST", "/v1/payers/payer-aspi/fund", object{"amount": idr("1000.00")})
	h.mustAdmin("PUT", "/v1/partners/"+h.node.file.Partners["qoin"].PartnerID+"/notify", object{"url": "http://127.0.0.1:1/"})
}

// TestChain seals what a server does, follows the chain through a backup, a
// restore and a reset, and finds what is altered.
func TestChain(t *testing.T) {
	h := start(t)
	location := cmp.Or(storeOf(t, h.dir), filepath.Join(h.dir, "qrisd.db"))
	h.moveMoney()
	first := untilSealed(t, location)
	qrisd(t, 0, "verify", location, "--head", first.Head)
	h.moveMoney()
	h.advance("48h") // a day is closed
	h.mustAdmin("POST", "/v1/settlement/yesterday", nil)
	if r := h.admin(http.MethodGet, "/v1/backup", nil); r.status != http.StatusOK {
		t.Fatal(r)
	}
	h.stop()
	last := chainHead(t, location)
	if last.Number <= first.Number || last.Waiting != 0 {
		t.Errorf("the chain ends at %+v", last)
	}
	for _, head := range []string{first.Head, last.Head} {
		if says := qrisd(t, 0, "verify", location, "--head", head); !strings.Contains(says, "invariants hold") {
			t.Error(says)
		}
	}
	if says := qrisd(t, 0, "audit", "head", location); says != last.Head+"\n" {
		t.Errorf("audit head prints %q", says)
	}
	restored, backup := filepath.Join(t.TempDir(), "qrisd.db"), filepath.Join(t.TempDir(), "backup.db")
	qrisd(t, 0, "backup", "--data", h.dir, "--store", location, backup)
	qrisd(t, 0, "restore", "--store", restored, backup)
	qrisd(t, 0, "verify", restored, "--head", last.Head)
	if key, err := os.ReadFile(filepath.Join(h.dir, ownKey)); err == nil { // a shared store is not sealed unless a key is named
		if err := os.WriteFile(filepath.Join(filepath.Dir(restored), ownKey), key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := startWith(t, serveOptions{data: filepath.Dir(restored), store: restored})
	again.moveMoney()
	untilSealed(t, restored)
	again.mustAdmin("POST", "/v1/sandbox/reset", nil)
	qrisd(t, 0, "verify", restored, "--head", last.Head)
	again.moveMoney()
	again.stop()
	qrisd(t, 0, "verify", restored, "--head", last.Head)
	if says := qrisd(t, 1, "verify", backup, "--head", chainHead(t, restored).Head); !strings.Contains(says, "the chain was cut off, or is another's") {
		t.Error(says)
	}
}

// TestHeadsAreChecked: what is no head is refused, and books without a chain
// have none.
func TestHeadsAreChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "qrisd.db")
	s, err := storage.Open(t.Context(), file, storage.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	for _, c := range []struct {
		says string
		args []string
	}{
		{"the chain has no block yet", []string{"audit", "head", file}},
		{`"17" is no head of a chain`, []string{"verify", file, "--head", "17"}},
	} {
		errs.Reset()
		if code := Main(c.args, nil, &out, &errs); code != 1 || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%q exits with %d: %s", c.args, code, &errs)
		}
	}
}

// TestKilledBeforeSealing kills servers right after they have answered: what
// is not in a block yet is sealed by whoever starts next.
func TestKilledBeforeSealing(t *testing.T) {
	for _, engine := range []struct {
		name  string
		store func(t *testing.T, dir string) string
	}{
		{"embedded", func(_ *testing.T, dir string) string { return filepath.Join(dir, "qrisd.db") }},
		{"PostgreSQL", func(t *testing.T, _ string) string { return pgtest.Shared(t).Database(t) }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			store := engine.store(t, dir)
			head, waited := headView{}, int64(0)
			for range 4 {
				p := spawn(t, dir, "--store", store)
				if head.Number == 0 {
					head = untilSealed(t, store)
				}
				p.moveMoney()
				if err := p.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				p.cmd.Wait()
				qrisd(t, 0, "verify", store, "--head", head.Head)
				head = chainHead(t, store)
				waited += head.Waiting
			}
			if waited == 0 {
				t.Error("nothing ever waited: this proves nothing")
			}
			p := spawn(t, dir, "--store", store)
			sealed := untilSealed(t, store)
			p.end()
			if sealed.Number <= head.Number {
				t.Errorf("the chain went from %s to %s", head.Head, sealed.Head)
			}
			qrisd(t, 0, "verify", store, "--head", head.Head)
		})
	}
}
