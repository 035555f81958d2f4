package console

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// functions are what templates of a language may call. Numbers and times look
// alike in both: digits in groups as in Indonesia, dates as ISO 8601 has them,
// in Jakarta time.
func functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":      func(word string, args ...any) string { return say(lang, word, args...) },
		"money":  money,
		"sen":    func(sen any) string { return money(senOf(sen)) },
		"neg":    func(sen any) pay.Rupiah { return -senOf(sen) },
		"number": func(n any) string { return number(wholeOf(n)) },
		"bound":  bound,
		"time":   clockTime,
		"day":    func(t time.Time) string { return t.In(pay.Jakarta).Format(time.DateOnly) },
		"second": func(t time.Time) string { return t.In(pay.Jakarta).Format(time.TimeOnly) },
		"iso":    func(t time.Time) string { return t.In(pay.Jakarta).Format("2006-01-02T15:04:05.000Z07:00") },
		"span":   span,
		"asset":  assetURL,
		"tone":   func(state any) string { return tones[text(state)] },
		"path":   url.PathEscape,
		"lines":  lines,
		"short":  short,
		"dict":   dict,
		"roles":  pay.Roles,
	}
}

// money writes an amount without its currency, which the column names: 15.000
// or 15.000,50.
func money(r pay.Rupiah) string {
	sign, sen := "", int64(r)
	if sen < 0 {
		sign, sen = "−", -sen
	}
	out := sign + number(sen/100)
	if part := sen % 100; part != 0 {
		out += "," + strconv.FormatInt(100+part, 10)[1:]
	}
	return out
}

// senOf reads an amount in either form that the books have it in.
func senOf(v any) pay.Rupiah {
	if sen, ok := v.(int64); ok {
		return pay.Rupiah(sen)
	}
	r, _ := v.(pay.Rupiah)
	return r
}

func wholeOf(v any) int64 {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	n, _ := v.(int64)
	return n
}

// number groups digits by thousands.
func number[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	return digits
}

// counted is how far counts go: a page never waits for more.
const counted = 10_000

// bound writes a count, or that it is more than was counted.
func bound(n int) string {
	if n > counted {
		return "> " + number(counted)
	}
	return number(n)
}

func clockTime(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(pay.Jakarta).Format(time.DateTime)
}

// span writes a duration in its two largest units: 2d 3h, 4m 10s, 350ms.
func span(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "−", -d
	}
	switch {
	case d < time.Second:
		return sign + strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return sign + d.Truncate(time.Second).String()
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / unit.size; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+unit.name)
			d -= n * unit.size
		}
	}
	return sign + strings.Join(parts[:min(2, len(parts))], " ")
}

// tones are the colours of states.
var tones = map[string]string{
	"active": "live", "paid": "good", "expired": "idle", "cancelled": "idle",
	"pending": "live", "delivered": "good", "failed": "bad",
	"inactive": "idle", "suspended": "bad", "blacklisted": "bad", "dormant": "idle", "blocked": "bad",
	"done": "good", "refused": "bad", "open": "live", "settled": "good",
}

func text(v any) string {
	switch s := v.(type) {
	case pay.CodeState:
		return string(s)
	case pay.PaymentState:
		return string(s)
	case pay.DeliveryState:
		return string(s)
	case pay.Standing:
		return string(s)
	case pay.Role:
		return string(s)
	case string:
		return s
	}
	return ""
}

// lines lays JSON out over lines, and leaves other text as it is.
func lines(body string) string {
	var laid bytes.Buffer
	if json.Indent(&laid, []byte(body), "", "  ") != nil {
		return body
	}
	return laid.String()
}

// short cuts a text to so many characters.
func short(n int, s string) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// dict gives a shared part of a template several values by name.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}
