package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// follower reads the events of a server.
type follower struct {
	admin *adminClient
	query url.Values
	say   func(string) // what becomes of the connection
	last  string       // id of the last event
}

const (
	// silence is how long a server may say nothing: it shows that it lives more
	// often than that.
	silence = 30 * time.Second
	// retryAfter is how long to wait before a lost connection is made again.
	retryAfter = time.Second
	// maxEvent bounds a line of the stream.
	maxEvent = 1 << 20
)

// errRefused is an answer that trying again does not change.
var errRefused = errors.New("refused")

// follow calls take with each event until the context ends. The first
// connection must succeed; a later one is tried again and goes on behind the
// last event.
func (f *follower) follow(ctx context.Context, take func(raw []byte) error) error {
	lost := false
	for connected := false; ctx.Err() == nil; pause(ctx, retryAfter) {
		err := f.read(ctx, take, func() {
			if !connected || lost {
				f.say("listening to " + f.admin.url)
			}
			connected, lost = true, false
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errRefused), !connected:
			return err
		case !lost:
			f.say(fmt.Sprintf("the connection is lost, trying again: %v", err))
			lost = true
		}
	}
	return nil
}

// read reads one connection to its end.
func (f *follower) read(ctx context.Context, take func([]byte) error, connected func()) error {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	watch := time.AfterFunc(silence, func() { cut(fmt.Errorf("nothing came for %v", silence)) })
	defer watch.Stop()
	resp, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	connected()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		watch.Reset(silence)
		if id, found := strings.CutPrefix(lines.Text(), "id: "); found {
			f.last = id
		}
		if raw, found := strings.CutPrefix(lines.Text(), "data: "); found {
			if err := take([]byte(raw)); err != nil {
				return fmt.Errorf("%w: %w", errRefused, err)
			}
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}

func (f *follower) open(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.admin.url+path("events")+"?"+f.query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("--admin %s: %w", f.admin.url, err)
	}
	req.Header.Set("Authorization", "Bearer "+f.admin.token)
	if f.last != "" {
		req.Header.Set("Last-Event-ID", f.last)
	}
	resp, err := http.DefaultClient.Do(req) // without the client's limit of time
	if err != nil {
		return nil, fmt.Errorf("calling the management API, is the server running? %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxEvent))
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errRefused, refusal(resp.Status, text))
	}
	return resp, nil
}
