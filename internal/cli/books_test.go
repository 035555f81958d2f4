package cli

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// tamper changes the file of a store behind everyone's back: tamper FILE
// STATEMENT.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tamper FILE STATEMENT")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(err)
	ts.Check(db.Close())
}

// swap replaces a text in a file of any kind with one of the same length: swap
// FILE OLD NEW.
func swap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: swap FILE OLD NEW")
	}
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	changed := bytes.Replace(text, []byte(args[1]), []byte(args[2]), 1)
	if bytes.Equal(changed, text) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), changed, 0o600))
}

// permits checks who may read a file: permits FILE 600.
func permits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: permits FILE MODE")
	}
	st, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(st.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

// TestBooksOnPostgres takes the books of a server from a file to a database
// and back, while a server is at work on the database.
func TestBooksOnPostgres(t *testing.T) {
	folder, url := t.TempDir(), pgtest.Shared(t).Database(t)
	at := func(name string) string { return filepath.Join(folder, name) }
	startWith(t, serveOptions{data: at("data")}).stop()
	from := filepath.Join(at("data"), "qrisd.db")
	for _, step := range []struct {
		args string
		exit int
		says string
	}{
		{"migrate status --store " + url, 1, "schema 0, this program's is"},
		{"verify " + url, 1, "there are no books here"},
		{"migrate up --store " + url, 0, ", was 0"},
		{"migrate status --store " + url, 0, "this program's is"},
		{"move " + from + " " + url, 0, "do not serve it any more"},
		{"move " + from + " " + url, 1, "is not empty, table partner has rows"},
		{"verify " + url, 0, "invariants hold"},
		{"backup --store " + url + " " + at("a.db"), 0, "payer       7"},
		{"verify " + at("a.db"), 0, "invariants hold"},
		{"move " + url + " " + at("back.db"), 0, "do not serve it any more"},
		{"restore --store " + url + " " + at("a.db"), 1, "is not empty"},
		{"restore " + url, 1, "a backup is a file"},
	} {
		command(t, step.args, step.exit, step.says)
	}
	if a, b := backedUp(t, "--store", from), backedUp(t, "--store", at("back.db")); a != b {
		t.Errorf("what came back is not what went:\n%s\n%s", a, b)
	}
	h := startWith(t, serveOptions{data: at("data"), store: url})
	command(t, "move "+url+" "+at("late.db"), 1, "nodes are at work on these books: ")
	command(t, "move --force "+url+" "+at("late.db"), 0, "what they write from now on stays behind")
	command(t, "backup --store "+url+" "+at("online.db"), 0, "TABLE")
	h.stop()
	command(t, "move "+url+" "+at("rest.db"), 0, "do not serve it any more")
}

// command runs a command line and expects its exit code and a text that it says.
func command(t *testing.T, args string, exit int, says string) {
	t.Helper()
	var out bytes.Buffer
	if got := Main(strings.Fields(args), nil, &out, &out); got != exit || !strings.Contains(out.String(), says) {
		t.Errorf("qrisd %s\nexit %d, not %d with %q:\n%s", args, got, exit, says, out.String())
	}
}

// backedUp takes a backup and gives what it says that it holds, but for its
// time.
func backedUp(t *testing.T, of ...string) string {
	t.Helper()
	var out bytes.Buffer
	if Main(append([]string{"backup", "--json", filepath.Join(t.TempDir(), "b.db")}, of...), nil, &out, &out) != 0 {
		t.Fatal(out.String())
	}
	_, tables, _ := strings.Cut(out.String(), `"schema"`)
	return tables
}

// TestOnlineBackup takes backups while payments go on: each is a moment at
// which all is well.
func TestOnlineBackup(t *testing.T) {
	h := startWith(t, serveOptions{data: t.TempDir()})
	ctx, stop := context.WithCancel(t.Context())
	paid, stopped := make(chan struct{}), make(chan error, 1)
	go func() { stopped <- payOn(ctx, h.node, paid) }()
	last := ""
	for range 3 {
		<-paid
		now := backedUp(t, "--data", h.dir)
		if now == last {
			t.Error("nothing was paid between two backups")
		}
		last = now
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	entries, err := filepath.Glob(filepath.Join(h.dir, "backup-*"))
	if err != nil || len(entries) > 0 {
		t.Errorf("the server has left %v, %v", entries, err)
	}
	resp, err := http.Get(h.node.adminURL + "/v1/backup")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %s", resp.Status)
	}
}

// payOn generates codes and pays them until the context ends, and tells whoever
// waits for a payment.
func payOn(ctx context.Context, n *node, paid chan<- struct{}) error {
	defer close(paid)
	partner, err := n.core.Partner(ctx, n.file.Partners["dana"].PartnerID)
	for err == nil {
		var code pay.Code
		code, err = n.core.Generate(ctx, pay.GenerateRequest{Partner: partner, Amount: pay.Rp(10)})
		if err == nil {
			_, err = n.core.Pay(ctx, pay.PayRequest{PayerID: sandbox.PayerOf("dana"), Payload: code.Payload})
		}
		select {
		case paid <- struct{}{}:
		default:
		}
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
