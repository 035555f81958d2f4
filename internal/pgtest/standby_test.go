package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestFailovers loses the primary twice, under load.
func TestFailovers(t *testing.T) {
	primary := Start(t, Options{})
	primary.Database(t)
	standby := primary.Standby(t)
	proxy := NewProxy(t, primary.Addr(), Plan{})
	l := newLedger(t, proxy.URL("postgres"))
	defer l.stop()
	for range 2 {
		l.await(100)
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := standby.Promote(); err != nil {
			t.Fatal(err)
		}
		proxy.Target(standby.Addr())
		proxy.Cut()
		l.check(t, standby.URL("postgres"))
		l.await(10) // it needs no standby to go on
		primary, standby = standby, standby.Standby(t)
	}
	l.await(10)
	l.check(t, standbyOf(t, primary, standby))
}

// standbyOf gives the standby's URL when it has replayed what the primary has
// committed.
func standbyOf(t *testing.T, primary, standby *Cluster) string {
	t.Helper()
	committed, err := primary.ask("SELECT pg_current_wal_flush_lsn()")
	if err == nil {
		err = standby.until("pg_last_wal_replay_lsn() >= '" + committed + "'")
	}
	if err != nil {
		t.Fatal(err)
	}
	return standby.URL("postgres")
}

func TestCommitWaitsForStandby(t *testing.T) {
	primary := Start(t, Options{})
	url := primary.Database(t)
	conn := mustConnect(t, url)
	mustExec(t, conn, "CREATE TABLE written (id INT)")
	standby := primary.Standby(t)
	if err := standby.Stop(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error)
	go func() {
		_, err := conn.Exec(t.Context(), "INSERT INTO written VALUES (1)")
		answered <- err
	}()
	if err := primary.until("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-answered:
		t.Fatalf("answered without the standby: %v", err)
	default:
	}
	if err := standby.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// TestStandbyRemoved: a primary does not wait for a standby whose test is
// over.
func TestStandbyRemoved(t *testing.T) {
	primary := Start(t, Options{})
	url := primary.Database(t)
	t.Run("standby", func(t *testing.T) {
		standby := primary.Standby(t)
		mustExec(t, mustConnect(t, url), "CREATE TABLE written (id INT)")
		_, err := mustConnect(t, standbyURL(standby, url)).Exec(t.Context(), "CREATE TABLE other (id INT)")
		if code(err) != "25006" { // read_only_sql_transaction
			t.Errorf("a write to the standby is answered %v", err)
		}
	})
	mustExec(t, mustConnect(t, url), "INSERT INTO written VALUES (1)")
	if err := primary.Promote(); err == nil {
		t.Error("a primary was promoted")
	}
}

// standbyURL names the same database on the standby.
func standbyURL(standby *Cluster, url string) string {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		panic(err) // one of ours
	}
	return standby.URL(config.Database)
}
