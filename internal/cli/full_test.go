//go:build linux

package cli

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/qrisd/qrisd/internal/storage/faultdisk"
)

// limit bounds the size of the files that the server may write, as a full disk
// does. The kernel enforces it on the running process.
func (p *process) limit(size uint64) {
	p.t.Helper()
	l := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
		p.t.Fatal(err)
	}
}

// largest is the size of the store's largest file.
func (h *harness) largest() (size uint64) {
	h.t.Helper()
	for _, name := range []string{"qrisd.db", "qrisd.db-wal"} {
		st, err := os.Stat(filepath.Join(h.dir, name))
		if err != nil {
			h.t.Fatal(err)
		}
		size = max(size, uint64(st.Size()))
	}
	return size
}

// generate asks for codes from some clients at once.
func (y *tally) generate(token string, clients, each int) {
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				res, err := http.DefaultClient.Do(y.h.generateRequest(token))
				if err != nil {
					y.h.t.Errorf("no answer: %v", err)
					return
				}
				y.hear(res)
			}
		})
	}
	wg.Wait()
}

// ailing is how a server behaves whose disk takes nothing.
func (y *tally) ailing() {
	t, h := y.h.t, y.h
	t.Helper()
	for _, r := range h.untilReadiness(http.StatusServiceUnavailable) {
		if r.body["status"] != "unavailable" || r.body["cause"] == nil || r.body["cure"] == nil {
			t.Errorf("/readyz says %s", r.raw)
		}
	}
	for _, r := range h.health("/healthz") {
		if r.status != http.StatusOK {
			t.Errorf("/healthz says %v", r)
		}
	}
	h.books() // reads go on
}

// TestFull: the disk of a running server gets full. It refuses what it cannot
// keep and says why, and when there is space again it serves again, without a
// restart and before anybody asks it for anything but /readyz. Nothing that it
// acknowledged is lost, and nothing that it refused is there.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	p := spawn(t, dir)
	y, token := &tally{h: p.harness}, p.token("midtrans")
	y.generate(token, 8, 5)
	p.limit(p.largest() + 64<<10)
	for y.refused < 20 && !t.Failed() {
		y.generate(token, 8, 5)
	}
	y.ailing()
	p.limit(unix.RLIM_INFINITY)
	p.untilReadiness(http.StatusOK)
	refused := y.refused
	y.generate(token, 8, 5)
	if y.refused != refused {
		t.Errorf("%d requests were refused with space on the disk", y.refused-refused)
	}
	p.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": y.refs[0]})
	y.check(p.harness)
	p.end()
	wantIntact(t, filepath.Join(dir, "qrisd.db"))
	again := spawn(t, dir)
	y.check(again.harness)
	again.end()
	t.Logf("%d acknowledged, %d refused", len(y.refs), y.refused)
}

func wantIntact(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the file is damaged: %v %s", err, verdict)
	}
}

// TestFailingDisk: the same when the disk itself fails, in each way in turn.
func TestFailingDisk(t *testing.T) {
	dir := t.TempDir()
	disk, err := faultdisk.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := startWith(t, serveOptions{data: dir})
	y, token := &tally{h: h}, h.token("midtrans")
	for op, fault := range map[faultdisk.Op]faultdisk.Fault{faultdisk.Write: faultdisk.WriteFailed, faultdisk.Sync: faultdisk.SyncFailed} {
		y.generate(token, 4, 5)
		disk.Fail(func(asked faultdisk.Op, _ string) faultdisk.Fault {
			if asked == op {
				return fault
			}
			return faultdisk.None
		})
		before := len(y.refs)
		y.generate(token, 4, 5)
		if len(y.refs) != before {
			t.Errorf("%d codes were acknowledged that cannot be on the disk", len(y.refs)-before)
		}
		paid := h.admin("POST", "/v1/sandbox/pay", object{"referenceNo": y.first()})
		if paid.status != http.StatusInternalServerError || paid.body == nil {
			t.Errorf("a payment is answered with %v", paid)
		}
		y.ailing()
		disk.Fail(nil)
		h.untilReadiness(http.StatusOK)
	}
	y.generate(token, 4, 5)
	h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": y.first()})
	y.check(h)
}
