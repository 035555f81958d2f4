package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// Any stands for every partner, or every operation.
const Any = "*"

// Lever is a fault on demand: what happens to the requests of a partner and an
// operation, or to a partner's notifications, with a probability.
type Lever struct {
	Kind        LeverKind `json:"kind"`
	PartnerID   string    `json:"partnerId"`            // or Any
	Operation   string    `json:"operation"`            // or Any
	Probability float64   `json:"probability"`          // above 0, up to 1
	Lasts       Span      `json:"duration,omitzero"`    // of the kinds that take time
	Code        string    `json:"code,omitempty"`       // of an error: status or response code, as in 504 or 5044700
	AfterCommit bool      `json:"afterCommit,omitzero"` // of an error: the work is done all the same
	Seed        uint64    `json:"seed"`                 // of its dice
}

// String says what the lever does, without to whom.
func (l Lever) String() string {
	text := string(l.Kind)
	if l.Lasts != 0 {
		text += " " + l.Lasts.String()
	}
	if l.Code != "" {
		text += " " + l.Code
	}
	if l.AfterCommit {
		text += " after-commit"
	}
	return text
}

// sameAs reports whether two levers are in each other's place.
func (l Lever) sameAs(other Lever) bool {
	return l.Kind == other.Kind && l.PartnerID == other.PartnerID && l.Operation == other.Operation
}

// Pulled are the levers whose dice fell, at most one of a kind.
type Pulled []Lever

// Of gives the lever of a kind.
func (p Pulled) Of(kind LeverKind) (Lever, bool) {
	i := slices.IndexFunc(p, func(l Lever) bool { return l.Kind == kind })
	if i < 0 {
		return Lever{}, false
	}
	return p[i], true
}

// LeverSetting is the server setting that keeps the levers. Every node follows
// it.
const LeverSetting = "sandbox.levers"

// kept is how the setting keeps them. The serial grows with every change, so
// that no node takes an older text for news; a lever's own is the serial under
// which it was set, and its dice begin anew with it.
type kept struct {
	Serial uint64  `json:"serial"`
	Levers []armed `json:"levers"`
}

// armed is a lever that is on.
type armed struct {
	Lever
	Set   uint64     `json:"set"`
	dice  *rand.Rand // of this node
	asked int        // requests or tries that it was asked for here
	hits  int        // of them
}

func (a *armed) load() {
	place := fnv.New64a()
	io.WriteString(place, string(a.Kind)+" "+a.PartnerID+" "+a.Operation)
	a.dice = rand.New(rand.NewPCG(a.Seed, place.Sum64()))
}

// throw decides one request. It draws in any case, so that the sequence does
// not depend on the probability.
func (a *armed) throw() bool {
	a.asked++
	if a.dice.Float64() >= a.Probability {
		return false
	}
	a.hits++
	return true
}

// fits says how exactly the lever is meant for a partner and an operation; 0:
// not at all.
func (a *armed) fits(partnerID, operation string) int {
	if (a.PartnerID != Any && a.PartnerID != partnerID) || (a.Operation != Any && a.Operation != operation) {
		return 0
	}
	exact := 1
	if a.PartnerID != Any {
		exact += 2
	}
	if a.Operation != Any {
		exact++
	}
	return exact
}

// Levers are the levers of this node, which follow the setting. A nil Levers
// has none on. It is safe for concurrent use.
//
// Dice are each node's own: the same seed gives the same sequence on every
// node, over the requests that come to that node.
type Levers struct {
	on      atomic.Bool // whether any is
	mu      sync.Mutex
	serial  uint64
	levers  []*armed
	offered []dialect.Dialect
	changed func([]Lever)

	closing sync.Once
	closed  chan struct{}
}

// NewLevers makes Levers, which are off, on the operations of dialects. changed
// is told whenever this node's have become others, one call at a time; it must
// not block.
func NewLevers(offered []dialect.Dialect, changed func([]Lever)) *Levers {
	return &Levers{offered: offered, changed: changed, closed: make(chan struct{})}
}

// Close ends what levers hold up, for a server that leaves.
func (l *Levers) Close() {
	if l != nil {
		l.closing.Do(func() { close(l.closed) })
	}
}

// Wait holds something up for a time, or until the context or the server ends.
func (l *Levers) Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-l.closed:
	}
}

// Pull throws the dice for a request. Of several levers of a kind the one that
// is meant most exactly counts, a partner's before an operation's. An unknown
// partner is empty.
func (l *Levers) Pull(partnerID, operation string) Pulled {
	return l.pull(partnerID, operation, false)
}

// PullNotice throws the dice for a try of a notification.
func (l *Levers) PullNotice(partnerID string) Pulled { return l.pull(partnerID, "", true) }

func (l *Levers) pull(partnerID, operation string, notice bool) Pulled {
	if l == nil || !l.on.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var pulled Pulled
	for _, row := range leverRows {
		if row.Notice != notice {
			continue
		}
		if a := l.nearest(row.Kind, partnerID, operation); a != nil && a.throw() {
			pulled = append(pulled, a.Lever)
		}
	}
	return pulled
}

