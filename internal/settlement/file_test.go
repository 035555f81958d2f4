package settlement_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

const header = "type,date_time,partner_id,merchant_id,reference_no,payment_reference_no,partner_reference_no,refund_no,partner_refund_no,rrn,payer_institution,gross,mdr,refund,net,count\n"

const file = header +
	"payment,2026-01-31T12:00:00+07:00,P,M,code of 1,1,order 1,,,603112000001,bank,15000.00,105.00,0.00,14895.00,\n" +
	"refund,2026-01-31T12:00:00+07:00,P,M,code of 1,1,order 1,2,return 2,603112000001,bank,0.00,-35.00,5000.00,-4965.00,\n" +
	"total,,,,,,,,,,,15000.00,70.00,5000.00,9930.00,2\n"

func TestFile(t *testing.T) {
	lines := []settlement.Line{paid("1", 15000, 105), refunded("2", "1", 5000, 35)}
	if got := written(t, lines); got != file {
		t.Errorf("got\n%swant\n%s", got, file)
	}
	if got, want := written(t, nil), header+"total,,,,,,,,,,,0.00,0.00,0.00,0.00,0\n"; got != want {
		t.Errorf("an empty day is\n%swant\n%s", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := days.Draw(t, "day")
		text := written(t, lines)
		for _, text := range []string{text, rearranged(t, text), "\uFEFF" + text} {
			got := collect(t, settlement.Read(strings.NewReader(text)))
			for i := range got {
				got[i].Number = 0
			}
			if !slices.Equal(got, lines) {
				t.Fatalf("got\n%v\nof\n%s", got, text)
			}
			r, err := settlement.Reconcile(t.Context(), all(lines), settlement.Read(strings.NewReader(text)))
			if err != nil || len(r.Differences) > 0 || r.Here != len(lines) || r.There != len(lines) {
				t.Fatalf("%v, %v", r, err)
			}
		}
	})
}

// TestTotalsOfWriter holds the totals that Close gives to the lines.
func TestTotalsOfWriter(t *testing.T) {
	w := settlement.NewWriter(io.Discard)
	for _, l := range []settlement.Line{paid("1", 15000, 105), refunded("2", "1", 5000, 35)} {
		if err := w.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Close()
	want := settlement.Total{Count: 2, Sums: settlement.Sums{Gross: pay.Rp(15000), MDR: pay.Rp(70), Refund: pay.Rp(5000), Net: pay.Rp(9930)}}
	if err != nil || got != want {
		t.Errorf("%v, %v", got, err)
	}
}

// TestWriteStreams reads each line's text before the next line exists, but for
// what the buffer holds.
func TestWriteStreams(t *testing.T) {
	pr, pw := io.Pipe()
	asked := make(chan struct{}, 1)
	go func() {
		pw.CloseWithError(settlement.Write(pw, func(yield func(settlement.Line, error) bool) {
			for yield(paid("1", 10, 0), nil) {
				select {
				case <-asked:
					yield(settlement.Line{}, io.ErrUnexpectedEOF)
					return
				default:
				}
			}
		}))
	}()
	if _, err := io.ReadFull(pr, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	asked <- struct{}{}
	if _, err := io.Copy(io.Discard, pr); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the failure of a line ends in %v", err)
	}
}

func TestWriteReportsFailures(t *testing.T) {
	pr, pw := io.Pipe()
	pr.CloseWithError(io.ErrClosedPipe)
	if err := settlement.Write(pw, all([]settlement.Line{paid("1", 10, 0)})); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a disk that is full gives %v", err)
	}
	huge := paid("1", 10, 0)
	huge.Gross = math.MaxInt64
	mustFail(t, settlement.Write(io.Discard, all([]settlement.Line{huge, huge})), "do not fit 64 bits")
	huge.Gross = math.MinInt64
	mustFail(t, settlement.Write(io.Discard, all([]settlement.Line{huge, huge})), "do not fit 64 bits")
}

