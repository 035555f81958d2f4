package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/dialect"
)

// demoStep is one step of the story. What it came to is what went over the
// wire last.
type demoStep struct {
	chapter string // heading, where one begins
	title   string
	expect  string // response code, or the HTTP status of the management API
	run     demoRun
}

type demoRun func(context.Context, *demo) (demoNotes, error)

// demoNotes are what a step adds to its answer.
type demoNotes struct {
	lines   []string
	drawing string // printed below as it is
}

func noted(format string, args ...any) demoNotes {
	return demoNotes{lines: []string{fmt.Sprintf(format, args...)}}
}

// demo is the story on its way: the server, its clients, and what earlier
// steps made.
type demo struct {
	node     *node
	wire     witness
	clients  map[string]*client.Client
	admin    *adminClient
	customer string // token of Paydia's customer
	codes    map[string]client.GenerateResponse
	serial   int
	offset   string // of the clock, before it was moved
}

func newDemo(n *node) (*demo, error) {
	d := &demo{node: n, clients: make(map[string]*client.Client), codes: make(map[string]client.GenerateResponse)}
	carrier := http.Client{Transport: &d.wire, Timeout: callTime}
	d.admin = &adminClient{url: n.adminURL, token: n.file.AdminToken, http: carrier}
	for _, provider := range client.Providers() {
		var err error
		d.clients[provider.Name], err = sandboxClient(n.apiURL, provider.Name, n.file.Partners[provider.Name], &carrier)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", provider.Name, err)
		}
	}
	return d, nil
}

// witness carries requests and notes what went over the wire last.
type witness struct{ method, path, code, message string }

func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	*w = witness{method: req.Method, path: req.URL.RequestURI()}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	var head dialect.Status
	if json.Unmarshal(body, &head) != nil || head.ResponseCode == "" { // the management API has none
		head = dialect.Status{ResponseCode: strconv.Itoa(res.StatusCode), ResponseMessage: http.StatusText(res.StatusCode)}
	}
	w.code, w.message = head.ResponseCode, head.ResponseMessage
	return res, nil
}

// tell plays the steps and prints each. Its error says how many failed.
func tell(ctx context.Context, n *node, steps []demoStep, out io.Writer) (*demo, error) {
	d, err := newDemo(n)
	if err != nil {
		return nil, err
	}
	page := newPage(out)
	page.opening(n)
	failed := 0
	for i, step := range steps {
		notes, err := d.play(ctx, step)
		if ctx.Err() != nil {
			return d, fmt.Errorf("interrupted in step %d of %d", i+1, len(steps))
		}
		if err != nil {
			failed++
		}
		page.step(i+1, step, d.wire, notes, err)
	}
	if failed > 0 {
		return d, fmt.Errorf("%d of %d steps FAILED", failed, len(steps))
	}
	page.closing(len(steps))
	return d, nil
}

// play runs a step and holds its answer against the expected one. A refusal
// that was expected is no error, but its explanation is worth a note.
func (d *demo) play(ctx context.Context, step demoStep) (demoNotes, error) {
	d.wire = witness{}
	notes, err := step.run(ctx, d)
	var refused *client.Error
	switch {
	case d.wire.code != step.expect && err != nil:
		return notes, fmt.Errorf("expected %s: %w", step.expect, err)
	case d.wire.code != step.expect:
		return notes, fmt.Errorf("expected %s", step.expect)
	case errors.As(err, &refused) && refused.Code == step.expect:
		if _, reason, said := strings.Cut(refused.Message, ". "); refused.Debug != "" && !(said && strings.Contains(refused.Debug, reason)) {
			notes.lines = append([]string{"why: " + refused.Debug}, notes.lines...)
		}
		return notes, nil
	}
	return notes, err
}
