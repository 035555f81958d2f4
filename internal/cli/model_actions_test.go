package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// foreignNNS is the institution of foreignPayload, a static code of a merchant
// that is not here.
const (
	foreignNNS     = "93600818"
	foreignPayload = "00020101021126650013ID.PAYDIA.WWW011893600818024021200102152402120010000000303UKE5204731153033605802ID5913  Firman Zain6008PONOROGO6105634916219071524021200100000063040DDA"
)

// maxDrawn is a fifth of a wallet, so that wallets run dry now and then.
const maxDrawn = pay.Rupiah(2_000_000_00)

func has(rows []field.Row, name string) *field.Row {
	i := slices.IndexFunc(rows, func(r field.Row) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// maker is an operation that makes codes.
type maker struct{ dialect, operation string }

func (w *world) makers() []maker {
	var all []maker
	for _, operation := range []string{"generate", "order"} {
		for _, name := range w.offers(operation) {
			all = append(all, maker{name, operation})
		}
	}
	return all
}

// generate makes a code, dynamic or static, with or without an end of its own.
func (w *world) generate(rt *rapid.T) {
	w.steady(rt)
	m := choose(rt, "maker", w.makers())
	_, op := w.h.operation(m.dialect, m.operation)
	body := w.h.body(m.dialect, m.operation)
	delete(body, "amount")
	if _, ok := body["urlParams"]; ok {
		body["urlParams"] = []object{{"url": w.ear.at(m.dialect), "type": "NOTIFICATION", "isDeeplink": "N"}}
	}
	c := &modelCode{dialect: m.dialect, created: w.now(), mine: body["partnerReferenceNo"].(string)}
	kind := w.drawAmount(rt, c, op)
	if !c.static() {
		body["amount"] = idr(c.amount.String())
	}
	w.drawEnd(rt, op, body)
	r := w.ask(rt, m.dialect, m.operation, body, kind)
	if kind != accepted {
		return
	}
	w.learn(rt, c, op, body, r)
	w.m.codes = append(w.m.codes, c)
	w.inquire(rt, subject{dialect: c.dialect, code: c})
}

// drawAmount leaves a code static where the dialect has such codes, and seldom
// asks for more than is allowed.
func (w *world) drawAmount(rt *rapid.T, c *modelCode, op *dialect.Operation) pay.Kind {
	if has(op.Body, "amount").Need != field.Mandatory && rapid.IntRange(0, 3).Draw(rt, "static if 0") == 0 {
		return accepted
	}
	if rapid.IntRange(0, 19).Draw(rt, "over the limit if 19") == 19 {
		c.amount = pay.Rp(10_000_001)
		return pay.OverTransactionMax
	}
	c.amount = drawSum(rt, "amount", maxDrawn)
	return accepted
}

// drawEnd asks for a validity within the operation's bounds, or leaves the
// default of the operation or of its sample body.
func (w *world) drawEnd(rt *rapid.T, op *dialect.Operation, body object) {
	v := op.Validity
	most := v.Max
	if v.Sandbox > 0 {
		most = v.Sandbox
	}
	life := rapid.SampledFrom([]time.Duration{0, 2 * time.Minute, 20 * time.Minute, 2 * time.Hour, 72 * time.Hour}).Draw(rt, "life")
	if v.Field == "" || life == 0 || life < v.Min || (most > 0 && life > most) {
		return
	}
	body[v.Field] = snap.FormatTimestamp(w.now().Add(life))
}

// learn takes from the answer what the server chose.
func (w *world) learn(rt *rapid.T, c *modelCode, op *dialect.Operation, body object, r reply) {
	c.ref, c.payload = r.at("referenceNo"), cmp.Or(r.at("qrContent"), r.at("additionalInfo.paymentCode"))
	partner := w.h.node.file.Partners[c.dialect]
	merchant, err := w.h.node.core.Merchant(rt.Context(), partner.PartnerID, partner.MerchantID)
	if err != nil {
		rt.Fatal(err)
	}
	c.merchant = *merchant
	stored, err := w.h.node.core.Code(rt.Context(), c.ref)
	if err != nil {
		rt.Fatal(err)
	}
	if stored.CreatedAt.Before(c.created) || stored.CreatedAt.After(w.now()) || stored.Payload != c.payload {
		rt.Fatalf("code %s, asked for at %s, is stored as %+v: %s", c.ref, c.created, stored, r.raw)
	}
	c.created = stored.CreatedAt
	if text, ok := body[op.Validity.Field].(string); ok {
		if c.expires, err = snap.ParseTimestamp(text); err != nil {
			rt.Fatal(err)
		}
	} else if !c.static() && op.Validity.Default > 0 {
		c.expires = c.created.Add(op.Validity.Default)
	}
}

// drawOrder is a payment of a code in whatever state, mostly of the right
// amount, of a foreign payload or of a damaged one.
func (w *world) drawOrder(rt *rapid.T) *order {
	o := &order{payload: foreignPayload}
	target := rapid.SampledFrom([]string{"code", "code", "code", "code", "foreign", "damaged"}).Draw(rt, "target")
	if target != "foreign" {
		o.code = choose(rt, "code", w.m.codes)
		o.payload = o.code.payload
	}
	if target == "damaged" {
		last := len(o.payload) - 1
		other := byte('0')
		if o.payload[last] == other {
			other = '1'
		}
		o.payload, o.damaged = o.payload[:last]+string(other), true
	}
	dynamic := o.code != nil && !o.code.static()
	switch amount := rapid.SampledFrom([]string{"right", "right", "none", "other", "over"}).Draw(rt, "amount"); {
	case amount == "right" && dynamic:
		o.amount = o.code.amount
	case amount == "right", amount == "other":
		o.amount = drawSum(rt, "sum", maxDrawn)
	case amount == "over":
		o.amount = pay.Rp(10_000_001)
	}
	return o
}

// payCustomer pays from a customer's wallet through an issuer's dialect.
func (w *world) payCustomer(rt *rapid.T) {
	w.steady(rt)
	o := w.drawOrder(rt)
	o.issuer = choose(rt, "issuer", w.offers("payment"))
	o.payer = sandbox.PayerOf(o.issuer)
	o.fee = rapid.SampledFrom([]pay.Rupiah{0, 0, pay.Rp(500)}).Draw(rt, "fee")
	body := paymentBody(o)
	now := w.now()
	kind := w.m.judge(o, now)
	r := w.ask(rt, o.issuer, "payment", body, kind)
	w.paid(rt, o, r.at("referenceNo"), body["partnerReferenceNo"].(string), kind, now)
}

func paymentBody(o *order) object {
	body := object{"partnerReferenceNo": fresh("P"), "additionalInfo": object{"qrContent": o.payload}}
	if o.amount > 0 {
		body["amount"] = idr(o.amount.String())
	}
	if o.fee > 0 {
		body["feeAmount"] = idr(o.fee.String())
	}
	return body
}

// payOutside pays as the sandbox's outside payer, naming the code in one of
// three ways.
func (w *world) payOutside(rt *rapid.T) {
	w.steady(rt)
	o := w.drawOrder(rt)
	o.payer = sandbox.OutsidePayer
	target := w.drawTarget(rt, o)
	if o.amount > 0 {
		target["amount"] = o.amount.String()
	}
	need := max(o.amount, pay.DefaultPolicy().MaxAmount)
	w.m.refill(need)
	now := w.now()
	kind := w.m.judge(o, now)
	r := w.h.admin("POST", "/v1/sandbox/pay", target)
	rt.Logf("outside %v: %v", target, r)
	if want := statusOf(kind); r.status != want {
		rt.Fatalf("the outside payer got %v, want %d (%s)", r, want, nameOf(kind))
	}
	w.paid(rt, o, r.at("referenceNo"), "", kind, now)
}

func (w *world) drawTarget(rt *rapid.T, o *order) object {
	names := []string{"qrContent"}
	if o.code != nil && !o.damaged {
		names = append(names, "referenceNo", "partnerReferenceNo")
	}
	switch choose(rt, "named by", names) {
	case "referenceNo":
		return object{"referenceNo": o.code.ref}
	case "partnerReferenceNo":
		return object{"partnerReferenceNo": o.code.mine}
	}
	return object{"qrContent": o.payload}
}

// statusOf is how the management API answers a refusal.
func statusOf(kind pay.Kind) int {
	switch kind {
	case accepted:
		return 200
	case pay.CodeUnknown:
		return 404
	case pay.MissingField, pay.InvalidFormat, pay.BadPayload:
		return 400
	}
	return 409
}

// paid books what the server has accepted, and holds it against all that
// tells of it.
func (w *world) paid(rt *rapid.T, o *order, ref, mine string, kind pay.Kind, now time.Time) {
	if kind == accepted {
		p := w.m.pay(o, ref, mine, now)
		w.hear(rt, p)
		if p.issuer != "" {
			w.inquire(rt, subject{dialect: p.issuer, payment: p})
		}
	}
	if o.code != nil {
		w.inquire(rt, subject{dialect: o.code.dialect, code: o.code})
	}
}

// cancel asks to cancel a code, or a payment, in whatever state.
func (w *world) cancel(rt *rapid.T) {
	w.steady(rt)
	s := choose(rt, "original", w.subjects("cancel"))
	kind := pay.WrongState // a payment
	if s.code != nil {
		kind = s.code.cancel(w.now())
	}
	w.ask(rt, s.dialect, "cancel", w.h.about(s.dialect, "cancel", s.original()), kind)
	w.inquire(rt, s)
}

// refund gives back a part, the rest or too much.
func (w *world) refund(rt *rapid.T) {
	w.steady(rt)
	originals := w.subjects("refund")
	if rapid.IntRange(0, 3).Draw(rt, "any if 3") < 3 {
		originals = refundable(originals)
	}
	s := choose(rt, "original", originals)
	p := s.newest()
	amount := w.drawRefund(rt, s, p)
	body := w.refundBody(s, amount)
	if amount == 0 {
		amount = p.left()
	}
	now := w.now()
	kind := p.mayRefund(amount)
	r := w.ask(rt, s.dialect, "refund", body, kind)
	if kind == accepted {
		w.m.refund(p, amount, r.at("refundNo"), body["partnerRefundNo"].(string), now)
	}
	w.inquire(rt, s)
}

// refundable are those of which something is left.
func refundable(all []subject) []subject {
	return slices.DeleteFunc(all, func(s subject) bool { return s.newest().mayRefund(0) != accepted })
}

// drawRefund gives an amount, or 0 to leave it out and so ask for the rest.
func (w *world) drawRefund(rt *rapid.T, s subject, p *modelPayment) pay.Rupiah {
	_, op := w.h.operation(s.dialect, "refund")
	row := has(op.Body, "refundAmount")
	choices := []string{"part", "rest", "over"}
	if row.Need != field.Mandatory {
		choices = append(choices, "absent")
	}
	choice := choose(rt, "how much", choices)
	amount := pay.Rp(1000)
	switch {
	case p == nil || p.left() == 0:
	case choice == "part":
		amount = drawSum(rt, "part", p.left())
	case choice == "rest":
		amount = p.left()
	case choice == "over":
		amount = p.left() + drawSum(rt, "more", pay.Rp(1000))
	}
	skipMagic(rt, op, amount)
	if choice == "absent" && p != nil {
		return 0
	}
	return amount
}

// skipMagic skips an amount that asks the sandbox for an answer.
func skipMagic(rt *rapid.T, op *dialect.Operation, amount pay.Rupiah) {
	for _, m := range op.Triggers {
		if m.Value == amount.String() {
			rt.Skip("the amount asks the sandbox for ", m.Code)
		}
	}
}

func (w *world) refundBody(s subject, amount pay.Rupiah) object {
	body := w.h.about(s.dialect, "refund", s.original())
	delete(body, "refundAmount")
	if amount > 0 {
		body["refundAmount"] = idr(amount.String())
	}
	return body
}

// sendAgain repeats a request that succeeded, the same or with another amount.
// What that means is the dialect's rule.
func (w *world) sendAgain(rt *rapid.T) {
	w.steady(rt)
	s := choose(rt, "request", w.sent)
	c := w.prepare(rt, s.dialect, s.operation, s.body)
	rule := c.dialect.Reference
	if c.op.Reference != nil {
		rule = *c.op.Reference
	}
	if !rule.Remember {
		rt.Skip(s.dialect, " does not look at its reference")
	}
	if text, ok := s.body[c.op.Validity.Field].(string); ok {
		if end, err := snap.ParseTimestamp(text); err != nil || !w.now().Before(end) {
			rt.Skip("the end that the request asks for has passed, which is refused first")
		}
	}
	answer, same := rule.Same, rapid.Bool().Draw(rt, "same")
	if field := amountOf(s.body); !same && field != "" {
		answer = rule.Other
		changed := maps.Clone(s.body)
		changed[field] = otherAmount(s.body[field].(object))
		c.raw = mustJSON(w.h.t, changed)
	}
	r := c.send()
	rt.Logf("again %s/%s %s: %v", s.dialect, s.operation, c.raw, short(r))
	switch {
	case !answer.Replay:
		wantKind(rt, c, r, answer.Kind)
	case r.status != s.status || w.placeless(r) != s.text:
		rt.Fatalf("%s/%s %s got another answer when it was sent again:\n%v\n%v", s.dialect, s.operation, c.raw, s.text, w.placeless(r))
	}
}

// placeless is an answer without the server's address, which a restart changes.
func (w *world) placeless(r reply) string {
	return strings.ReplaceAll(string(r.raw), w.h.node.apiURL, "")
}

// otherAmount is small, and not the one given.
func otherAmount(amount object) object {
	if amount["value"] == "777.00" {
		return idr("778.00")
	}
	return idr("777.00")
}

// amountOf is the field of a body that carries an amount, if one does.
func amountOf(body object) string {
	for _, name := range []string{"amount", "refundAmount"} {
		if _, ok := body[name]; ok {
			return name
		}
	}
	return ""
}

// wait lets time pass, minutes to days.
func (w *world) wait(rt *rapid.T) {
	minutes := rapid.SampledFrom([]int{1, 3, 10, 20, 60, 180, 12 * 60, 24 * 60, 3 * 24 * 60}).Draw(rt, "minutes")
	w.advance(rt, time.Duration(minutes)*time.Minute)
	w.steady(rt)
	for _, c := range w.m.codes {
		if len(c.payments) == 0 {
			w.inquire(rt, subject{dialect: c.dialect, code: c})
		}
	}
}

// expire records the ends that have passed; they were in force before.
func (w *world) expire(rt *rapid.T) {
	w.steady(rt)
	if _, err := w.h.node.core.Expire(rt.Context()); err != nil {
		rt.Fatal(err)
	}
	now := w.now()
	for _, c := range w.m.codes {
		stored, err := w.h.node.core.Code(rt.Context(), c.ref)
		if err != nil {
			rt.Fatal(err)
		}
		if want := c.stored(now); stored.State != want {
			rt.Fatalf("code %s is stored as %s, want %s", c.ref, stored.State, want)
		}
	}
}

// stored is the state of the code's row once its end is recorded.
func (c *modelCode) stored(now time.Time) pay.CodeState {
	switch c.payable(now) {
	case pay.CodeCancelled:
		return pay.CodeIsVoid
	case pay.CodePaid:
		return pay.CodeIsPaid
	case pay.CodeExpired:
		return pay.CodeIsExpired
	}
	return pay.CodeActive
}

// closable is how long after its end a day can be closed at the latest: what
// was decided before may still be committing.
const closable = 5 * time.Minute

// settle closes a day that is open, today's once it is over, or one that is
// closed or empty.
func (w *world) settle(rt *rapid.T) {
	w.steady(rt)
	if len(w.m.open(pay.Day(w.now()))) == 0 {
		w.advance(rt, 24*time.Hour)
	}
	for pay.Day(w.now()) != pay.Day(w.now().Add(-closable)) {
		w.advance(rt, time.Minute)
	}
	day := pay.Day(w.now().AddDate(0, 0, -rapid.IntRange(1, 3).Draw(rt, "days ago")))
	if open := slices.Sorted(maps.Keys(w.m.open(pay.Day(w.now())))); len(open) > 0 && rapid.IntRange(0, 3).Draw(rt, "any day if 3") < 3 {
		day = choose(rt, "day", open)
	}
	r := w.admin(rt, "POST", "/v1/settlement/"+day, object{})
	for _, account := range w.m.open(pay.Day(w.now()))[day] {
		w.m.settle(day, account)
	}
	rows, _ := r.field("settlements").([]any)
	w.checkSettled(rt, day, rows)
}

// fund puts money into a customer's wallet.
func (w *world) fund(rt *rapid.T) {
	payer := sandbox.PayerOf(choose(rt, "issuer", w.offers("payment")))
	w.fundPayer(rt, payer, drawSum(rt, "funds", maxDrawn))
}

func (w *world) fundPayer(rt *rapid.T, payer string, amount pay.Rupiah) {
	w.admin(rt, "POST", "/v1/payers/"+payer+"/fund", object{"amount": amount.String()})
	w.m.fund(payer, amount)
}

// restart stops the server and starts another on its folder. Tokens that were
// given before still serve.
func (w *world) restart(*rapid.T) {
	w.h.stop()
	w.h = startIn(w.h.t, w.h.dir)
}
