package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// NewLog makes the log of a node: lines of text, or one JSON object a line.
// Whatever is written to it, secrets and the numbers of people's accounts and
// telephones leave it masked.
func NewLog(to io.Writer, format string, level slog.Level) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: level}
	switch format {
	case "text":
		return slog.New(masking{slog.NewTextHandler(to, o)}), nil
	case "json":
		return slog.New(masking{slog.NewJSONHandler(to, o)}), nil
	}
	return nil, fmt.Errorf("a log's format is json or text, not %q", format)
}

// masking masks what passes to another handler.
type masking struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (m masking) Enabled(ctx context.Context, l slog.Level) bool { return m.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (m masking) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time, r.Level, Masked(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(maskAttr(a))
		return true
	})
	return m.next.Handle(ctx, masked)
}

// WithAttrs implements slog.Handler.
func (m masking) WithAttrs(all []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(all))
	for i, a := range all {
		masked[i] = maskAttr(a)
	}
	return masking{m.next.WithAttrs(masked)}
}

// WithGroup implements slog.Handler.
func (m masking) WithGroup(name string) slog.Handler { return masking{m.next.WithGroup(name)} }

// gone stands where a secret was.
const gone = "***"

// secretWords are in the names of attributes whose values are secrets, whoever
// invents them; privateWords in those of what is somebody's own, of which the
// ends are left.
var (
	secretWords  = []string{"authorization", "secret", "token", "cookie", "password", "passphrase", "signature", "privatekey", "private_key", "authcode"}
	privateWords = []string{"pan", "phone", "msisdn", "email", "account"}
)

func maskAttr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		all := v.Group()
		masked := make([]slog.Attr, len(all))
		for i, inner := range all {
			masked[i] = maskAttr(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(masked...)}
	}
	key := strings.ToLower(a.Key)
	switch {
	case contains(key, secretWords):
		return slog.String(a.Key, gone)
	case v.Kind() == slog.KindAny:
		v = slog.StringValue(shown(v.Any()))
	case v.Kind() != slog.KindString && !contains(key, privateWords):
		return slog.Attr{Key: a.Key, Value: v} // a number, a time
	}
	if contains(key, privateWords) {
		return slog.String(a.Key, ends(v.String()))
	}
	return slog.String(a.Key, Masked(v.String()))
}

func contains(key string, words []string) bool {
	for _, w := range words {
		if strings.Contains(key, w) {
			return true
		}
	}
	return false
}

// shown is a value of any type as a log line has it.
func shown(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case error:
		return v.Error()
	}
	return fmt.Sprintf("%+v", v)
}

// ends leaves of a number what tells it from others and does not use it: six
// digits and four of one that is long enough, else its last two.
func ends(number string) string {
	switch n := len(number); {
	case n >= 14:
		return number[:6] + strings.Repeat("*", n-10) + number[n-4:]
	case n >= 6:
		return strings.Repeat("*", n-2) + number[n-2:]
	}
	return gone
}

// secretNames are fields and parameters that carry what opens something. A
// "token: " in prose begins an explanation.
const secretNames = `access_?token|refresh_?token|client_?secret|auth_?code|private_?key`

// patterns are what is masked wherever it stands in a text, the first that
// fits first. A group of digits is bounded by what is neither digit nor
// letter, so our references of 22 digits stay readable.
var patterns = []struct {
	of   *regexp.Regexp
	mask func(string) string
}{
	{regexp.MustCompile(`-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)`), secret},
	{regexp.MustCompile(`(?i)\b(bearer|basic) +[^\s",;]+`), scheme},
	{regexp.MustCompile(`(?i)\b(` + secretNames + `|token|secret|password)\\?" ?: ?\\?"[^"\\]*`), named},
	{regexp.MustCompile(`(?i)\b(` + secretNames + `|token|secret|password)=[^\s"&,;}]+`), named},
	{regexp.MustCompile(`(?i)\b(` + secretNames + `): ?[^\s"&,;}]+`), named},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]+)*`), secret},
	{regexp.MustCompile(`[A-Za-z0-9_+/-]{40,}={0,2}`), random},
	{regexp.MustCompile(`(\+62|\b62|\b0)8[0-9]{7,11}\b`), ends},
	{regexp.MustCompile(`\b[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,7}\b`), ends},
	{regexp.MustCompile(`\b[0-9]{13,19}\b`), account},
}

func secret(string) string { return gone }

// scheme keeps how a client says who it is.
func scheme(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word + " " + gone
}

// named keeps what a secret is called.
func named(s string) string { return s[:strings.IndexAny(s, "=:")+1] + gone }

// random masks a long run of letters and digits, as keys, tokens, signatures
// and digests are. A path or a name of such length has no digit, or more
// strokes than a base64 text has.
func random(s string) string {
	if !strings.ContainsAny(s, "0123456789") || strings.Count(s, "/") > len(s)/16 {
		return s
	}
	return gone
}

// indonesian begins the numbers of accounts here (PAN, CPAN and MPAN).
const indonesian = "9360"

// account masks the number of a card or an account: an Indonesian one, or what
// has its check digit. One in ten of other numbers has too.
func account(digits string) string {
	if strings.HasPrefix(digits, indonesian) || luhn(digits) {
		return ends(digits)
	}
	return digits
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// Masked is a text without the secrets and numbers that patterns find in it.
func Masked(text string) string {
	for _, p := range patterns {
		text = p.of.ReplaceAllStringFunc(text, p.mask)
	}
	return text
}
