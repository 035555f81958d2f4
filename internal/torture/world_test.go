package torture

import (
	"path/filepath"
	"testing"
	"time"
)

// world is a small log with evidence that fits it, for tests to falsify.
type world struct {
	t   *testing.T
	log *journal
	e   *evidence
	now time.Time
	ops map[string]*op // by the name that a test calls them by
}

// noon is when the log begins.
var noon = time.Date(2027, 3, 1, 5, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	log, err := newJournal(filepath.Join(t.TempDir(), "clients.log"), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.close() })
	w := &world{t: t, log: log, now: noon, ops: map[string]*op{}}
	w.e = &evidence{
		codes: map[string]shown{}, payments: map[string]shown{}, poor: map[string]bool{"poor": true},
		before: books{Balanced: true, Codes: 7, Payments: 3, Funding: 100_00, Wallets: map[string]int64{"rich": 9_000_00, "poor": 1_00, outside: 0}},
	}
	w.live()
	w.e.at, w.e.until = w.tick(), w.tick()
	w.books()
	return w
}

// tick is the next moment: no two things happen at once here.
func (w *world) tick() time.Time {
	w.now = w.now.Add(time.Second)
	return w.now
}

// do logs an operation of one try.
func (w *world) do(name string, o op, came outcome) *op {
	w.t.Helper()
	made := w.log.begin(o)
	w.ops[name] = made
	w.try(made, try{Outcome: came, Given: map[bool]string{true: "S-" + name}[came == acknowledged]})
	return made
}

// codes that explain themselves stand for outcomes.
var sampleCodes = map[outcome]string{acknowledged: "2004700", repeated: "4094701", refused: "4045001"}

func (w *world) try(o *op, t try) {
	w.t.Helper()
	t.Began, t.Ended = w.tick(), w.tick()
	if t.Code == "" {
		t.Code = sampleCodes[t.Outcome]
	}
	if err := w.log.note(o, t, entry{Request: object{"name": o.Ref}}); err != nil {
		w.t.Fatal(err)
	}
}

const farAway = time.Hour

// code generates one, of rupiah.
func (w *world) code(name, way string, amount int64) *op {
	o := op{Kind: generate, Way: way, Amount: amount * 100}
	if amount > 0 {
		o.Expires = noon.Add(farAway)
	}
	return w.do(name, o, acknowledged)
}

func (w *world) pay(name, code, payer string, amount int64, came outcome) *op {
	way := issuer
	if payer == outside {
		way = outside
	}
	o := w.do(name, op{Kind: payment, Way: way, Code: w.ops[code].Ref, Payer: payer, Amount: amount * 100}, came)
	if way == issuer && came == acknowledged {
		w.e.payments[o.Ref] = shown{State: paid, Ref: o.Given, Mine: o.Ref, Amount: o.Amount}
	}
	return o
}

func (w *world) look(name, code string, s state) *op {
	made := w.ops[code]
	o := w.do(name, op{Kind: query, Way: made.Way, Code: made.Ref}, acknowledged)
	o.Seen, o.Amount = s, made.Amount
	return o
}

// show is how a code stands at the end.
func (w *world) show(code string, s state, refunds map[string]int64) {
	made := w.ops[code]
	v := shown{State: s, Ref: made.Given, Mine: made.Ref, Amount: made.Amount, Refunds: map[string]int64{}}
	for name, amount := range refunds {
		v.Refunds[w.ops[name].Ref] = amount * 100
		v.Returned += amount * 100
	}
	if acquirers[made.Way].silent {
		v.Refunds = nil
	}
	w.e.codes[made.Ref] = v
}

func (w *world) tell(code, payment string, amount int64) {
	made := w.ops[code]
	n := notice{Partner: made.Way, Delivery: "D-" + payment, Ref: made.Given, Mine: made.Ref, Amount: amount * 100, State: paid}
	if o := w.ops[payment]; o != nil {
		n.Payment = o.Given
	}
	w.e.notices = append(w.e.notices, n)
}

// live is everything that may happen to codes, once.
func (w *world) live() {
	w.code("coffee", "midtrans", 10_000) // paid by a customer, refunded in part
	w.look("coffee new", "coffee", initiated)
	w.pay("coffee paid", "coffee", "rich", 10_000, acknowledged)
	w.look("coffee sold", "coffee", paid)
	w.do("coffee back", op{Kind: refund, Way: "midtrans", Code: w.ops["coffee"].Ref, Amount: 3_000_00}, acknowledged)
	w.show("coffee", paid, map[string]int64{"coffee back": 3_000})
	w.tell("coffee", "coffee paid", 10_000)

	w.code("tea", "dana", 20_000) // cancelled
	w.do("tea void", op{Kind: cancel, Way: "dana", Code: w.ops["tea"].Ref}, acknowledged)
	w.pay("tea late", "tea", "rich", 20_000, refused)
	w.look("tea gone", "tea", cancelled)
	w.show("tea", cancelled, nil)

	brief := w.code("juice", issuer, 15_000) // expired
	brief.Expires = w.tick()
	w.look("juice old", "juice", expired)
	w.show("juice", expired, nil)

	w.code("milk", "qoin", 5_000) // paid by the outside payer, who never heard
	w.pay("milk paid", "milk", outside, 5_000, unknown)
	w.show("milk", paid, nil)
	w.tell("milk", "milk paid", 5_000)

	w.code("table", "midtrans", 0) // static
	w.pay("table one", "table", "rich", 1_000, acknowledged)
	w.pay("table two", "table", "poor", 1, acknowledged)
	w.show("table", paid, nil)
	w.tell("table", "table one", 1_000)
	w.tell("table", "table two", 1)

	w.do("ghost", op{Kind: generate, Way: "midtrans", Amount: 7_000_00, Expires: noon.Add(farAway)}, unknown) // nobody knows
	w.e.codes[w.ops["ghost"].Ref] = shown{State: missing}

	w.code("cake", "dana", 30_000) // refunded, as far as the sum tells
	w.pay("cake paid", "cake", outside, 30_000, acknowledged)
	w.do("cake back", op{Kind: refund, Way: "dana", Code: w.ops["cake"].Ref, Amount: 4_000_00}, unknown)
	w.show("cake", paid, map[string]int64{"cake back": 4_000})
	w.tell("cake", "cake paid", 30_000)

	w.code("bread", "midtrans", 8_000) // still open
	w.show("bread", initiated, nil)
}

// books are those after all that: of the poor payer's rupiah nothing is left.
func (w *world) books() {
	w.e.after = books{
		Balanced: true, Codes: 7 + 7, Payments: 3 + 5, Funding: 100_00 + 50_000_00,
		Wallets: map[string]int64{
			"rich": 9_000_00 - 10_000_00 + 3_000_00 - 1_000_00, "poor": 0,
			outside: 50_000_00 - 5_000_00 - 30_000_00 + 4_000_00,
		},
	}
}

// edit changes how a code stands.
func (w *world) edit(code string, change func(*shown)) {
	ref := w.ops[code].Ref
	s := w.e.codes[ref]
	change(&s)
	w.e.codes[ref] = s
}

// editPayment changes how a customer's payment stands.
func (w *world) editPayment(name string, change func(*shown)) {
	ref := w.ops[name].Ref
	s := w.e.payments[ref]
	change(&s)
	w.e.payments[ref] = s
}
