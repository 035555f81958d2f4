package cli

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// soak makes the long tests as long as their make target wants them.
var soak = flag.Bool("soak", false, "run the long form of the tests that have one")

// duplicates is how many times each request is sent at once.
const duplicates = 100

// TestDuplicates sends each of many requests 100 times at once, in each
// documented regime: exactly one takes effect, the others get the same answer
// where the regime replays, and exactly its code where it refuses.
func TestDuplicates(t *testing.T) {
	keys := 8
	if *soak {
		keys = 1000
	}
	for _, regime := range []struct {
		dialect, operation, others string
		effects                    float64
	}{
		{"dana", "generate", "same", 1}, {"midtrans", "generate", "same", 1}, {"qoin", "generate", "4094701", 1},
		{"paydia", "payment", "4095000", 1}, {"speedcash", "list", "4099000", 0}, {"aspi", "generate", "4094700", 1}, {"aspi", "refund", "4097800", 1},
	} {
		t.Run(regime.dialect+"/"+regime.operation, func(t *testing.T) {
			h := start(t)
			connections := h.connections(duplicates)
			h.mustAdmin("POST", "/v1/payers/payer-"+regime.dialect+"/fund", object{"amount": "1000000000.00"})
			token := ""
			if regime.dialect != "dana" {
				token = h.token(regime.dialect)
			}
			for range keys {
				c := h.call(regime.dialect, regime.operation, h.body(regime.dialect, regime.operation))
				c.token = token
				request, before := c.render(), h.effects()
				answers := sendAtOnce(t, connections, request)
				checkDuplicates(t, answers, c.op.Success.Case.Code(c.op.Service), regime.others)
				if made := h.effects() - before; made != regime.effects {
					t.Fatalf("one request sent %d times made %v codes and transfers, want %v", duplicates, made, regime.effects)
				}
			}
		})
	}
}

// render signs the call and gives its bytes.
func (c *call) render() []byte {
	header := http.Header{}
	c.sign(header)
	for name, values := range c.header {
		header[name] = values
	}
	var lines [][2]string
	for name, values := range header {
		if name != "Content-Type" {
			lines = append(lines, [2]string{name, values[0]})
		}
	}
	return render(c.path, string(c.raw), lines)
}

func (h *harness) connections(n int) []*benchConn {
	h.t.Helper()
	all := make([]*benchConn, n)
	for i := range all {
		c, err := dialBench(strings.TrimPrefix(h.node.apiURL, "http://"))
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { c.Close() })
		all[i] = c
	}
	return all
}

// sendAtOnce sends the same bytes on every connection together.
func sendAtOnce(t *testing.T, connections []*benchConn, request []byte) [][]byte {
	t.Helper()
	answers := make([][]byte, len(connections))
	failures := make([]error, len(connections))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, c := range connections {
		wg.Go(func() {
			<-gate
			_, body, err := c.do(request)
			answers[i], failures[i] = bytes.Clone(body), err
		})
	}
	close(gate)
	wg.Wait()
	for _, err := range failures {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

func checkDuplicates(t *testing.T, answers [][]byte, success, others string) {
	t.Helper()
	var first []byte
	wins := 0
	for _, a := range answers {
		switch {
		case bytes.Contains(a, []byte(fmt.Sprintf(`"responseCode":%q`, success))):
			wins++
			if first == nil {
				first = a
			}
			if !bytes.Equal(a, first) {
				t.Fatalf("two answers to one request:\n%s\n%s", first, a)
			}
		case !bytes.Contains(a, []byte(fmt.Sprintf(`"responseCode":%q`, others))):
			t.Fatalf("a duplicate got %s, want %s", a, others)
		}
	}
	want := 1
	if others == "same" {
		want = len(answers)
	}
	if wins != want {
		t.Fatalf("%d of %d succeeded", wins, len(answers))
	}
}

// effects counts what requests have made.
func (h *harness) effects() float64 {
	books := h.books()
	return books["codes"].(float64) + books["transfers"].(float64)
}
