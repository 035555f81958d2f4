package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// subject is a transaction as a partner knows it: the acquirer's its code, the
// issuer's its payment.
type subject struct {
	dialect string
	code    *modelCode    // or else
	payment *modelPayment // a payment
}

func (s subject) original() original {
	if s.code != nil {
		return original{ref: s.code.ref, partnerRef: s.code.mine, service: "47"}
	}
	return original{s.payment.ref, s.payment.mine, "50", true}
}

// newest is its payment, the last of a static code; nil until there is one.
func (s subject) newest() *modelPayment {
	if s.code == nil {
		return s.payment
	}
	if n := len(s.code.payments); n > 0 {
		return s.code.payments[n-1]
	}
	return nil
}

func (s subject) status(now time.Time) pay.Status {
	if s.code != nil {
		return s.code.status(now)
	}
	return s.payment.status()
}

func (s subject) amount() pay.Rupiah {
	if p := s.newest(); p != nil {
		return p.amount
	}
	return s.code.amount
}

// subjects are all transactions about which an operation can be asked.
func (w *world) subjects(operation string) []subject {
	var all []subject
	for _, c := range w.m.codes {
		all = append(all, subject{dialect: c.dialect, code: c})
	}
	for _, p := range w.m.payments {
		if p.issuer != "" {
			all = append(all, subject{dialect: p.issuer, payment: p})
		}
	}
	return slices.DeleteFunc(all, func(s subject) bool { return !w.answers(s, operation) })
}

// answers reports whether a dialect's operation is about such transactions: of
// an issuer's customer it is about payments, and some take codes only.
func (w *world) answers(s subject, operation string) bool {
	op := w.dialect(s.dialect).Operation(operation)
	if op == nil || (op.Customer && s.code != nil) {
		return false
	}
	service := has(op.Body, "serviceCode")
	return service == nil || service.Enum == nil || slices.Contains(service.Enum, s.original().service)
}

// inquire holds every projection of a transaction against the model, and gives
// the answer to its query where the dialect has one.
func (w *world) inquire(rt *rapid.T, s subject) reply {
	w.checkStored(rt, s)
	var query reply
	for _, name := range []string{"status", "query"} {
		if !w.answers(s, name) {
			continue
		}
		c := w.prepare(rt, s.dialect, name, w.h.about(s.dialect, name, s.original()))
		query = c.send()
		wantKind(rt, c, query, accepted)
		w.checkAnswer(rt, c, s, query)
	}
	if s.code != nil && w.offered(s.dialect, "list") {
		w.checkList(rt, s.dialect, pay.Day(s.code.created))
	}
	return query
}

// checkStored holds the domain's own projection against the model: what
// dialects without a query tell by notification.
func (w *world) checkStored(rt *rapid.T, s subject) {
	ctx, core := rt.Context(), w.h.node.core
	partner, err := core.Partner(ctx, w.h.node.file.Partners[s.dialect].PartnerID)
	if err != nil {
		rt.Fatal(err)
	}
	o := s.original()
	t, err := core.Query(ctx, partner, pay.Original{Ref: o.ref})
	if err != nil {
		rt.Fatalf("%s %s: %v", s.dialect, o.ref, err)
	}
	if want := s.status(w.now()); t.Status != want || t.Amount() != s.amount() {
		rt.Fatalf("%s %s is %s of %s, want %s of %s", s.dialect, o.ref, t.Status, t.Amount(), want, s.amount())
	}
	p := s.newest()
	if (p == nil) != (t.Payment == nil) {
		rt.Fatalf("%s %s: payment %+v, want %+v", s.dialect, o.ref, t.Payment, p)
	}
	if p == nil {
		return
	}
	var given pay.Rupiah
	for _, r := range t.Refunds {
		given += r.Amount
	}
	if t.Payment.Ref != p.ref || t.Payment.MDR != p.mdr || t.Payment.Refunded != p.refunded || given != p.refunded || given > t.Payment.Amount {
		rt.Fatalf("%s %s: payment %+v with refunds of %s, want %+v", s.dialect, o.ref, t.Payment, given, p)
	}
}

// checkAnswer holds a query's answer against the model.
func (w *world) checkAnswer(rt *rapid.T, c *call, s subject, r reply) {
	word := c.dialect.Statuses[s.status(w.now())]
	wanted := map[string]string{
		"latestTransactionStatus": word.Code, "transactionStatusDesc": word.Text,
		"originalReferenceNo": s.original().ref, "originalPartnerReferenceNo": s.original().partnerRef,
	}
	if s.amount() > 0 {
		wanted["amount.value"] = s.amount().String()
	}
	for name, want := range wanted {
		if has(c.op.Reply, name) != nil && r.at(name) != want {
			rt.Fatalf("%s/%s: %s is %q, want %q: %s", s.dialect, c.op.Name, name, r.at(name), want, r.raw)
		}
	}
	checkHistory(rt, c.op, s.newest(), r)
}

// checkHistory looks at the refunds that an answer lists, if it does.
func checkHistory(rt *rapid.T, op *dialect.Operation, p *modelPayment, r reply) {
	i := slices.IndexFunc(op.Reply, func(row field.Row) bool {
		return row.Kind == field.Array && strings.HasSuffix(row.Name, "refundHistory")
	})
	if i < 0 || p == nil {
		return
	}
	listed, _ := r.field(op.Reply[i].Name).([]any)
	if len(listed) != len(p.refunds) {
		rt.Fatalf("%d refunds are listed, want %d: %s", len(listed), len(p.refunds), r.raw)
	}
	for _, entry := range listed {
		e := reply{body: entry.(object)}
		if !slices.ContainsFunc(p.refunds, func(want modelRefund) bool {
			return e.at("refundNo") == want.ref && e.at("partnerRefundNo") == want.mine && e.at("refundAmount.value") == want.amount.String()
		}) {
			rt.Fatalf("refund %v is listed, want of %+v", entry, p.refunds)
		}
	}
}

