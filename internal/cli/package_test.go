package cli

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// deployed reads a file of deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// jsonWords finds the lists of words that follow a key: ENTRYPOINT ["a", "b"].
func jsonWords(t *testing.T, text, key string) (all [][]string) {
	t.Helper()
	for _, m := range regexp.MustCompile(key+`\s*(\[".*\])`).FindAllStringSubmatch(text, -1) {
		var words []string
		if err := json.Unmarshal([]byte(m[1]), &words); err != nil {
			t.Fatalf("%s: %v", m[0], err)
		}
		all = append(all, words)
	}
	if all == nil {
		t.Fatalf("no %s", key)
	}
	return all
}

// TestDeployedCommandsAreUnderstood holds what the image, the compose file and
// the service start to the flags that there are.
func TestDeployedCommandsAreUnderstood(t *testing.T) {
	dockerfile := deployed(t, "docker/Dockerfile")
	lines := []string{
		"qrisd " + strings.Join(jsonWords(t, dockerfile, `\nCMD`)[0], " "),
		"qrisd " + strings.Join(jsonWords(t, dockerfile, `HEALTHCHECK .* CMD`)[0][1:], " "),
	}
	flow := regexp.MustCompile(`command: \[(.*)\]`)
	for _, m := range flow.FindAllStringSubmatch(deployed(t, "compose.yaml"), -1) {
		lines = append(lines, "qrisd "+strings.NewReplacer(",", "", `"`, "").Replace(m[1]))
	}
	service := regexp.MustCompile(`ExecStart=/usr/bin/(.*) \$QRISD_OPTIONS\n`).FindStringSubmatch(deployed(t, "systemd/qrisd.service"))
	options := regexp.MustCompile(`QRISD_OPTIONS=(.*)`).FindStringSubmatch(deployed(t, "systemd/qrisd.env"))
	if service == nil || options == nil || len(lines) != 4 {
		t.Fatalf("the commands found are %q, %q and %q", lines, service, options)
	}
	lines = append(lines, service[1]+" "+options[1])
	for _, line := range lines {
		c := understood(t, line)
		if err := c.ValidateArgs(c.Flags().Args()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestContainersAreNobody(t *testing.T) {
	dockerfile := deployed(t, "docker/Dockerfile")
	user := regexp.MustCompile(`(?m)^USER ([0-9]+):([0-9]+)$`).FindStringSubmatch(dockerfile)
	if user == nil || user[1] == "0" {
		t.Errorf("the image's user is %q: a number other than 0 is one that orchestrators can check", user)
	}
	if !strings.Contains(dockerfile, "--chown="+user[1]+":"+user[2]+" /out/data /data") {
		t.Error("the volume is not its user's")
	}
	_, image, _ := strings.Cut(dockerfile, "\nFROM scratch")
	for _, m := range regexp.MustCompile(`(?m)^COPY .*?(\S+) (/\S*)$`).FindAllStringSubmatch(image, -1) {
		if strings.HasPrefix("/data", m[2]) && m[1] != "/out/data" {
			t.Errorf("%s makes the volume before its user has it, and some builders leave it so", m[0])
		}
	}
	node, _, _ := strings.Cut(deployed(t, "compose.yaml"), "\nservices:")
	for _, line := range []string{"read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"} {
		if !strings.Contains(node, line) {
			t.Errorf("the compose file's nodes lack %s", line)
		}
	}
}

// TestManualSaysWhatHelpSays looks for every command and every flag.
func TestManualSaysWhatHelpSays(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1769842800")
	dir := t.TempDir()
	if code := Main([]string{"man", dir}, nil, os.Stdout, os.Stderr); code != 0 {
		t.Fatalf("man ended with %d", code)
	}
	every(rootCommand(), func(c *cobra.Command) {
		if c.Hidden {
			return
		}
		text, err := os.ReadFile(filepath.Join(dir, manualName(c)+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		page := string(text)
		checkRoff(t, manualName(c), page)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(page, escapeRoff("--"+f.Name)) {
				t.Errorf("the page of %s lacks --%s", c.CommandPath(), f.Name)
			}
		})
		if !strings.Contains(page, `"2026\-01\-31"`) || !strings.Contains(page, escapeRoff(c.Short)) {
			t.Errorf("the page of %s lacks its date or what it is about", c.CommandPath())
		}
	})
}

// checkRoff holds each line to the requests that are used, and each backslash
// to an escape that is.
func checkRoff(t *testing.T, name, page string) {
	t.Helper()
	request := regexp.MustCompile(`^\.(TH|SH|PP|TP|nf|fi)( |$)`)
	escapes := regexp.MustCompile(`\\(e|-|&|f[BIR]|\(dq)`)
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if (strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'")) && !request.MatchString(line) {
			t.Errorf("%s: %q is no request", name, line)
		}
		if strings.Contains(escapes.ReplaceAllString(line, ""), `\`) {
			t.Errorf("%s: %q has a backslash that nobody meant", name, line)
		}
	}
}

func TestRoffKeepsText(t *testing.T) {
	var r roff
	r.prose("a \\ b\n.hidden\n\n  qrisd --all 'x'\n\n'quoted")
	want := "a \\e b\n\\&.hidden\n.PP\n.nf\n  qrisd \\-\\-all 'x'\n.fi\n.PP\n\\&'quoted\n"
	if r.String() != want {
		t.Errorf("got\n%swant\n%s", r.String(), want)
	}
}

// TestCompletions makes them for each shell, which reads them where it is
// installed.
func TestCompletions(t *testing.T) {
	for shell, check := range map[string][]string{
		"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "--no-execute"}, "powershell": nil,
	} {
		file := filepath.Join(t.TempDir(), shell)
		var script, errs strings.Builder
		if code := Main([]string{"completion", shell}, nil, &script, &errs); code != 0 {
			t.Fatalf("%s: %s", shell, errs.String())
		}
		if !strings.Contains(script.String(), "__complete") {
			t.Errorf("%s: no completion in\n%.200s", shell, script.String())
		}
		if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if check == nil {
			continue
		}
		if program, err := exec.LookPath(check[0]); err == nil {
			if out, err := exec.Command(program, append(check[1:], file)...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", shell, err, out)
			}
		}
	}
	var words strings.Builder
	Main([]string{"__complete", "partner", "sus"}, nil, &words, &words)
	if !strings.HasPrefix(words.String(), "suspend\t") {
		t.Errorf("partner sus is completed to %q", words.String())
	}
}

func TestHealth(t *testing.T) {
	answers := map[string]struct {
		status int
		body   string
		code   int
		said   string
	}{
		"/readyz":  {200, `{"status":"ready","time":"2026-01-31T07:00:00+07:00"}`, 0, "ready\n"},
		"/healthz": {200, `{"status":"ok"}`, 0, "ok\n"},
		"/drain":   {503, `{"status":"draining"}`, 1, "qrisd: health: 503 Service Unavailable: draining\n"},
		"/full":    {503, `{"status":"unavailable","cause":"the disk is full;","cure":"make room"}`, 1, "qrisd: health: 503 Service Unavailable: unavailable the disk is full; make room\n"},
		"/moved":   {302, `{"status":"ready"}`, 1, "qrisd: health: 302 Found: ready\n"},
		"/other":   {200, `<html>`, 1, "qrisd: health: 200 OK, and the answer is not a qrisd server's\n"},
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(answers[r.URL.Path].status)
		w.Write([]byte(answers[r.URL.Path].body))
	})
	plain := httptest.NewServer(handler)
	defer plain.Close()
	for path, want := range answers {
		if code, said := asked("health", plain.URL+path); code != want.code || said != want.said {
			t.Errorf("%s: %d %q, want %d %q", path, code, said, want.code, want.said)
		}
	}
	if code, said := asked("health", plain.URL); code != 0 || said != "ready\n" {
		t.Errorf("without a path: %d %q", code, said)
	}
	plain.Close()
	for _, url := range []string{plain.URL, "nowhere", "://"} {
		if code, _ := asked("health", url); code != 1 {
			t.Errorf("%s: %d", url, code)
		}
	}
}

func asked(args ...string) (code int, said string) {
	var out strings.Builder
	code = Main(args, nil, &out, &out)
	return code, out.String()
}

func TestHealthOverTLS(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"status":"ready"}`)) }))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what this is about
	secure.StartTLS()
	defer secure.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{nil, 1}, // nobody vouches for it
		{[]string{"--ca", file}, 0},
		{[]string{"--ca", file, "--server-name", "example.com"}, 0},
		{[]string{"--ca", file, "--server-name", "qris.example"}, 1},
		{[]string{"--ca", "package_test.go"}, 1},
	} {
		if code, said := asked(append([]string{"health", secure.URL}, c.args...)...); code != c.code {
			t.Errorf("%v: %d %s", c.args, code, said)
		}
	}
}

func TestSBOMOfItself(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1769842800")
	code, said := asked("sbom", "--as", "v1.2.3")
	var d struct {
		BomFormat string
		Metadata  struct {
			Timestamp string
			Component struct{ Name, Version string }
		}
	}
	if err := json.Unmarshal([]byte(said), &d); code != 0 || err != nil {
		t.Fatalf("%d %v\n%s", code, err, said)
	}
	if m := d.Metadata; m.Component.Name != "qrisd" || m.Component.Version != "v1.2.3" || m.Timestamp != "2026-01-31T07:00:00Z" {
		t.Errorf("it says %+v", d)
	}
	for _, args := range [][]string{{"sbom", "--notices"}, {"sbom", "package_test.go"}, {"sbom", "--modules", "."}} {
		if code, _ := asked(args...); code == 0 {
			t.Errorf("%v was done", args)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "today")
	if code, _ := asked("sbom"); code != 1 {
		t.Errorf("a date that is none: %d", code)
	}
}
