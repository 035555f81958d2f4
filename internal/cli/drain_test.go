package cli

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// process is `qrisd serve --sandbox` as a process of its own, on an embedded
// store, called like a harness.
type process struct {
	*harness
	cmd *exec.Cmd
	log string // the file of what it says
}

func spawn(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, append([]string{"serve", "--sandbox", "--data", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, flags...)...)
	c.Args[0] = "qrisd" // what the test binary then is
	c.Env = append(os.Environ(), storeVariable+"=")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaint, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer complaint.Close() // the process has its own
	c.Stderr = complaint
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: c, log: complaint.Name()}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it has ended already unless the test failed
		if t.Failed() {
			t.Logf("the server said: %s", p.said())
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready:") {
		t.Fatalf("the server did not start: %q %v", line, err)
	}
	p.harness = adopt(t, dir)
	return p
}

// said is all that the server has logged.
func (p *process) said() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// adopt makes a harness of a server that another process runs.
func adopt(t *testing.T, dir string) *harness {
	t.Helper()
	n := &node{core: pay.New(nil, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})}
	text, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &n.file)
	}
	if err != nil {
		t.Fatal(err)
	}
	n.apiURL, n.adminURL = n.file.APIURL, n.file.AdminURL
	return &harness{t: t, dir: dir, node: n, dialects: dialects()}
}

func (p *process) signal() { p.send(syscall.SIGTERM) }

func (p *process) send(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end stops the server, which must leave without a complaint.
func (p *process) end() {
	p.t.Helper()
	p.signal()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the server left with: %v", err)
	}
}

// health is what both listeners answer to a probe.
func (h *harness) health(path string) (answers [2]reply) {
	h.t.Helper()
	for i, url := range []string{h.node.apiURL, h.node.adminURL} {
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		answers[i] = h.do(req)
	}
	return answers
}

// untilReadiness waits until /readyz has a status on both listeners.
func (h *harness) untilReadiness(status int) [2]reply {
	h.t.Helper()
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if r := h.health("/readyz"); r[0].status == status && r[1].status == status {
			return r
		}
	}
	h.t.Fatalf("/readyz never answered %d: %v", status, h.health("/readyz"))
	return [2]reply{}
}

// generateRequest asks for a code under a reference of its own, signed.
func (h *harness) generateRequest(token string) *http.Request {
	c := h.call("midtrans", "generate", h.body("midtrans", "generate"))
	c.token = token
	req, err := http.NewRequest(c.method, h.node.apiURL+c.path, bytes.NewReader(c.raw))
	if err != nil {
		h.t.Fatal(err)
	}
	c.sign(req.Header)
	return req
}

// tally is what clients were told.
type tally struct {
	h       *harness
	mu      sync.Mutex
	refs    []string // of codes that were acknowledged
	refused int      // answered otherwise
}

// hear takes an answer, which must be whole.
func (y *tally) hear(res *http.Response) {
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	var body struct{ ResponseCode, ReferenceNo string }
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	switch {
	case err != nil:
		y.h.t.Errorf("an answer is cut: %v: %q", err, raw)
	case body.ResponseCode == "2004700":
		y.refs = append(y.refs, body.ReferenceNo)
	case body.ResponseCode == "5004701" && res.StatusCode == http.StatusInternalServerError:
		y.refused++
	default:
		y.h.t.Errorf("answered %s %s", res.Status, raw)
	}
}

func (y *tally) acknowledged() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.refs)
}

func (y *tally) first() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.refs[0]
}

// check wants all that was acknowledged in a server's books, and no code more.
func (y *tally) check(h *harness) {
	h.t.Helper()
	for _, ref := range y.refs {
		res, err := http.Get(h.node.apiURL + "/qr/" + ref + ".svg")
		if err != nil {
			h.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			h.t.Errorf("acknowledged %s is lost: %s", ref, res.Status)
		}
	}
	if codes := h.books()["codes"]; fmt.Sprint(codes) != fmt.Sprint(len(y.refs)) {
		h.t.Errorf("the books have %v codes, %d were acknowledged", codes, len(y.refs))
	}
}

// insist sends requests until the server takes none any more.
func (y *tally) insist(token string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for {
		res, err := client.Do(y.h.generateRequest(token))
		if err != nil {
			return // no answer at all: check finds what it left
		}
		y.hear(res)
	}
}

