package doctor

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/snap"
)

// dimension is a part of the string to sign that clients get wrong.
type dimension int

const (
	ofWrap dimension = iota // outermost: where two come to the same text, what is nearer to the end is named
	ofMethod
	ofPath
	ofToken
	ofClient
	ofBody
	ofHash
	ofTime
	dimensions
)

var dimensionNames = [dimensions]string{"string", "method", "path", "token", "client-key", "body", "hash", "timestamp"}

// letters tell which dimensions a shape's parts have.
var letters = map[byte][]dimension{'M': {ofMethod}, 'P': {ofPath}, 'T': {ofToken}, 'C': {ofClient}, 'H': {ofBody, ofHash}, 'B': {ofBody}, 'D': {ofTime}}

// The measure of work is about a microsecond: one HMAC over a string to sign
// of usual length, or so many bytes of a longer text.
const (
	budget       = 10_000
	bytesPerUnit = 256
	unitsPerLook = 64 // between two looks at the context
)

// search goes through the product of all dimensions: what is right first,
// then single mistakes, then pairs and triples of those that are likely.
type search struct {
	ctx      context.Context
	request  *Request
	known    *Known
	dims     [dimensions][]variant
	shapes   []shape
	decoded  []decoding
	proofs   []proof
	hashed   map[[2]int]string // of a body's form and a hash
	pick     [dimensions]int
	text     []byte
	narrow   bool
	left     int // units
	look     int // units until the next look at the context
	tried    int
	cutShort bool
	found    *Match
}

func newSearch(ctx context.Context, r *Request, k *Known) *search {
	s := &search{ctx: ctx, request: r, known: k, left: budget, hashed: make(map[[2]int]string)}
	s.decoded = decodings(r.Get(snap.HeaderSignature))
	s.proofs = proofs(r, k, s.decoded)
	if len(s.proofs) == 0 {
		return s
	}
	s.shapes = accepted(k)
	s.dims = [dimensions][]variant{
		wraps, methods(r), paths(r, k), tokens(r, k), clients(r, k), bodyForms(r.Body), bodyHashes, times(r),
	}
	s.spend(len(r.Body) * len(s.dims[ofBody]) / 4)
	return s
}

// bodyHashes are what may stand for the body. Their texts say how it is made;
// see hashOf.
var bodyHashes = []variant{
	{"", "sha256 hex", 0, ""},
	{"upper-case", "sha256 HEX", likely, ""},
	{"sha512", "sha512 hex", likely, ""},
	{"base64", "sha256 base64", likely, ""},
	{"unhashed", "", likely, ""},
	{"left-empty", "none", likely, ""},
	{"sha512", "sha512 HEX", rare, ""},
	{"base64", "sha512 base64", rare, ""},
	{"base64", "sha256 hex base64", rare, ""},
	{"base64", "sha256 base64url", rare, ""},
	{"twice", "sha256 hex sha256 hex", rare, ""},
	{"twice", "sha256 sha256 hex", rare, ""},
	{"sha1", "sha1 hex", rare, ""},
	{"md5", "md5 hex", rare, ""},
	{"sha384", "sha384 hex", rare, ""},
	{"hmac", "hmac-sha256 hex", rare, ""},
	{"hmac", "hmac-sha512 hex", rare, ""},
}

// wraps are what may have been done to the whole string before it was signed.
var wraps = []variant{
	{"", "", 0, ""},
	{"newline-at-end", "newline", likely, ""},
	{"newline-at-end", "crlf", rare, ""},
	{"hashed-first", "sha256", rare, ""},
	{"hashed-first", "sha256 hex", likely, ""},
	{"hashed-first", "sha256 base64", rare, ""},
	{"hashed-first", "sha512 hex", rare, ""},
	{"hashed-first", "sha512", rare, ""},
	{"base64", "base64", rare, ""},
	{"lower-case", "lower", likely, ""},
	{"upper-case", "upper", rare, ""},
	{"quoted", "quoted", rare, ""},
	{"spaces-left-out", "spaceless", rare, ""},
}

