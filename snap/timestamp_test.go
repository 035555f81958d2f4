package snap

import (
	"errors"
	"regexp"
	"testing"
	"time"
)

func TestParseTimestamp(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2020-12-23T08:31:11+07:00":           time.Date(2020, 12, 23, 1, 31, 11, 0, time.UTC),
		"2009-07-03T12:08:56-07:00":           time.Date(2009, 7, 3, 19, 8, 56, 0, time.UTC),
		"2024-03-05T10:37:16.196Z":            time.Date(2024, 3, 5, 10, 37, 16, 196e6, time.UTC),
		"2024-03-05T10:37:16.1+07:00":         time.Date(2024, 3, 5, 3, 37, 16, 1e8, time.UTC),
		"2024-03-05T10:37:16.123456789+07:00": time.Date(2024, 3, 5, 3, 37, 16, 123456789, time.UTC),
		"2024-02-29T00:00:00Z":                time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"2024-03-05T10:37:16+05:45":           time.Date(2024, 3, 5, 4, 52, 16, 0, time.UTC),
	} {
		strict, err := ParseTimestamp(text)
		if err != nil || !strict.Equal(want) || strict.Location() != Jakarta {
			t.Errorf("ParseTimestamp(%q) = %v, %v, want %v", text, strict, err, want)
		}
		loose, err := ParseTimestampLoose(text)
		if err != nil || !loose.Equal(want) || loose.Location() != Jakarta {
			t.Errorf("ParseTimestampLoose(%q) = %v, %v, want %v", text, loose, err, want)
		}
	}
}

func TestParseTimestampRefuses(t *testing.T) {
	for _, text := range []string{
		"", "2020-12-23", "2020-12-23T08:31:11", "2020-12-23T08:31+07:00",
		"2006-01-02 15:04:05+07:00", // the DANA suite's case
		"2006-01-02t15:04:05+07:00", "2006-01-02T15:04:05z",
		"2006-01-02T15:04:05.+07:00", "2006-01-02T15:04:05.1234567890Z", "2006-01-02T15:04:05,123Z",
		"2006-01-02T15:04:05+0700", "2006-01-02T15:04:05+07", "2006-01-02T15:04:05 07:00",
		"2006-01-02T15:04:05+24:00", "2006-01-02T15:04:05+07:60",
		"2006-02-30T15:04:05Z", "2006-13-01T15:04:05Z", "2006-01-02T24:00:00Z", "2006-01-02T15:60:00Z", "2006-01-02T15:04:60Z",
		" 2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z ", "06-01-02T15:04:05Z", "2006-1-2T15:04:05Z", "1709634436",
		"2006-01-02T5:04:05Z", // which package time takes
	} {
		if got, err := ParseTimestamp(text); !errors.Is(err, ErrTimestamp) {
			t.Errorf("ParseTimestamp(%q) = %v, %v, want ErrTimestamp", text, got, err)
		}
		if got, err := ParseTimestampLoose(text); !errors.Is(err, ErrTimestamp) {
			t.Errorf("ParseTimestampLoose(%q) = %v, %v, want ErrTimestamp", text, got, err)
		}
	}
}

func TestParseTimestampLooseForms(t *testing.T) {
	want := time.Date(2022, 8, 24, 4, 14, 17, 0, time.UTC)
	for _, text := range []string{"2022-08-24 11:14:17", "20220824T11:14:17+07:00", "20220824T04:14:17-00:00"} {
		if got, err := ParseTimestampLoose(text); err != nil || !got.Equal(want) || got.Location() != Jakarta {
			t.Errorf("ParseTimestampLoose(%q) = %v, %v, want %v", text, got, err, want)
		}
		if got, err := ParseTimestamp(text); !errors.Is(err, ErrTimestamp) {
			t.Errorf("ParseTimestamp(%q) = %v, %v, want ErrTimestamp", text, got, err)
		}
	}
	for _, text := range []string{"2022-08-32 11:14:17", "20220832T11:14:17+07:00", "20220824T11:14:17+24:00", "2022-08-24 11:14:17.5", "20220824T11:14:17"} {
		if got, err := ParseTimestampLoose(text); !errors.Is(err, ErrTimestamp) {
			t.Errorf("ParseTimestampLoose(%q) = %v, %v, want ErrTimestamp", text, got, err)
		}
	}
}

func TestJakartaDay(t *testing.T) {
	midnight := time.Date(2024, 3, 4, 17, 0, 0, 0, time.UTC)
	if got := Day(midnight); got != "2024-03-05" {
		t.Errorf("at Jakarta's midnight it is %s", got)
	}
	if got := Day(midnight.Add(-time.Nanosecond)); got != "2024-03-04" {
		t.Errorf("just before Jakarta's midnight it is %s", got)
	}
	if got := FormatTimestamp(midnight.Add(999 * time.Millisecond)); got != "2024-03-05T00:00:00+07:00" {
		t.Errorf("FormatTimestamp = %s", got)
	}
}

var timestampPattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func FuzzTimestamp(f *testing.F) {
	for _, v := range readVectors(f).Vectors {
		f.Add(v.Timestamp)
	}
	for _, seed := range []string{"2022-08-24 11:14:17", "20220824T11:14:17+07:00", "2006-01-02T15:04:05.123456789-23:59", "2006-01-02T15:04:05+24:00", "2006-01-02T15:04:05,1Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		strict, err := ParseTimestamp(text)
		loose, looseErr := ParseTimestampLoose(text)
		if err == nil {
			reference, refErr := time.Parse(time.RFC3339, text)
			if refErr != nil || !strict.Equal(reference) || !timestampPattern.MatchString(text) {
				t.Fatalf("ParseTimestamp(%q) = %v; the pattern or package time disagrees: %v, %v", text, strict, reference, refErr)
			}
			if looseErr != nil || !loose.Equal(strict) {
				t.Fatalf("loosely %q is %v, %v, strictly %v", text, loose, looseErr, strict)
			}
		} else if _, refErr := time.Parse(time.RFC3339, text); refErr == nil && timestampPattern.MatchString(text) {
			t.Fatalf("%q is refused: %v", text, err)
		}
		if looseErr != nil || loose.Year() < 0 || loose.Year() > 9999 {
			return
		}
		again, err := ParseTimestamp(FormatTimestamp(loose))
		if err != nil || !again.Equal(loose.Truncate(time.Second)) {
			t.Fatalf("%q is %v, written and read again %v, %v", text, loose, again, err)
		}
	})
}