// slow sends half of a request, and the rest when it is told to.
func (y *tally) slow(token string, begun *sync.WaitGroup, goOn <-chan struct{}) {
	req := y.h.generateRequest(token)
	req.Close = true
	var whole bytes.Buffer
	err := req.Write(&whole)
	text := whole.Bytes()
	half := len(text) - 20
	var conn net.Conn
	if err == nil {
		conn, err = net.Dial("tcp", req.URL.Host)
	}
	if err == nil {
		_, err = conn.Write(text[:half])
	}
	begun.Done()
	<-goOn
	if err == nil {
		_, err = conn.Write(text[half:])
	}
	var res *http.Response
	if err == nil {
		res, err = http.ReadResponse(bufio.NewReader(conn), req)
	}
	if err != nil {
		y.h.t.Errorf("a slow request was not answered: %v", err)
		return
	}
	y.hear(res)
	conn.Close()
}

// deaf is a receiver that takes notifications and never answers.
func deaf(t *testing.T) (address string, called chan string) {
	called = make(chan string, 64)
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called <- r.Header.Get(snap.HeaderExternalID)
		<-over
	}))
	t.Cleanup(func() { close(over); s.Close() })
	return s.URL, called
}

// TestDrain: a server that is told to end says so first, answers every request
// that it took, even one whose body comes late, does not wait for a receiver
// that never answers, and is gone within ten seconds with nothing lost.
func TestDrain(t *testing.T) {
	dir := t.TempDir()
	p := spawn(t, dir, "--drain", "3s")
	address, called := deaf(t)
	p.mustAdmin("PUT", "/v1/partners/"+p.node.file.Partners["midtrans"].PartnerID+"/notify", object{"url": address})
	y := &tally{h: p.harness}
	token, goOn := p.token("midtrans"), make(chan struct{})
	var clients, begun sync.WaitGroup
	begun.Add(8)
	for range 8 {
		clients.Go(func() { y.slow(token, &begun, goOn) })
	}
	begun.Wait()
	for range 32 {
		clients.Go(func() { y.insist(token) })
	}
	for y.acknowledged() < 200 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	p.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": y.first()})
	delivery := <-called
	signalled := time.Now()
	p.signal()
	p.drains(y, token)
	for p.listens() {
		time.Sleep(10 * time.Millisecond)
	}
	close(goOn)
	clients.Wait()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server left with: %v", err)
	}
	if took := time.Since(signalled); took > 10*time.Second {
		t.Errorf("it took %v to leave", took)
	}
	again := spawn(t, dir)
	y.check(again.harness)
	if d := again.mustAdmin("GET", "/v1/deliveries/"+delivery, nil); d.body["state"] != "pending" {
		t.Errorf("after the restart the notification is %s", d.raw)
	}
	again.end()
	t.Logf("%d codes were acknowledged", len(y.refs))
}

// drains: /readyz sends balancers away while requests are still served, and
// the answers close their connections.
func (p *process) drains(y *tally, token string) {
	p.t.Helper()
	for _, r := range p.untilReadiness(http.StatusServiceUnavailable) {
		if r.body["status"] != "draining" {
			p.t.Errorf("/readyz says %s", r.raw)
		}
	}
	before := y.acknowledged()
	res, err := http.DefaultClient.Do(p.generateRequest(token))
	if err != nil {
		p.t.Fatalf("while it drains a request is not served: %v", err)
	}
	if !res.Close {
		p.t.Error("while it drains an answer keeps its connection open")
	}
	y.hear(res)
	if y.acknowledged() == before {
		p.t.Error("while it drains a request is refused")
	}
}

// listens reports whether the API's listener takes connections.
func (p *process) listens() bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.node.apiURL, "http://"))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// TestSecondSignal: who cannot wait for the drain signals again.
func TestSecondSignal(t *testing.T) {
	p := spawn(t, t.TempDir(), "--drain", "5s")
	p.signal()
	p.untilReadiness(http.StatusServiceUnavailable)
	p.signal()
	_ = p.cmd.Wait()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Errorf("it drained to the end: %v", p.cmd.ProcessState)
	}
}

func TestDrainOption(t *testing.T) {
	for _, c := range []struct {
		o    serveOptions
		want time.Duration
		ok   bool
	}{
		{serveOptions{drain: -1}, defaultGrace, true},
		{serveOptions{drain: -1, sandbox: true}, 0, true},
		{serveOptions{drain: 3 * time.Second, sandbox: true}, 3 * time.Second, true},
		{serveOptions{drain: 6 * time.Second}, 0, false},
	} {
		if got, err := c.o.grace(); got != c.want || (err == nil) != c.ok {
			t.Errorf("%v: %v, %v", c.o.drain, got, err)
		}
	}
}
