// Package pgtest gives tests a PostgreSQL of their own: throw-away clusters
// that can be killed, synchronous standbys that can be promoted, and a proxy
// that loses, refuses and delays COMMITs.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options are what a test may want of a cluster. Every COMMIT is written
// before it is answered, whatever they say.
type Options struct {
	// Durable is for clusters that are restarted after a Kill: whole pages in
	// the log, and fsync as in production.
	Durable bool
	// Settings are lines of postgresql.conf, as text that needs no quoting.
	Settings map[string]string
}

// Cluster is one PostgreSQL server and its data. Its methods may be called
// from several goroutines.
type Cluster struct {
	programs programs
	folder   string // data/ and log
	port     int
	durable  bool
	guard    *guard

	mu       sync.Mutex
	settings map[string]string // of postgresql.conf
	server   *process          // the latest
	crashed  bool              // killed, and not restarted since
	primary  *Cluster          // of a standby
}

// Start gives a cluster that is removed when the test ends.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	c.cleanUp(t)
	return c
}

var shared = sync.OnceValues(func() (*Cluster, error) { return start(Options{}) })

// Shared gives the one cluster of the test process, which starts with its
// first use and goes when the process ends, in whatever way. Tests that stop
// or kill their server Start one of their own.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Cluster) cleanUp(t testing.TB) {
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
}

func start(o Options) (*Cluster, error) {
	c, err := newCluster(o)
	if err != nil {
		return nil, err
	}
	// Nobody else needs this data if the machine falls: no sync.
	err = c.programs.run(c.folder, "initdb", "--pgdata", c.data(), "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err == nil {
		err = c.firstLaunch()
	}
	if err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// newCluster is a cluster without data.
func newCluster(o Options) (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "qrisd_postgres_")
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	c := &Cluster{programs: programs, folder: folder, durable: o.Durable, settings: o.settings()}
	if err := programs.give(folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if c.guard, err = newGuard(programs, folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return c, nil
}

func (o Options) settings() map[string]string {
	safe := "off"
	if o.Durable {
		safe = "on"
	}
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"max_connections":         "200",
		"fsync":                   safe,
		"full_page_writes":        safe,
		"synchronous_commit":      "on",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"jit":                     "off",
		"wal_keep_size":           "256MB", // until a new standby has caught up
	}
	maps.Copy(all, o.Settings)
	return all
}

// remove ends the cluster, whatever its state, and deletes its data.
func (c *Cluster) remove() error {
	err := errors.Join(c.detach(), c.guard.remove())
	if c.server != nil {
		<-c.server.exited
	}
	return err
}

// name tells the cluster from every other one on this machine.
func (c *Cluster) name() string { return filepath.Base(c.folder) }

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// firstLaunch finds the cluster its port.
func (c *Cluster) firstLaunch() (err error) {
	for range 5 { // another process may take the port that was found
		if c.port, err = freePort(); err != nil {
			return err
		}
		if err = c.launch(); err == nil {
			return nil
		}
	}
	return err
}

// freePort keeps below the ports that systems give to outgoing connections:
// one of those might take a server's port while it is down.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("pgtest: no free port from 20000 to 31999 of 127.0.0.1")
}

// launch starts the server and waits until it accepts connections.
func (c *Cluster) launch() error {
	if err := c.configure(); err != nil {
		return err
	}
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer log.Close() // the server has its own
	command := c.programs.command(c.folder, filepath.Join(c.programs.folder, "postgres"), "-D", c.data())
	command.Stdout, command.Stderr = log, log
	if c.server, err = spawn(command); err != nil {
		return err
	}
	return poll("the server to accept connections", func() (bool, error) {
		if c.server.ended() {
			return false, fmt.Errorf("pgtest: the server ended as it started:\n%s", c.logTail())
		}
		return c.ready(), nil
	})
}

// ready reads the state that the server writes to its lock file. A
// connection could be answered by a stranger on the same port.
func (c *Cluster) ready() bool {
	text, err := os.ReadFile(c.lockFile())
	if err != nil {
		return false
	}
	const stateLine = 7
	lines := strings.Split(string(text), "\n")
	return len(lines) > stateLine && strings.TrimSpace(lines[stateLine]) == "ready"
}

func (c *Cluster) lockFile() string { return filepath.Join(c.data(), "postmaster.pid") }

func (c *Cluster) logFile() string { return filepath.Join(c.folder, "log") }

func (c *Cluster) logTail() []byte {
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-4096):]
}

func (c *Cluster) configure() error {
	var text bytes.Buffer
	fmt.Fprintf(&text, "port = %d\n", c.port)
	for _, name := range slices.Sorted(maps.Keys(c.settings)) {
		fmt.Fprintf(&text, "%s = '%s'\n", name, c.settings[name])
	}
	return c.write("postgresql.conf", text.Bytes())
}

func (c *Cluster) write(name string, text []byte) error {
	path := filepath.Join(c.data(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return c.programs.give(path)
}

// Port is where the server listens on 127.0.0.1, for all of its lives.
func (c *Cluster) Port() int { return c.port }

// Addr is HOST:PORT.
func (c *Cluster) Addr() string { return fmt.Sprintf("127.0.0.1:%d", c.port) }

// superuser owns every cluster and needs no password.
const superuser = "postgres"

// URL names a database of the cluster.
func (c *Cluster) URL(database string) string { return location(c.Addr(), database) }

func location(addr, database string) string {
	return "postgres://" + superuser + "@" + addr + "/" + database + "?sslmode=disable"
}

var databases atomic.Int64 // made by this process

// Database makes an empty database, which is dropped when the test ends, and
// gives its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !c.Running() {
			return // it goes with its cluster
		}
		if err := c.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.URL(name)
}

// Running tells whether the server's process lives.
func (c *Cluster) Running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.server.ended()
}

// Stop ends the server in order: its clients are disconnected, their open
// transactions rolled back.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop()
}

func (c *Cluster) stop() error {
	if c.server.ended() {
		return nil
	}
	return c.server.end(syscall.SIGINT)
}

// Kill ends the server and all its children at once with SIGKILL.
func (c *Cluster) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server.ended() {
		return nil
	}
	if err := c.server.kill(); err != nil {
		return err
	}
	c.crashed = true
	// By this file the next server, or the guard, would take a stranger who
	// got the same process id for the dead one.
	return os.Remove(c.lockFile())
}

// Restart starts the server again, on the same port and data; one that runs
// is stopped before. It returns when connections are accepted.
func (c *Cluster) Restart() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// SIGKILL can cut a write between the two halves of a page, which only
	// the whole page in the log repairs.
	if c.crashed && !c.durable {
		return errors.New("pgtest: restart: only a Durable cluster may be used again after a Kill")
	}
	if err := c.stop(); err != nil {
		return err
	}
	c.crashed = false
	return c.launch()
}

func (c *Cluster) exec(sql string) error {
	_, err := c.ask(sql)
	return err
}

// ask runs one statement over a connection of its own and gives the first
// value of its answer, or "".
func (c *Cluster) ask(sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgconn.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("pgtest: connect: %w", err)
	}
	defer conn.Close(ctx) // its error is of no interest once the answer is there
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", fmt.Errorf("pgtest: %s: %w", sql, err)
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return "", nil
	}
	return string(results[0].Rows[0][0]), nil
}

// until waits until the answer to a question is true.
func (c *Cluster) until(question string) error {
	return poll(question, func() (bool, error) {
		answer, err := c.ask("SELECT " + question)
		return answer == "t", err
	})
}
