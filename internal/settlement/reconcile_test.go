package settlement_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

// plants are the ways to make a file differ from the ledger. Each changes line
// i of the file and says which difference there is now; Line is the line's.
var plants = map[settlement.Kind]func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference){
	settlement.MissingThere: func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		was := amount(lines[i])
		return slices.Delete(lines, i, i+1), settlement.Difference{Here: was}
	},
	settlement.MissingHere: func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		l := paid("unknown", 700, 7)
		return slices.Insert(lines, i, l), settlement.Difference{Type: l.Type, Reference: "unknown", Line: i + 2, There: "700.00"}
	},
	settlement.DuplicateLine: func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		return slices.Insert(lines, i, lines[i]), settlement.Difference{Line: i + 3, Here: "line " + strconv.Itoa(i+2), There: "line " + strconv.Itoa(i+3)}
	},
	settlement.AmountDiffers: change(func(l *settlement.Line) *pay.Rupiah { return &l.Gross }),
	settlement.MDRDiffers:    change(func(l *settlement.Line) *pay.Rupiah { return &l.MDR }),
	settlement.RefundDiffers: change(func(l *settlement.Line) *pay.Rupiah { return &l.Refund }),
	settlement.NetDiffers:    change(func(l *settlement.Line) *pay.Rupiah { return &l.Net }),
	settlement.RRNDiffers: func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		was := lines[i].RRN
		lines[i].RRN += "9"
		return lines, settlement.Difference{Line: i + 2, Here: was, There: was + "9"}
	},
	settlement.MerchantDiffers: func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		was := lines[i].MerchantID
		lines[i].MerchantID += "9"
		return lines, settlement.Difference{Line: i + 2, Here: was, There: was + "9"}
	},
}

// change adds a sen to an amount; the file's net goes with it.
func change(field func(*settlement.Line) *pay.Rupiah) func([]settlement.Line, int) ([]settlement.Line, settlement.Difference) {
	return func(lines []settlement.Line, i int) ([]settlement.Line, settlement.Difference) {
		l := &lines[i]
		was := *field(l)
		*field(l)++
		if field(l) != &l.Net {
			l.Net = l.Gross - l.MDR - l.Refund
		}
		return lines, settlement.Difference{Line: i + 2, Here: was.String(), There: (was + 1).String()}
	}
}

func amount(l settlement.Line) string {
	if l.Type == settlement.Refund {
		return l.Refund.String()
	}
	return l.Gross.String()
}

func reference(l settlement.Line) string {
	if l.Type == settlement.Refund {
		return l.RefundRef
	}
	return l.PaymentRef
}

// TestPlantedDifferences plants one difference of each kind anywhere in any
// day: it is named, with both values, and nothing else is.
func TestPlantedDifferences(t *testing.T) {
	for kind, plant := range plants {
		t.Run(string(kind), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				ledger := simple.Draw(t, "day")
				i := rapid.IntRange(0, len(ledger)-1).Draw(t, "line")
				there, want := plant(slices.Clone(ledger), i)
				want.Kind = kind
				if want.Reference == "" {
					want.Type, want.Reference = ledger[i].Type, reference(ledger[i])
				}
				got := reconciled(t, ledger, written(t, there))
				if !slices.Equal(got, []settlement.Difference{want}) {
					t.Fatalf("got %+v\nwant %+v", got, want)
				}
			})
		})
	}
}

// simple are days of one line a line of the file.
var simple = rapid.Map(days.Filter(func(lines []settlement.Line) bool { return len(lines) > 0 }), func(lines []settlement.Line) []settlement.Line {
	for i := range lines {
		l := &lines[i]
		l.PartnerID, l.MerchantID, l.Ref, l.PartnerRef, l.RRN, l.Payer, l.PartnerRefundRef = "P", "M", "c", "o", "603112000001", "", ""
		if l.Type == settlement.Refund {
			l.PaymentRef = "p"
		}
	}
	return lines
})

