package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/client"
)

// emptyTemp makes temporary folders go to one that is watched, and fails if
// something is left there.
func emptyTemp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}

// demoAnswers reads the response codes off the page, in order of the steps.
func demoAnswers(t *testing.T, text string) []string {
	t.Helper()
	var codes []string
	for _, m := range regexp.MustCompile(`(?m)^ ?(\d+)  .+\n    (?:POST|GET) +/\S+\n    (\d{3}|\d{7}) `).FindAllStringSubmatch(text, -1) {
		codes = append(codes, m[2])
		if m[1] != strconv.Itoa(len(codes)) {
			t.Errorf("step %s comes as number %d", m[1], len(codes))
		}
	}
	return codes
}

func TestDemoOnce(t *testing.T) {
	emptyTemp(t)
	var out, errs bytes.Buffer
	if code := Main([]string{"demo", "--once"}, nil, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("exit %d: %s\n%s", code, &errs, &out)
	}
	text, steps := out.String(), demoSteps()
	answers := demoAnswers(t, text)
	if len(answers) != len(steps) {
		t.Fatalf("%d answers to %d steps:\n%s", len(answers), len(steps), text)
	}
	for i, step := range steps {
		if answers[i] != step.expect || !strings.Contains(text, step.title) {
			t.Errorf("step %d, %s: %s, want %s", i+1, step.title, answers[i], step.expect)
		}
		if _, explained := meanings[step.expect]; len(step.expect) == 7 && !explained {
			t.Errorf("step %d: no words for %s", i+1, step.expect)
		}
	}
	for _, want := range []string{
		"Invalid Field Format additionalInfo.qrContent. a run of spaces was collapsed",
		"the sandbox's clock shows 2024-03-15T10:00:00+07:00", "dynamic, generated 2024-03-15 10:00:00, Rp 9,000",
		"why: the code was paid before", "balanced: true", "revenue:fee", "█",
		"All " + strconv.Itoa(len(steps)) + " steps were answered as expected.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"\x1b", "FAILED", "Bearer", " \n"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
}

// TestDemoBodiesAreTheDocuments holds the embedded samples to those with which
// the dialects are tested.
func TestDemoBodiesAreTheDocuments(t *testing.T) {
	for name, original := range map[string]string{
		"dana": "dana/testdata/generate.request.json", "qoin": "qoin/testdata/generate.request.json",
		"midtrans": "midtrans/testdata/generate.request.json", "speedcash": "speedcash/testdata/list.request.json",
		"paydia": "paydia/testdata/payment.request.json", "paydia.repaired": "paydia/testdata/payment.repaired.json",
	} {
		ours, err := demoBodies.ReadFile("demo/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := os.ReadFile(filepath.Join("..", "dialect", filepath.FromSlash(original)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Errorf("demo/%s.json is not %s", name, original)
		}
	}
}

// TestDemoFailures: whatever goes wrong in a step is FAILED and an error, and
// the other steps are still told.
func TestDemoFailures(t *testing.T) {
	emptyTemp(t)
	good := demoSteps()[0]
	steps := []demoStep{
		{"", "another code than expected", "2007301", good.run},
		{"", "no request at all", "2004700", payCode("dana")},
		{"", "a refusal", "2004700", func(ctx context.Context, d *demo) (demoNotes, error) {
			_, err := d.clients["dana"].Call(ctx, client.OpGenerate, struct{}{}, "")
			return demoNotes{}, err
		}},
		{"", "the expected code, and wrong all the same", "200", func(ctx context.Context, d *demo) (demoNotes, error) {
			_, err := checkLedger(ctx, d)
			return demoNotes{}, errors.Join(err, errors.New("not balanced"))
		}},
		{"", "a clock that was not moved", "200", restoreClock},
		{"", "a good step", good.expect, func(ctx context.Context, d *demo) (demoNotes, error) { return b2bToken("midtrans")(ctx, d) }},
	}
	var out bytes.Buffer
	err := runDemo(t.Context(), demoOptions{once: true, listen: "127.0.0.1:0"}, steps, &out)
	if err == nil || err.Error() != "5 of 6 steps FAILED" {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{
		"    2007300  Successful\n    FAILED   expected 2007301\n",
		"no request at all\n    FAILED   expected 2004700: there is no code to pay: an earlier step failed\n",
		"    FAILED   expected 2004700: dana generate: 4004702 Invalid Mandatory Field ",
		"    200      OK\n    FAILED   not balanced\n",
		"    FAILED   the clock was not moved",
		"a good step\n    POST     /v1.0/access-token/b2b\n    2007300  Successful\n    means ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "as expected") {
		t.Error("the page ends as if all were well")
	}
}

// TestDemoExitCode goes by an error that needs no broken step: the address is
// taken.
func TestDemoExitCode(t *testing.T) {
	emptyTemp(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var out, errs bytes.Buffer
	if code := Main([]string{"demo", "--once", "--listen", taken.Addr().String()}, nil, &out, &errs); code != 1 || !strings.HasPrefix(errs.String(), "qrisd: demo: listening for the API") {
		t.Errorf("exit %d: %s", code, &errs)
	}
}

func TestDemoInterrupted(t *testing.T) {
	emptyTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	steps := []demoStep{
		{"", "a person loses patience", "200", func(context.Context, *demo) (demoNotes, error) { cancel(); return demoNotes{}, nil }},
		{"", "what is never told", "200", func(context.Context, *demo) (demoNotes, error) { t.Error("it was"); return demoNotes{}, nil }},
	}
	err := runDemo(ctx, demoOptions{listen: "127.0.0.1:0"}, steps, io.Discard)
	if err == nil || err.Error() != "interrupted in step 1 of 2" {
		t.Errorf("%v", err)
	}
}

// TestDemoGoesOn takes the page at its word: the addresses answer and the
// commands that it proposes work, until the demo is interrupted.
func TestDemoGoesOn(t *testing.T) {
	data := filepath.Join(t.TempDir(), "a folder")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	page, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := runDemo(ctx, demoOptions{listen: "127.0.0.1:0", data: data}, []demoStep{{"", "Qoin generates", "2004700", generate("qoin", 10_000)}}, out)
		out.Close()
		done <- err
	}()
	var commands []string
	for lines := bufio.NewScanner(page); len(commands) < 3 && lines.Scan(); {
		if command, ok := strings.CutPrefix(lines.Text(), "  qrisd "); ok {
			commands = append(commands, command)
		}
	}
	go io.Copy(io.Discard, page)
	if len(commands) != 3 {
		t.Fatalf("%d commands: %q; %v", len(commands), commands, <-done)
	}
	for _, command := range commands {
		before, folder, _ := strings.Cut(command, "'")
		args := append(strings.Fields(before), strings.TrimSuffix(folder, "'"))
		var said, errs bytes.Buffer
		if code := Main(args, nil, &said, &errs); code != 0 || said.Len() == 0 {
			t.Errorf("%q: exit %d: %s%s", args, code, &said, &errs)
		}
	}
	demoServes(t, filepath.Join(data, "sandbox.json"))
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(filepath.Join(data, "qrisd.db")); err != nil {
		t.Errorf("the folder of --data is not kept: %v", err)
	}
	if err := runDemo(t.Context(), demoOptions{once: true, data: data}, demoSteps(), io.Discard); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second demo in the folder: %v", err)
	}
}

func demoServes(t *testing.T, sandboxFile string) {
	t.Helper()
	text, err := os.ReadFile(sandboxFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ APIURL, AdminURL string }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{file.APIURL, file.AdminURL} {
		res, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", url, res.Status)
		}
	}
}