// steps make a hash or a wrap out of a text, one after the other.
var steps = map[string]func(*Known, []byte) []byte{
	"sha256":    func(_ *Known, b []byte) []byte { return sum(crypto.SHA256, b) },
	"sha512":    func(_ *Known, b []byte) []byte { return sum(crypto.SHA512, b) },
	"sha384":    func(_ *Known, b []byte) []byte { return sum(crypto.SHA384, b) },
	"sha1":      func(_ *Known, b []byte) []byte { return sum(crypto.SHA1, b) },
	"md5":       func(_ *Known, b []byte) []byte { return sum(crypto.MD5, b) },
	"hex":       func(_ *Known, b []byte) []byte { return hex.AppendEncode(nil, b) },
	"HEX":       func(_ *Known, b []byte) []byte { return []byte(strings.ToUpper(hex.EncodeToString(b))) },
	"base64":    func(_ *Known, b []byte) []byte { return base64.StdEncoding.AppendEncode(nil, b) },
	"base64url": func(_ *Known, b []byte) []byte { return base64.RawURLEncoding.AppendEncode(nil, b) },
	"none":      func(*Known, []byte) []byte { return nil },
	"newline":   func(_ *Known, b []byte) []byte { return append(b, '\n') },
	"crlf":      func(_ *Known, b []byte) []byte { return append(b, '\r', '\n') },
	"lower":     func(_ *Known, b []byte) []byte { return []byte(strings.ToLower(string(b))) },
	"upper":     func(_ *Known, b []byte) []byte { return []byte(strings.ToUpper(string(b))) },
	"quoted":    func(_ *Known, b []byte) []byte { return []byte(`"` + string(b) + `"`) },
	"spaceless": func(_ *Known, b []byte) []byte { return []byte(spaceless(string(b))) },
	"hmac-sha256": func(k *Known, b []byte) []byte {
		m := hmac.New(sha256.New, []byte(k.Secret))
		m.Write(b)
		return m.Sum(nil)
	},
	"hmac-sha512": func(k *Known, b []byte) []byte {
		m := hmac.New(sha512.New, []byte(k.Secret))
		m.Write(b)
		return m.Sum(nil)
	},
}

func (s *search) apply(recipe string, text []byte) []byte {
	for step := range strings.FieldsSeq(recipe) {
		text = steps[step](s.known, text)
	}
	return text
}

// stage is how many mistakes are looked for, and how much their ranks add up
// to.
type stage struct{ count, rank int }

// stages are the order of the search. A narrow stage looks only at the first
// of the forms of body and path that the server takes.
var stages = []struct {
	stage
	narrow bool
}{
	{stage{0, 0}, false},
	{stage{1, likely}, false},
	{stage{1, rare}, false},
	{stage{2, 2 * likely}, true},
	{stage{1, lonely}, true},
	{stage{2, 2 * likely}, false},
	{stage{2, likely + rare}, true},
	{stage{1, lonely}, false},
	{stage{3, 3 * likely}, true},
	{stage{2, 2 * rare}, true},
	{stage{2, likely + rare}, false},
	{stage{3, 2*likely + rare}, true},
	{stage{2, likely + lonely}, true},
}

func (s *search) run() {
	if len(s.proofs) == 0 {
		return
	}
	usual := s.dims[ofTime]
	for _, st := range stages {
		s.dims[ofTime] = usual
		if st.rank >= lonely {
			s.dims[ofTime] = append(usual[:len(usual):len(usual)], moments(s.request)...)
		}
		s.narrow = st.narrow
		if s.stage(st.stage) || s.cutShort {
			return
		}
	}
}

// stage tries each kind of proof with every text that leaves it the right sum
// of mistakes.
func (s *search) stage(st stage) bool {
	done := make(map[stage]bool)
	for i := range s.proofs {
		own := stage{s.proofs[i].count, s.proofs[i].rank}
		if done[own] {
			continue
		}
		done[own] = true
		for j := range s.shapes {
			left := stage{st.count - own.count, st.rank - own.rank}
			if s.shapes[j].name != "" {
				left.count, left.rank = left.count-1, left.rank-s.shapes[j].rank
			}
			try := attempt{s, own, &s.shapes[j], dimensionsOf(s.shapes[j].form)}
			if left.count >= 0 && try.texts(0, left) {
				return true
			}
		}
	}
	return false
}

func dimensionsOf(form string) []dimension {
	var used [dimensions]bool
	used[ofWrap] = true
	for i := range len(form) {
		for _, d := range letters[form[i]] {
			used[d] = true
		}
	}
	var all []dimension
	for d, is := range used {
		if is {
			all = append(all, dimension(d))
		}
	}
	return all
}

// attempt is the search over one shape for one kind of proof.
type attempt struct {
	*search
	own   stage
	shape *shape
	dims  []dimension
}

// texts goes through the variants of the dimensions from at on that add up to
// what is left.
func (a *attempt) texts(at int, left stage) bool {
	switch {
	case left.rank < left.count*likely || left.count > len(a.dims)-at || left.count == 0 && left.rank > 0:
		return false
	case at == len(a.dims):
		return a.candidate()
	}
	d := a.dims[at]
	all := a.search.dims[d]
	for i := range all {
		v := &all[i]
		next := left
		if !v.fine() {
			next.count, next.rank = left.count-1, left.rank-v.rank
		}
		if next.count < 0 || next.rank < 0 || v.fine() && i > 0 && a.narrow {
			continue
		}
		a.pick[d] = i
		if a.texts(at+1, next) || a.cutShort {
			return a.found != nil
		}
	}
	return false
}