func (l *Levers) nearest(kind LeverKind, partnerID, operation string) *armed {
	var found *armed
	best := 0
	for _, a := range l.levers {
		if a.Kind != kind {
			continue
		}
		if exact := a.fits(partnerID, operation); exact > best {
			found, best = a, exact
		}
	}
	return found
}

// LeverState is a lever that is on, and what it has done on this node since it
// was set.
type LeverState struct {
	Lever
	Asked  int `json:"asked"`
	Pulled int `json:"pulled"`
}

// List gives the levers that are on, in order of kind, partner and operation.
func (l *Levers) List() []LeverState {
	states := []LeverState{}
	if l == nil {
		return states
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.levers {
		states = append(states, LeverState{a.Lever, a.asked, a.hits})
	}
	return states
}

// Follow takes the text of the setting; empty: it was never written. An older
// text than the one that was taken before changes nothing.
func (l *Levers) Follow(text string) error {
	k, err := readLevers(text)
	if err != nil || l == nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.Serial <= l.serial {
		return nil
	}
	l.serial = k.Serial
	old := l.levers
	l.levers = make([]*armed, len(k.Levers))
	now := make([]Lever, len(k.Levers))
	for i := range k.Levers {
		a := &k.Levers[i]
		if same := slices.IndexFunc(old, func(o *armed) bool { return o.sameAs(a.Lever) && o.Set == a.Set }); same >= 0 {
			a = old[same]
		} else {
			a.load()
		}
		l.levers[i], now[i] = a, a.Lever
	}
	l.on.Store(len(l.levers) > 0)
	if l.changed != nil {
		l.changed(now)
	}
	return nil
}

func readLevers(text string) (kept, error) {
	var k kept
	if text == "" {
		return k, nil
	}
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return k, fmt.Errorf("setting %s: %w", LeverSetting, err)
	}
	return k, nil
}

// Touches reports whether the lever is for a partner's requests or
// notifications.
func (l Lever) Touches(partnerID string) bool { return l.PartnerID == Any || l.PartnerID == partnerID }

// Set puts a lever on, for all nodes; one of the same kind, partner and
// operation gives way. Its dice begin at the start of their sequence. What is
// left out is the kind's default.
func (l *Levers) Set(ctx context.Context, core *pay.Core, lever Lever) error {
	if err := lever.complete(); err != nil {
		return err
	}
	if err := l.known(ctx, core, lever); err != nil {
		return err
	}
	return l.edit(ctx, core, func(k *kept) {
		k.Levers = slices.DeleteFunc(k.Levers, func(a armed) bool { return a.sameAs(lever) })
		k.Levers = append(k.Levers, armed{Lever: lever, Set: k.Serial})
	})
}

// known refuses a partner that is not there, and an operation that the partner
// has not, or nobody.
func (l *Levers) known(ctx context.Context, core *pay.Core, lever Lever) error {
	spoken := Any
	if lever.PartnerID != Any {
		p, err := core.Partner(ctx, lever.PartnerID)
		if errors.Is(err, pay.ErrNotFound) {
			return pay.RefuseField(pay.InvalidFormat, "partnerId", "there is no partner "+lever.PartnerID+" (qrisd partner list)")
		}
		if err != nil {
			return err
		}
		spoken = p.Dialect
	}
	names := l.Operations(spoken)
	if lever.Operation == Any || slices.Contains(names, lever.Operation) {
		return nil
	}
	return pay.RefuseField(pay.InvalidFormat, "operation", lever.Operation+" is none; choose one of "+strings.Join(names, ", "))
}

// Operations are the names of a dialect's operations, or of all dialects' for
// Any, in order.
func (l *Levers) Operations(spoken string) []string {
	if l == nil {
		return nil
	}
	var names []string
	for _, d := range l.offered {
		for _, op := range d.Operations {
			if spoken == Any || spoken == d.Name {
				names = append(names, op.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Remove takes levers off, for all nodes: those of a kind, partner and
// operation; empty stands for all of them.
func (l *Levers) Remove(ctx context.Context, core *pay.Core, kind LeverKind, partnerID, operation string) error {
	return l.edit(ctx, core, func(k *kept) {
		k.Levers = slices.DeleteFunc(k.Levers, func(a armed) bool {
			return (kind == "" || kind == a.Kind) && (partnerID == "" || partnerID == a.PartnerID) && (operation == "" || operation == a.Operation)
		})
	})
}

// edit changes the setting, then this node's levers.
func (l *Levers) edit(ctx context.Context, core *pay.Core, change func(*kept)) error {
	text, err := core.EditSetting(ctx, LeverSetting, func(_ pay.Reader, old string) (string, error) {
		k, err := readLevers(old)
		if err != nil {
			return "", err
		}
		k.Serial++
		change(&k)
		slices.SortFunc(k.Levers, func(a, b armed) int {
			return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), strings.Compare(a.PartnerID, b.PartnerID), strings.Compare(a.Operation, b.Operation))
		})
		text, err := json.Marshal(k)
		return string(text), err
	})
	if err != nil {
		return err
	}
	return l.Follow(text)
}