// TestBadFiles plants one fault in the good file; its error says where.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"empty", file, "", []string{"line 1:", "the file is empty"}},
		{"missing column", ",rrn,", ",RRN,", []string{"line 1, column rrn:", "does not name it"}},
		{"missing money", ",net,", ",netto,", []string{"line 1, column net:"}},
		{"column twice", "partner_id", "rrn", []string{"line 1, column rrn:", "twice"}},
		{"unknown type", "\nrefund,", "\nchargeback,", []string{"line 3, column type:", `"chargeback"`, "payment, refund or total"}},
		{"bad time", "refund,2026-01-31T12", "refund,2026-01-31 12", []string{"line 3, column date_time:", "RFC 3339"}},
		{"no decimals", "15000.00,105", "15000,105", []string{"line 2, column gross:", "two decimals"}},
		{"a comma in money", "105.00", `"1,05.00"`, []string{"line 2, column mdr:", "only digits"}},
		{"two signs", "-4965.00", "--4965.00", []string{"line 3, column net:", "no sign"}},
		{"empty money", "5000.00,-4965", ",-4965", []string{"line 3, column refund:"}},
		{"bad money of the total", "70.00", "70", []string{"line 4, column mdr:"}},
		{"no payment reference", "code of 1,1,order 1,,", "code of 1,,order 1,,", []string{"line 2, column payment_reference_no:", "payment has no name"}},
		{"no refund reference", "order 1,2,", "order 1,,", []string{"line 3, column refund_no:", "refund has no name"}},
		{"a count in a line", "14895.00,\n", "14895.00,1\n", []string{"line 2, column count:", "only the total"}},
		{"a count of letters", ",2\n", ",two\n", []string{"line 4, column count:", `"two"`}},
		{"a count below zero", ",2\n", ",-2\n", []string{"line 4, column count:"}},
		{"field missing", "bank,0.00,-35.00", "bank,-35.00", []string{"line 3:", "number of fields"}},
		{"bare quote", "bank,0.00", `ba"nk,0.00`, []string{"line 3:", "at character", `"`}},
		{"cut short", "total,,,,,,,,,,,15000.00,70.00,5000.00,9930.00,2\n", "", []string{"line 3:", "cut short"}},
		{"only a header", strings.TrimPrefix(file, header), "", []string{"line 1:", "cut short"}},
		{"after the total", ",2\n", ",2\n" + strings.Split(file, "\n")[3] + "\n", []string{"line 5:", "must be the last"}},
		{"damage after the total", ",2\n", ",2\n\"", []string{"line 5:", "at character"}},
		{"a quote that stays open", "order 1,2,", `"` + strings.Repeat("order\n", 20_000), []string{"line 3:", "64 KiB", "not closed"}},
		{"a long header", "type", strings.Repeat("type", 20_000), []string{"line 1:", "64 KiB"}},
		{"too much money", "bank,15000.00,105.00,0.00,14895.00,\n", "bank,9999999999999999.00,105.00,0.00,14895.00,\n" + strings.Repeat("payment,,P,M,c,7,,,,1,,9999999999999999.00,0.00,0.00,0.00,\n", 10), []string{"line 11:", "64 bits"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(file, c.old, c.new, 1)
			if text == file {
				t.Fatalf("%q is not in the file", c.old)
			}
			var last error
			for _, err := range settlement.Read(strings.NewReader(text)) {
				if last != nil {
					t.Fatal("the sequence goes on after its error")
				}
				last = err
			}
			mustFail(t, last, c.want...)
			var where *settlement.FileError
			if !errors.As(last, &where) {
				t.Errorf("it is %T", last)
			}
			_, err := settlement.Reconcile(t.Context(), all(nil), settlement.Read(strings.NewReader(text)))
			if !errors.As(err, &where) {
				t.Errorf("reconciled, it is %v", err)
			}
		})
	}
}

// TestReadPassesFailures: an error of the source is not taken for a bad file.
func TestReadPassesFailures(t *testing.T) {
	for _, length := range []int{0, 10, len(header), len(file) - 10} {
		source := io.MultiReader(strings.NewReader(file[:length]), iotest.ErrReader(io.ErrNoProgress))
		var last error
		for _, last = range settlement.Read(source) {
		}
		if !errors.Is(last, io.ErrNoProgress) {
			t.Errorf("after %d bytes: %v", length, last)
		}
	}
}

func TestReadStops(t *testing.T) {
	for range settlement.Read(strings.NewReader(file)) {
		break // a sequence that went on would panic
	}
}

func TestWrongTotal(t *testing.T) {
	text := strings.Replace(file, "9930.00,2", "9931.00,3", 1)
	var last error
	for _, last = range settlement.Read(strings.NewReader(text)) {
	}
	mustFail(t, last, "line 4, the total", "net says 9931.00 but the lines come to 9930.00", "count says 3 but the lines come to 2")
}

func TestFileNames(t *testing.T) {
	for want, s := range map[string]settlement.Scope{
		"2026-01-31_P.csv":                {Day: day, PartnerID: "P"},
		"2026-01-31_P_M.csv":              {Day: day, PartnerID: "P", MerchantID: "M"},
		"2026-01-31_P%5FM.csv":            {Day: day, PartnerID: "P_M"},
		"2026-01-31_..%2F%00_%C3%A9.csv":  {Day: day, PartnerID: "../\x00", MerchantID: "é"},
		"..%2F2026-01-31_a%25b_C%3A1.csv": {Day: "../" + day, PartnerID: "a%b", MerchantID: "C:1"},
	} {
		if got := s.FileName(); got != want {
			t.Errorf("%v is %s, not %s", s, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		scopes := rapid.Custom(func(t *rapid.T) settlement.Scope {
			ids := rapid.StringMatching(`[a_%/.]{1,4}`)
			return settlement.Scope{Day: day, PartnerID: ids.Draw(t, "partner"), MerchantID: ids.Draw(t, "merchant")}
		})
		a, b := scopes.Draw(t, "a"), scopes.Draw(t, "b")
		if (a == b) != (a.FileName() == b.FileName()) {
			t.Fatalf("%v is %s, %v is %s", a, a.FileName(), b, b.FileName())
		}
		if strings.ContainsAny(a.FileName(), `/\:*?"<>| `) {
			t.Fatalf("%s is no safe name", a.FileName())
		}
	})
}
