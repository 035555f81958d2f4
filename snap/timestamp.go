package snap

import (
	"errors"
	"fmt"
	"time"
)

// Jakarta is Western Indonesia Time, the zone of every SNAP provider's clock
// and of the day in which an X-EXTERNAL-ID is unique. It has had no other
// offset since 1964, so it needs no zone database.
var Jakarta = time.FixedZone("WIB", 7*60*60)

// ErrTimestamp is the kind of every error of [ParseTimestamp] and
// [ParseTimestampLoose].
var ErrTimestamp = errors.New("not a timestamp")

// timestampLayout is the standard's yyyy-MM-ddTHH:mm:ssTZD.
const timestampLayout = "2006-01-02T15:04:05-07:00"

// ParseTimestamp reads X-TIMESTAMP and the other times of the standard:
// RFC 3339 with a capital T, none to nine digits of fraction, and an offset or
// a capital Z. The result is in [Jakarta].
//
// Signatures are made over the text of the header. Never format a parsed time
// again to sign or to verify.
func ParseTimestamp(text string) (time.Time, error) {
	if !isTimestamp(text) {
		return time.Time{}, timestampError(text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("snap: timestamp %q: %w, a part of it is out of range", text, ErrTimestamp)
	}
	return t.In(Jakarta), nil
}

// looseLayouts are the two further forms of the Qoin document, the first in
// its sample request and the second in its text.
var looseLayouts = []struct{ shape, layout string }{
	{"0000-00-00 00:00:00", "2006-01-02 15:04:05"},
	{"00000000T00:00:00+00:00", "20060102T15:04:05-07:00"},
}

// ParseTimestampLoose reads what [ParseTimestamp] reads and the two further
// forms of the Qoin document, "2022-08-24 11:14:17" (which has no zone and is
// taken as Jakarta's) and "20220824T11:14:17+07:00". A provider that must
// refuse a space, as DANA must, takes ParseTimestamp.
func ParseTimestampLoose(text string) (time.Time, error) {
	for _, form := range looseLayouts {
		if !shaped(text, form.shape) {
			continue
		}
		t, err := time.ParseInLocation(form.layout, text, Jakarta)
		if err != nil || !offsetInRange(text) {
			return time.Time{}, fmt.Errorf("snap: timestamp %q: %w, a part of it is out of range", text, ErrTimestamp)
		}
		return t.In(Jakarta), nil
	}
	return ParseTimestamp(text)
}

// FormatTimestamp writes a time as the standard does, in whole seconds and in
// Jakarta: "2006-01-02T15:04:05+07:00".
func FormatTimestamp(t time.Time) string { return t.In(Jakarta).Format(timestampLayout) }

// Day is the Jakarta calendar date of an instant, "2006-01-02": the day in
// which an X-EXTERNAL-ID must be unique and the date of business.
func Day(t time.Time) string { return t.In(Jakarta).Format(time.DateOnly) }

func timestampError(text string) error {
	return fmt.Errorf("snap: timestamp %q: %w, RFC 3339 with a zone is needed, as in \"2020-12-23T08:31:11+07:00\"", text, ErrTimestamp)
}

// isTimestamp holds the exact shape. time.Parse alone would also take a comma
// before the fraction, any number of its digits, and an offset of 24 hours.
func isTimestamp(text string) bool {
	const seconds = "0000-00-00T00:00:00"
	if len(text) < len(seconds) || !shaped(text[:len(seconds)], seconds) {
		return false
	}
	zone := text[len(seconds):]
	if zone != "" && zone[0] == '.' {
		n := 1
		for n < len(zone) && digits(zone[n:n+1]) {
			n++
		}
		if n < 2 || n > 10 {
			return false
		}
		zone = zone[n:]
	}
	return zone == "Z" || shaped(zone, "+00:00") && offsetInRange(zone)
}

// offsetInRange holds a trailing ±hh:mm to RFC 3339's 23:59; time.Parse lets
// 24 hours and 60 minutes pass.
func offsetInRange(text string) bool {
	offset := text[max(0, len(text)-len("+00:00")):]
	return !shaped(offset, "+00:00") || offset[1:3] < "24" && offset[4:] < "60"
}

// shaped compares a text with a shape in which 0 stands for any digit and +
// for either sign; every other character stands for itself.
func shaped(text, shape string) bool {
	if len(text) != len(shape) {
		return false
	}
	for i := range len(shape) {
		switch c := text[i]; shape[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case '+':
			if c != '+' && c != '-' {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}
