package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var settlements = table[pay.Settlement]{
	name:    "settlement",
	columns: strings.Fields("id partner_id merchant_id day gross mdr refunds mdr_back count settled_at"),
	fields: func(s *pay.Settlement) []any {
		return []any{
			&s.ID, &s.PartnerID, &s.MerchantID, &s.Day, (*int64)(&s.Gross), (*int64)(&s.MDR),
			(*int64)(&s.Refunds), (*int64)(&s.MDRBack), &s.Count, moment{&s.At},
		}
	},
}

var (
	settlementsOn    = settlements.find("WHERE day = $1 ORDER BY partner_id, merchant_id")
	insertSettlement = settlements.insert()

	// Each side is summed by itself, the payments from their index alone.
	unsettled = `SELECT partner_id, merchant_id, CAST(SUM(gross) AS BIGINT), CAST(SUM(mdr) AS BIGINT),
			CAST(SUM(refunds) AS BIGINT), CAST(SUM(mdr_back) AS BIGINT), CAST(SUM(count) AS BIGINT)
		FROM (
			SELECT acquirer_id AS partner_id, merchant_id, SUM(amount) AS gross, SUM(mdr) AS mdr,
				0 AS refunds, 0 AS mdr_back, COUNT(*) AS count
			FROM payment WHERE day = $1 AND acquirer_id <> '' AND state = 'paid'
			GROUP BY acquirer_id, merchant_id
			UNION ALL
			SELECT acquirer_id, merchant_id, 0, 0, SUM(amount), SUM(mdr), COUNT(*)
			FROM refund WHERE day = $1 AND acquirer_id <> ''
			GROUP BY acquirer_id, merchant_id
		) AS moved
		WHERE NOT EXISTS (SELECT 1 FROM settlement WHERE settlement.day = $1
			AND settlement.partner_id = moved.partner_id AND settlement.merchant_id = moved.merchant_id)
		GROUP BY partner_id, merchant_id ORDER BY partner_id, merchant_id`
)

func (r reader) Unsettled(day string) ([]pay.Settlement, error) {
	var open []pay.Settlement
	err := r.q.query(unsettled, []any{day}, func(r row) error {
		s := pay.Settlement{Day: day}
		err := r.Scan(&s.PartnerID, &s.MerchantID, &s.Gross, &s.MDR, &s.Refunds, &s.MDRBack, &s.Count)
		open = append(open, s)
		return err
	})
	return open, err
}

func (r reader) Settlements(day string) ([]pay.Settlement, error) {
	return settlements.all(r.q, settlementsOn, day)
}

// InsertSettlement answers ErrExists when the merchant's day is closed.
func (t tx) InsertSettlement(s pay.Settlement) error {
	if err := t.insert(insertSettlement, settlements.values(&s)); err != nil {
		return err
	}
	return t.wait(leafSettlement, s.Day+" "+s.ID, settlements.values(&s))
}
