package pgtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// code is an error's SQLSTATE, or "" when no server answered.
func code(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

const insert = "INSERT INTO written VALUES ($1)"

// form is a way to run a transaction that inserts a number.
type form func(context.Context, *pgx.Conn, int) error

var forms = map[string]form{
	"simple":    inTurn(runSimple),
	"extended":  inTurn(runExtended),
	"prepared":  inTurn(runPrepared),
	"pgx":       runPgx,
	"batch":     runBatch,
	"pipeline":  runPipeline,
	"syncs":     runSyncs,
	"flush":     runFlush,
	"uppercase": inTurn(runShouted),
}

// inTurn waits for each answer.
func inTurn(run func(context.Context, *pgx.Conn, string) error) form {
	return func(ctx context.Context, conn *pgx.Conn, id int) error {
		for _, sql := range statements(id) {
			if err := run(ctx, conn, sql); err != nil {
				return err
			}
		}
		return nil
	}
}

func runSimple(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

func runShouted(ctx context.Context, conn *pgx.Conn, sql string) error {
	return runSimple(ctx, conn, "  "+strings.ToUpper(sql)+" ; ")
}

func runExtended(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Close()
	return err
}

func runPrepared(ctx context.Context, conn *pgx.Conn, sql string) error {
	if _, err := conn.Prepare(ctx, sql, sql); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, sql)
	return err
}

func runPgx(ctx context.Context, conn *pgx.Conn, id int) error {
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insert, id)
		return err
	})
}

func runBatch(ctx context.Context, conn *pgx.Conn, id int) error {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(insert, id)
	b.Queue("commit")
	return conn.SendBatch(ctx, b).Close()
}

// statements are a transaction without parameters.
func statements(id int) []string {
	return []string{"begin", strings.Replace(insert, "$1", fmt.Sprint(id), 1), "commit"}
}

// runPipeline sends everything before it reads an answer.
func runPipeline(ctx context.Context, conn *pgx.Conn, id int) error {
	p := conn.PgConn().StartPipeline(ctx)
	for _, sql := range statements(id) {
		p.SendQueryParams(sql, nil, nil, nil, nil)
	}
	return errors.Join(p.Sync(), p.Close())
}

// runSyncs is the same with a Sync after each statement.
func runSyncs(ctx context.Context, conn *pgx.Conn, id int) (err error) {
	p := conn.PgConn().StartPipeline(ctx)
	for _, sql := range statements(id) {
		p.SendQueryParams(sql, nil, nil, nil, nil)
		p.SendPipelineSync()
	}
	err = p.Flush()
	for range 2 * len(statements(id)) { // an answer each, and a Sync's
		err = cmp.Or(err, readOne(p))
	}
	return cmp.Or(err, p.Close())
}

// runFlush reads each answer before it sends the next statement, and has one
// Sync at the end.
func runFlush(ctx context.Context, conn *pgx.Conn, id int) error {
	p := conn.PgConn().StartPipeline(ctx)
	for _, sql := range statements(id) {
		p.SendQueryParams(sql, nil, nil, nil, nil)
		p.SendFlushRequest()
		if err := errors.Join(p.Flush(), readOne(p)); code(err) != "" {
			return errors.Join(err, p.Sync(), p.Close())
		} else if err != nil {
			return errors.Join(err, p.Close())
		}
	}
	return errors.Join(p.Sync(), p.Close())
}

func readOne(p *pgconn.Pipeline) error {
	results, err := p.GetResults()
	if reader, ok := results.(*pgconn.ResultReader); ok {
		_, err = reader.Close()
	}
	return err
}

// outcome is what a client and the server then have of a fault.
type outcome struct {
	code string // of the error; "" where the connection is lost
	kept bool   // the row, at once
	late bool   // the row, when what is held has been delivered
}

