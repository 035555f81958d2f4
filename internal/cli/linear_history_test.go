package cli

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/qrisd/qrisd/internal/pay"
)

// act is what a client asks for: the input of a model's step.
type act struct {
	verb   string     // "pay", "query" and so on
	ref    string     // the client's reference of what it makes or asks about
	about  string     // the reference of what a refund is of
	id     string     // X-EXTERNAL-ID, where it is watched
	body   string     // which of the bodies that are sent under one reference
	amount pay.Rupiah // 0: absent
	poor   bool       // the payer cannot pay
	early  bool       // asked before the code had ended for certain
	codeOf func(pay.Kind) string
}

func (a *act) String() string {
	s := a.verb
	for _, part := range []string{a.ref, a.about, a.id, a.body} {
		if part != "" {
			s += " " + part
		}
	}
	if a.amount > 0 {
		s += " " + a.amount.String()
	}
	if a.poor {
		s += " without money"
	}
	return s
}

// seen is the answer to an act: the output of a step. It is nil where no
// answer came: the act may have taken place at any time since, or never.
type seen struct {
	code    string // response code
	ref     string // the provider's reference of what was made or found
	status  string
	amount  string
	returns []returned // of a query, in order of the partner's references
}

func (s *seen) String() string {
	if s == nil {
		return "?"
	}
	text := s.code
	for _, part := range []string{s.ref, s.status, s.amount} {
		if part != "" {
			text += " " + part
		}
	}
	for _, r := range s.returns {
		text += " " + r.String()
	}
	return text
}

// is reports whether an answer is that of a kind; what was not answered may
// be anything.
func (s *seen) is(a *act, kind pay.Kind) bool { return s == nil || s.code == a.codeOf(kind) }

// binds compares a reference of the provider's with the one in an answer. One
// that no answer has named yet is learned from it.
func binds(known *string, named string) bool {
	if *known == "" {
		*known = named
	}
	return named == *known
}

// state is what a model knows of its object. A step gives the next state, and
// whether an answer is the one that the rules demand; it changes nothing.
type state interface {
	step(a *act, s *seen) (state, bool)
}

// history is what the clients of one object did and saw.
type history struct {
	name    string
	initial state

	mu      sync.Mutex
	now     int64 // a count, so that no two moments are the same
	clients int
	ops     []porcupine.Operation
}

func (h *history) tick() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now++
	return h.now
}

// join numbers a client. One that did not get its answer goes on under
// another number, for the act it asked for is not over.
func (h *history) join() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients++
	return h.clients - 1
}

func (h *history) record(client int, a *act, called int64, s *seen) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now++
	op := porcupine.Operation{ClientId: client, Input: a, Call: called, Output: s, Return: h.now}
	if s == nil {
		op.Return = math.MaxInt64
	}
	h.ops = append(h.ops, op)
}

func (h *history) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return h.initial },
		Step: func(from, in, out any) (bool, any) {
			next, ok := from.(state).step(in.(*act), out.(*seen))
			return ok, next
		},
		Equal:             func(a, b any) bool { return reflect.DeepEqual(a, b) },
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%v -> %v", in, out) },
		DescribeState:     func(s any) string { return fmt.Sprint(s) },
	}
}

// checkTime bounds the search for an order of one history. What has not been
// found by then counts as a failure of the test.
const checkTime = 30 * time.Second

func (h *history) check() porcupine.CheckResult {
	h.markEarly()
	return porcupine.CheckOperationsTimeout(h.model(), h.ops, checkTime)
}

// markEarly finds the acts that were asked for before the clock had certainly
// passed the end of the code.
func (h *history) markEarly() {
	end := slices.IndexFunc(h.ops, func(op porcupine.Operation) bool { return op.Input.(*act).verb == "expire" })
	if end < 0 {
		return
	}
	for _, op := range h.ops {
		op.Input.(*act).early = op.Call < h.ops[end].Return
	}
}

// String is the history in order of its calls, as a person reads it.
func (h *history) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from %v\n", h.name, h.initial)
	ops := slices.SortedFunc(slices.Values(h.ops), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, op := range ops {
		end := fmt.Sprint(op.Return)
		if op.Return == math.MaxInt64 {
			end = "open"
		}
		fmt.Fprintf(&b, "  client %-2d %3d-%-4s %v -> %v\n", op.ClientId, op.Call, end, op.Input, op.Output)
	}
	return b.String()
}

// draw writes porcupine's picture of the history and names its file.
func (h *history) draw() (string, error) {
	dir, err := os.MkdirTemp("", "qrisd-history-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, strings.ReplaceAll(h.name, " ", "-")+".html")
	_, found := porcupine.CheckOperationsVerbose(h.model(), h.ops, checkTime)
	return path, porcupine.VisualizePath(h.model(), found, path)
}
