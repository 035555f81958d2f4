package doctor

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/snap"
)

func methods(r *Request) []variant {
	var v variants
	v.add("", r.Method, 0)
	v.add("lower-case", strings.ToLower(r.Method), likely)
	v.add("other", "GET", rare)
	v.add("other", "POST", rare)
	v.add("left-empty", "", rare)
	if len(r.Method) > 1 {
		v.add("lower-case", r.Method[:1]+strings.ToLower(r.Method[1:]), rare)
	}
	return v.all
}

func paths(r *Request, k *Known) []variant {
	var v variants
	full := r.Target
	bare, query, hasQuery := strings.Cut(full, "?")
	v.add("", full, 0)
	for _, p := range k.Paths {
		v.add("", p, 0)
	}
	v.add("query-left-out", bare, likely)
	v.add("slash-added", bare+"/", likely)
	if hasQuery {
		v.add("slash-added", bare+"/?"+query, likely)
		v.add("query-changed", bare+"?"+sortedQuery(query), rare)
	}
	v.add("slash-left-out", strings.TrimRight(full, "/"), likely)
	v.add("no-leading-slash", strings.TrimLeft(full, "/"), likely)
	v.add("no-leading-slash", strings.TrimLeft(bare, "/"), likely)
	addPrefixes(&v, r, k, full, bare)
	addHosts(&v, r, full, bare)
	addSpellings(&v, full, bare)
	return v.all
}

// maxCut is how many segments proxies are thought to take away.
const maxCut = 5

// addPrefixes is about the beginning of the path: base addresses and proxies
// add and take away from it.
func addPrefixes(v *variants, r *Request, k *Known, full, bare string) {
	for _, p := range k.Documented {
		v.add("documented", p, likely)
	}
	for _, prefix := range []string{k.Prefix, r.Get("X-Forwarded-Prefix"), k.Unsigned} {
		if prefix = strings.TrimRight(prefix, "/"); prefix == "" {
			continue
		}
		v.add("prefix-added", prefix+full, likely)
		v.add("prefix-left-out", strings.TrimPrefix(full, prefix), likely)
		v.add("prefix-left-out", strings.TrimPrefix(bare, prefix), likely)
		for _, p := range k.Documented {
			v.add("prefix-added", prefix+p, rare)
		}
	}
	query := strings.TrimPrefix(full, bare)
	v.add("prefix-left-out", strings.Replace(bare, "/v1.0", "", 1), likely)
	v.add("prefix-left-out", strings.Replace(bare, "/v1.0", "", 1)+query, likely)
	rest := bare
	for range maxCut {
		_, after, more := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if !more {
			break
		}
		rest = "/" + after
		v.add("prefix-left-out", rest, likely)
		v.add("prefix-left-out", rest+query, likely)
		v.add("no-leading-slash", after, rare)
	}
	for _, prefix := range []string{"/api", "/snap", "/v1.0", "/sandbox"} {
		v.add("prefix-added", prefix+full, rare)
	}
}

func addHosts(v *variants, r *Request, full, bare string) {
	if r.Host == "" {
		return
	}
	host, _, _ := strings.Cut(r.Host, ":")
	for _, h := range []string{r.Host, host} {
		for _, p := range []string{full, bare} {
			v.add("with-host", "https://"+h+p, likely)
			v.add("with-host", "http://"+h+p, likely)
			v.add("with-host", h+p, likely)
		}
	}
}

func addSpellings(v *variants, full, bare string) {
	v.add("lower-case", strings.ToLower(full), rare)
	if plain, err := url.PathUnescape(full); err == nil {
		v.add("percent-encoding", plain, rare)
	}
	v.add("percent-encoding", url.PathEscape(full), rare)
	v.add("percent-encoding", url.QueryEscape(full), rare)
	v.add("percent-encoding", strings.ToLower(url.QueryEscape(full)), rare)
	v.add("left-empty", "", rare)
	v.add("left-empty", "/", rare)
	v.add("slash-added", "/"+full, rare)
	v.add("slash-added", strings.TrimRight(full, "/")+"/", rare)
	v.add("suffix", bare+".htm", rare)
	v.add("suffix", strings.TrimSuffix(bare, ".htm"), rare)
}