var outcomes = map[Fault]outcome{
	LoseCommit:    {},
	LoseAnswer:    {kept: true, late: true},
	DelayCommit:   {late: true},
	RefuseCommit:  {code: "40001"},
	FailStatement: {code: "40001"},
	Deadlock:      {code: "40P01"},
}

const never = time.Hour // DelayCommit waits for Deliver

func newTable(t *testing.T) (url, database string) {
	t.Helper()
	url = Shared(t).Database(t)
	mustExec(t, mustConnect(t, url), "CREATE TABLE written (id INT PRIMARY KEY)")
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return url, config.Database
}

func written(t *testing.T, url string, id int) bool {
	t.Helper()
	return scalar[bool](t, url, "SELECT EXISTS (SELECT FROM written WHERE id = $1)", id)
}

func TestFaults(t *testing.T) {
	if len(outcomes) != int(faults)-1 {
		t.Fatalf("%d of %d faults have an outcome", len(outcomes), faults-1)
	}
	for name, run := range forms {
		t.Run(name, func(t *testing.T) {
			url, database := newTable(t)
			proxy := NewProxy(t, Shared(t).Addr(), Plan{Delay: never})
			for fault, want := range outcomes {
				checkFault(t, url, proxy, database, run, fault, want)
			}
			if got, want := proxy.Counts().Faults, len(outcomes); len(got) != want {
				t.Errorf("counted %v", got)
			}
		})
	}
}

// checkFault runs a transaction that is spared, one that is not, and, where
// the connection is left, a third.
func checkFault(t *testing.T, url string, proxy *Proxy, database string, run form, fault Fault, want outcome) {
	t.Helper()
	conn := mustConnect(t, proxy.URL(database))
	id := 10 * int(fault)
	if err := run(t.Context(), conn, id); err != nil || !written(t, url, id) {
		t.Fatalf("%v: before: %v", fault, err)
	}
	proxy.Next(fault)
	err := run(t.Context(), conn, id+1)
	if err == nil || code(err) != want.code || conn.IsClosed() != (want.code == "") {
		t.Fatalf("%v: %v, and the connection is closed: %v", fault, err, conn.IsClosed())
	}
	if got := written(t, url, id+1); got != want.kept {
		t.Errorf("%v: the row is there: %v", fault, got)
	}
	proxy.Deliver()
	if got := written(t, url, id+1); got != want.late {
		t.Errorf("%v: the row is there at last: %v", fault, got)
	}
	if want.code != "" {
		checkUsable(t, url, conn, run, fault, id+2)
	}
}

// checkUsable: the client and the server agree about the transaction.
func checkUsable(t *testing.T, url string, conn *pgx.Conn, run form, fault Fault, id int) {
	t.Helper()
	if got := conn.PgConn().TxStatus(); fault == RefuseCommit && got != 'I' {
		t.Errorf("%v: in a transaction after its COMMIT: %c", fault, got)
	}
	if conn.PgConn().TxStatus() == 'E' {
		mustExec(t, conn, "ROLLBACK")
	}
	if err := run(t.Context(), conn, id); err != nil || !written(t, url, id) {
		t.Errorf("%v: after: %v", fault, err)
	}
}

// TestOwnFailure: the client hears of its own mistake first, whatever the
// proxy does to the COMMIT behind it.
func TestOwnFailure(t *testing.T) {
	url, database := newTable(t)
	mustExec(t, mustConnect(t, url), insert, 1)
	for name, run := range forms {
		proxy := NewProxy(t, Shared(t).Addr(), Plan{})
		conn := mustConnect(t, proxy.URL(database))
		proxy.Next(RefuseCommit)
		if err := run(t.Context(), conn, 1); code(err) != "23505" { // unique_violation
			t.Errorf("%s: a row written twice: %v", name, err)
		}
		mustExec(t, conn, "ROLLBACK")
		err := run(t.Context(), conn, 2)
		if code(err) == "40001" { // it had not come to its COMMIT
			err = run(t.Context(), conn, 2)
		}
		if err != nil || !written(t, url, 2) {
			t.Errorf("%s: its next transaction: %v", name, err)
		}
		mustExec(t, conn, "DELETE FROM written WHERE id = 2")
	}
}