// candidate holds one text against the proofs of its kind.
func (a *attempt) candidate() bool {
	text := a.compose(a.shape)
	for i := range a.proofs {
		p := &a.proofs[i]
		if p.count != a.own.count || p.rank != a.own.rank {
			continue
		}
		if !a.spend(len(text) + bytesPerUnit) {
			return false
		}
		a.tried++
		if p.fits(text) && p.recomputed(text) {
			a.found = a.match(string(text), p)
			return true
		}
	}
	return false
}

// spend takes the work on so many bytes from what is left.
func (s *search) spend(bytes int) bool {
	units := bytes / bytesPerUnit
	s.left -= units
	s.look -= units
	if s.look <= 0 {
		s.look = unitsPerLook
		s.cutShort = s.cutShort || s.ctx.Err() != nil
	}
	s.cutShort = s.cutShort || s.left < 0
	return !s.cutShort
}

// compose writes the string to sign of the variants that are picked.
func (s *search) compose(sh *shape) []byte {
	s.text = s.text[:0]
	for i := range len(sh.form) {
		switch c := sh.form[i]; c {
		case 'H':
			s.text = append(s.text, s.bodyHash()...)
		case 'M', 'P', 'T', 'C', 'B', 'D':
			s.text = append(s.text, s.picked(letters[c][0]).text...)
		default:
			s.text = append(s.text, c)
		}
	}
	if wrap := s.picked(ofWrap).text; wrap != "" {
		return s.apply(wrap, s.text)
	}
	return s.text
}

func (s *search) picked(d dimension) *variant { return &s.dims[d][s.pick[d]] }

func (s *search) bodyHash() string {
	at := [2]int{s.pick[ofBody], s.pick[ofHash]}
	text, ok := s.hashed[at]
	if !ok {
		body := s.picked(ofBody).text
		s.spend(len(body) / 2)
		text = string(s.apply(s.picked(ofHash).text, []byte(body)))
		s.hashed[at] = text
	}
	return text
}

// match names what was found.
func (a *attempt) match(text string, p *proof) *Match {
	m := &Match{text: text, proof: p, Mistakes: append([]Mistake(nil), p.mistakes...), StringToSign: a.masked(text)}
	if a.shape.name != "" {
		m.Mistakes = append(m.Mistakes, Mistake{Dimension: "shape", Name: a.shape.name})
	}
	for _, d := range a.dims {
		if v := a.picked(d); !v.fine() {
			m.Mistakes = append(m.Mistakes, Mistake{dimensionNames[d], v.name, v.detail})
		}
	}
	m.Mistakes = schemeOf(a.known, m.Mistakes)
	return m
}

// mixUps name the scheme where a client took another one as a whole, instead
// of its algorithm and its string apart.
var mixUps = []struct {
	here             snap.Scheme
	shape, algorithm string // the latter empty: that of this API
	is               Mistake
}{
	{snap.Symmetric, "four-parts", "", Mistake{"token", "not-signed", ""}},
	{snap.Symmetric, "four-parts", "rsa", Mistake{"scheme", "asymmetric", ""}},
	{snap.Symmetric, "token-request", "", Mistake{"scheme", "token-request", ""}},
	{snap.Symmetric, "token-request", "rsa", Mistake{"scheme", "token-request", ""}},
	{snap.Asymmetric, "five-parts", "", Mistake{"token", "signed-too", ""}},
	{snap.Asymmetric, "five-parts", "hmac-sha512", Mistake{"scheme", "symmetric", ""}},
	{snap.Asymmetric, "token-request", "", Mistake{"scheme", "token-request", ""}},
	{snap.Asymmetric, "token-request", "hmac-sha512", Mistake{"scheme", "token-request", ""}},
	{snap.TokenRequest, "five-parts", "", Mistake{"scheme", "with-token", ""}},
	{snap.TokenRequest, "five-parts", "hmac-sha512", Mistake{"scheme", "symmetric", ""}},
	{snap.TokenRequest, "four-parts", "", Mistake{"scheme", "asymmetric", ""}},
	{snap.TokenRequest, "four-parts", "hmac-sha512", Mistake{"scheme", "symmetric", ""}},
	{snap.AsymmetricWithToken, "four-parts", "", Mistake{"token", "not-signed", ""}},
	{snap.AsymmetricWithToken, "token-request", "", Mistake{"scheme", "token-request", ""}},
}

func schemeOf(k *Known, all []Mistake) []Mistake {
	shape, algorithm := nameIn(all, "shape"), nameIn(all, "algorithm")
	for _, m := range mixUps {
		if m.here != k.scheme() || m.shape != shape || m.algorithm != algorithm {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(all), func(o Mistake) bool { return o.Dimension == "shape" || o.Dimension == "algorithm" })
		return append(others, m.is)
	}
	return all
}

func nameIn(all []Mistake, dimension string) string {
	for _, m := range all {
		if m.Dimension == dimension {
			return m.Name
		}
	}
	return ""
}
