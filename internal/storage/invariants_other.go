package storage

import (
	"strconv"
	"strings"
	"time"
)

var settlementInvariants = []Invariant{
	{
		Name: "settlement-sums", Of: "settlement", Says: "a settlement is all that its merchant was paid and gave back on its day",
		Query: `SELECT id, 'gross ' || CAST(paid AS TEXT) || ', MDR ' || CAST(kept AS TEXT) || ', refunds ' || CAST(given AS TEXT)
					|| ', MDR back ' || CAST(back AS TEXT) || ', of ' || CAST(moved AS TEXT) AS want,
				'gross ' || CAST(gross AS TEXT) || ', MDR ' || CAST(mdr AS TEXT) || ', refunds ' || CAST(refunds AS TEXT)
					|| ', MDR back ' || CAST(mdr_back AS TEXT) || ', of ' || CAST(count AS TEXT) AS got
			FROM (
				SELECT s.day || ' ' || s.partner_id || '/' || s.merchant_id AS id, gross, s.mdr, refunds, mdr_back, count,
					COALESCE(paid, 0) AS paid, COALESCE(kept, 0) AS kept, COALESCE(given, 0) AS given, COALESCE(back, 0) AS back,
					COALESCE(payments, 0) + COALESCE(returns, 0) AS moved
				FROM settlement AS s
				LEFT JOIN (SELECT day, acquirer_id, merchant_id, SUM(amount) AS paid, SUM(mdr) AS kept, COUNT(*) AS payments
					FROM payment WHERE state = 'paid' GROUP BY day, acquirer_id, merchant_id) AS p
					ON p.day = s.day AND p.acquirer_id = s.partner_id AND p.merchant_id = s.merchant_id
				LEFT JOIN (SELECT day, acquirer_id, merchant_id, SUM(amount) AS given, SUM(mdr) AS back, COUNT(*) AS returns
					FROM refund GROUP BY day, acquirer_id, merchant_id) AS r
					ON r.day = s.day AND r.acquirer_id = s.partner_id AND r.merchant_id = s.merchant_id
			) AS settled WHERE gross <> paid OR mdr <> kept OR refunds <> given OR mdr_back <> back OR count <> moved`,
	},
	{
		Name: "settlement-transfer", Of: "settlement", Says: "a settlement moves its net from payable to settlement, at its moment",
		Query: `SELECT id, CAST(net AS TEXT) || ' at ' || CASE WHEN net = 0 THEN 'no time' ELSE CAST(settled_at AS TEXT) || ' µs' END AS want,
				CAST(-payable AS TEXT) || ' from payable, ' || CAST(settled AS TEXT) || ' to settlement, in ' || CAST(written AS TEXT)
					|| ' postings at ' || COALESCE(CAST(moved_at AS TEXT) || ' µs', 'no time') AS got
			FROM (
				SELECT s.day || ' ' || s.partner_id || '/' || s.merchant_id AS id, gross - mdr - refunds + mdr_back AS net, settled_at, moved_at,
					COALESCE((SELECT amount FROM posting WHERE transfer_id = s.id AND account = 'merchant:' || s.partner_id || '/' || s.merchant_id), 0) AS payable,
					COALESCE((SELECT amount FROM posting WHERE transfer_id = s.id AND account = 'settlement:' || s.partner_id || '/' || s.merchant_id), 0) AS settled,
					(SELECT COUNT(*) FROM posting WHERE transfer_id = s.id) AS written
				FROM settlement AS s LEFT JOIN transfer AS t ON t.id = s.id AND t.kind = 'settlement'
			) AS closed
			WHERE payable <> -net OR settled <> net OR written <> CASE WHEN net = 0 THEN 0 ELSE 2 END
				OR COALESCE(moved_at, 0) <> CASE WHEN net = 0 THEN 0 ELSE settled_at END`,
	},
	{
		Name: "settlement-day", Of: "settlement", Says: "a day is settled once it is over in Jakarta",
		Query: "SELECT MIN(id), " + jakartaDays("settled_at") + ", day FROM settlement GROUP BY 2, 3 ORDER BY 1",
		Judge: func(id, days, day string) (Violation, bool) {
			on := dayOf(days)
			return Violation{ID: id, Want: "a day before " + on, Got: day}, day >= on
		},
	},
}

// days are the tables that keep a Jakarta date beside the time that it is of.
var days = []struct{ table, id, time string }{
	{"code", "ref", "created_at"},
	{"payment", "ref", "paid_at"},
	{"refund", "ref", "refunded_at"},
	{"transfer", "id", "moved_at"},
}

// jakartaDays is the number of days from the epoch to a time's date in Jakarta,
// as a text. The engines agree on integers, not on dates.
func jakartaDays(microseconds string) string {
	return "CAST((" + microseconds + " + 25200000000) / 86400000000 AS TEXT)"
}

func dayOf(days string) string {
	n, err := strconv.Atoi(days)
	if err != nil {
		return days // no time of ours
	}
	return time.Unix(0, 0).UTC().AddDate(0, 0, n).Format(time.DateOnly)
}