// TestDelayPasses: a COMMIT that is held goes by itself.
func TestDelayPasses(t *testing.T) {
	url, database := newTable(t)
	proxy := NewProxy(t, Shared(t).Addr(), Plan{Delay: time.Millisecond})
	proxy.Next(DelayCommit)
	if err := runPgx(t.Context(), mustConnect(t, proxy.URL(database)), 1); err == nil || code(err) != "" {
		t.Fatalf("the client was told %v", err)
	}
	if err := poll("the row", func() (bool, error) { return written(t, url, 1), nil }); err != nil {
		t.Error(err)
	}
}

// TestDelayedMeetsRetry: the client tries again while its COMMIT is under way,
// and waits for what that will do.
func TestDelayedMeetsRetry(t *testing.T) {
	url, database := newTable(t)
	proxy := NewProxy(t, Shared(t).Addr(), Plan{Delay: never})
	proxy.Next(DelayCommit)
	if err := runPgx(t.Context(), mustConnect(t, proxy.URL(database)), 1); err == nil {
		t.Fatal("the client was told of a COMMIT that is held")
	}
	proxy.Cut() // spares it
	again := mustConnect(t, proxy.URL(database))
	answered := make(chan error)
	go func() { answered <- runPgx(t.Context(), again, 1) }()
	if err := Shared(t).until("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = '" + database + "')"); err != nil {
		t.Fatal(err)
	}
	proxy.Deliver()
	if err := <-answered; code(err) != "23505" {
		t.Errorf("the second try was answered %v", err)
	}
	if !written(t, url, 1) {
		t.Error("the first did not take effect")
	}
}

// TestRates runs many transactions under all the faults and finds of each
// what its client was told.
func TestRates(t *testing.T) {
	url, database := newTable(t)
	proxy := NewProxy(t, Shared(t).Addr(), Plan{
		Dice: rand.New(rand.NewPCG(1, 2)), Delay: time.Millisecond,
		Rates: map[Fault]float64{LoseCommit: .1, LoseAnswer: .1, DelayCommit: .1, RefuseCommit: .2, FailStatement: .1, Deadlock: .1},
	})
	const clients, each = 4, 100
	told := make([]error, clients*each)
	var wait sync.WaitGroup
	for client := range clients {
		wait.Go(func() {
			for n := range each {
				told[client*each+n] = tryOnce(t.Context(), proxy.URL(database), client*each+n)
			}
		})
	}
	wait.Wait()
	proxy.Deliver()
	for id, err := range told {
		if is := written(t, url, id); err == nil && !is || code(err) != "" && is {
			t.Errorf("the client of %d was told %v; it is there: %v", id, err, is)
		}
	}
	counts := proxy.Counts()
	for fault := range outcomes {
		if counts.Faults[fault] == 0 {
			t.Errorf("%v never happened", fault)
		}
	}
	failed := counts.Faults[FailStatement] + counts.Faults[Deadlock]
	if counts.Connections != len(told) || counts.Commits != len(told)-failed {
		t.Errorf("%d transactions, %+v", len(told), counts)
	}
}

func tryOnce(ctx context.Context, url string, id int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return runPgx(ctx, conn, id)
}

func TestCutAndRefuse(t *testing.T) {
	url, database := newTable(t)
	proxy := NewProxy(t, Shared(t).Addr(), Plan{})
	conn := mustConnect(t, proxy.URL(database))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, conn, insert, 1)
	proxy.Refuse(true)
	if other, err := pgx.Connect(t.Context(), proxy.URL(database)); err == nil {
		other.Close(t.Context())
		t.Error("a connection was let in")
	}
	mustExec(t, conn, insert, 2)
	proxy.Cut()
	if err := tx.Commit(t.Context()); err == nil || code(err) != "" {
		t.Errorf("a COMMIT over a connection that was cut: %v", err)
	}
	if err := Shared(t).until("NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = '" + database + "')"); err != nil {
		t.Error(err)
	}
	proxy.Refuse(false)
	if err := tryOnce(t.Context(), proxy.URL(database), 3); err != nil {
		t.Error(err)
	}
	if n := scalar[int](t, url, "SELECT SUM(id) FROM written"); n != 3 {
		t.Errorf("rows of sum %d", n)
	}
}

