package cli

import (
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/torture"
)

// TestFailover loses the primary ten times under load. The synchronous
// standby takes over, as an address that moves shows the nodes, and gets a
// standby of its own. The nodes are never started again, and nothing that
// they acknowledged is lost.
func TestFailover(t *testing.T) {
	t.Parallel()
	const failovers, between = 10, 2 * time.Second
	program, err := exec.LookPath("qrisd") // this binary, as TestMain installs it
	if err != nil {
		t.Fatal(err)
	}
	primary := pgtest.Start(t, pgtest.Options{Durable: true})
	standby := primary.Standby(t)
	u, err := url.Parse(primary.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	address := pgtest.NewProxy(t, primary.Addr(), pgtest.Plan{})
	failOver := func(context.Context) error {
		if err := primary.Kill(); err != nil {
			return err
		}
		address.Refuse(true)
		address.Cut()
		if err := standby.Promote(); err != nil {
			return err
		}
		address.Target(standby.Addr())
		address.Refuse(false)
		primary, standby = standby, standby.Standby(t)
		return nil
	}
	report, err := torture.Run(t.Context(), torture.Options{
		Program: program, Nodes: 2, Store: address.URL(strings.TrimPrefix(u.Path, "/")), Data: t.TempDir(), Kills: failovers, Every: between, Strike: failOver,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("after %d failovers\n%s", failovers, &text)
	checkTorture(t, report, failovers)
}