// dayInvariants give the rows of a day at once: few, however many there are.
func dayInvariants() []Invariant {
	var all []Invariant
	for _, d := range days {
		all = append(all, Invariant{
			Name: d.table + "-day", Of: d.table, Says: "the day is the date in Jakarta of the time beside it",
			Query: "SELECT MIN(" + d.id + "), " + jakartaDays(d.time) + ", day FROM " + d.table + " GROUP BY 2, 3 ORDER BY 1",
			Judge: func(id, days, day string) (Violation, bool) {
				on := dayOf(days)
				return Violation{ID: id, Want: on, Got: day}, day != on
			},
		})
	}
	return all
}

var otherInvariants = append(dayInvariants(),
	Invariant{
		Name: "token-kind", Of: "token", Says: "a token is of a known kind, and every kind but b2b is a payer's",
		Query: `SELECT hash AS id, 'b2b without a payer, or auth-code, customer, ott or refresh with one' AS want,
				kind || ' of payer "' || payer_id || '"' AS got
			FROM token WHERE kind NOT IN ('b2b', 'auth-code', 'customer', 'ott', 'refresh') OR (kind = 'b2b') <> (payer_id = '')`,
	},
	Invariant{
		Name: "token-use", Of: "token", Says: "only an authorisation code or a refresh token is used up, and within its life",
		Query: `SELECT hash AS id, CASE WHEN kind IN ('auth-code', 'refresh') THEN 'before ' || CAST(expires_at AS TEXT) || ' µs' ELSE 'unused' END AS want,
				kind || ' used at ' || CAST(used_at AS TEXT) || ' µs' AS got
			FROM token WHERE used_at <> 0 AND (kind NOT IN ('auth-code', 'refresh') OR used_at >= expires_at)`,
	},
	Invariant{
		Name: "mark-ref", Of: "mark", Says: "a mark remembers a code, a payment, a refund or nothing",
		Query: `SELECT id, 'a code, payment or refund ' || ref AS want, 'none' AS got FROM ` + everyMark + ` WHERE ref <> ''
			AND NOT EXISTS (SELECT 1 FROM code WHERE code.ref = mark.ref)
			AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.ref = mark.ref)
			AND NOT EXISTS (SELECT 1 FROM refund WHERE refund.ref = mark.ref)`,
	},
	Invariant{
		Name: "partner-client-key", Of: "client key", Says: "a client key is one partner's",
		Query: `SELECT client_key AS id, '1 partner' AS want, CAST(COUNT(*) AS TEXT) AS got
			FROM partner GROUP BY client_key HAVING COUNT(*) > 1`,
	},
	Invariant{
		Name: "merchant-mpan", Of: "MPAN", Says: "an MPAN is one merchant's",
		Query: `SELECT mpan AS id, '1 merchant' AS want, CAST(COUNT(*) AS TEXT) AS got
			FROM merchant WHERE mpan <> '' GROUP BY mpan HAVING COUNT(*) > 1`,
	},
)

// reference is a column, or several, that name a row of another table.
type reference struct {
	from, id, columns string
	when              string // which rows have it; empty: all
	to, key           string
}

var references = []reference{
	{"merchant", "partner_id || '/' || id", "partner_id", "", "partner", "id"},
	{"outlet", "partner_id || '/' || merchant_id || ' ' || kind || ' ' || id", "partner_id merchant_id", "", "merchant", "partner_id id"},
	{"code", "ref", "partner_id merchant_id", "", "merchant", "partner_id id"},
	{"payment", "ref", "payer_id", "", "payer", "id"},
	{"payment", "ref", "partner_id", "partner_id <> ''", "partner", "id"}, // an outsider pays without one
	{"payment", "ref", "code_ref", "code_ref <> ''", "code", "ref"},
	{"payment", "ref", "acquirer_id merchant_id", "merchant_id <> ''", "merchant", "partner_id id"},
	{"refund", "ref", "payment_ref", "", "payment", "ref"},
	{"refund", "ref", "partner_id", "", "partner", "id"},
	{"token", "hash", "partner_id", "", "partner", "id"},
	{"token", "hash", "payer_id", "payer_id <> '' AND kind <> 'customer'", "payer", "id"}, // an operator may give one to any payer
	{"delivery", "id", "payment_ref", "", "payment", "ref"},
	{"attempt", "delivery_id || ' ' || CAST(number AS TEXT)", "delivery_id", "", "delivery", "id"},
	{"settlement", "day || ' ' || partner_id || '/' || merchant_id", "partner_id merchant_id", "", "merchant", "partner_id id"},
}

func referenceInvariants() []Invariant {
	var all []Invariant
	for _, r := range references {
		all = append(all, r.invariant())
	}
	return all
}

func (r reference) invariant() Invariant {
	columns, keys := strings.Fields(r.columns), strings.Fields(r.key)
	var same []string
	for i, c := range columns {
		same = append(same, r.to+"."+keys[i]+" = "+r.from+"."+c)
	}
	when := ""
	if r.when != "" {
		when = r.when + " AND "
	}
	return Invariant{
		Name: r.from + "-of-" + r.to, Of: r.from, Says: "the " + r.to + " that a " + r.from + " names is there",
		Query: "SELECT " + r.id + " AS id, '" + r.to + " ' || " + strings.Join(columns, " || '/' || ") + " AS want, 'none' AS got FROM " + r.from +
			" WHERE " + when + "NOT EXISTS (SELECT 1 FROM " + r.to + " WHERE " + strings.Join(same, " AND ") + ")",
	}
}
