package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"qrisd": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitready": waitReady,
			"send":      send,
			"pick":      pick,
			"readenv":   readEnv,
			"tamper":    tamper,
			"swap":      swap,
			"permits":   permits,

			"background": runBehind,
			"interrupt":  interrupt,
			"waitfor":    waitFor,
			"receiver":   receive,
		},
		Setup: func(e *testscript.Env) error {
			fixtures, err := filepath.Abs(exampleFixtures)
			if err != nil {
				return err
			}
			e.Setenv("FIXTURES", fixtures)
			return scriptStore(t)(e)
		},
	})
}

// scriptStore gives each script's servers a store of the engine under test.
func scriptStore(t *testing.T) func(*testscript.Env) error {
	return func(e *testscript.Env) error {
		if *onPostgres && !namesItsStores[strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")] {
			e.Setenv(storeVariable, pgtest.Shared(t).Database(t))
		}
		return nil
	}
}

// namesItsStores are the scripts about stores, of either engine, whatever the
// others run on.
var namesItsStores = map[string]bool{"books": true, "migrate": true, "doctor": true}

// readyWithin is how long a server may take to start.
const readyWithin = 30 * time.Second

// waitReady waits until the server of a folder serves: waitready DIR.
func waitReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitready DIR")
	}
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(filepath.Join(args[0], "sandbox.json")))
		if err != nil {
			continue
		}
		var file sandbox.File
		ts.Check(json.Unmarshal(text, &file))
		if resp, err := http.Get(file.AdminURL + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	ts.Fatalf("the server of %s did not get ready", args[0])
}

// send posts a body to the API of a folder's server and prints status and
// answer: send DIR PATH BODYFILE NAME=VALUE... A value @FILE is the file's
// first line.
func send(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: send DIR PATH BODYFILE NAME=VALUE...")
	}
	var file sandbox.File
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(filepath.Join(args[0], "sandbox.json"))), &file))
	req, err := http.NewRequest(http.MethodPost, file.APIURL+args[1], strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	for _, header := range args[3:] {
		name, value, _ := strings.Cut(header, "=")
		if source, ok := strings.CutPrefix(value, "@"); ok {
			value, _, _ = strings.Cut(ts.ReadFile(source), "\n")
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), resp.Status+"\n"+string(answer)+"\n")
	ts.Check(err)
}

// pick puts a text of a JSON file into an environment variable:
// pick FILE key NAME.
func pick(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pick FILE key NAME")
	}
	var fields map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &fields))
	text, ok := fields[args[1]].(string)
	if !ok {
		ts.Fatalf("%s has no text named %s", args[0], args[1])
	}
	ts.Setenv(args[2], text)
}

// readEnv puts the first line of a file into an environment variable:
// readenv NAME FILE.
func readEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: readenv NAME FILE")
	}
	line, _, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	ts.Setenv(args[0], line)
}
