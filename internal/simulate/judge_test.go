package simulate

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// look notes what speaks against a job at this moment, and how its subject
// stands. A job may be refused for anything that spoke against it at some moment
// since it began, and for nothing else.
func (w *world) look(j *job) {
	if j.operation == nil {
		return
	}
	now := w.now()
	j.reasons |= j.expired(now) | j.repeated(w, now)
	if j.against != nil {
		j.reasons |= j.against(w, now)
	}
	if s, ok := j.status(now); ok {
		j.statuses[s] = true
	}
}

// expired is what time alone does to a request.
func (j *job) expired(now time.Time) kinds {
	auth := j.operation.Auth
	return unless(!j.forged, pay.BadSignature) |
		unless(auth == dialect.AuthToken || auth == dialect.AuthAsymmetric || now.Before(j.tokenEnds), pay.InvalidToken) |
		unless(now.Sub(j.began.Truncate(time.Second)) <= maxSkew, pay.BadTimestamp) |
		unless(j.end.IsZero() || j.end.Sub(now) >= max(j.operation.Validity.Min, 1), pay.InvalidFormat)
}

// repeated is what the dialect's rules make of identifiers that were used.
func (j *job) repeated(w *world, now time.Time) kinds {
	var all kinds
	rule := j.party.dialect.Reference
	if j.operation.Reference != nil {
		rule = *j.operation.Reference
	}
	if rule.Remember && j.effect != "" && !rule.Same.Replay {
		all |= only(rule.Same.Kind)
	}
	if rule := j.party.dialect.ExternalID; rule.Remember && w.externals[j.externalKey(now)] && !rule.Same.Replay {
		all |= only(rule.Same.Kind)
	}
	return all
}

// externalKey is an X-EXTERNAL-ID on one of Jakarta's days.
type externalKey struct {
	party    *party
	external string
	day      time.Time // in UTC, when Jakarta's begins
}

func (j *job) externalKey(now time.Time) externalKey {
	const ahead = 7 * time.Hour
	return externalKey{j.party, j.external, now.Add(ahead).Truncate(24 * time.Hour).Add(-ahead)}
}

// status is how the subject of a job stands.
func (j *job) status(now time.Time) (pay.Status, bool) {
	switch {
	case j.payment != nil:
		return j.payment.status(), true
	case j.about != nil:
		return j.about.status(now), true
	}
	return "", false
}

// due is what a payment is to be of.
func (i *intent) due() pay.Rupiah {
	if i.about != nil && !i.about.static() {
		return i.about.amount
	}
	return i.amount
}

// codeFor is the response code of a kind.
func (j *job) codeFor(kind pay.Kind) string {
	return j.party.dialect.Outcome(j.operation, kind).Case.Code(j.operation.Service)
}

// judgeAll looks at what has come to an end since the last step.
func (w *world) judgeAll() error {
	w.mu.Lock()
	finished := w.finished
	w.finished = nil
	w.mu.Unlock()
	slices.SortFunc(finished, func(a, b *job) int { return a.n - b.n })
	for _, j := range finished {
		j.cancel()
		w.inFlight = slices.DeleteFunc(w.inFlight, func(other *job) bool { return other == j })
		if err := w.judge(j); err != nil {
			return fmt.Errorf("%s %s: %w", j.name(), j.verb, err)
		}
	}
	return nil
}

func (w *world) judge(j *job) error {
	if j.node != w.node || j.gone {
		w.note("%s ends, and nobody knows how", j.name())
		w.unsure(j)
		return nil
	}
	if j.operation == nil {
		return w.judgeAct(j)
	}
	a := j.answer
	w.note("%s ends: %s %s%s", j.name(), a.code, digest(a.raw), j.because())
	if len(a.code) < 3 || strconv.Itoa(a.status) != a.code[:3] {
		return fmt.Errorf("the answer is %d %s", a.status, a.raw)
	}
	switch {
	case a.code == j.operation.Success.Case.Code(j.operation.Service):
		return w.judgeSuccess(j)
	case a.code == j.codeFor(pay.Internal):
		if !j.disturbed {
			return fmt.Errorf("it failed, and nothing beneath it has: %s", a.raw)
		}
		w.unsure(j)
		return nil
	}
	w.known(j)
	return j.judgeRefusal()
}

func (w *world) judgeSuccess(j *job) error {
	if j.forged {
		return fmt.Errorf("a forged request was answered %s", j.answer.raw)
	}
	if j.mine != "" && j.effect == "" {
		return fmt.Errorf("it was acknowledged with %s, and nothing was committed", j.answer.raw)
	}
	w.known(j)
	return j.check(w, j)
}

// because names what may have led to a refusal.
func (j *job) because() string {
	var words string
	for _, kind := range pay.Kinds() {
		if j.reasons.has(kind) && j.answer.code == j.codeFor(kind) {
			words += ", " + kind.String()
		}
	}
	return words
}

func (j *job) judgeRefusal() error {
	if len(j.wrote) > 0 && j.wrote[len(j.wrote)-1].effects() > 0 {
		return fmt.Errorf("it was refused with %s, and something was committed", j.answer.raw)
	}
	if j.because() == "" {
		return fmt.Errorf("it was refused with %s, and all that spoke against it was: %s", j.answer.raw, j.reasons)
	}
	return nil
}

// judgeAct looks at what came of an operator's act.
func (w *world) judgeAct(j *job) error {
	w.note("%s ends: %v", j.name(), j.err)
	if j.verb == "hold" && j.party.held {
		j.party.heldFrom = w.jobs
	}
	switch {
	case j.err == nil && j.check != nil:
		return j.check(w, j)
	case j.err != nil && !j.disturbed:
		return fmt.Errorf("it failed, and nothing beneath it has: %w", j.err)
	}
	return nil
}

// unsure remembers an intent whose client does not know what came of it.
func (w *world) unsure(j *job) {
	if j.operation != nil && j.mine != "" && !slices.Contains(w.open, j.intent) {
		w.open = append(w.open, j.intent)
	}
}

// known ends the asking.
func (w *world) known(j *job) {
	w.open = slices.DeleteFunc(w.open, func(i *intent) bool { return i == j.intent })
	if j.mine != "" {
		w.asked = append(w.asked[max(0, len(w.asked)-20):], j.intent)
	}
}
