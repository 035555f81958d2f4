package pay_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/internal/pay"
)

func TestRupiahReads(t *testing.T) {
	for r, want := range map[pay.Rupiah]string{
		0: "0.00", 1: "0.01", 9: "0.09", 10: "0.10", 99: "0.99", 100: "1.00", -1: "-0.01", -100: "-1.00", -101: "-1.01",
		pay.Rp(10_000_000): "10000000.00", math.MaxInt64: "92233720368547758.07",
	} {
		if r.String() != want {
			t.Errorf("%d sen read %s, want %s", int64(r), r, want)
		}
	}
}

// TestMDRIsExact holds the fee to fractions that cannot overflow.
func TestMDRIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sen, points := rapid.Int64Range(0, math.MaxInt64).Draw(t, "sen"), rapid.Int64Range(0, 10_000).Draw(t, "basis points")
		got := pay.FeeTable{{BasisPoints: points}}.MDR(pay.Merchant{}, pay.Rupiah(sen), "2026-01-01")
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(sen), big.NewInt(points)), big.NewInt(1_000_000))
		half := exact.Add(exact, big.NewRat(1, 2))
		want := new(big.Int).Quo(half.Num(), half.Denom())
		if want.Mul(want, big.NewInt(100)); fmt.Sprint(want) != fmt.Sprint(int64(got)) {
			t.Fatalf("%d basis points of %d sen are %d, want %s", points, sen, int64(got), want)
		}
	})
	if got := (pay.FeeTable{}).MDR(pay.Merchant{}, pay.Rp(1000), "2026-01-01"); got != 0 {
		t.Errorf("no row, and the fee is %s", got)
	}
}

// TestGovernmentAndDonation: nothing is kept, to the last sen of the largest
// payment.
func TestGovernmentAndDonation(t *testing.T) {
	for _, category := range []string{"government", "donation"} {
		for _, criteria := range []string{"UMI", "UBE", "BLU", "PSO"} {
			if got := pay.DefaultFees().MDR(pay.Merchant{Category: category, Criteria: criteria}, pay.Rp(10_000_000), "2026-01-01"); got != 0 {
				t.Errorf("%s, %s: %s", category, criteria, got)
			}
		}
	}
}

// TestLinesOfTheTable: a rupiah beyond a line the next row holds.
func TestLinesOfTheTable(t *testing.T) {
	for _, tc := range []struct {
		criteria, day string
		amount, want  pay.Rupiah
	}{
		{"UMI", "2023-09-01", pay.Rp(100_000), 0},
		{"UMI", "2023-09-01", pay.Rp(100_000) + 1, pay.Rp(300)},
		{"UMI", "2024-12-01", pay.Rp(500_000), 0},
		{"UMI", "2024-12-01", pay.Rp(500_000) + 1, pay.Rp(1500)},
		{"PSO", "2026-01-01", pay.Rp(1_000_000), pay.Rp(4000)},
		{"BLU", "2026-01-01", pay.Rp(1_000_000), pay.Rp(4000)},
		{"UBE", "2026-01-01", pay.Rp(1_000_000), pay.Rp(7000)},
	} {
		if got := pay.DefaultFees().MDR(pay.Merchant{Criteria: tc.criteria}, tc.amount, tc.day); got != tc.want {
			t.Errorf("%s, %s on %s: %s, want %s", tc.criteria, tc.amount, tc.day, got, tc.want)
		}
	}
}

// TestHalves: half a rupiah is one, a ten-thousandth of a sen less is none.
func TestHalves(t *testing.T) {
	for _, tc := range []struct {
		sen, points int64
		want        pay.Rupiah
	}{
		{500_000, 1, pay.Rp(1)}, {499_999, 1, 0}, {5000, 100, pay.Rp(1)}, {4999, 100, 0},
		{1_500_000, 1, pay.Rp(2)}, {1_499_999, 1, pay.Rp(1)},
	} {
		if got := (pay.FeeTable{{BasisPoints: tc.points}}).MDR(pay.Merchant{}, pay.Rupiah(tc.sen), "2026-01-01"); got != tc.want {
			t.Errorf("%d basis points of %d sen: %s, want %s", tc.points, tc.sen, got, tc.want)
		}
	}
}
