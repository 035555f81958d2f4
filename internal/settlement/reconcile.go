package settlement

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/qrisd/qrisd/internal/pay"
)

// Kind says how a file and the ledger differ.
type Kind string

// The kinds of difference. Here is the ledger, there is the file.
const (
	MissingHere     Kind = "missing here"  // the ledger has no such payment or refund on that day
	MissingThere    Kind = "missing there" // the file leaves it out
	AmountDiffers   Kind = "amount differs"
	MDRDiffers      Kind = "MDR differs"
	RefundDiffers   Kind = "refund differs"
	NetDiffers      Kind = "net differs" // though nothing else of the money does
	RRNDiffers      Kind = "RRN differs"
	MerchantDiffers Kind = "merchant differs" // compared where the file names one
	DuplicateLine   Kind = "duplicate line"
	TotalWrong      Kind = "total wrong" // the file's last line is not the sum of the others
)

// Difference is one thing in which a file and the ledger differ.
type Difference struct {
	Kind      Kind   `json:"kind"`
	Type      Type   `json:"type"`      // payment, refund or total
	Reference string `json:"reference"` // payment_reference_no, refund_no, or the total's column
	Line      int    `json:"line"`      // in the file; 0 when it is missing there
	Here      string `json:"here"`
	There     string `json:"there"`
}

// Reconciliation is a file held against the ledger.
type Reconciliation struct {
	Here        int          `json:"linesHere"`
	There       int          `json:"linesThere"`
	Differences []Difference `json:"differences"`
}

// name is what both sides call a payment or a refund.
type name struct {
	of  Type
	ref string
}

// booked is what is compared of a line of the ledger.
type booked struct {
	Sums
	name
	rrn, merchant string
	line          int // of the file that names it; 0: none yet
}

// book is the ledger's side.
type book struct {
	lines []booked
	index map[name]int // of a line
	other map[name]int // the file's line of what the ledger does not have
}

// Reconcile names every difference between the ledger's lines of a day and
// those of a file: first by the lines of the file, then its total, then what
// it leaves out. The ledger is read to its end before the file is begun.
func Reconcile(ctx context.Context, ledger, file iter.Seq2[Line, error]) (Reconciliation, error) {
	result := Reconciliation{Differences: []Difference{}}
	b, err := newBook(ctx, ledger)
	if err != nil {
		return result, err
	}
	result.Here = len(b.lines)
	for l, err := range file {
		var wrong *TotalError
		switch {
		case errors.As(err, &wrong):
			result.Differences = append(result.Differences, wrong.differences()...)
			continue // it is the last
		case err == nil:
			err = ctx.Err()
		}
		if err != nil {
			return result, err
		}
		result.There++
		result.Differences = append(result.Differences, b.compare(&l)...)
	}
	result.Differences = append(result.Differences, b.missing()...)
	return result, nil
}

func newBook(ctx context.Context, ledger iter.Seq2[Line, error]) (*book, error) {
	b := &book{index: make(map[name]int), other: make(map[name]int)}
	for l, err := range ledger {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("settlement: reading the ledger: %w", err)
		}
		n := name{l.Type, l.key()}
		if _, twice := b.index[n]; twice {
			return nil, fmt.Errorf("settlement: the ledger has %s %s twice", n.of, n.ref)
		}
		b.index[n] = len(b.lines)
		b.lines = append(b.lines, booked{Sums: l.Sums, name: n, rrn: l.RRN, merchant: l.MerchantID})
	}
	return b, nil
}

// compare holds one line of the file against the ledger.
func (b *book) compare(l *Line) []Difference {
	n := name{l.Type, l.key()}
	d := Difference{Type: n.of, Reference: n.ref, Line: l.Number}
	i, known := b.index[n]
	first := b.other[n]
	if known {
		first = b.lines[i].line
	}
	switch {
	case first != 0:
		d.Kind, d.Here, d.There = DuplicateLine, "line "+strconv.Itoa(first), "line "+strconv.Itoa(l.Number)
		return []Difference{d}
	case !known:
		b.other[n] = l.Number
		d.Kind, d.There = MissingHere, l.amount().String()
		return []Difference{d}
	}
	b.lines[i].line = l.Number
	return b.lines[i].differences(l, d)
}

// differences names what of a line differs, each in a copy of d.
func (k *booked) differences(l *Line, d Difference) []Difference {
	if k.Sums == l.Sums && k.rrn == l.RRN && (l.MerchantID == "" || k.merchant == l.MerchantID) {
		return nil
	}
	var found []Difference
	differ := func(kind Kind, here, there string) {
		if here != there {
			d.Kind, d.Here, d.There = kind, here, there
			found = append(found, d)
		}
	}
	differ(AmountDiffers, k.Gross.String(), l.Gross.String())
	differ(MDRDiffers, k.MDR.String(), l.MDR.String())
	differ(RefundDiffers, k.Refund.String(), l.Refund.String())
	if len(found) == 0 { // else the net follows from what was named
		differ(NetDiffers, k.Net.String(), l.Net.String())
	}
	differ(RRNDiffers, k.rrn, l.RRN)
	if l.MerchantID != "" {
		differ(MerchantDiffers, k.merchant, l.MerchantID)
	}
	return found
}

// missing names what no line of the file was about.
func (b *book) missing() []Difference {
	var found []Difference
	for _, k := range b.lines {
		if k.line == 0 {
			amount := map[Type]pay.Rupiah{Payment: k.Gross, Refund: k.Refund}[k.of]
			found = append(found, Difference{Kind: MissingThere, Type: k.of, Reference: k.ref, Here: amount.String()})
		}
	}
	return found
}

func (e *TotalError) differences() []Difference {
	var found []Difference
	for _, m := range e.Wrong {
		found = append(found, Difference{Kind: TotalWrong, Type: total, Reference: m.Column, Line: e.Line, Here: m.Sum, There: m.Stated})
	}
	return found
}
