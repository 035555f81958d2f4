package qris_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/qris"
)

func TestDocumentsAreTakenForPayment(t *testing.T) {
	names := []string{qoin, repaired, "a vendor sandbox sample"}
	for _, v := range load(t, "synthetic.json") {
		if v.Verdict == "accept" {
			names = append(names, v.Name)
		}
	}
	for _, name := range names {
		text := find(t, name)
		c, err := qris.Payable(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want, _ := qris.Decode(text); fields(c) != fields(want) {
			t.Errorf("%s: Payable gives %+v", name, c)
		}
	}
}

func TestPaydiaAsPrinted(t *testing.T) {
	_, err := qris.Payable(find(t, printed))
	u, ok := errors.AsType[*qris.Unpayable](err)
	if !ok {
		t.Fatal(err)
	}
	if u.Repair != find(t, repaired) || u.Finding.Code != qris.CodeSpacesCollapsed || u.Finding.Path != "59" {
		t.Errorf("%+v", u)
	}
	want := `a run of spaces was collapsed in tag 59: with two spaces before "Firman" length and CRC 0DDA fit`
	if !strings.Contains(err.Error(), want) {
		t.Errorf("it reads %q", err)
	}
	if _, err := qris.Payable(u.Repair); err != nil {
		t.Errorf("the repair is not payable: %v", err)
	}
}

func TestCollapsedRuns(t *testing.T) {
	tests := []struct{ name, value, says string }{
		{"between words", "TOKO     KOPI", `with five spaces before "KOPI"`},
		{"at the end", "TOKO KOPI       ", `with 7 spaces after "KOPI"`},
		{"at the end of one word", "KOPI      ", `with six spaces after "KOPI"`},
		{"nothing else", "   ", "with three spaces alone"},
	}
	for _, test := range tests {
		body := "000201010212" + "59" + emv.ID(len(test.value)).String() + test.value + "6004KOTA"
		whole := string(emv.AppendCRC([]byte(body)))
		i := strings.Index(whole, "  ")
		short := whole[:i] + strings.TrimLeft(whole[i+1:], " ")
		short = short[:i] + " " + short[i:]
		_, err := qris.Payable(short)
		u, ok := errors.AsType[*qris.Unpayable](err)
		if !ok || u.Repair != whole || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestUnpayable has rows for what an issuer must refuse, and says that what is
// not listed in survivable is refused by its own code.
func TestUnpayable(t *testing.T) {
	paidAllTheSame := map[emv.Code]bool{
		qris.CodePipe: true, qris.CodeCriteria: true, qris.CodeRepositoryMissing: true, qris.CodePostalCodeMissing: true,
	}
	for name, code := range negatives {
		_, err := qris.Payable(find(t, name))
		if paidAllTheSame[code] {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		u, ok := errors.AsType[*qris.Unpayable](err)
		if !ok || u.Finding.Code != code || u.Repair != "" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f, ok := errors.AsType[emv.Finding](err); !ok || f != u.Finding {
			t.Errorf("%s: the finding cannot be taken out of the error", name)
		}
	}
}

func TestForeignPayables(t *testing.T) {
	c, err := qris.Payable(find(t, "DuitNow, fictional merchant, format indicator 02"))
	if err != nil || c.Scheme != "DuitNow" {
		t.Errorf("%s, %v", c.Scheme, err)
	}
	_, err = qris.Payable(find(t, "JPQR sample 3"))
	if u, ok := errors.AsType[*qris.Unpayable](err); !ok || u.Finding.Code != qris.CodeAmountPrecision {
		t.Errorf("an amount with three decimals: %v", err)
	}
}
