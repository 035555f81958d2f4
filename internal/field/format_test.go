package field

import (
	"regexp"
	"strings"
	"testing"
)

var formatCases = []struct {
	format    *Format
	good, bad []string
}{
	{Digits, []string{"0", "0123456789"}, []string{"", "-1", "1.0", "１", " 1", "1a"}},
	{Alphanumeric, []string{"a", "Z9"}, []string{"", "a-b", "a b", "é"}},
	{Identifier, []string{"a", "41807868-f9ca-4ffc-a1f4-2f7a6d3b0a8c", "_"}, []string{"", "a b", "a/b", "a.b", "é"}},
	{Amount, []string{"0.00", "10000.00", strings.Repeat("9", 16) + ".99"},
		[]string{"", "10000", "10000.0", "10000.000", ".00", "-1.00", "1,000.00", "1e3.00", "10000.", strings.Repeat("9", 17) + ".00", "1.00.00", "1.00\n"}},
	{Money, []string{"0", "10000", "10000.5", "10000.50", strings.Repeat("9", 16)},
		[]string{"", "-1", "1.", ".5", "1.000", "1e3", strings.Repeat("9", 17)}},
	{Currency, []string{"IDR", "USD"}, []string{"", "idr", "ID", "IDRX", "360"}},
	{Timestamp, []string{
		"2026-01-31T23:59:59+07:00", "2026-01-31T00:00:00Z", "2024-02-29T12:00:00-11:30", "2000-02-29T12:00:00Z",
		"2024-03-05T10:37:16.196Z", "2024-03-05T10:37:16.123456789+07:00",
	}, []string{
		"", "2026-01-31", "2026-01-31 23:59:59+07:00", "2026-01-31 23:59:59", "2026-01-31T23:59:59",
		"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-31T24:00:00Z", "2026-01-31T23:60:00Z", "2026-01-31T23:59:60Z",
		"2026-01-31T3:59:59Z", "2026-01-31T23:59:59,5Z", "2026-01-31T23:59:59.Z", "2026-01-31T23:59:59.1234567890Z",
		"2026-01-31T23:59:59+0700", "2026-01-31T23:59:59+07", "2026-01-31T23:59:59+24:00", "2026-01-31T23:59:59+07:60", "2026-01-31T23:59:59 07:00",
		"2026-01-31t23:59:59z", "2026-01-31T23:59:59Z ", "20260131T235959Z", "2026-01-31T23:59:59.5", "2026-01-31T",
	}},
	{TimestampLoose, []string{"2022-08-24 11:14:17", "20220824T11:14:17+07:00", "20220824T11:14:17-07:00", "2026-01-31T23:59:59+07:00", "2026-01-31T23:59:59.5Z"},
		[]string{"", "2022-08-24", "2022-08-24 11:14", "2022-08-24 11:14:17+07:00", "2022-02-30 11:14:17", "2022-08-24 25:14:17", "2022-08-24T11:14:17",
			"20220230T11:14:17+07:00", "20220824T24:14:17+07:00", "20220824T11:14:17+24:00", "20220824T11:14:17Z", "20220824T11:14:17 07:00", "20220824T11:14:17"}},
	{Date, []string{"2026-01-31", "2024-02-29"}, []string{"", "2026-02-29", "20260131", "2026-1-31", "31-01-2026"}},
	{JSONType, []string{"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;charset=UTF-8"},
		[]string{"", "text/json", "application/jsonp", "application/json charset=utf-8", "application/x-www-form-urlencoded"}},
}

func TestFormats(t *testing.T) {
	for _, c := range formatCases {
		for _, s := range c.good {
			if !c.format.Check(s) {
				t.Errorf("%s refuses %q", c.format.Name, s)
			}
		}
		for _, s := range c.bad {
			if c.format.Check(s) {
				t.Errorf("%s accepts %q", c.format.Name, s)
			}
		}
	}
}

// The published pattern must never refuse what the server accepts.
func TestPatternsAdmitWhatFormatsAccept(t *testing.T) {
	for _, c := range formatCases {
		pattern := regexp.MustCompile(c.format.Pattern)
		for _, s := range c.good {
			if !pattern.MatchString(s) {
				t.Errorf("%s: pattern refuses %q", c.format.Name, s)
			}
		}
	}
}

func FuzzFormats(f *testing.F) {
	for _, c := range formatCases {
		for _, s := range append(c.good, c.bad...) {
			f.Add(s)
		}
	}
	patterns := make([]*regexp.Regexp, len(formatCases))
	for i, c := range formatCases {
		patterns[i] = regexp.MustCompile(c.format.Pattern)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i, c := range formatCases {
			accepted, matched := c.format.Check(s), patterns[i].MatchString(s)
			if accepted && !matched {
				t.Errorf("%s accepts %q, its pattern does not", c.format.Name, s)
			}
			if calendar := strings.Contains(c.format.Name, "date"); matched && !accepted && !calendar && c.format.Pattern != "" {
				t.Errorf("%s refuses %q, its pattern does not", c.format.Name, s)
			}
		}
	})
}
