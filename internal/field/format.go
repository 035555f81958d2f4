package field

import "strings"

// Format is the shape of a string.
type Format struct {
	Name    string
	About   string // completes "expected …"
	Pattern string // the same as a regular expression for OpenAPI, anchored; it may be looser than Check, and "" is none
	Check   func(string) bool
	Most    int // the whole numbers from 1 to this are all that fits, written plainly; 0: it is not about such
}

var (
	Digits = &Format{
		Name: "digits", About: "digits only", Pattern: `^[0-9]+$`,
		Check: func(s string) bool { return made(s, isDigit) },
	}
	Alphanumeric = &Format{
		Name: "alphanumeric", About: "letters A-Z, a-z and digits only", Pattern: `^[A-Za-z0-9]+$`,
		Check: func(s string) bool { return made(s, isAlphanumeric) },
	}
	Identifier = &Format{
		Name: "identifier", About: "letters A-Z, a-z, digits, hyphens and underscores only", Pattern: `^[A-Za-z0-9_-]+$`,
		Check: func(s string) bool { return made(s, isIdentifier) },
	}
	// Amount is SNAP's "ISO 4217, 16.2": always two decimals.
	Amount = &Format{
		Name: "amount", About: "1 to 16 digits, a dot and two decimals, as in 10000.00", Pattern: `^[0-9]{1,16}\.[0-9]{2}$`,
		Check: isAmount,
	}
	// Money is an Amount, or the same written plainly: prices of items are
	// numbers in some clients.
	Money = &Format{
		Name: "money", About: "1 to 16 digits and at most two decimals, as in 10000.00 or 10000", Pattern: `^[0-9]{1,16}(\.[0-9]{1,2})?$`,
		Check: isMoney,
	}
	Currency = &Format{
		Name: "currency", About: "three capital letters of ISO 4217, as in IDR", Pattern: `^[A-Z]{3}$`,
		Check: func(s string) bool { return len(s) == 3 && made(s, isCapital) },
	}
	// Timestamp is RFC 3339 with any offset and 0 to 9 decimals of a second.
	Timestamp = &Format{
		Name: "date-time", About: "date and time with offset, as in 2026-01-31T23:59:59+07:00",
		Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`,
		Check:   isTimestamp,
	}
	// TimestampLoose is a Timestamp, or one of the two forms of the Qoin
	// document: in its samples a space between date and time and no offset,
	// meaning Jakarta's; in its text a date without hyphens.
	TimestampLoose = &Format{
		Name: "loose-date-time", About: "date and time, as in 2026-01-31T23:59:59+07:00 or 2026-01-31 23:59:59",
		Pattern: `^([0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}|T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))|[0-9]{8}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2})$`,
		Check:   isTimestampLoose,
	}
	Date = &Format{
		Name: "date", About: "a date, as in 2026-01-31", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
		Check: isDate,
	}
	// JSONType is the content type of every SNAP request.
	JSONType = &Format{
		Name: "json-type", About: "application/json", Check: isJSONType,
	}
)

// made tells whether s is one or more bytes of a class.
func made(s string, class func(byte) bool) bool {
	for i := range len(s) {
		if !class(s[i]) {
			return false
		}
	}
	return s != ""
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

func isAlphanumeric(c byte) bool {
	return isDigit(c) || isCapital(c) || 'a' <= c && c <= 'z'
}

func isIdentifier(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '_' }

const mostWholeDigits = 16

func isAmount(s string) bool {
	whole, decimals, _ := strings.Cut(s, ".")
	return isWhole(whole) && len(decimals) == 2 && made(decimals, isDigit)
}

func isMoney(s string) bool {
	whole, decimals, dotted := strings.Cut(s, ".")
	return isWhole(whole) && (!dotted || len(decimals) <= 2 && made(decimals, isDigit))
}

func isWhole(s string) bool { return len(s) <= mostWholeDigits && made(s, isDigit) }

func isJSONType(s string) bool {
	media, _, _ := strings.Cut(s, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}