// checkBooks wants every account at what the model says, after every step. The
// server closes days by itself too, perhaps while the books are read.
func (w *world) checkBooks(rt *rapid.T) {
	r := w.admin(rt, "GET", "/v1/ledger/check", nil)
	for w.learnSettled(rt) {
		r = w.admin(rt, "GET", "/v1/ledger/check", nil)
	}
	if r.body["balanced"] != true || r.at("total") != "0.00" {
		rt.Fatalf("the ledger is not balanced: %s", r.raw)
	}
	got := map[ledger.Account]string{}
	for _, a := range r.field("accounts").([]any) {
		row := reply{body: a.(object)}
		got[ledger.Account(row.at("account"))] = row.at("balance")
	}
	for account, want := range w.m.accounts {
		if got[account] != want.String() && (want != 0 || got[account] != "") {
			rt.Fatalf("%s holds %s, want %s", account, got[account], want)
		}
	}
	for account, balance := range got {
		if _, ok := w.m.accounts[account]; !ok {
			rt.Fatalf("%s holds %s, want no such account", account, balance)
		}
	}
	for name, want := range map[string]int{"codes": len(w.m.codes), "payments": len(w.m.payments), "transfers": w.m.transfers} {
		if r.field(name) != float64(want) {
			rt.Fatalf("there are %v %s, want %d", r.field(name), name, want)
		}
	}
}

// learnSettled closes in the model what the server has closed, and reports
// whether there was something.
func (w *world) learnSettled(rt *rapid.T) bool {
	learnt := false
	for day := range w.m.open(pay.Day(w.now())) {
		err := w.h.node.core.Inspect(rt.Context(), func(r pay.Reader) error {
			settled, err := r.Settlements(day)
			for _, s := range settled {
				learnt = w.m.settle(day, ledger.Payable(s.PartnerID, s.MerchantID)) || learnt
			}
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
	}
	return learnt
}

// checkAll looks at everything once more when a run is over.
func (w *world) checkAll(rt *rapid.T) {
	w.steady(rt)
	for _, c := range w.m.codes {
		w.inquire(rt, subject{dialect: c.dialect, code: c})
	}
	for _, p := range w.m.payments {
		if p.issuer != "" {
			w.inquire(rt, subject{dialect: p.issuer, payment: p})
		}
	}
	w.checkDeliveries(rt)
}

// checkSettled holds the close of a day against the model's.
func (w *world) checkSettled(rt *rapid.T, day string, rows []any) {
	want := map[ledger.Account]pay.Settlement{}
	for key, s := range w.m.settled {
		if key.day == day {
			want[key.account] = s
		}
	}
	if len(rows) != len(want) {
		rt.Fatalf("the %s is closed for %v, want %v", day, rows, want)
	}
	for _, row := range rows {
		got := reply{body: row.(object)}
		s, ok := want[ledger.Payable(got.at("partnerId"), got.at("merchantId"))]
		if !ok || got.at("gross") != s.Gross.String() || got.at("mdr") != s.MDR.String() || got.at("refunds") != s.Refunds.String() ||
			got.at("mdrBack") != s.MDRBack.String() || got.at("net") != received(s).String() || got.field("count") != float64(s.Count) {
			rt.Fatalf("the close of the %s: %v, want %+v", day, row, s)
		}
	}
}

// list asks for the codes of one of the last days.
func (w *world) list(rt *rapid.T) {
	w.steady(rt)
	name := choose(rt, "dialect", w.offers("list"))
	w.checkList(rt, name, pay.Day(w.now().AddDate(0, 0, -rapid.IntRange(0, 2).Draw(rt, "days ago"))))
}

// checkList holds the list of a day against the model.
func (w *world) checkList(rt *rapid.T, name, day string) {
	body := object{"dateGenerate": day, "additionalInfo": object{"merchantId": w.h.node.file.Partners[name].MerchantID}}
	var want []string
	for _, c := range w.m.codes {
		if c.dialect == name && pay.Day(c.created) == day {
			want = append(want, c.listed())
		}
	}
	slices.Reverse(want)
	kind := accepted
	if len(want) == 0 {
		kind = pay.NothingOnDate
	}
	r := w.ask(rt, name, "list", body, kind)
	rows, _ := r.field("dataDetail").([]any)
	var got []string
	for _, row := range rows {
		m := row.(object)
		got = append(got, fmt.Sprint(m["id_qr"], " ", m["type"], " ", m["generate_time"], " ", m["expired_date"], " ", m["amount"]))
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("the codes of the %s are\n%s\nwant\n%s", day, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// listed is a code in SpeedCash's words.
func (c *modelCode) listed() string {
	local := func(t time.Time) string { return t.In(pay.Jakarta).Format(time.DateTime) }
	if c.static() {
		return fmt.Sprint(c.ref, " static ", local(c.created), " ", nil, " ", nil)
	}
	return fmt.Sprint(c.ref, " dynamic ", local(c.created), " ", local(c.expires), " ", snap.FormatAmount(int64(c.amount)))
}
