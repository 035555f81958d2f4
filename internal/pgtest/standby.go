package pgtest

import (
	"errors"
	"fmt"
	"maps"
	"syscall"
	"testing"
)

const (
	waitsFor = "synchronous_standby_names"
	follows  = "primary_conninfo"
)

// Standby gives a copy of the cluster that follows it by streaming
// replication. From when Standby returns, the cluster answers no COMMIT
// before the copy has it; of several copies it waits for the latest. The
// copy answers reads, is promoted by Promote, and is removed when the test
// ends.
func (c *Cluster) Standby(t testing.TB) *Cluster {
	t.Helper()
	s, err := c.newStandby()
	if err != nil {
		t.Fatal(err)
	}
	s.cleanUp(t)
	if err := c.attach(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (c *Cluster) newStandby() (*Cluster, error) {
	s, err := newCluster(Options{Durable: c.durable})
	if err != nil {
		return nil, err
	}
	s.follow(c)
	err = s.programs.run(s.folder, "pg_basebackup", "--pgdata", s.data(), "--dbname", c.conninfo(),
		"--checkpoint", "fast", "--wal-method", "stream", "--no-sync")
	if err == nil {
		err = s.write("standby.signal", nil)
	}
	if err == nil {
		err = s.firstLaunch()
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// follow takes over the primary's settings: a standby must not allow fewer
// connections than the log speaks of.
func (c *Cluster) follow(primary *Cluster) {
	primary.mu.Lock()
	c.settings = maps.Clone(primary.settings)
	primary.mu.Unlock()
	delete(c.settings, waitsFor)
	c.settings[follows] = primary.conninfo() + " application_name=" + c.name()
	c.primary = primary
}

// conninfo is the address in libpq's words.
func (c *Cluster) conninfo() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s sslmode=disable", c.port, superuser)
}

// attach makes every COMMIT wait for the standby, and waits until the
// standby has all that was committed before.
func (c *Cluster) attach(s *Cluster) error {
	if err := c.waitFor(s.name()); err != nil {
		return err
	}
	// A new connection that has the new setting was made after the server
	// had told all its children of it. One of them, the checkpointer, is who
	// makes COMMITs wait; it does before it serves a CHECKPOINT.
	if err := c.until("current_setting('" + waitsFor + "') = '" + s.name() + "'"); err != nil {
		return err
	}
	if err := c.exec("CHECKPOINT"); err != nil {
		return err
	}
	committed, err := c.ask("SELECT pg_current_wal_flush_lsn()")
	if err != nil {
		return err
	}
	return c.until("EXISTS (SELECT FROM pg_stat_replication WHERE application_name = '" + s.name() +
		"' AND sync_state = 'sync' AND flush_lsn >= '" + committed + "')")
}

// waitFor names the standby that COMMITs wait for; "" is none.
func (c *Cluster) waitFor(standby string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings[waitsFor] = standby
	if err := c.configure(); err != nil {
		return err
	}
	return c.server.signal(syscall.SIGHUP)
}

// detach lets the primary go on without this standby, if it still has it.
func (c *Cluster) detach() error {
	c.mu.Lock()
	primary := c.primary
	c.primary = nil
	c.mu.Unlock()
	if primary == nil || !primary.Running() || !primary.waits(c.name()) {
		return nil
	}
	return primary.waitFor("")
}

func (c *Cluster) waits(standby string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings[waitsFor] == standby
}

// Promote makes a standby the primary and returns when it accepts writes. The
// old primary, alive or not, is destroyed first with its data: of two
// primaries one would lose what it acknowledged. The new one has no standby
// until its Standby is called.
func (c *Cluster) Promote() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.primary == nil {
		return errors.New("pgtest: promote: not a standby")
	}
	if err := errors.Join(c.primary.Kill(), c.primary.remove()); err != nil {
		return err
	}
	c.primary = nil
	delete(c.settings, follows)
	answer, err := c.ask("SELECT pg_promote(true, 60)")
	if err == nil && answer != "t" {
		err = fmt.Errorf("pgtest: promote: still a standby:\n%s", c.logTail())
	}
	return err
}
