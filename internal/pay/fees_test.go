package pay

import (
	"math"
	"testing"
)

func TestMDR(t *testing.T) {
	fees := DefaultFees()
	for _, tc := range []struct {
		criteria, category string
		amount             Rupiah
		day                string
		want               Rupiah
	}{
		{"UMI", "", Rp(500_000), "2024-12-01", 0},
		{"UMI", "", Rp(500_001), "2024-12-01", Rp(1_500)},
		{"UMI", "", Rp(500_000), "2024-11-30", Rp(1_500)},
		{"UMI", "", Rp(100_000), "2024-11-30", 0},
		{"UMI", "", Rp(100_000), "2023-08-31", Rp(300)},
		{"UMI", "", Rp(1_000_000), "2023-06-30", 0},
		{"UKE", "", Rp(20_000), "2026-11-22", Rp(140)},
		{"UME", "", Rp(10_000_000), "2026-11-22", Rp(70_000)},
		{"", "", Rp(1_000), "2026-11-22", Rp(7)},
		{"UBE", "education", Rp(100_000), "2026-11-22", Rp(600)},
		{"UBE", "fuel", Rp(100_000), "2026-11-22", Rp(400)},
		{"URE", "donation", Rp(100_000), "2026-11-22", 0},
		{"UMI", "donation", Rp(900_000), "2026-11-22", 0},
		{"BLU", "", Rp(100_000), "2026-11-22", Rp(400)},
		{"UKE", "", Rp(71), "2026-11-22", 0},     // 0.497 rupiah
		{"UKE", "", Rp(72), "2026-11-22", Rp(1)}, // 0.504 rupiah
		{"UKE", "", Rp(1), "2026-11-22", 0},
	} {
		m := Merchant{Criteria: tc.criteria, Category: tc.category}
		if got := fees.MDR(m, tc.amount, tc.day); got != tc.want {
			t.Errorf("%s %s %v on %s: %v, want %v", tc.criteria, tc.category, tc.amount, tc.day, got, tc.want)
		}
	}
}

func TestMDRDoesNotOverflow(t *testing.T) {
	if got := roundToRupiah(math.MaxInt64, 70); got <= 0 || got > math.MaxInt64/100 {
		t.Errorf("0.7%% of everything is %d", got)
	}
}

func TestRupiahString(t *testing.T) {
	for r, want := range map[Rupiah]string{0: "0.00", 5: "0.05", Rp(10_000): "10000.00", -1: "-0.01", Rp(-3): "-3.00", 123456: "1234.56"} {
		if got := r.String(); got != want {
			t.Errorf("%d is %q, want %q", int64(r), got, want)
		}
	}
}

func TestErrorsSayEachThingOnce(t *testing.T) {
	cause := Refuse(Internal, "outer: inner")
	for _, tc := range []struct {
		err  *Error
		want string
	}{
		{&Error{Detail: "what"}, "what"},
		{&Error{Field: "amount", Detail: "what"}, "amount: what"},
		{&Error{Field: "amount", Detail: "what", Cause: cause}, "amount: what: outer: inner"},
		{&Error{Field: "amount", Detail: "inner", Cause: cause}, "amount: outer: inner"},
		{&Error{Detail: "inner", Cause: cause}, "outer: inner"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
