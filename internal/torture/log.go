package torture

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kind is what a client asked for.
type kind string

const (
	generate kind = "generate"
	payment  kind = "pay"
	refund   kind = "refund"
	cancel   kind = "cancel"
	query    kind = "query"
	decode   kind = "decode"
)

// kinds in the order of the report.
var kinds = []kind{generate, payment, refund, cancel, query, decode}

// outcome is what a client knows of an operation, or of one try of it.
type outcome string

const (
	acknowledged outcome = "acknowledged" // a success code
	repeated     outcome = "repeated"     // of a try: refused because the same request was carried out before
	refused      outcome = "refused"      // any other refusal
	unknown      outcome = "unknown"      // no answer, or one of 5xx
	unsent       outcome = "unsent"       // no connection, so that nothing was asked
)

// outcomes of an operation in the order of the report.
var outcomes = []outcome{acknowledged, refused, unknown, unsent}

// op is one operation as its client saw it. A client that hears nothing may
// send the same request again: those are tries of one operation.
type op struct {
	ID      int
	Client  int
	Kind    kind
	Way     string // the API: an acquirer's dialect, "paydia" for a customer's payment, or outside
	Ref     string // the client's own reference, of every try
	Code    string // partnerReferenceNo of the code that it is about
	Payer   string // of a payment
	Amount  int64  // sen: asked for, or shown by a query
	Expires time.Time
	Given   string // the reference that the server gave
	Seen    state  // by a query
	Tries   []try
	Outcome outcome
}

// try is one sending of an operation's request.
type try struct {
	Began, Ended time.Time
	Outcome      outcome
	HTTP         int    // 0: no answer
	Code         string // responseCode; empty where the answer is not SNAP's
	Given        string
	Timeout      bool // the client gave up; the server perhaps did not
	at           int64
}

// sent reports whether a server may have seen the operation.
func (o *op) sent() bool { return o.Outcome != unsent }

// began is when it was asked for first.
func (o *op) began() time.Time { return o.Tries[0].Began }

// known is when its client first knew that it was carried out.
func (o *op) known() time.Time {
	var first time.Time
	for _, t := range o.Tries {
		if (t.Outcome == acknowledged || t.Outcome == repeated) && (first.IsZero() || t.Ended.Before(first)) {
			first = t.Ended
		}
	}
	return first
}

// conclude decides what the tries come to. A refusal after silence says that
// the silent try did nothing, for every repeatable request is known by its
// identifier first; but a server that was only slow may do it later, and a
// database may finish what a killed server asked of it.
func (o *op) conclude() {
	o.Outcome = unsent
	lingering := false
	for _, t := range o.Tries {
		lingering = lingering || (t.Outcome == unknown && (t.Timeout || o.Kind == generate))
		switch {
		case o.Outcome == acknowledged:
		case t.Outcome == repeated:
			o.Outcome = acknowledged
		case t.Outcome == refused && lingering:
			o.Outcome = unknown
		default:
			o.Outcome = t.Outcome
		}
	}
}

// journal is the clients' own log. The operations are in memory; what was
// sent and answered, word by word, is in a file.
type journal struct {
	run string // makes this run's references different from others'

	mu   sync.Mutex
	ops  []*op
	file *os.File
	w    *bufio.Writer
	size int64
	idle int64 // tries that found no server
}

func newJournal(path, run string) (*journal, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating the log: %w", err)
	}
	return &journal{run: run, file: f, w: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.w.Flush(); err != nil {
		return err
	}
	return j.file.Close()
}

// begin enters an operation and gives it a reference of its own, of at most 25
// letters and digits.
func (j *journal) begin(o op) *op {
	j.mu.Lock()
	defer j.mu.Unlock()
	o.ID, o.Outcome = len(j.ops)+1, unsent
	o.Ref = "T" + j.run + "n" + strconv.FormatInt(int64(o.ID), 36)
	kept := &o
	j.ops = append(j.ops, kept)
	return kept
}

// entry is a line of the file.
type entry struct {
	Op       int             `json:"op"`
	Client   int             `json:"client"`
	Kind     kind            `json:"kind"`
	Way      string          `json:"way"`
	Ref      string          `json:"ref"`
	Code     string          `json:"code,omitempty"`
	Began    time.Time       `json:"began"`
	Ended    time.Time       `json:"ended"`
	Outcome  outcome         `json:"outcome"`
	External string          `json:"externalId,omitempty"`
	Request  any             `json:"request"`
	HTTP     int             `json:"http,omitempty"`
	Node     string          `json:"node,omitempty"`
	Answer   json.RawMessage `json:"answer,omitempty"`
	Fault    string          `json:"fault,omitempty"`
}

// note enters what came of one try. One that found no server is only counted.
func (j *journal) note(o *op, t try, e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if t.Outcome == unsent {
		j.idle++
		return nil
	}
	e.Op, e.Client, e.Kind, e.Way, e.Ref, e.Code = o.ID, o.Client, o.Kind, o.Way, o.Ref, o.Code
	e.Began, e.Ended, e.Outcome, e.HTTP = t.Began, t.Ended, t.Outcome, t.HTTP
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	t.at = j.size
	o.Tries = append(o.Tries, t)
	if o.Given == "" {
		o.Given = t.Given
	}
	o.conclude()
	n, err := j.w.Write(append(line, '\n'))
	j.size += int64(n)
	return err
}

// maxTold bounds the lines that a finding repeats of one operation.
const maxTold = 6

// told gives the lines of an operation, or says in short what it was.
func (j *journal) told(o *op) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.w.Flush(); err != nil {
		return o.String() + ": " + err.Error()
	}
	lines := []string{o.String()}
	for _, t := range o.Tries[:min(len(o.Tries), maxTold)] {
		r := bufio.NewReader(&section{j.file, t.at})
		line, err := r.ReadString('\n')
		if err != nil {
			line = err.Error()
		}
		lines = append(lines, "    "+strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

// section reads a file from an offset on.
type section struct {
	file *os.File
	at   int64
}

func (s *section) Read(p []byte) (int, error) {
	n, err := s.file.ReadAt(p, s.at)
	s.at += int64(n)
	return n, err
}

// String is the operation in a line.
func (o *op) String() string {
	s := fmt.Sprintf("operation %d of client %d: %s %s by %s", o.ID, o.Client, o.Kind, o.Ref, o.Way)
	if o.Code != "" {
		s += " of code " + o.Code
	}
	if o.Payer != "" {
		s += " from " + o.Payer
	}
	if o.Amount > 0 {
		s += " of Rp " + rupiah(o.Amount)
	}
	return s + ": " + string(o.Outcome)
}
