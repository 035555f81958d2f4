package torture

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// node is one server process, which is killed and started again at the same
// addresses on the same data.
type node struct {
	number     int
	program    string
	args       []string
	folder     string
	api, admin string // host:port
	log        string // path of its standard error

	mu     sync.Mutex
	cmd    *exec.Cmd
	gone   chan struct{} // closed when the process has ended
	meant  bool          // it was killed here
	deaths []string      // ends that nobody here caused
}

func newNode(number int, o Options, folder, publicURL string) (*node, error) {
	n := &node{number: number, program: o.Program, folder: folder, log: filepath.Join(filepath.Dir(folder), fmt.Sprintf("node%d.log", number))}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	var err error
	if n.api, err = freeAddress(); err != nil {
		return nil, err
	}
	if n.admin, err = freeAddress(); err != nil {
		return nil, err
	}
	n.args = []string{"serve", "--sandbox", "--data", folder, "--listen", n.api, "--admin", n.admin, "--log", "error"}
	if o.Store != "" {
		n.args = append(n.args, "--store", o.Store)
	}
	if publicURL != "" {
		n.args = append(n.args, "--public-url", publicURL)
	}
	return n, nil
}

// freeAddress is a port of the loopback that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (n *node) apiURL() string   { return "http://" + n.api }
func (n *node) adminURL() string { return "http://" + n.admin }

// start runs the process. It has nothing of this process's settings: a store
// that is named in the environment is somebody's.
func (n *node) start() error {
	out, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(n.program, n.args...)
	cmd.Stderr = out
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "QRISD_") {
			cmd.Env = append(cmd.Env, setting)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting node %d: %w", n.number, err)
	}
	n.cmd, n.gone, n.meant = cmd, make(chan struct{}), false
	go n.watch(cmd, n.gone)
	return nil
}

// watch waits for the end of a process and notes one that nobody meant.
func (n *node) watch(cmd *exec.Cmd, gone chan struct{}) {
	err := cmd.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.meant {
		n.deaths = append(n.deaths, fmt.Sprintf("node %d ended by itself: %v\n%s", n.number, err, tail(n.log)))
	}
	close(gone)
}

// kill ends the process as a power cut would, and waits until it is gone.
func (n *node) kill() {
	n.mu.Lock()
	cmd, gone := n.cmd, n.gone
	n.meant = true
	n.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // it may be gone already, which watch has noted
	<-gone
}

// readyWithin is how long a node may take to start: replaying what a kill left
// included.
const readyWithin = time.Minute

// ready waits until the node says that it serves.
func (n *node) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	n.mu.Lock()
	gone := n.gone
	n.mu.Unlock()
	for !serves(ctx, n.apiURL()) {
		select {
		case <-gone:
			return fmt.Errorf("node %d ended before it was ready:\n%s", n.number, tail(n.log))
		case <-ctx.Done():
			return fmt.Errorf("node %d is not ready after %s: %w\n%s", n.number, readyWithin, ctx.Err(), tail(n.log))
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// probes are made on connections of their own, which a dead node leaves no
// trace in.
var probes = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// serves asks /readyz.
func serves(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := probes.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// faults are the ends that nobody caused, and what a healthy server never
// logs.
func (n *node) faults() []string {
	n.mu.Lock()
	faults := append([]string{}, n.deaths...)
	n.mu.Unlock()
	text, err := os.ReadFile(n.log)
	if err != nil {
		return append(faults, "node "+strconv.Itoa(n.number)+" left no log: "+err.Error())
	}
	for _, sign := range []string{"msg=panic", "panic:", "fatal error:", "DATA RACE"} {
		if i := bytes.Index(text, []byte(sign)); i >= 0 {
			faults = append(faults, fmt.Sprintf("node %d logged:\n%s", n.number, text[i:min(i+tailLength, len(text))]))
		}
	}
	return faults
}

// logged counts the errors that a node logged, by their text without what
// differs each time.
func (n *node) logged(counts map[string]int) {
	text, err := os.ReadFile(n.log)
	if err != nil {
		return // faults says so
	}
	for line := range strings.Lines(string(text)) {
		if _, said, ok := strings.Cut(line, "level=ERROR "); ok {
			counts[digits.ReplaceAllString(strings.TrimSpace(said), "…")]++
		}
	}
}

var digits = regexp.MustCompile(`[0-9a-f-]*[0-9]{3}[0-9a-f-]*`)

const tailLength = 2000

// tail is the end of a log.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-tailLength):])
}
