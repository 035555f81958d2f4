package field

import (
	"strings"
	"time"
)

// The shapes below are read by hand because time.Parse allocates a location for
// each offset that is not the machine's own, and takes a one-digit hour and a
// comma before the fraction, which RFC 3339 does not.

const (
	dateShape  = "0000-00-00"
	clockShape = "00:00:00"
	zoneShape  = "00:00"
	mostNanos  = 9 // decimals of a second

	compactShape = "00000000T00:00:00"
)

// isTimestamp is RFC 3339 without its latitude: capital T and Z, no leap second.
func isTimestamp(s string) bool {
	date, rest, found := strings.Cut(s, "T")
	return found && len(rest) > len(clockShape) &&
		isDate(date) && isClock(rest[:len(clockShape)]) && isZone(afterFraction(rest[len(clockShape):]))
}

func isTimestampLoose(s string) bool {
	if date, clock, spaced := strings.Cut(s, " "); spaced {
		return isDate(date) && isClock(clock)
	}
	return isTimestamp(s) || isCompact(s)
}

// isCompact is the form that the Qoin document states: 20260131T23:59:59+07:00.
func isCompact(s string) bool {
	return len(s) == len(compactShape)+len("+"+zoneShape) && shaped(s[:len(compactShape)], compactShape) &&
		isDay(100*pair(s)+pair(s[2:]), pair(s[4:]), pair(s[6:])) && isClock(s[9:17]) && isZone(s[17:])
}

func isDate(s string) bool {
	if !shaped(s, dateShape) {
		return false
	}
	return isDay(100*pair(s)+pair(s[2:]), pair(s[5:]), pair(s[8:]))
}

func isDay(year, month, day int) bool {
	return 1 <= month && month <= 12 && 1 <= day && day <= daysIn(year, time.Month(month))
}

// daysIn is the day before the first of the next month.
func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func isClock(s string) bool {
	return shaped(s, clockShape) && pair(s) < 24 && pair(s[3:]) < 60 && pair(s[6:]) < 60
}

func isZone(s string) bool {
	if s == "Z" {
		return true
	}
	return s != "" && (s[0] == '+' || s[0] == '-') &&
		shaped(s[1:], zoneShape) && pair(s[1:]) < 24 && pair(s[4:]) < 60
}

// afterFraction cuts the decimals of a second off, or answers "" if they are
// malformed.
func afterFraction(s string) string {
	rest, dotted := strings.CutPrefix(s, ".")
	if !dotted {
		return s
	}
	n := 0
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if n == 0 || n > mostNanos {
		return ""
	}
	return rest[n:]
}

// shaped tells whether s has a digit wherever shape has a 0, and shape's own
// bytes elsewhere.
func shaped(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if shape[i] == '0' && !isDigit(s[i]) || shape[i] != '0' && s[i] != shape[i] {
			return false
		}
	}
	return true
}

// pair is the number that the first two digits of s write.
func pair(s string) int { return 10*int(s[0]-'0') + int(s[1]-'0') }
