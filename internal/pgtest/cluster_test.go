package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// childTask makes the test binary a process that starts a cluster, says where
// and waits to be killed.
const childTask = "QRISD_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childTask) == "" {
		os.Exit(m.Run())
	}
	c, err := start(Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.folder, c.Addr())
	select {}
}

func mustConnect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // it may be dropped already
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// scalar runs a query over a connection of its own.
func scalar[V any](t *testing.T, url, sql string, args ...any) (v V) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestDatabaseIsEmpty(t *testing.T) {
	url := Shared(t).Database(t)
	if n := scalar[int](t, url, "SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); n != 0 {
		t.Errorf("%d relations in a new database", n)
	}
	const words = "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = current_database()"
	if got := scalar[string](t, url, words); got != "UTF8 C" {
		t.Errorf("encoding and order are %s", got)
	}
}

func TestDatabasesDoNotMeet(t *testing.T) {
	urls := make([]string, 3)
	t.Run("test", func(t *testing.T) {
		for i := range urls {
			urls[i] = Shared(t).Database(t)
			mustExec(t, mustConnect(t, urls[i]), "CREATE TABLE kept (id INT)") // fails where it is
		}
	})
	if slices.Sort(urls); len(slices.Compact(slices.Clone(urls))) != len(urls) {
		t.Errorf("two databases are one: %v", urls)
	}
	for _, url := range urls {
		name := url[strings.LastIndexByte(url, '/')+1 : strings.IndexByte(url, '?')]
		if scalar[bool](t, Shared(t).URL("postgres"), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name) {
			t.Errorf("%s outlived its test", name)
		}
	}
}

func TestSettings(t *testing.T) {
	c := Start(t, Options{Settings: map[string]string{"max_connections": "33", "work_mem": "5MB"}})
	for name, want := range map[string]string{
		"max_connections": "33", "work_mem": "5MB", "fsync": "off", "synchronous_commit": "on", "port": fmt.Sprint(c.Port()),
	} {
		if got := scalar[string](t, c.URL("postgres"), "SELECT current_setting($1)", name); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	if _, err := start(Options{Settings: map[string]string{"max_connections": "many"}}); err == nil || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("a wrong setting is answered %v", err)
	}
}

// ledger inserts numbers from several writers and remembers which were
// acknowledged.
type ledger struct {
	url     string
	writers sync.WaitGroup
	cancel  context.CancelFunc

	mu           sync.Mutex
	next         int
	acknowledged []int
	grown        *sync.Cond // acknowledged has grown
}

func newLedger(t *testing.T, url string) *ledger {
	t.Helper()
	mustExec(t, mustConnect(t, url), "CREATE TABLE written (id INT PRIMARY KEY)")
	ctx, cancel := context.WithCancel(t.Context())
	l := &ledger{url: url, cancel: cancel}
	l.grown = sync.NewCond(&l.mu)
	for range 4 {
		l.writers.Go(func() { l.write(ctx) })
	}
	return l
}

// write goes on through lost connections.
func (l *ledger) write(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, l.url)
		for err == nil {
			id := l.draw()
			if _, err = conn.Exec(ctx, "INSERT INTO written VALUES ($1)", id); err == nil {
				l.acknowledge(id)
			}
		}
		if conn != nil {
			_ = conn.Close(ctx) // broken already
		}
	}
}

func (l *ledger) draw() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

func (l *ledger) acknowledge(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged = append(l.acknowledged, id)
	l.grown.Broadcast()
}

// await waits for n more to be acknowledged.
func (l *ledger) await(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for want := len(l.acknowledged) + n; len(l.acknowledged) < want; {
		l.grown.Wait()
	}
}

func (l *ledger) stop() {
	l.cancel()
	l.writers.Wait()
}

// check finds what was acknowledged.
func (l *ledger) check(t *testing.T, url string) {
	t.Helper()
	l.mu.Lock()
	acknowledged := slices.Clone(l.acknowledged)
	l.mu.Unlock()
	const lost = "SELECT COUNT(*) FROM unnest($1::INT[]) AS id WHERE id NOT IN (SELECT id FROM written)"
	if n := scalar[int](t, url, lost, acknowledged); n > 0 {
		t.Errorf("%d of %d acknowledged rows are lost", n, len(acknowledged))
	}
}

func TestKillKeepsWhatWasAcknowledged(t *testing.T) {
	c := Start(t, Options{Durable: true})
	l := newLedger(t, c.Database(t))
	defer l.stop()
	for range 3 {
		l.await(50)
		port := c.Port()
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
		if c.Running() {
			t.Fatal("it lives on")
		}
		if err := c.Restart(); err != nil {
			t.Fatal(err)
		}
		if c.Port() != port {
			t.Errorf("it was at port %d and is at %d", port, c.Port())
		}
		l.check(t, l.url)
	}
}

func TestStopAndRestart(t *testing.T) {
	c := Start(t, Options{})
	l := newLedger(t, c.Database(t))
	defer l.stop()
	l.await(10)
	if err := errors.Join(c.Stop(), c.Stop(), c.Restart(), c.Restart()); err != nil {
		t.Fatal(err)
	}
	l.await(10)
	l.check(t, l.url)
}

func TestNotDurable(t *testing.T) {
	c := Start(t, Options{})
	if err := errors.Join(c.Kill(), c.Kill()); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(); err == nil {
		t.Error("a cluster that may be damaged was started")
	}
}

func TestKilledChildren(t *testing.T) {
	c := Start(t, Options{})
	mustConnect(t, c.URL("postgres"))
	children := childrenOf(c.server.pid)
	if len(children) < 2 {
		t.Fatalf("children %v: not even the checkpointer and a backend", children)
	}
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if state, _ := status(child); state != "" && state != "Z" && state != "X" {
			t.Errorf("child %d is in state %s", child, state)
		}
	}
}

func TestRemoved(t *testing.T) {
	c, err := start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.remove(), c.remove()); err != nil {
		t.Fatal(err)
	}
	checkGone(t, c.folder, c.Addr())
}

// TestGuard kills a test process that has a cluster.
func TestGuard(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program)
	child.Env = append(os.Environ(), childTask+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var folder, addr string
	_, scanned := fmt.Fscan(out, &folder, &addr)
	if err := child.Process.Kill(); err != nil || scanned != nil {
		t.Fatal(err, scanned)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	err = poll("the folder to go", func() (bool, error) {
		_, err := os.Stat(folder)
		return errors.Is(err, os.ErrNotExist), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkGone(t, folder, addr)
}

func checkGone(t *testing.T, folder, addr string) {
	t.Helper()
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", folder, err)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("somebody still listens on %s", addr)
	}
}

func TestPrograms(t *testing.T) {
	if _, err := firstComplete([]string{t.TempDir()}); !errors.Is(err, errMissing) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("an empty folder: %v", err)
	}
	half := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(half, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	found, err := findPrograms()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := firstComplete([]string{half, found.folder}); got != found.folder {
		t.Errorf("half an installation is taken for %s: %v", got, err)
	}
	for folder, want := range map[string]float64{"/usr/lib/postgresql/15/bin": 15, "/usr/lib/postgresql/9.6/bin": 9.6, "/usr/local/bin": 0} {
		if got := major(folder); got != want {
			t.Errorf("%s is of version %v", folder, got)
		}
	}
}