func TestTarget(t *testing.T) {
	other := Start(t, Options{})
	proxy := NewProxy(t, Shared(t).Addr(), Plan{})
	conn := mustConnect(t, proxy.URL("postgres"))
	proxy.Target(other.Addr())
	const port = "SELECT current_setting('port')::INT"
	var stays int
	if err := conn.QueryRow(t.Context(), port).Scan(&stays); err != nil || stays != Shared(t).Port() {
		t.Errorf("an open connection is at port %d: %v", stays, err)
	}
	if moved := scalar[int](t, proxy.URL("postgres"), port); moved != other.Port() {
		t.Errorf("a new connection is at port %d", moved)
	}
	if err := other.Stop(); err != nil {
		t.Fatal(err)
	}
	if conn, err := pgx.Connect(t.Context(), proxy.URL("postgres")); err == nil {
		conn.Close(t.Context())
		t.Error("connected to a server that is down")
	}
}

// TestPassesThrough: what the proxy does not care about works.
func TestPassesThrough(t *testing.T) {
	_, database := newTable(t)
	proxy := NewProxy(t, Shared(t).Addr(), Plan{})
	conn := mustConnect(t, strings.Replace(proxy.URL(database), "sslmode=disable", "sslmode=prefer", 1))
	rows := pgx.CopyFromSlice(10000, func(i int) ([]any, error) { return []any{i}, nil })
	if n, err := conn.CopyFrom(t.Context(), pgx.Identifier{"written"}, []string{"id"}, rows); err != nil || n != 10000 {
		t.Errorf("copied %d: %v", n, err)
	}
	mustExec(t, conn, "BEGIN; DELETE FROM written WHERE id = 1; COMMIT")
	answered := make(chan error)
	go func() {
		_, err := conn.Exec(t.Context(), "SELECT pg_sleep(3600)")
		answered <- err
	}()
	if err := Shared(t).until("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '" + database + "')"); err != nil {
		t.Fatal(err)
	}
	if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-answered; code(err) != "57014" { // query_canceled
		t.Errorf("a cancelled query is answered %v", err)
	}
}

// TestStranger: who does not speak the protocol is dropped.
func TestStranger(t *testing.T) {
	proxy := NewProxy(t, Shared(t).Addr(), Plan{})
	conn, err := net.Dial("tcp", proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("answered %d bytes", n)
	}
	if n := proxy.Counts().Connections; n != 0 {
		t.Errorf("%d connections to the server", n)
	}
}

func TestVerbs(t *testing.T) {
	want := map[verb][]string{
		begin:    {"begin", "BEGIN ISOLATION LEVEL SERIALIZABLE;", " start transaction read only", "BEGIN TRANSACTION"},
		commit:   {"commit", "COMMIT;", "\nCommit Work ; ", "END", "end transaction"},
		rollback: {"rollback", "ABORT", "ROLLBACK TRANSACTION"},
		other: {
			"", ";", "SELECT 1", "COMMIT PREPARED 'x'", "ROLLBACK TO SAVEPOINT a", "BEGIN; SELECT 1; COMMIT", "commit_all()",
			"COMMIT AND CHAIN", "START_TRANSACTION", "INSERT INTO t VALUES ('commit')",
		},
	}
	for _, v := range slices.Sorted(maps.Keys(want)) {
		for _, sql := range want[v] {
			if got := verbOf(sql); got != v {
				t.Errorf("%q is taken for %d, not %d", sql, got, v)
			}
		}
	}
}
