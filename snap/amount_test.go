package snap

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// amountPattern is the DANA document's rule, an oracle of another kind than
// the parser.
var amountPattern = regexp.MustCompile(`^[0-9]{1,16}\.[0-9]{2}$`)

func TestParseAmount(t *testing.T) {
	for value, want := range map[string]int64{
		"0.00":                0,
		"0.01":                1,
		"10000.00":            1_000_000,
		"12345678.00":         1_234_567_800,
		"007.50":              750,
		"9999999999999999.99": 999_999_999_999_999_999,
	} {
		if got, err := ParseAmount(value); err != nil || got != want {
			t.Errorf("ParseAmount(%q) = %d, %v, want %d", value, got, err, want)
		}
	}
}

func TestParseAmountRefuses(t *testing.T) {
	for _, value := range []string{
		"", "10000", "10000.", "10000.0", "10000.000", ".00", "-1.00", "+1.00", "1,000.00", "1.000,00",
		"1e3.00", " 1.00", "1.00 ", "1.00\n", "1.-1", "1..00", "١.00", "0x1.00", "10000000000000000.00", "null",
		"1/.00", "1:.00", "1.0/", "1.:0",
	} {
		if sen, err := ParseAmount(value); !errors.Is(err, ErrAmount) {
			t.Errorf("ParseAmount(%q) = %d, %v, want ErrAmount", value, sen, err)
		}
	}
}

func TestFormatAmount(t *testing.T) {
	for sen, want := range map[int64]string{
		0: "0.00", 5: "0.05", -1: "-0.01", 1_000_000: "10000.00", -150: "-1.50", -5: "-0.05",
		math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	} {
		if got := FormatAmount(sen); got != want {
			t.Errorf("FormatAmount(%d) = %q, want %q", sen, got, want)
		}
	}
}

func TestAmountRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sen := rapid.Int64Range(0, 999_999_999_999_999_999).Draw(t, "sen")
		if got, err := IDR(sen).Sen(); err != nil || got != sen {
			t.Fatalf("%d came back as %d, %v", sen, got, err)
		}
	})
}

func TestAmountOnTheWire(t *testing.T) {
	text, err := json.Marshal(IDR(1_000_000))
	if want := `{"value":"10000.00","currency":"IDR"}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
	if _, err := (Amount{Value: "1.00", Currency: "USD"}).Sen(); !errors.Is(err, ErrAmount) {
		t.Errorf("dollars are taken: %v", err)
	}
	if _, err := (Amount{Value: "1", Currency: "IDR"}).Sen(); !errors.Is(err, ErrAmount) {
		t.Errorf("an amount without decimals is taken: %v", err)
	}
	if _, err := ParseAmount("10000000000000000.00"); !strings.Contains(err.Error(), "at most 16 digits") {
		t.Errorf("17 digits: %v", err)
	}
}

func FuzzAmount(f *testing.F) {
	for _, v := range readVectors(f).Vectors {
		for _, value := range regexp.MustCompile(`\d+\.\d+`).FindAllString(string(v.message().Body), -1) {
			f.Add(value)
		}
	}
	for _, seed := range []string{"0.00", "9999999999999999.99", "10000", "-1.00", "1.0", "007.50"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		sen, err := ParseAmount(value)
		if valid := amountPattern.MatchString(value); valid != (err == nil) {
			t.Fatalf("ParseAmount(%q): %v, but the pattern says %v", value, err, valid)
		}
		if err != nil {
			return
		}
		want := strings.TrimLeft(value[:len(value)-3], "0") + value[len(value)-3:]
		if want[0] == '.' {
			want = "0" + want
		}
		if got := FormatAmount(sen); got != want {
			t.Fatalf("%q is %d sen, which is written %q", value, sen, got)
		}
	})
}
