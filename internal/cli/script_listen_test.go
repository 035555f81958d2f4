package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qrisd/qrisd/internal/server"
)

// running are a script's programs in the background, by the file of their
// output.
type running struct {
	mu   sync.Mutex
	each map[string]*exec.Cmd
}

var backgrounds running

func (r *running) put(name string, cmd *exec.Cmd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.each == nil {
		r.each = make(map[string]*exec.Cmd)
	}
	r.each[name] = cmd
}

func (r *running) take(name string) *exec.Cmd {
	r.mu.Lock()
	defer r.mu.Unlock()
	cmd := r.each[name]
	delete(r.each, name)
	return cmd
}

// runBehind starts a program whose output goes to a file:
// background FILE PROGRAM ARG... It ends by interrupt FILE, or with the script.
func runBehind(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: background FILE PROGRAM ARG...")
	}
	file := ts.MkAbs(args[0])
	out, err := os.Create(file)
	ts.Check(err)
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd := exec.Command(program, args[2:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, out
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	ts.Check(cmd.Start())
	backgrounds.put(file, cmd)
	ts.Defer(func() {
		if cmd := backgrounds.take(file); cmd != nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
		out.Close()
	})
}

// interrupt ends a program of background as Control-C does, and wants it to
// end well: interrupt FILE.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: interrupt FILE")
	}
	cmd := backgrounds.take(ts.MkAbs(args[0]))
	if cmd == nil {
		ts.Fatalf("nothing runs for %s", args[0])
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("%s ended with %v:\n%s", args[0], err, ts.ReadFile(args[0]))
	}
}

// waitFor waits until a line of a file matches: waitfor FILE PATTERN.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor FILE PATTERN")
	}
	want := regexp.MustCompile("(?m)" + args[1])
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && want.Match(text) {
			return
		}
	}
	ts.Fatalf("%s never had %s:\n%s", args[0], args[1], ts.ReadFile(args[0]))
}

// receive runs a receiver of notifications that acknowledges with a code and
// writes what it hears to a file: receiver CODE FILE NAME puts its address
// into the environment variable NAME.
func receive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: receiver CODE FILE NAME")
	}
	file := ts.MkAbs(args[1])
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var heard bytes.Buffer
		fmt.Fprintf(&heard, "%s %s\n", r.Method, r.RequestURI)
		lines := slices.Collect(strings.Lines(string(server.Head(r))))
		for _, line := range lines[1:] {
			heard.WriteString(strings.TrimRight(line, "\r\n") + "\n")
		}
		fmt.Fprintf(&heard, "%s\n", body)
		if err := os.WriteFile(file, heard.Bytes(), 0o600); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"responseCode":%q,"responseMessage":"Successful"}`, args[0])
	}))
	s.Listener, s.Config.ConnContext = server.Tap(s.Listener), server.Tapped
	s.Start()
	ts.Defer(s.Close)
	ts.Setenv(args[2], s.URL)
}
