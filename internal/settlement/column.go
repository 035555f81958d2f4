package settlement

import (
	"errors"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// row is a line of a file, or its total with a count.
type row struct {
	Line
	count int64 // of the total only; uncounted when it has none
}

const uncounted = -1

// column is one column of a file: the same table writes and reads.
type column struct {
	name   string
	needed bool // a counterparty's file must have it too
	show   func(*row) string
	read   func(*row, string) error
}

// columns are the columns of a file in their order.
var columns = []column{
	{"type", true, func(r *row) string { return string(r.Type) }, readType},
	{"date_time", false, showTime, readTime},
	text("partner_id", false, func(r *row) *string { return &r.PartnerID }),
	text("merchant_id", false, func(r *row) *string { return &r.MerchantID }),
	text("reference_no", false, func(r *row) *string { return &r.Ref }),
	text("payment_reference_no", true, func(r *row) *string { return &r.PaymentRef }),
	text("partner_reference_no", false, func(r *row) *string { return &r.PartnerRef }),
	text("refund_no", true, func(r *row) *string { return &r.RefundRef }),
	text("partner_refund_no", false, func(r *row) *string { return &r.PartnerRefundRef }),
	text("rrn", true, func(r *row) *string { return &r.RRN }),
	text("payer_institution", false, func(r *row) *string { return &r.Payer }),
	money("gross", func(r *row) *pay.Rupiah { return &r.Gross }),
	money("mdr", func(r *row) *pay.Rupiah { return &r.MDR }),
	money("refund", func(r *row) *pay.Rupiah { return &r.Refund }),
	money("net", func(r *row) *pay.Rupiah { return &r.Net }),
	{"count", false, showCount, readCount},
}

func text(name string, needed bool, field func(*row) *string) column {
	return column{name, needed,
		func(r *row) string { return *field(r) },
		func(r *row, s string) error { *field(r) = s; return nil },
	}
}

func money(name string, field func(*row) *pay.Rupiah) column {
	return column{name, true,
		func(r *row) string { return snap.FormatAmount(int64(*field(r))) },
		func(r *row, s string) error {
			digits, negative := strings.CutPrefix(s, "-")
			sen, err := snap.ParseAmount(digits)
			if negative {
				sen = -sen
			}
			*field(r) = pay.Rupiah(sen)
			return err
		},
	}
}

func readType(r *row, s string) error {
	switch r.Type = Type(s); r.Type {
	case Payment, Refund, total:
		return nil
	}
	return errors.New(strconv.Quote(s) + " is no type of line: payment, refund or total")
}

func showTime(r *row) string {
	if r.At.IsZero() {
		return ""
	}
	return snap.FormatTimestamp(r.At)
}

func readTime(r *row, s string) error {
	if s == "" {
		return nil // a total has no time, and a counterparty may know none
	}
	t, err := snap.ParseTimestamp(s)
	r.At = second(t)
	return err
}

func showCount(r *row) string {
	if r.Type != total {
		return ""
	}
	return strconv.FormatInt(r.count, 10)
}

func readCount(r *row, s string) (err error) {
	if s == "" {
		return nil
	}
	if r.count, err = strconv.ParseInt(s, 10, 64); err != nil || r.count < 0 {
		return errors.New(strconv.Quote(s) + " is no count of lines")
	}
	return nil
}
