// Package settlement writes, reads and reconciles the settlement files of a
// Jakarta date: one line for each payment and each refund, and a last one that
// sums them up.
package settlement

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Type is what a line is about.
type Type string

// The types of line. A file has one total, its last line.
const (
	Payment Type = "payment"
	Refund  Type = "refund"
	total   Type = "total"
)

// Sums are the four amounts of a line, or of many together. Net is always
// Gross less MDR less Refund: a refund has no Gross, and the MDR that comes
// back with it is negative.
type Sums struct {
	Gross, MDR, Refund, Net pay.Rupiah
}

var errOverflow = errors.New("the sums do not fit 64 bits of sen")

// add sums up; the amounts of a file that was not written here may be any.
func (s *Sums) add(more Sums) error {
	for _, sum := range []struct {
		to *pay.Rupiah
		of pay.Rupiah
	}{{&s.Gross, more.Gross}, {&s.MDR, more.MDR}, {&s.Refund, more.Refund}, {&s.Net, more.Net}} {
		if sum.of > 0 && *sum.to > math.MaxInt64-sum.of || sum.of < 0 && *sum.to < math.MinInt64-sum.of {
			return errOverflow
		}
		*sum.to += sum.of
	}
	return nil
}

// Line is one payment or refund.
type Line struct {
	Number           int // of the line in its file, from 1; 0 for one of the ledger
	Type             Type
	At               time.Time // whole seconds, in Jakarta
	PartnerID        string    // the merchant's acquirer
	MerchantID       string
	Ref              string // the code's referenceNo
	PaymentRef       string // the payment's own reference
	PartnerRef       string // the code's partnerReferenceNo
	RefundRef        string // refundNo, of refunds only
	PartnerRefundRef string // partnerRefundNo, of refunds only
	RRN              string // of the payment, also on its refunds
	Payer            string // who issues to the payer; empty when from outside
	Sums
}

// key names the payment or refund: two lines of a file never share one.
func (l *Line) key() string {
	if l.Type == Refund {
		return l.RefundRef
	}
	return l.PaymentRef
}

// amount is what the line is about, before any fee.
func (l *Line) amount() pay.Rupiah {
	if l.Type == Refund {
		return l.Refund
	}
	return l.Gross
}

// Total is what the lines of a file come to.
type Total struct {
	Count int64
	Sums
}

func (t *Total) add(l *Line) error {
	t.Count++
	return t.Sums.add(l.Sums)
}

// Scope says whose lines of which Jakarta date are meant. Without a merchant
// they are those of all merchants of the partner.
type Scope struct {
	Day        string
	PartnerID  string
	MerchantID string
}

// FileName is DAY_PARTNER.csv or DAY_PARTNER_MERCHANT.csv. Of the ids only
// letters, digits, points and hyphens stay; every other byte is written as a
// percent sign and its number, so that no two scopes share a name.
func (s Scope) FileName() string {
	name := safe(s.Day) + "_" + safe(s.PartnerID)
	if s.MerchantID != "" {
		name += "_" + safe(s.MerchantID)
	}
	return name + ".csv"
}

func safe(id string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// second is a moment as a file tells it.
func second(t time.Time) time.Time { return t.Truncate(time.Second).In(snap.Jakarta) }
