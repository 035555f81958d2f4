package torture

import (
	"strings"
	"testing"
)

// TestTruthPasses: evidence that fits the log is found to fit.
func TestTruthPasses(t *testing.T) {
	w := newWorld(t)
	for _, f := range verdict(w.log, w.e) {
		t.Error(f)
	}
}

// lies are what a broken server might say, each with the finding that must
// come of it.
var lies = map[string]struct {
	tell func(*world)
	want string
}{
	"a code is gone": {
		func(w *world) { w.edit("bread", func(s *shown) { *s = shown{State: missing} }) },
		"an acknowledged code is lost",
	},
	"a code has another amount": {
		func(w *world) { w.edit("bread", func(s *shown) { s.Amount++ }) },
		"a code of Rp 8000.00 has become one of Rp 8000.01",
	},
	"a code has another reference": {
		func(w *world) { w.edit("bread", func(s *shown) { s.Ref = "other" }) },
		"a code was given reference S-bread, but",
	},
	"a code has another's reference": {
		func(w *world) { w.edit("bread", func(s *shown) { s.Mine = "other" }) },
		"a code was given reference S-bread, but",
	},
	"a code cannot be asked for": {
		func(w *world) { w.edit("bread", func(s *shown) { s.State = "no answer" }) },
		"how a code stands cannot be learnt",
	},
	"a customer's payment is gone": {
		func(w *world) { w.editPayment("coffee paid", func(s *shown) { *s = shown{State: missing} }) },
		"an acknowledged payment is lost",
	},
	"a customer's payment has another amount": {
		func(w *world) { w.editPayment("coffee paid", func(s *shown) { s.Amount-- }) },
		"a payment has changed",
	},
	"a customer's payment has another reference": {
		func(w *world) { w.editPayment("coffee paid", func(s *shown) { s.Ref = "other" }) },
		"a payment has changed",
	},
	"a customer's payment is undone": {
		func(w *world) { w.editPayment("coffee paid", func(s *shown) { s.State = initiated }) },
		"a payment is initiated",
	},
	"a paid code is open": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.State = initiated }) },
		"a payment is lost: it was made, and the code is initiated",
	},
	"the outside payer's code is open": {
		func(w *world) { w.edit("cake", func(s *shown) { s.State = expired }) },
		"a payment is lost: it was made, and the code is expired",
	},
	"a refused payment was made": {
		func(w *world) {
			o := w.ops["tea late"]
			w.e.payments[o.Ref] = shown{State: paid, Ref: "S", Mine: o.Ref, Amount: o.Amount}
		},
		"a refused payment was made",
	},
	"a code is paid twice": {
		func(w *world) {
			o := w.pay("coffee again", "coffee", "rich", 10_000, acknowledged)
			w.e.payments[o.Ref] = shown{State: paid, Ref: o.Given, Mine: o.Ref, Amount: o.Amount}
		},
		"a dynamic code was paid 2 times",
	},
	"a code is paid by two unknowns": {
		func(w *world) {
			for _, name := range []string{"bread one", "bread two"} {
				o := w.pay(name, "bread", "rich", 8_000, unknown)
				w.e.payments[o.Ref] = shown{State: paid, Ref: "S-" + name, Mine: o.Ref, Amount: o.Amount}
			}
			w.edit("bread", func(s *shown) { s.State = paid })
		},
		"a dynamic code was paid 2 times",
	},
	"a code is paid by nobody": {
		func(w *world) { w.edit("bread", func(s *shown) { s.State = paid }) },
		"a code is paid, and nobody paid it",
	},
	"a cancellation is gone": {
		func(w *world) { w.edit("tea", func(s *shown) { s.State = initiated }) },
		"a cancellation is lost: the code is initiated",
	},
	"a cancelled code is paid": {
		func(w *world) { w.edit("tea", func(s *shown) { s.State = paid }) },
		"a cancellation is lost: the code is paid",
	},
	"a code is cancelled by nobody": {
		func(w *world) { w.edit("bread", func(s *shown) { s.State = cancelled }) },
		"a code is cancelled, and nobody cancelled it",
	},
	"a code expires too soon": {
		func(w *world) { w.edit("bread", func(s *shown) { s.State = expired }) },
		"a code has expired before its end",
	},
	"a code does not expire": {
		func(w *world) { w.edit("juice", func(s *shown) { s.State = initiated }) },
		"a code has not expired at its end",
	},
	"an expired code is paid": {
		func(w *world) { w.pay("juice paid", "juice", "rich", 15_000, acknowledged) },
		"a code was paid after it had expired",
	},
	"a refund is gone": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.Refunds, s.Returned = map[string]int64{}, 0 }) },
		"a refund is lost or changed, Rp 0.00 is listed",
	},
	"a refund has another amount": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.Refunds[w.ops["coffee back"].Ref]++ }) },
		"a refund is lost or changed, Rp 3000.01 is listed",
	},
	"a refund is nobody's": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.Refunds["other"] = 1 }) },
		"refund other of Rp 0.01 is listed",
	},
	"more is refunded than was paid": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.Returned = 10_000_01 }) },
		"Rp 10000.01 was refunded of a payment of Rp 10000.00",
	},
	"a part is refunded, and the state says all": {
		func(w *world) { w.edit("coffee", func(s *shown) { s.State = returned }) },
		"Rp 3000.00 of Rp 10000.00 was refunded, and the code is refunded",
	},
	"a sum of refunds is of none": {
		func(w *world) { w.edit("cake", func(s *shown) { s.Returned = 3_999_00 }) },
		"Rp 3999.00 was refunded in all",
	},
	"an acknowledged refund is not in the sum": {
		func(w *world) {
			w.do("cake more", op{Kind: refund, Way: "dana", Code: w.ops["cake"].Ref, Amount: 1_000_00}, acknowledged)
		},
		"Rp 4000.00 was refunded in all",
	},
	"paid becomes initiated": {
		func(w *world) { w.look("coffee later", "coffee", initiated) },
		"illegal transition: a code that was paid was initiated later",
	},
	"acknowledged becomes unheard of": {
		func(w *world) { w.look("bread later", "bread", missing) },
		"illegal transition: a code that was initiated was missing later",
	},
	"acknowledged by cancellation, then initiated": {
		func(w *world) { w.look("tea later", "tea", initiated) },
		"illegal transition: a code that was cancelled was initiated later",
	},
	"cancelled becomes paid": {
		func(w *world) { w.look("tea later", "tea", paid) },
		"illegal transition: a code that was cancelled was paid later",
	},
	"expired becomes paid": {
		func(w *world) { w.look("juice later", "juice", paid) },
		"illegal transition: a code that was expired was paid later",
	},
	"refunded becomes paid": {
		func(w *world) {
			w.look("coffee whole", "coffee", returned)
			w.look("coffee later", "coffee", paid)
		},
		"illegal transition: a code that was refunded was paid later",
	},
	"a query shows another amount": {
		func(w *world) { w.ops["coffee new"].Amount = 1 },
		"a query showed Rp 0.01 for a code of Rp 10000.00",
	},
	"a query shows a word of no document": {
		func(w *world) { w.look("bread later", "bread", "99 Whatever") },
		"a query showed 99 Whatever",
	},
	"a query shows no expiry": {
		func(w *world) { w.look("juice later", "juice", initiated) },
		"a query showed a code as initiated after its end",
	},
	"a query shows expiry too soon": {
		func(w *world) { w.look("bread later", "bread", expired) },
		"a query showed a code as expired before its end",
	},
	"a repeat makes another": {
		func(w *world) { w.try(w.ops["bread"], try{Outcome: acknowledged, Given: "S-other"}) },
		"one reference of the client's led to 2 of the server's",
	},
	"a reference is given twice": {
		func(w *world) { w.ops["bread"].Tries[0].Given = "S-coffee" },
		"the server gave the reference of generate S-coffee to two operations",
	},
	"a first request is a repeat": {
		func(w *world) {
			w.do("rice", op{Kind: generate, Way: "qoin", Amount: 1, Expires: noon.Add(farAway)}, repeated)
		},
		"a request that was sent once is refused as repeated",
	},
	"a validity to come is refused": {
		func(w *world) {
			o := w.log.begin(op{Kind: generate, Way: "qoin", Amount: 1, Ref: "S-rice", Expires: noon.Add(farAway)})
			w.try(o, try{Outcome: refused, Code: "4004701"})
		},
		"nothing that happened explains the refusal 4004701",
	},
	"an open code cannot be paid": {
		func(w *world) { w.pay("bread paid", "bread", "rich", 8_000, refused) },
		"nothing that happened explains the refusal 4045001",
	},
	"a static code cannot be paid": {
		func(w *world) { w.pay("table three", "table", "rich", 1, refused) },
		"nothing that happened explains the refusal 4045001",
	},
	"a rich payer is poor": {
		func(w *world) {
			w.try(w.pay("bread paid", "bread", "rich", 8_000, unsent), try{Outcome: refused, Code: "4035014"})
		},
		"nothing that happened explains the refusal 4035014",
	},
	"a token is forgotten": {
		func(w *world) { w.try(w.ops["ghost"], try{Outcome: refused, Code: "4014701"}) },
		"nothing that happened explains the refusal 4014701",
	},
	"an open code cannot be cancelled": {
		func(w *world) {
			o := w.log.begin(op{Kind: cancel, Way: "midtrans", Code: w.ops["bread"].Ref})
			w.try(o, try{Outcome: refused, Code: "4047700"})
		},
		"nothing that happened explains the refusal 4047700",
	},
	"a paid code cannot be refunded": {
		func(w *world) {
			o := w.log.begin(op{Kind: refund, Way: "midtrans", Code: w.ops["coffee"].Ref, Amount: 100})
			w.try(o, try{Outcome: refused, Code: "4047800"})
		},
		"nothing that happened explains the refusal 4047800",
	},
	"too much is refunded already": {
		func(w *world) {
			o := w.log.begin(op{Kind: refund, Way: "midtrans", Code: w.ops["coffee"].Ref, Amount: 7_000_00})
			w.try(o, try{Outcome: refused, Code: "4037802"})
		},
		"nothing that happened explains the refusal 4037802",
	},
	"the outside payer is refused": {
		func(w *world) {
			o := w.log.begin(op{Kind: payment, Way: outside, Code: w.ops["bread"].Ref, Payer: outside, Amount: 8_000_00})
			w.try(o, try{Outcome: refused, HTTP: 404, Code: "404"})
		},
		"nothing that happened explains the refusal 404",
	},
	"a failure is no JSON": {
		func(w *world) { w.try(w.ops["ghost"], try{Outcome: unknown, HTTP: 502}) },
		"an answer of HTTP 502 is no JSON",
	},
	"a balance is a sen short": {
		func(w *world) { w.e.after.Wallets["rich"]-- },
		"payer rich has Rp 999.99, want Rp 1000.00",
	},
	"the outside payer kept its money": {
		func(w *world) { w.e.after.Wallets[outside] += 5_000_00 },
		"payer outside has",
	},
	"a payer is gone": {
		func(w *world) { delete(w.e.after.Wallets, "rich") },
		"payer rich has Rp 0.00",
	},
	"the ledger is not balanced": {
		func(w *world) { w.e.after.Balanced = false },
		"the ledger is not balanced",
	},
	"a code too many": {
		func(w *world) { w.e.after.Codes++ },
		"there are 8 codes more than before, want 7",
	},
	"a payment too many": {
		func(w *world) { w.e.after.Payments++ },
		"there are 6 payments more than before, want 5",
	},
	"a payment is not told": {
		func(w *world) { w.e.notices = w.e.notices[1:] },
		"a payment was never told",
	},
	"one payment of a static code is not told": {
		func(w *world) { w.e.notices = append(w.e.notices[:3:3], w.e.notices[4:]...) },
		"a payment was never told",
	},
	"a notification has another amount": {
		func(w *world) { w.e.notices[0].Amount++ },
		"midtrans was told of a payment that was not made so",
	},
	"a notification has another state": {
		func(w *world) { w.e.notices[0].State = cancelled },
		"midtrans was told what is not so",
	},
	"a notification goes to another partner": {
		func(w *world) { w.e.notices[0].Partner = "dana" },
		"dana was told what is not so",
	},
	"a notification is not signed": {
		func(w *world) { w.e.notices[0].Fault = "the signature does not match" },
		"a notification to midtrans does not hold",
	},
	"a notification is of no code": {
		func(w *world) { w.e.notices = append(w.e.notices, notice{Partner: "dana", Mine: "other", State: paid}) },
		"dana was told of a code that nobody generated",
	},
	"a notification is of an open code": {
		func(w *world) { w.tell("bread", "nobody", 8_000) },
		"midtrans was told of a payment that was not made so",
	},
	"two payments of a dynamic code are told": {
		func(w *world) { w.tell("coffee", "another", 10_000) },
		"2 different payments of a dynamic code were told",
	},
	"a node ends by itself": {
		func(w *world) { w.e.nodes = []string{"node 1 ended by itself: exit status 2"} },
		"node 1 ended by itself",
	},
}

// TestLiesAreFound falsifies the evidence in one place at a time.
func TestLiesAreFound(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			lie.tell(w)
			var all []string
			for _, f := range verdict(w.log, w.e) {
				if strings.HasPrefix(f.What, lie.want) {
					return
				}
				all = append(all, f.String())
			}
			t.Fatalf("want a finding that begins with %q, got %d:\n%s", lie.want, len(all), strings.Join(all, "\n"))
		})
	}
}

// TestFindingsQuote: a finding has what was sent and answered.
func TestFindingsQuote(t *testing.T) {
	w := newWorld(t)
	w.edit("bread", func(s *shown) { *s = shown{State: missing} })
	findings := verdict(w.log, w.e)
	text := findings[0].String()
	for _, part := range []string{"generate " + w.ops["bread"].Ref + " by midtrans of Rp 8000.00: acknowledged", `"request":{"name":"` + w.ops["bread"].Ref + `"}`, `"outcome":"acknowledged"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}
