package sandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// LeverKind names what a lever does.
type LeverKind string

// The kinds of levers.
const (
	LeverDelay   LeverKind = "delay"
	LeverTooMany LeverKind = "too-many"
	LeverError   LeverKind = "error"
	LeverTimeout LeverKind = "timeout-after-commit"
	LeverSlow    LeverKind = "slow-body"

	LeverLate         LeverKind = "notify-late"
	LeverDrop         LeverKind = "notify-drop"
	LeverReorder      LeverKind = "notify-reorder"
	LeverBadSignature LeverKind = "notify-bad-signature"
	LeverDuplicate    LeverKind = "notify-duplicate"
)

// LeverRow says what a kind of lever does and what it takes.
type LeverRow struct {
	Kind    LeverKind `json:"kind"`
	About   string    `json:"about"`
	Notice  bool      `json:"notice"`             // about notifications, not requests
	Default Span      `json:"default,omitzero"`   // duration; 0: it takes none
	Most    Span      `json:"longest,omitzero"`   // duration
	Coded   bool      `json:"takesCode,omitzero"` // it takes a code, and may come after the commit
}

// leverRows are all kinds, in the order in which a request meets them.
var leverRows = []LeverRow{
	{Kind: LeverDelay, Default: Span(2 * time.Second), Most: Span(time.Minute), About: "the request waits before it is looked at; a client that gives up meanwhile has had nothing done"},
	{Kind: LeverTooMany, About: "an authenticated request is refused with the operation's 429"},
	{Kind: LeverError, Coded: true, About: "a valid request is answered with one of the operation's 5xx, before its work or after it is committed"},
	{Kind: LeverTimeout, Default: Span(time.Minute), Most: Span(time.Minute), About: "the work is done and committed, and no answer comes: the connection is cut when the client gives up or the time is over"},
	{Kind: LeverSlow, Default: Span(5 * time.Second), Most: Span(time.Minute), About: "the body of the answer trickles in over this time"},
	{Kind: LeverLate, Notice: true, Default: Span(30 * time.Second), Most: Span(24 * time.Hour), About: "the first try of a notification is put off by this time of the business clock"},
	{Kind: LeverDrop, Notice: true, About: "a try of a notification is recorded and not sent; the next comes by the schedule"},
	{Kind: LeverReorder, Notice: true, Default: Span(5 * time.Second), Most: Span(time.Minute), About: "a notification waits until another one of the partner's was sent, at most this time; those of one code stay in order"},
	{Kind: LeverBadSignature, Notice: true, About: "a notification's signature does not match it"},
	{Kind: LeverDuplicate, Notice: true, About: "a notification that was acknowledged is sent once more at once"},
}

// LeverRows are all kinds of levers.
func LeverRows() []LeverRow { return slices.Clone(leverRows) }

func rank(kind LeverKind) int {
	return slices.IndexFunc(leverRows, func(r LeverRow) bool { return r.Kind == kind })
}

func kindNames() string {
	names := make([]string, len(leverRows))
	for i, r := range leverRows {
		names[i] = string(r.Kind)
	}
	return strings.Join(names, ", ")
}

// Span is a duration that JSON writes as Go does: "1m30s".
type Span time.Duration

func (s Span) String() string { return time.Duration(s).String() }

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}

// complete fills in what was left out, and refuses what makes no sense.
func (l *Lever) complete() error {
	i := rank(l.Kind)
	if i < 0 {
		return pay.RefuseField(pay.InvalidFormat, "kind", string(l.Kind)+" is no lever; choose one of "+kindNames())
	}
	if l.PartnerID == "" {
		l.PartnerID = Any
	}
	if l.Operation == "" {
		l.Operation = Any
	}
	if l.Probability == 0 {
		l.Probability = 1
	}
	if l.Seed == 0 {
		l.Seed = 1
	}
	return l.check(leverRows[i])
}

func (l *Lever) check(row LeverRow) error {
	if l.Lasts == 0 {
		l.Lasts = row.Default
	}
	switch {
	case !(l.Probability > 0 && l.Probability <= 1):
		return pay.RefuseField(pay.InvalidFormat, "probability", "it is above 0 and at most 1; take a lever off with DELETE (qrisd lever off)")
	case row.Most == 0 && l.Lasts != 0:
		return pay.RefuseField(pay.InvalidFormat, "duration", "a lever "+string(l.Kind)+" takes none")
	case row.Most != 0 && (l.Lasts < 0 || l.Lasts > row.Most):
		return pay.RefuseField(pay.InvalidFormat, "duration", "a lever "+string(l.Kind)+" lasts at most "+row.Most.String())
	case row.Notice && l.Operation != Any:
		return pay.RefuseField(pay.InvalidFormat, "operation", "a lever on notifications is for a partner's all; leave the operation out")
	case !row.Coded && (l.Code != "" || l.AfterCommit):
		return pay.RefuseField(pay.InvalidFormat, "code", "a lever "+string(l.Kind)+" takes no code and is not moved after the commit")
	}
	return l.checkCode()
}

// checkCode takes nothing, a status, or a response code.
func (l *Lever) checkCode() error {
	if l.Code == "" || (len(l.Code) == 3 && standardError(l.Code) != (snap.Case{})) {
		return nil
	}
	status, _, _, err := snap.ParseCode(l.Code)
	if err != nil || status < 500 || status > 599 {
		return pay.RefuseField(pay.InvalidFormat, "code", l.Code+" is neither a status of SNAP (500, 504) nor a response code of one (5044700); qrisd codes lists them")
	}
	return nil
}

// standardError is the first case of the standard with a 5xx status.
func standardError(status string) snap.Case {
	for _, c := range snap.Cases() {
		if c.HTTP >= 500 && strings.HasPrefix(c.Code("00"), status) {
			return c
		}
	}
	return snap.Case{}
}

// Fault is the answer that a lever of kind LeverError gives for an operation:
// its documented 5xx that begins with the lever's code, or else the standard's.
// Without a code it is what the dialect says of a failure of its own. It does
// not apply where the code is another service's.
func (l Lever) Fault(d *dialect.Dialect, op *dialect.Operation) (Trigger, bool) {
	if l.Code == "" {
		o := d.Outcome(op, pay.Internal)
		return Trigger{o.Case.Code(op.Service), o.Text("", ""), o.Case.HTTP}, true
	}
	for _, line := range op.Codes {
		if strings.HasPrefix(line.Code, l.Code) {
			status, _, _, err := snap.ParseCode(line.Code)
			return Trigger{line.Code, line.Message, status}, err == nil
		}
	}
	status, service, number, err := snap.ParseCode(l.Code)
	if err != nil {
		c := standardError(l.Code)
		return Trigger{c.Code(op.Service), c.Message, c.HTTP}, true
	}
	for _, c := range snap.Cases() {
		if service == op.Service && c.HTTP == status && c.Number == number {
			return Trigger{l.Code, c.Message, status}, true
		}
	}
	return Trigger{}, false
}
