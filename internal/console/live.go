package console

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/sandbox"
)

const (
	// calm is how long changes are gathered before a page is told of them.
	calm = 500 * time.Millisecond
	// pulse is how often a stream without changes shows that it lives.
	pulse = 15 * time.Second
	// streamLife ends a stream now and then: whoever still may comes back.
	streamLife = 5 * time.Minute
	// streamWrite is how long a reader may take to take what it is sent.
	streamWrite = 20 * time.Second
)

// stream tells a page which kinds of things have happened since, as
// server-sent events, so that it asks for itself again. Where there are no
// events it answers 204, by which a browser knows not to come back.
func (c *Console) stream(v *visit) {
	if c.Events == nil {
		v.w.WriteHeader(http.StatusNoContent)
		return
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to wait for more
	control := http.NewResponseController(v.w)
	control.SetReadDeadline(time.Time{}) // the reader has said all that it will
	ctx, stop := context.WithTimeout(v.Context(), streamLife)
	defer stop()
	say := func(text string) error {
		control.SetWriteDeadline(time.Now().Add(streamWrite))
		if _, err := io.WriteString(v.w, text); err != nil {
			return err
		}
		return control.Flush()
	}
	if say("retry: 2000\n\n") == nil {
		tell(c.Events.Subscribe(ctx, c.Events.Last()), say)
	}
}

// tell gathers what happens and says it, until either side ends.
func tell(happens <-chan sandbox.Event, say func(string) error) {
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	kinds := map[string]bool{}
	var due <-chan time.Time
	var err error
	for err == nil {
		select {
		case e, open := <-happens:
			if !open {
				return
			}
			if kinds[e.Kind] = true; due == nil {
				due = time.After(calm)
			}
		case <-due:
			err = say("event: change\ndata: " + strings.Join(slices.Sorted(maps.Keys(kinds)), " ") + "\n\n")
			clear(kinds)
			due = nil
		case <-beat.C:
			err = say(": alive\n\n")
		}
	}
}