// sortedQuery is the query with its parameters in order, as libraries write
// it.
func sortedQuery(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return query
	}
	return values.Encode()
}

// bearer is the access token as the server takes it from its header.
func bearer(header string) string {
	scheme, token, found := strings.Cut(header, " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// customer is the text of Authorization-Customer without "Bearer".
func customer(r *Request) string {
	text := r.Get(snap.HeaderAuthorizationCustomer)
	if stripped := bearer(text); stripped != "" {
		return stripped
	}
	return text
}

func tokens(r *Request, k *Known) []variant {
	var v variants
	header := r.Get(snap.HeaderAuthorization)
	token := bearer(header)
	v.add("", token, 0)
	v.add("with-bearer", "Bearer "+token, likely)
	v.add("with-bearer", header, likely)
	v.add("with-bearer", "Bearer"+token, rare)
	v.add("with-bearer", "bearer "+token, rare)
	v.add("with-bearer", "Bearer: "+token, rare)
	v.add("left-empty", "", likely)
	if c := customer(r); c != "" {
		v.add("customer", c, likely)
		v.add("customer", "Bearer "+c, likely)
		v.add("customer", r.Get(snap.HeaderAuthorizationCustomer), likely)
		v.add("customer", token+c, rare)
	}
	for _, t := range k.Tokens {
		v.add("previous", t, likely)
		v.add("previous", "Bearer "+t, rare)
	}
	for _, word := range []string{"null", "undefined", "None", "nil", "Bearer ", "Bearer"} {
		v.add("left-empty", word, rare)
	}
	for _, name := range []string{k.ClientKey, k.PartnerID, r.Get(snap.HeaderPartnerID), r.Get(snap.HeaderClientKey)} {
		if name != "" {
			v.add("client-key", name, rare)
		}
	}
	if k.Secret != "" {
		v.add("secret", k.Secret, rare)
	}
	v.add("changed", strings.ToLower(token), rare)
	v.add("changed", url.QueryEscape(token), rare)
	return v.all
}

func clients(r *Request, k *Known) []variant {
	var v variants
	key := r.Get(snap.HeaderClientKey)
	if key != "" {
		v.add("", key, 0)
	} else { // only token requests have the header
		v.add("", k.ClientKey, 0)
		v.add("", k.PartnerID, 0)
	}
	v.add("registered", orElse(k.ClientKey, key), likely)
	v.add("partner-id", orElse(r.Get(snap.HeaderPartnerID), k.PartnerID), likely)
	v.add("partner-id", orElse(k.PartnerID, key), likely)
	v.add("left-empty", "", likely)
	for _, word := range []string{"null", "undefined", "None"} {
		v.add("left-empty", word, rare)
	}
	if k.Secret != "" {
		v.add("secret", k.Secret, likely)
	}
	v.add("changed", strings.ToLower(key), rare)
	v.add("changed", strings.ToUpper(key), rare)
	if c := r.Get(snap.HeaderChannelID); c != "" {
		v.add("channel-id", c, rare)
	}
	return v.all
}

// layouts are the ways in which clients write one moment.
var layouts = []struct {
	name, layout string
	utc          bool
	rank         int
}{
	{"zone", "2006-01-02T15:04:05Z07:00", true, likely},
	{"zone", "2006-01-02T15:04:05-07:00", false, likely},
	{"milliseconds", "2006-01-02T15:04:05.000Z07:00", true, likely},
	{"milliseconds", "2006-01-02T15:04:05.000-07:00", false, likely},
	{"milliseconds", "2006-01-02T15:04:05.000000-07:00", false, rare},
	{"milliseconds", "2006-01-02T15:04:05.000000Z07:00", true, rare},
	{"zone", "2006-01-02T15:04:05-07:00", true, rare},
	{"form", "2006-01-02T15:04:05-0700", false, likely},
	{"form", "2006-01-02T15:04:05", false, likely},
	{"form", "2006-01-02 15:04:05", false, likely},
	{"form", "2006-01-02T15:04:05.000-0700", false, rare},
	{"form", "2006-01-02T15:04:05.000", false, rare},
	{"form", "2006-01-02 15:04:05-07:00", false, rare},
	{"form", "2006-01-02 15:04:05", true, rare},
	{"form", "20060102150405", false, rare},
	{"form", "20060102T15:04:05-07:00", false, rare},
	{"form", time.RFC1123, true, rare},
}

func times(r *Request) []variant {
	var v variants
	header := r.Get(snap.HeaderTimestamp)
	v.add("", header, 0)
	v.add("left-empty", "", rare)
	v.add("form", url.QueryEscape(header), rare)
	v.add("form", strings.ReplaceAll(header, "+", " "), rare)
	t, err := snap.ParseTimestampLoose(header)
	if err != nil {
		return v.all
	}
	own := layoutOf(header)
	if strings.Contains(header, ".") { // without them in its own zone comes before any other
		v.add("milliseconds", own.write(t, "05"), likely)
		v.add("milliseconds", own.write(t, "05.000"), likely)
	} else {
		v.add("milliseconds", own.write(t, "05.000"), likely)
	}
	for _, l := range layouts {
		at := t.In(snap.Jakarta)
		if l.utc {
			at = t.UTC()
		}
		v.add(l.name, at.Format(l.layout), l.rank)
	}
	v.add("form", strconv.FormatInt(t.Unix(), 10), likely)
	v.add("form", strconv.FormatInt(t.UnixMilli(), 10), likely)
	addRelabelled(&v, own, t)
	for by := 1; by <= nearSeconds; by++ {
		addSecond(&v, own, t, by, rare)
		addSecond(&v, own, t, -by, rare)
	}
	return v.all
}

// addRelabelled is the right wall clock with another zone's label, and the
// reverse.
func addRelabelled(v *variants, own form, t time.Time) {
	for _, hours := range []int{-7, 7} {
		v.add("zone", own.write(t.Add(time.Duration(hours)*time.Hour), own.seconds), rare)
	}
	wall := t.In(own.zone)
	for _, zone := range []*time.Location{time.UTC, snap.Jakarta} {
		moved := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
		v.add("zone", moved.Format("2006-01-02T15:04:"+own.seconds+"Z07:00"), likely)
	}
}

// The clock that is asked twice: once for the header, once for the string to
// sign.
const (
	nearSeconds = 5
	farSeconds  = 60
	nearMillis  = 300
)

// moments are the times around X-TIMESTAMP, which are many: they are looked
// at apart from all else.
func moments(r *Request) []variant {
	header := r.Get(snap.HeaderTimestamp)
	t, err := snap.ParseTimestampLoose(header)
	if err != nil {
		return nil
	}
	var v variants
	own := layoutOf(header)
	for by := nearSeconds + 1; by <= farSeconds; by++ {
		addSecond(&v, own, t, by, lonely)
		addSecond(&v, own, t, -by, lonely)
	}
	from, to := -nearMillis, nearMillis
	if !strings.Contains(header, ".") {
		from, to = 0, 999 // the header left them out
	}
	for _, f := range []form{{own.zone, "05.000", own.z}, {time.UTC, "05.000", true}, {snap.Jakarta, "05.000", false}} {
		for by := from; by <= to; by++ {
			addMillis(&v, f, t, by)
		}
	}
	return v.all
}

func addSecond(v *variants, f form, t time.Time, by, rank int) {
	v.addDetail("seconds-off", f.write(t.Add(time.Duration(by)*time.Second), f.seconds), rank, fmt.Sprintf("%+d s", by))
}

func addMillis(v *variants, f form, t time.Time, by int) {
	v.addDetail("milliseconds-off", f.write(t.Add(time.Duration(by)*time.Millisecond), f.seconds), lonely, fmt.Sprintf("%+d ms", by))
}

// form is how a header writes its times.
type form struct {
	zone    *time.Location
	seconds string // layout from the seconds on, to the zone
	z       bool   // UTC is written Z
}

func (f form) write(t time.Time, seconds string) string {
	layout := "2006-01-02T15:04:" + seconds + "-07:00"
	if f.z {
		layout = "2006-01-02T15:04:" + seconds + "Z07:00"
	}
	return t.In(f.zone).Format(layout)
}

// layoutOf is the form of a time that could be read.
func layoutOf(header string) form {
	f := form{zone: snap.Jakarta, seconds: "05", z: strings.HasSuffix(header, "Z")}
	if t, err := time.Parse(time.RFC3339Nano, header); err == nil {
		_, offset := t.Zone()
		f.zone = time.FixedZone("", offset)
	}
	if _, fraction, ok := strings.Cut(header, "."); ok {
		digits := strings.IndexFunc(fraction, func(c rune) bool { return c < '0' || c > '9' })
		f.seconds += "." + strings.Repeat("0", max(digits, 1))
	}
	return f
}

// shape is how a string to sign is put together: a capital letter stands for
// its part.
type shape struct {
	name, form string
	rank       int
}

const (
	fiveParts  = "M:P:T:H:D"
	fourParts  = "M:P:H:D"
	tokenParts = "C|D"
)

var ofScheme = map[snap.Scheme]string{
	snap.TokenRequest: tokenParts, snap.Symmetric: fiveParts, snap.AsymmetricWithToken: fiveParts, snap.Asymmetric: fourParts,
}

var shapes = []shape{
	{"five-parts", fiveParts, likely},
	{"four-parts", fourParts, likely},
	{"token-request", tokenParts, likely},
	{"hash-left-out", "M:P:T:D", likely},
	{"hash-left-out", "M:P:D", likely},
	{"separators", "M|P|T|H|D", likely},
	{"separators", "M|P|H|D", rare},
	{"separators", "C:D", likely},
	{"separators", "CD", rare},
	{"separators", "C|D|", rare},
	{"separators", "C D", rare},
	{"separators", "MPTHD", rare},
	{"separators", "MPHD", rare},
	{"separators", "M\nP\nT\nH\nD", rare},
	{"separators", "M,P,T,H,D", rare},
	{"separators", "M:P:T:H:D:", rare},
	{"separators", "M:P:H:D:", rare},
	{"order", "D|C", likely},
	{"order", "P:M:T:H:D", likely},
	{"order", "P:M:H:D", likely},
	{"order", "M:P:T:D:H", likely},
	{"order", "M:P:D:H", likely},
	{"order", "M:P:H:T:D", likely},
	{"order", "M:T:P:H:D", rare},
	{"order", "T:M:P:H:D", rare},
	{"time-left-out", "M:P:T:H", rare},
	{"time-left-out", "M:P:H", rare},
	{"time-left-out", "C", rare},
	{"method-left-out", "P:T:H:D", rare},
	{"method-left-out", "P:H:D", rare},
	{"path-left-out", "M:T:H:D", rare},
	{"path-left-out", "M:H:D", rare},
	{"client-key-added", "C:M:P:T:H:D", rare},
	{"client-key-added", "M:P:T:H:D:C", rare},
	{"client-key-added", "C|M:P:T:H:D", rare},
	{"client-key-added", "C|M:P:H:D", rare},
	{"body-alone", "B", rare},
	{"body-alone", "H", rare},
}

// accepted marks the shapes that the server takes.
func accepted(k *Known) []shape {
	all := slices.Clone(shapes)
	for i := range all {
		for scheme, parts := range ofScheme {
			if all[i].form == parts && k.takes(scheme) {
				all[i].name, all[i].rank = "", 0
			}
		}
	}
	return all
}
