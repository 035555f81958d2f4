package storage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// where collects the conditions of a page and what they compare with.
type where struct {
	conditions []string
	args       []any
}

// and adds a condition, as in "ref <", unless its value is empty.
func (w *where) and(condition, value string) {
	if value != "" {
		w.conditions = append(w.conditions, condition+" "+w.mark(value))
	}
}

// mark gives the place of one more value.
func (w *where) mark(value any) string {
	w.args = append(w.args, value)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(w.conditions, " AND ")
}

// page reads the first rows in an order that ends with a limit's word.
func (t table[T]) page(q querier, w where, order string, limit int) ([]T, error) {
	text := w.String() + " ORDER BY " + order + " LIMIT " + w.mark(limit)
	return t.all(q, t.find(text), w.args...)
}

// count counts rows up to a limit.
func (t table[T]) count(q querier, w where, limit int) (int, error) {
	text := "SELECT COUNT(*) FROM (SELECT 1 AS one FROM " + t.name + " " + w.String() + " LIMIT " + w.mark(limit) + ") AS bounded"
	return scalar[int](q, text, w.args...)
}

// stands adds a state. Rows in the state that they begin in, the open ones,
// and all others have indexes of their own, which the text must name.
func (w *where) stands(state, open string) {
	switch state {
	case "":
	case open:
		w.conditions = append(w.conditions, "state = '"+open+"'")
	default:
		w.and("state <> '"+open+"' AND state =", state)
	}
}

// references are the bounds of references with a prefix, before a key. They
// are digits, so that every collation orders them alike.
func (w *where) references(prefix, before string) {
	w.and("ref >=", prefix)
	if prefix != "" && before == "" {
		before = prefix + strings.Repeat("9", 24) // longer than any reference
	}
	w.and("ref <", before)
}

var codeStates = []pay.CodeState{pay.CodeActive, pay.CodeIsPaid, pay.CodeIsExpired, pay.CodeIsVoid}

func codesWhere(f pay.CodeFilter, before string) (w where) {
	w.and("partner_id =", f.PartnerID)
	w.stands(string(f.State), string(pay.CodeActive))
	w.references(f.Prefix, before)
	return w
}

// CodePage of a partner's codes in any state takes the newest of each state:
// the index that a partner's codes of one state need is enough for both.
func (r reader) CodePage(f pay.CodeFilter, before string, limit int) ([]pay.Code, error) {
	if f.PartnerID == "" || f.State != "" {
		return codes.page(r.q, codesWhere(f, before), "ref DESC", limit)
	}
	var found []pay.Code
	for _, f.State = range codeStates {
		some, err := codes.page(r.q, codesWhere(f, before), "ref DESC", limit)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b pay.Code) int { return cmp.Compare(b.Ref, a.Ref) })
	return found[:min(limit, len(found))], nil
}

