package simulate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// foreignNNS is the institution of foreignPayload, a static code of a merchant
// that is not here.
const (
	foreignNNS     = "93600818"
	foreignPayload = "00020101021126650013ID.PAYDIA.WWW011893600818024021200102152402120010000000303UKE5204731153033605802ID5913  Firman Zain6008PONOROGO6105634916219071524021200100000063040DDA"
)

// extras are what the bodies of operations carry besides what all have.
var extras = map[string]object{
	"dana/generate": {"additionalInfo": object{"envInfo": environment}},
	"dana/order": {"additionalInfo": object{
		"mcc": "5732", "envInfo": environment, "order": object{"orderTitle": "Kopi", "scenario": "API", "merchantTransType": "FOOD"},
	}},
	"qoin/generate": {"additionalInfo": object{
		"acquirer":        3,
		"items":           []object{{"id": "1", "name": "Kopi", "quantity": "1", "price": object{"value": 10000, "currency": "IDR"}}},
		"customerDetails": object{"email": "budi@contoh.id", "firstName": "Budi", "lastName": "Utomo", "phone": "0812"},
	}},
}

var environment = object{"sourcePlatform": "IPG", "orderTerminalType": "APP", "terminalType": "SYSTEM"}

// body is of all that such requests carry what the operation's rows know.
func (p *party) body(op *dialect.Operation, all object) []byte {
	for name, v := range map[string]any{"merchantId": p.merchant.ID, "merchantid": p.merchant.ID, "storeId": p.storeID, "terminalId": p.terminal, "externalStoreId": p.storeID, "reason": "because"} {
		all[name] = v
	}
	for name, v := range extras[p.dialect.Name+"/"+op.Name] {
		all[name] = v
	}
	body := object{}
	for _, row := range op.Body {
		if v, ok := all[row.Name]; ok {
			body[row.Name] = v
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return text
}

func row(rows []field.Row, name string) *field.Row {
	i := slices.IndexFunc(rows, func(r field.Row) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// offering draws a party whose dialect has an operation.
func (w *world) offering(verb string) (*party, *dialect.Operation) {
	var all []*party
	for i := range w.parties {
		if w.parties[i].dialect.Operation(verb) != nil {
			all = append(all, &w.parties[i])
		}
	}
	p := all[w.draw(int64(len(all)))]
	return p, p.dialect.Operation(verb)
}

// ready is the intent to do an operation, or first to get the token that it
// needs.
func (w *world) ready(i *intent) *intent {
	auth := i.operation.Auth
	if auth == dialect.AuthToken || auth == dialect.AuthAsymmetric {
		return i
	}
	if p := i.party; p.token == "" || (!w.now().Before(p.until) && w.draw(4) > 0) {
		return w.token(p)
	}
	return i
}

// token asks for a B2B token.
func (w *world) token(p *party) *intent {
	op := p.dialect.Operation("token")
	return &intent{party: p, operation: op, verb: op.Name, body: []byte(`{"grantType":"client_credentials"}`), check: func(w *world, j *job) error {
		life, err := strconv.Atoi(j.answer.at("expiresIn"))
		if err != nil || j.answer.at("accessToken") == "" {
			return fmt.Errorf("no token: %s", j.answer.raw)
		}
		p.token, p.until = j.answer.at("accessToken"), j.began.Add(time.Duration(life)*time.Second)
		return nil
	}}
}

// amounts are drawn in units in which an MDR is rounded now and then.
var units = []pay.Rupiah{pay.Rp(1), pay.Rp(111), pay.Rp(12_345)}

func (w *world) amount(most pay.Rupiah) pay.Rupiah {
	unit := units[w.draw(int64(len(units)))]
	if unit > most {
		unit = pay.Rp(1)
	}
	return unit * pay.Rupiah(1+w.draw(int64(most/unit)))
}

// most is what is usually paid.
func (w *world) most() pay.Rupiah {
	if w.rush {
		return pay.Rp(4_000)
	}
	return pay.Rp(400_000)
}

// fresh is a reference that nobody has used.
func (w *world) fresh(prefix string) string {
	w.references++
	return fmt.Sprintf("%s%d", prefix, w.references)
}

// lives are the validities that codes ask for.
var lives = []time.Duration{2 * time.Minute, 20 * time.Minute, 2 * time.Hour, 72 * time.Hour}

// generate makes a code.
func (w *world) generate() *intent {
	verb := "generate"
	if w.draw(16) == 0 {
		verb = "order"
	}
	p, op := w.offering(verb)
	i := &intent{party: p, operation: op, verb: verb, mine: w.fresh("G"), check: checkMade}
	all := object{"partnerReferenceNo": i.mine}
	static := w.draw(3) == 0
	if w.rush {
		static = w.draw(4) > 0 // each is paid many times
	}
	if row(op.Body, "amount").Need == field.Mandatory || !static {
		if i.amount = w.amount(2 * w.most()); w.draw(40) == 0 {
			i.amount = pay.Rp(10_000_001)
		}
		all["amount"] = idr(i.amount)
	}
	if v := op.Validity; v.Field != "" {
		life := lives[w.draw(int64(len(lives)))]
		if fits := life >= v.Min && (v.Max == 0 || life < v.Max); fits && (w.draw(2) == 0 || row(op.Body, v.Field).Need == field.Mandatory) {
			i.end = w.now().Truncate(time.Second).Add(life)
		} else if row(op.Body, v.Field).Need == field.Mandatory {
			i.end = w.now().Truncate(time.Second).Add(v.Max - time.Minute)
		}
		if !i.end.IsZero() {
			all[v.Field] = snap.FormatTimestamp(i.end)
		}
	}
	if verb == "order" {
		all["urlParams"] = []object{{"url": "https://callback." + p.dialect.Name + ".example/n", "type": "NOTIFICATION", "isDeeplink": "N"}}
		all["payOptionDetails"] = []object{{"payMethod": "NETWORK_PAY", "payOption": "NETWORK_PAY_PG_QRIS", "transAmount": idr(i.amount)}}
	}
	i.body = p.body(op, all)
	i.against = func(w *world, _ time.Time) kinds {
		return w.againstTrade(p) | unless(i.amount <= policy.MaxAmount, pay.OverTransactionMax)
	}
	return i
}

// againstTrade is a merchant's suspension. Until the operator is told that it
// has ended, requests may go by what was remembered.
func (w *world) againstTrade(p *party) kinds {
	changing := func(j *job) bool { return j.verb == "hold" && j.party == p }
	return unless(!p.held && !slices.ContainsFunc(w.inFlight, changing), pay.MerchantSuspended)
}

// checkMade holds the answer of a request that made something against what it
// made.
func checkMade(w *world, j *job) error {
	name := "referenceNo"
	if j.verb == "refund" {
		name = "refundNo"
	}
	if got := j.answer.at(name); got != j.effect {
		return fmt.Errorf("it made %s, and the answer names %s: %s", j.effect, got, j.answer.raw)
	}
	if c := w.model.byRef[j.effect]; c != nil && j.answer.at("qrContent") != c.payload && j.answer.at("additionalInfo.paymentCode") != c.payload {
		return fmt.Errorf("the payload is %s, and the answer has another: %s", c.payload, j.answer.raw)
	}
	return nil
}

// anyCode draws a code, a late one more often; nil where there is none.
func (w *world) anyCode(fits func(*code) bool) *code {
	all := w.model.codes
	if n := len(all); n > 30 && !w.rush && w.draw(4) > 0 {
		all = all[n-30:]
	}
	if len(all) == 0 {
		return nil
	}
	for range 8 {
		if c := all[w.draw(int64(len(all)))]; fits(c) {
			return c
		}
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c *code) bool { return !fits(c) })
	if len(all) == 0 {
		return nil
	}
	return all[w.draw(int64(len(all)))]
}

func anything(*code) bool { return true }

// pay pays a code in whatever state, mostly one that may be paid, or another
// institution's.
func (w *world) pay() *intent {
	p, op := w.offering("payment")
	if w.draw(20) == 0 {
		return w.payment(p, op, nil)
	}
	fits := anything
	if w.draw(12) > 0 {
		fits = func(c *code) bool { return c.unpayable(w.now()) == 0 }
	}
	c := w.anyCode(fits)
	if c == nil {
		return nil
	}
	return w.payment(p, op, c)
}

// payment is one of a code, or of another institution's, by an issuer's
// customer.
func (w *world) payment(p *party, op *dialect.Operation, about *code) *intent {
	c := p.customers[w.draw(int64(len(p.customers)))]
	i := &intent{party: p, operation: op, verb: op.Name, mine: w.fresh("P"), about: about, payer: c.payer, customer: c.token, check: checkMade}
	payload := foreignPayload
	if about != nil {
		payload = about.payload
	}
	switch dynamic := about != nil && !about.static(); {
	case w.draw(50) == 0:
		i.amount = pay.Rp(10_000_001)
	case !dynamic || w.draw(30) == 0:
		i.amount = w.amount(w.most())
	case w.draw(2) == 0:
		i.amount = about.amount
	}
	all := object{"partnerReferenceNo": i.mine, "additionalInfo": object{"qrContent": payload}}
	if i.amount > 0 {
		all["amount"] = idr(i.amount)
	}
	if w.draw(4) == 0 {
		i.fee = pay.Rp(500)
		all["feeAmount"] = idr(i.fee)
	}
	i.body, i.against = p.body(op, all), i.againstPayment
	return i
}

func (i *intent) againstPayment(w *world, now time.Time) kinds {
	all := unless(max(i.due(), i.amount) <= policy.MaxAmount, pay.OverTransactionMax) |
		unless(w.model.purse(i.payer) >= i.due()+i.fee, pay.InsufficientFunds)
	if c := i.about; c != nil {
		all |= c.unpayable(now) | unless(c.static() || i.amount == 0 || i.amount == c.amount, pay.AmountMismatch)
	}
	return all
}

// original is what requests about an earlier transaction say of it.
func (i *intent) original() object {
	if i.payment != nil {
		return object{"originalReferenceNo": i.payment.ref, "originalPartnerReferenceNo": i.payment.mine, "serviceCode": "50"}
	}
	return object{"originalReferenceNo": i.about.ref, "originalPartnerReferenceNo": i.about.mine, "serviceCode": "47"}
}

// subject draws what an operation is about: codes of the partner's, or payments
// of an issuer's.
func (w *world) subject(verb string, p *party, op *dialect.Operation) *intent {
	i := &intent{party: p, operation: op, verb: verb}
	service := row(op.Body, "serviceCode")
	takes := func(name string) bool {
		return service == nil || service.Enum == nil || slices.Contains(service.Enum, name)
	}
	if len(p.customers) > 0 && takes("50") && (op.Customer || !takes("47") || w.draw(2) == 0) {
		all := slices.DeleteFunc(slices.Clone(w.model.payments), func(own *payment) bool { return own.issuer != p })
		if len(all) == 0 {
			return nil
		}
		i.payment = all[w.draw(int64(len(all)))]
	} else if i.about = w.anyCode(func(c *code) bool { return c.party == p }); i.about == nil || op.Customer {
		return nil
	}
	if op.Customer {
		i.customer = p.customers[0].token
		for _, c := range p.customers {
			if c.payer == i.payment.payer {
				i.customer = c.token
			}
		}
	}
	return i
}

// query asks how a transaction stands.
func (w *world) query() *intent {
	verb := []string{"query", "status"}[w.draw(2)]
	p, op := w.offering(verb)
	i := w.subject(verb, p, op)
	if i != nil {
		i.body, i.check = p.body(op, i.original()), checkStatus
	}
	return i
}

// checkStatus wants a status that the subject had since the query began.
func checkStatus(_ *world, j *job) error {
	got := j.answer.at("latestTransactionStatus")
	for status := range j.statuses {
		if j.party.dialect.Statuses[status].Code == got {
			return nil
		}
	}
	return fmt.Errorf("the status is %q, and was %v: %s", got, j.statuses, j.answer.raw)
}

// cancel takes a code out of use.
func (w *world) cancelCode() *intent {
	p, op := w.offering("cancel")
	i := &intent{party: p, operation: op, verb: op.Name}
	if i.about = w.anyCode(func(c *code) bool { return c.party == p }); i.about == nil {
		return nil
	}
	i.body = p.body(op, i.original())
	i.against = func(_ *world, now time.Time) kinds {
		switch i.about.status(now) {
		case pay.StatusExpired:
			return only(pay.CodeExpired)
		case pay.StatusPaid, pay.StatusRefunded:
			return only(pay.WrongState)
		}
		return 0
	}
	i.check = func(_ *world, j *job) error {
		if !j.about.void {
			return fmt.Errorf("it was acknowledged, and code %s is not cancelled: %s", j.about.ref, j.answer.raw)
		}
		return nil
	}
	return i
}

// refund gives back a part, the rest or too much.
func (w *world) refund() *intent {
	p, op := w.offering("refund")
	i := w.subject("refund", p, op)
	if i == nil {
		return nil
	}
	i.mine, i.check = w.fresh("R"), checkMade
	newest := i.paid()
	if newest == nil && w.draw(6) > 0 {
		return nil
	}
	all := i.original()
	all["partnerRefundNo"] = i.mine
	if row(op.Body, "refundAmount").Need == field.Mandatory || w.draw(3) > 0 {
		i.amount = pay.Rp(1000)
		if newest != nil {
			i.amount = w.amount(max(newest.left()+pay.Rp(1000)*pay.Rupiah(w.draw(2)), pay.Rp(1)))
		}
		all["refundAmount"] = idr(i.amount)
	}
	i.body = p.body(op, all)
	i.against = func(*world, time.Time) kinds {
		switch newest := i.paid(); {
		case newest == nil:
			return only(pay.WrongState)
		case newest.left() == 0:
			return only(pay.Refunded)
		case i.amount > newest.left():
			return only(pay.OverRefund)
		}
		return 0
	}
	return i
}

// paid is the payment that a refund is of; nil until there is one.
func (i *intent) paid() *payment {
	if i.payment != nil {
		return i.payment
	}
	return i.about.newest
}

// list asks for the codes of a day.
func (w *world) list() *intent {
	p, op := w.offering("list")
	i := &intent{party: p, operation: op, verb: op.Name, day: pay.Day(w.now().AddDate(0, 0, -int(w.draw(2))))}
	i.body = p.body(op, object{"dateGenerate": i.day, "additionalInfo": object{"merchantId": p.merchant.ID}})
	of := func(all []*code) []string {
		var refs []string
		for _, c := range all {
			if c.party == p && c.day == i.day {
				refs = append(refs, c.ref)
			}
		}
		return refs
	}
	i.against = func(w *world, _ time.Time) kinds {
		return w.againstTrade(p) | unless(len(of(w.model.codes)) > 0, pay.NothingOnDate)
	}
	i.check = func(w *world, j *job) error {
		there, rows := of(w.model.codes), j.answer.body["dataDetail"].([]any)
		var got []string
		for _, row := range rows {
			got = append(got, row.(object)["id_qr"].(string))
		}
		missing := slices.ContainsFunc(of(j.listed), func(ref string) bool { return !slices.Contains(got, ref) })
		unknown := slices.ContainsFunc(got, func(ref string) bool { return !slices.Contains(there, ref) })
		if missing || unknown {
			return fmt.Errorf("the %s has %v, want %v: %s", i.day, got, there, j.answer.raw)
		}
		return nil
	}
	return i
}

// again asks once more for what a client does not know, or what it does.
func (w *world) again() *intent {
	if n := len(w.open); n > 0 && w.draw(5) > 0 {
		return w.open[w.draw(int64(n))]
	}
	if n := len(w.asked); n > 0 {
		return w.asked[w.draw(int64(n))]
	}
	return nil
}
