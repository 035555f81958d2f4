package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// following is Levers that have taken these, in a text of a serial.
func following(t *testing.T, l *Levers, serial uint64, levers ...Lever) *Levers {
	t.Helper()
	k := kept{Serial: serial}
	for _, lever := range levers {
		if err := lever.complete(); err != nil {
			t.Fatal(err)
		}
		k.Levers = append(k.Levers, armed{Lever: lever, Set: 1})
	}
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Follow(string(text)); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestNearestLever: of a kind the one that is meant most exactly counts.
func TestNearestLever(t *testing.T) {
	l := following(t, NewLevers(nil, nil), 1,
		Lever{Kind: LeverDelay, Lasts: Span(1)},
		Lever{Kind: LeverDelay, Operation: "generate", Lasts: Span(2)},
		Lever{Kind: LeverDelay, PartnerID: "p", Lasts: Span(3)},
		Lever{Kind: LeverDelay, PartnerID: "p", Operation: "generate", Lasts: Span(4)},
		Lever{Kind: LeverTooMany, PartnerID: "p", Operation: "query"},
		Lever{Kind: LeverDrop, PartnerID: "p"},
	)
	for _, c := range []struct {
		partner, operation string
		lasts              Span
		many               bool
	}{
		{"q", "query", 1, false}, {"", "query", 1, false}, {"q", "generate", 2, false},
		{"p", "query", 3, true}, {"p", "generate", 4, false},
	} {
		pulled := l.Pull(c.partner, c.operation)
		delay, _ := pulled.Of(LeverDelay)
		if _, many := pulled.Of(LeverTooMany); delay.Lasts != c.lasts || many != c.many {
			t.Errorf("%s %s: %v", c.partner, c.operation, pulled)
		}
		if _, ok := pulled.Of(LeverDrop); ok {
			t.Error("a lever on notifications is on for a request")
		}
	}
	if p := l.PullNotice("p"); len(p) != 1 || p[0].Kind != LeverDrop || l.PullNotice("q") != nil {
		t.Errorf("notifications: %v", p)
	}
}

// TestDiceGoOn: a lever that another change leaves alone keeps its place in
// its sequence, and an older text changes nothing.
func TestDiceGoOn(t *testing.T) {
	half := Lever{Kind: LeverTooMany, Probability: 0.5, Seed: 3}
	draw := func(l *Levers, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("01"[len(l.Pull("", ""))])
		}
		return b.String()
	}
	want := draw(following(t, NewLevers(nil, nil), 1, half), 60)
	if !strings.Contains(want, "0") || !strings.Contains(want, "1") {
		t.Fatalf("the dice always fall the same: %s", want)
	}
	told := 0
	l := following(t, NewLevers(nil, func([]Lever) { told++ }), 5, half)
	got := draw(l, 20)
	following(t, l, 6, half, Lever{Kind: LeverDrop})
	got += draw(l, 20)
	following(t, l, 5, Lever{Kind: LeverDelay})
	got += draw(l, 20)
	if got != want || told != 2 {
		t.Errorf("%s, expected %s; told %d times", got, want, told)
	}
	following(t, l, 7)
	if l.Pull("", "") != nil || len(l.List()) != 0 {
		t.Error("levers are on that were taken off")
	}
}

// TestNoLevers: nil Levers, outside a sandbox, have none on.
func TestNoLevers(t *testing.T) {
	var l *Levers
	l.Close()
	if l.Pull("p", "generate") != nil || l.PullNotice("p") != nil || len(l.List()) != 0 || l.Follow("") != nil {
		t.Error("nil Levers do something")
	}
}

func TestLeverFault(t *testing.T) {
	d := &dialect.Dialect{Outcomes: map[pay.Kind]dialect.Outcome{pay.Internal: {Case: snap.CaseInternalServerError, Message: "Ours"}}}
	op := &dialect.Operation{Service: "47", Codes: []dialect.Code{{Code: "5004702", Message: "Documented"}}}
	for code, want := range map[string]Trigger{
		"":        {"5004701", "Ours", 500},
		"500":     {"5004702", "Documented", 500},
		"504":     {"5044700", "Timeout", 504},
		"5004702": {"5004702", "Documented", 500},
		"5044700": {"5044700", "Timeout", 504},
		"5045100": {}, // another service's
		"5004799": {}, // no case
	} {
		got, applies := Lever{Kind: LeverError, Code: code}.Fault(d, op)
		if got != want || applies != (want != Trigger{}) {
			t.Errorf("%q gives %+v, %v", code, got, applies)
		}
	}
}

// TestSpan: a lever is in JSON as people write it.
func TestSpan(t *testing.T) {
	l := Lever{Kind: LeverSlow, Lasts: Span(90 * time.Second)}
	text, err := json.Marshal(l)
	if err != nil || !strings.Contains(string(text), `"duration":"1m30s"`) || strings.Contains(string(text), "afterCommit") {
		t.Errorf("%s, %v", text, err)
	}
	var again Lever
	if err := json.Unmarshal(text, &again); err != nil || again != l {
		t.Errorf("%+v, %v", again, err)
	}
}