func TestDemoPage(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""}, {"a", "a"}, {"ab cd", "ab cd"}, {"abc de", "abc|de"}, {"abcdefgh i", "abcdefgh|i"}, {"  a \n b  ", "a b"},
	} {
		if got := strings.Join(wrap(test.text, 5), "|"); got != test.want {
			t.Errorf("wrap %q: %q, want %q", test.text, got, test.want)
		}
	}
	for _, test := range []struct{ word, want string }{{"/a/b", "/a/b"}, {"/a b", "'/a b'"}, {"it's", `'it'\''s'`}, {"$HOME", "'$HOME'"}} {
		if got := shellWord(test.word); got != test.want {
			t.Errorf("shellWord %q: %s, want %s", test.word, got, test.want)
		}
	}
	var out bytes.Buffer
	p := &page{out: &out, colour: true}
	p.step(1, demoStep{title: "T"}, witness{"POST", "/p", "2004700", "Successful"}, demoNotes{}, nil)
	if want := "\n 1  \x1b[1mT\x1b[0m\n    POST     /p\n    \x1b[32m2004700\x1b[0m  Successful\n    means    the QR code exists and can be paid\n"; out.String() != want {
		t.Errorf("%q, want %q", &out, want)
	}
}

func TestBalanceTable(t *testing.T) {
	got := balanceTable([]accountView{{"clearing:93600008", "20000.00"}, {"payer:x", "-600000.50"}}, "-580000.50")
	want := "" +
		"    clearing:93600008       Rp 20,000  owed to another institution, Bank Mandiri\n" +
		"    payer:x            -Rp 600,000.50  a payer's wallet\n" +
		"    total              -Rp 580,000.50\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
