// Package doctor says why a signature was refused: it searches for what the
// signature does match, and tells it in one sentence with the cure.
//
// It claims nothing that it has not recomputed, and its search is bounded by a
// number of candidates and by the context that it is given.
package doctor

import (
	"context"
	"crypto/rsa"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Within is how long an examination may hold up the answer to a request.
const Within = 20 * time.Millisecond

// Request is a request as it came.
type Request struct {
	Method  string
	Target  string // as called: from the slash after the host, query included
	Host    string
	Headers []Header // in the order and the spelling received, as far as these are known
	Body    []byte
	At      time.Time // when it arrived, by the server's clock; zero: unknown
}

// Header is one line of a request's head.
type Header struct{ Name, Value string }

// Get gives the first value of a header, without regard to the case of its
// name.
func (r *Request) Get(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return strings.TrimSpace(h.Value)
		}
	}
	return ""
}

// Known is what is known of the API that was called and of who called it.
// Everything is optional: what is absent is not looked for.
type Known struct {
	Schemes    []snap.Scheme // that the API takes, the usual one first; none: symmetric
	Paths      []string      // that may be signed beside the path as called
	Documented []string      // the API's own paths
	Headers    []string      // that the API asks for
	Prefix     string        // under which the server offers the API besides
	Unsigned   string        // the beginning of the path that some clients leave out

	PartnerID, ClientKey string
	Secret               string
	PublicKey            *rsa.PublicKey
	PrivateKey           string // text of the client's private key, which only the client itself has

	Secrets    []string         // previous ones
	PublicKeys []*rsa.PublicKey // previous ones
	Tokens     []string         // B2B tokens that the partner had before
	Others     []Party          // whose credentials may have been taken by mistake
}

// Party is another partner.
type Party struct {
	Name      string
	Secret    string
	PublicKey *rsa.PublicKey
}

// Expect fills in what an operation of a dialect and a partner tell. bearer
// says whether the request carries an access token; p may be nil.
func Expect(d *dialect.Dialect, op *dialect.Operation, p *pay.Partner, bearer bool) Known {
	k := Known{
		Schemes: schemes(op.Auth, bearer), Documented: op.Paths, Prefix: "/" + d.Name, Unsigned: d.Unsigned,
	}
	for i := range op.Headers {
		k.Headers = append(k.Headers, op.Headers[i].Name)
	}
	if p == nil {
		return k
	}
	k.PartnerID, k.ClientKey, k.Secret = p.ID, p.ClientKey, p.ClientSecret
	if key, err := snap.ParsePublicKey(p.PublicKey); err == nil {
		k.PublicKey = key
	}
	return k
}

// schemes are those that an operation takes of a request: where it may do
// without a token, its presence decides.
func schemes(a dialect.Auth, bearer bool) []snap.Scheme {
	all := a.Schemes()
	switch {
	case a != dialect.AuthEither:
		return all
	case bearer:
		return all[:1]
	}
	return all[1:]
}

// scheme is the usual one.
func (k *Known) scheme() snap.Scheme {
	if len(k.Schemes) == 0 {
		return snap.Symmetric
	}
	return k.Schemes[0]
}

// takes reports whether the API takes one of these schemes.
func (k *Known) takes(any ...snap.Scheme) bool {
	return slices.ContainsFunc(any, func(s snap.Scheme) bool { return s == k.scheme() || slices.Contains(k.Schemes, s) })
}

// Words is a text in the console's two languages.
type Words struct{ English, Indonesian string }

// Mistake is one thing that a client did otherwise than the server.
type Mistake struct {
	Dimension string // "body", "path", "key"
	Name      string // "no-spaces", "query-left-out", "base64-decoded"
	Detail    string // the number of seconds, the other partner's name; often empty
}

// String is the mistake's name in facts and tests, "body: no-spaces".
func (m Mistake) String() string { return m.Dimension + ": " + m.Name }

// Match is what a signature was found to be made over. Without a mistake the
// signature is right.
type Match struct {
	Mistakes     []Mistake
	StringToSign string // the client's, secrets masked

	text  string // unmasked
	proof *proof
}

// Diagnosis is what there is to say about a signature.
type Diagnosis struct {
	Sentence Words  // what was done, or what can be said
	Cure     Words  // what to do about it
	Match    *Match // nil: nothing was found that the signature matches

	StringToSign string        // the server's, token masked
	Received     string        // SHA-256 of the body as received
	Minified     string        // SHA-256 of the body minified
	Clock        time.Duration // by which X-TIMESTAMP is ahead of the server's clock, if HasClock
	HasClock     bool
	Fingerprint  string   // of the key that verifies
	HeaderNames  []string // as spelled by the client
	Facts        []Fact   // all of the above and more, in words
	Tried        int      // candidates
	CutShort     bool     // time or candidates ran out before the search ended
}

// Fact is one line beside the sentence.
type Fact struct{ Name, Value string }

// Right reports whether the signature fits the request as it is.
func (d *Diagnosis) Right() bool { return d.Match != nil && len(d.Match.Mistakes) == 0 }

// Line is the sentence and its cure in English.
func (d *Diagnosis) Line() string { return d.Sentence.English + "; " + d.Cure.English + "." }

// Kalimat is the sentence and its cure in Indonesian.
func (d *Diagnosis) Kalimat() string { return d.Sentence.Indonesian + "; " + d.Cure.Indonesian + "." }

// Explain is everything in one text: both sentences, then the facts.
func (d *Diagnosis) Explain() string {
	var b strings.Builder
	b.WriteString(d.Line() + " (" + d.Kalimat() + ")")
	for _, f := range d.Facts {
		b.WriteString(" [" + f.Name + ": " + f.Value + "]")
	}
	return b.String()
}

// Examine looks for what the signature of a request matches. It gives up when
// the context ends or its candidates are used up, and says what it can then.
func Examine(ctx context.Context, r Request, k Known) Diagnosis {
	s := newSearch(ctx, &r, &k)
	s.run()
	d := Diagnosis{Match: s.found, Tried: s.tried, CutShort: s.cutShort}
	d.observe(s)
	d.conclude(s)
	d.note(s)
	return d
}