func (r reader) CountCodes(f pay.CodeFilter, limit int) (int, error) {
	if f.PartnerID == "" || f.State != "" {
		return codes.count(r.q, codesWhere(f, ""), limit)
	}
	sum := 0
	for _, f.State = range codeStates {
		n, err := codes.count(r.q, codesWhere(f, ""), limit-sum)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func paymentsWhere(f pay.PaymentFilter, before string) (w where) {
	w.and("acquirer_id =", f.AcquirerID)
	w.references(f.Prefix, before)
	return w
}

func (r reader) PaymentPage(f pay.PaymentFilter, before string, limit int) ([]pay.Payment, error) {
	return payments.page(r.q, paymentsWhere(f, before), "ref DESC", limit)
}

func (r reader) CountPayments(f pay.PaymentFilter, limit int) (int, error) {
	return payments.count(r.q, paymentsWhere(f, ""), limit)
}

var paymentsOfCode = payments.find("WHERE code_ref = $1 AND code_ref <> '' ORDER BY paid_at DESC, ref DESC LIMIT $2")

func (r reader) PaymentsOf(codeRef string, limit int) ([]pay.Payment, error) {
	return payments.all(r.q, paymentsOfCode, codeRef, limit)
}

func (r reader) RefundPage(f pay.PaymentFilter, before string, limit int) ([]pay.Refund, error) {
	return refunds.page(r.q, paymentsWhere(f, before), "ref DESC", limit)
}

func deliveriesWhere(partnerID string, state pay.DeliveryState, before string) (w where) {
	w.and("partner_id =", partnerID)
	w.stands(string(state), string(pay.DeliveryPending))
	w.and("id <", before)
	return w
}

func (r reader) DeliveryPage(partnerID string, state pay.DeliveryState, before string, limit int) ([]pay.Delivery, error) {
	return deliveries.page(r.q, deliveriesWhere(partnerID, state, before), "id DESC", limit)
}

func (r reader) CountDeliveries(partnerID string, state pay.DeliveryState, limit int) (int, error) {
	return deliveries.count(r.q, deliveriesWhere(partnerID, state, ""), limit)
}

func (r reader) DeliveriesOf(codeRef string, limit int) ([]pay.Delivery, error) {
	var w where
	w.conditions = []string{"code_ref = " + w.mark(codeRef)}
	return deliveries.page(r.q, w, "id DESC", limit)
}

func (r reader) TransferPage(before string, limit int) ([]ledger.Transfer, error) {
	var w where
	w.and("id <", before)
	return transfers.page(r.q, w, "id DESC", limit)
}

func (r reader) TransfersOf(ref string, limit int) ([]ledger.Transfer, error) {
	var w where
	w.conditions = []string{"ref = " + w.mark(ref)}
	return transfers.page(r.q, w, "id DESC", limit)
}

// accountPage leaps from one account to the next, whatever number of postings
// each has.
const accountPage = `WITH RECURSIVE leap (account, n) AS (
		SELECT MIN(account), 1 FROM posting WHERE account > $1
		UNION ALL
		SELECT (SELECT MIN(posting.account) FROM posting WHERE posting.account > leap.account), n + 1
		FROM leap WHERE leap.account IS NOT NULL AND n < $2)
	SELECT account FROM leap WHERE account IS NOT NULL ORDER BY n`

func (r reader) AccountPage(after ledger.Account, limit int) ([]ledger.Account, error) {
	var found []ledger.Account
	err := r.q.query(accountPage, []any{string(after), limit}, func(row row) error {
		var a string
		err := row.Scan(&a)
		found = append(found, ledger.Account(a))
		return err
	})
	return found, err
}

func (r reader) EntryPage(account ledger.Account, before string, limit int) ([]pay.Entry, error) {
	var w where
	w.conditions = []string{"account = " + w.mark(string(account))}
	w.and("transfer_id <", before)
	text := "SELECT transfer_id, kind, ref, moved_at, amount FROM posting JOIN transfer ON transfer.id = posting.transfer_id " +
		w.String() + " ORDER BY transfer_id DESC LIMIT " + w.mark(limit)
	var found []pay.Entry
	err := r.q.query(text, w.args, func(row row) error {
		var e pay.Entry
		err := row.Scan(&e.TransferID, (*string)(&e.Kind), &e.Ref, moment{&e.At}, (*int64)(&e.Amount))
		found = append(found, e)
		return err
	})
	return found, err
}

func (r reader) PartnerPage(after string, limit int) ([]pay.Partner, error) {
	var w where
	w.and("id >", after)
	return partners.page(r.q, w, "id", limit)
}

func (r reader) PayerPage(after string, limit int) ([]pay.Payer, error) {
	var w where
	w.and("id >", after)
	return payers.page(r.q, w, "id", limit)
}

func (r reader) MerchantPage(partnerID, after string, limit int) ([]pay.Merchant, error) {
	var w where
	w.conditions = []string{"partner_id = " + w.mark(partnerID)}
	w.and("id >", after)
	return merchants.page(r.q, w, "id", limit)
}

var outletPage = outlets.find(`WHERE partner_id = $1 AND merchant_id = $2 AND (kind, id) > ($3, $4)
	ORDER BY kind, id LIMIT $5`)

func (r reader) OutletPage(partnerID, merchantID string, kind pay.OutletKind, id string, limit int) ([]pay.Outlet, error) {
	return outlets.all(r.q, outletPage, partnerID, merchantID, string(kind), id, limit)
}

var settlementPage = settlements.find(`WHERE day = $1 AND (partner_id > $2 OR partner_id = $2 AND merchant_id > $3)
	ORDER BY partner_id, merchant_id LIMIT $4`)

func (r reader) SettlementPage(day, partnerID, merchantID string, limit int) ([]pay.Settlement, error) {
	return settlements.all(r.q, settlementPage, day, partnerID, merchantID, limit)
}

func (r reader) SettledDays(before string, limit int) ([]pay.Settlement, error) {
	var w where
	w.and("day <", before)
	text := `SELECT day, CAST(SUM(gross) AS BIGINT), CAST(SUM(mdr) AS BIGINT), CAST(SUM(refunds) AS BIGINT),
		CAST(SUM(mdr_back) AS BIGINT), CAST(SUM(count) AS BIGINT), MAX(settled_at)
		FROM settlement ` + w.String() + " GROUP BY day ORDER BY day DESC LIMIT " + w.mark(limit)
	var found []pay.Settlement
	err := r.q.query(text, w.args, func(row row) error {
		var s pay.Settlement
		err := row.Scan(&s.Day, (*int64)(&s.Gross), (*int64)(&s.MDR), (*int64)(&s.Refunds), (*int64)(&s.MDRBack), &s.Count, moment{&s.At})
		found = append(found, s)
		return err
	})
	return found, err
}
