package cli

import (
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
)

// TestTranscripts replays the documents' own samples, signed with their
// documented schemes, and wants the documented shapes back.
func TestTranscripts(t *testing.T) {
	all, err := dialecttest.Load("../dialect")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("%d transcripts, want one for each document at least", len(all))
	}
	for _, transcript := range all {
		t.Run(transcript.Dialect+"/"+transcript.Name, func(t *testing.T) {
			h := start(t)
			for i, x := range transcript.Exchanges {
				if !x.Clock.IsZero() {
					h.setClock(x.Clock)
				}
				r := h.replay(transcript.Dialect, x)
				if r.status != x.Status {
					t.Fatalf("exchange %d: %v, want %d", i+1, r, x.Status)
				}
				if err := dialecttest.Match(x.Want, any(r.body)); err != nil {
					t.Fatalf("exchange %d: %v\n%s", i+1, err, r.raw)
				}
			}
			h.books()
		})
	}
}

// replay sends an exchange with its own headers; only what a run must make
// anew, tokens and signature, is added.
func (h *harness) replay(dialectName string, x dialecttest.Exchange) reply {
	h.t.Helper()
	c := h.call(dialectName, h.operationAt(dialectName, x.Path).Name, x.Body)
	c.method, c.path, c.timestamp = x.Method, x.Path, x.Header.Get("X-TIMESTAMP")
	for name, values := range x.Header {
		c.header[name] = values
	}
	if x.Header.Get("X-CHANNEL-ID") != "" {
		c.header["Channel-Id"] = nil
	}
	return c.send()
}

func (h *harness) operationAt(dialectName, path string) *dialect.Operation {
	h.t.Helper()
	for i := range h.dialects {
		if h.dialects[i].Name != dialectName {
			continue
		}
		for j := range h.dialects[i].Operations {
			for _, p := range h.dialects[i].Operations[j].Paths {
				if p == path {
					return &h.dialects[i].Operations[j]
				}
			}
		}
	}
	h.t.Fatalf("%s has nothing at %s", dialectName, path)
	return nil
}