func reconciled(t interface{ Fatal(...any) }, ledger []settlement.Line, text string) []settlement.Difference {
	r, err := settlement.Reconcile(context.Background(), all(ledger), settlement.Read(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return r.Differences
}

// TestSeveralDifferences: one line can differ in all, and what follows is
// still compared.
func TestSeveralDifferences(t *testing.T) {
	ledger := []settlement.Line{paid("1", 15000, 105), paid("2", 1000, 7), refunded("1", "1", 500, 3)}
	wrong := ledger[0]
	wrong.Gross, wrong.MDR, wrong.RRN, wrong.MerchantID = pay.Rp(14000), pay.Rp(100), "", "N"
	text := written(t, []settlement.Line{wrong, paid("9", 1, 0), paid("9", 1, 0), ledger[2]})
	text = strings.Replace(text, ",4\n", ",5\n", 1)
	want := []settlement.Difference{
		{Kind: settlement.AmountDiffers, Type: "payment", Reference: "1", Line: 2, Here: "15000.00", There: "14000.00"},
		{Kind: settlement.MDRDiffers, Type: "payment", Reference: "1", Line: 2, Here: "105.00", There: "100.00"},
		{Kind: settlement.RRNDiffers, Type: "payment", Reference: "1", Line: 2, Here: "603112000001"},
		{Kind: settlement.MerchantDiffers, Type: "payment", Reference: "1", Line: 2, Here: "M", There: "N"},
		{Kind: settlement.MissingHere, Type: "payment", Reference: "9", Line: 3, There: "1.00"},
		{Kind: settlement.DuplicateLine, Type: "payment", Reference: "9", Line: 4, Here: "line 3", There: "line 4"},
		{Kind: settlement.TotalWrong, Type: "total", Reference: "count", Line: 6, Here: "4", There: "5"},
		{Kind: settlement.MissingThere, Type: "payment", Reference: "2", Here: "1000.00"},
	}
	if got := reconciled(t, ledger, text); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestTotalWrong changes each sum of the total line.
func TestTotalWrong(t *testing.T) {
	ledger := []settlement.Line{paid("1", 15000, 105), refunded("2", "1", 5000, 35)}
	for column, sum := range map[string]string{"gross": "15000.00", "mdr": "70.00", "refund": "5000.00", "net": "9930.00"} {
		lines, last, _ := strings.Cut(file, "total,")
		text := lines + "total," + strings.Replace(last, ","+sum, ",1"+sum, 1)
		want := settlement.Difference{Kind: settlement.TotalWrong, Type: "total", Reference: column, Line: 4, Here: sum, There: "1" + sum}
		if got := reconciled(t, ledger, text); !slices.Equal(got, []settlement.Difference{want}) {
			t.Errorf("%s: %+v", column, got)
		}
	}
}

// TestBareFile compares a file of the needed columns alone.
func TestBareFile(t *testing.T) {
	ledger := []settlement.Line{paid("1", 15000, 105), refunded("2", "1", 5000, 35)}
	const bare = "net,refund,mdr,gross,rrn,refund_no,payment_reference_no,type\n" +
		"-4965.00,5000.00,-35.00,0.00,603112000001,2,,refund\n" +
		"14895.00,0.00,105.00,15000.00,603112000001,,1,payment\n" +
		"9930.00,5000.00,70.00,15000.00,,,,total\n"
	if got := reconciled(t, ledger, bare); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestReconcileFailures(t *testing.T) {
	good := all([]settlement.Line{paid("1", 1, 0)})
	bad := func(yield func(settlement.Line, error) bool) { yield(settlement.Line{}, io.ErrNoProgress) }
	if _, err := settlement.Reconcile(t.Context(), bad, good); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("the ledger fails: %v", err)
	}
	if _, err := settlement.Reconcile(t.Context(), good, bad); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("the file fails: %v", err)
	}
	_, err := settlement.Reconcile(t.Context(), all([]settlement.Line{paid("1", 1, 0), paid("1", 1, 0)}), good)
	mustFail(t, err, "payment 1 twice")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := settlement.Reconcile(ended, good, all(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on over the ledger: %v", err)
	}
	if _, err := settlement.Reconcile(ended, all(nil), good); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on over the file: %v", err)
	}
}
