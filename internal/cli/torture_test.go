package cli

import (
	"bytes"
	"flag"
	"os/exec"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/torture"
)

var tortureKills = flag.Int("torture.kills", 25, "how many times TestTorture kills a server on each engine; 1,000 with -soak")

// TestTorture kills real servers under load: nothing acknowledged is lost.
func TestTorture(t *testing.T) {
	program, err := exec.LookPath("qrisd") // this binary, as TestMain installs it
	if err != nil {
		t.Fatal(err)
	}
	kills := *tortureKills
	if *soak {
		setUnlessGiven(t, "torture.kills", 1000)
		kills = *tortureKills
	}
	for _, engine := range []struct {
		name  string
		nodes int
		store func(*testing.T) string
	}{
		{"embedded", 1, func(*testing.T) string { return "" }},
		{"PostgreSQL", 1, func(t *testing.T) string { return pgtest.Shared(t).Database(t) }},
		{"three nodes", 3, func(t *testing.T) string { return pgtest.Shared(t).Database(t) }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel() // much of it is waiting for the dead to be buried
			report, err := torture.Run(t.Context(), torture.Options{
				Program: program, Nodes: engine.nodes, Store: engine.store(t), Data: t.TempDir(), Kills: kills, Every: tortureEvery,
			})
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := report.Print(&text); err != nil {
				t.Fatal(err)
			}
			t.Logf("\n%s", &text)
			checkTorture(t, report, kills)
			if report.Broken == 0 {
				t.Error("every request was answered: this proves nothing")
			}
		})
	}
}

// checkTorture wants no findings, and that there was something to find.
func checkTorture(t *testing.T, report *torture.Report, kills int) {
	t.Helper()
	if len(report.Findings) > 0 || report.Kills < kills {
		t.Errorf("%d findings after %d kills, want none after %d", len(report.Findings), report.Kills, kills)
	}
	for _, kind := range []string{"generate", "pay", "refund", "cancel", "query"} {
		if report.Operations[kind]["acknowledged"] == 0 {
			t.Errorf("no %s was acknowledged: this proves nothing", kind)
		}
	}
	if report.Notifications == 0 {
		t.Error("nobody was notified: this proves nothing")
	}
	if report.ServerErrors*100 > report.Tries {
		t.Errorf("%d of %d answers are 5xx, though the store was never away for long", report.ServerErrors, report.Tries)
	}
}

// tortureEvery is the mean time between kills: long enough for the load to be
// in full swing again.
const tortureEvery = 700 * time.Millisecond
