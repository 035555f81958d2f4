package doctor

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/snap"
)

// least is how many mistakes the generated set has to hold, and of how many in
// a hundred the doctor has to name the cause.
const (
	least   = 2000
	percent = 95
	stride  = 5 // of all that are made
)

// trial is a request with a mistaken signature. Mistakes that give the very
// same signature cannot be told apart: any of their names is right.
type trial struct {
	world   world
	request Request
	wants   []string
}

// trials makes every mistake in every world with every kind of body, except
// where it changes nothing or the server takes it.
var trials = sync.OnceValue(func() []trial {
	var all []trial
	for _, w := range worlds() {
		for _, wire := range wires {
			if w.scheme == snap.TokenRequest && wire != wires[0] {
				continue // its body is not signed
			}
			all = append(all, w.trials([]byte(wire))...)
		}
	}
	return all
})

func (w world) trials(wire []byte) []trial {
	var all []trial
	index := make(map[string]int)
	for _, m := range suits(w.scheme) {
		c := newClient(w.op, w.scheme, w.target, wire)
		right := c.time
		if w.op.Auth == dialect.AuthWithToken && m.want == "scheme: asymmetric" {
			m.want = "token: not-signed" // RSA is taken there too
		}
		m.apply(c)
		request := c.request(right, c.signature())
		signature := request.Get("X-SIGNATURE")
		if i, ok := index[signature]; ok {
			all[i].wants = append(all[i].wants, m.want)
			continue
		}
		if !w.accepts(&request) {
			index[signature] = len(all)
			all = append(all, trial{w, request, []string{m.want}})
		}
	}
	return all
}

// causes are the mistakes of a diagnosis by their names.
func causes(d *Diagnosis) string {
	if d.Match == nil {
		return "nothing"
	}
	names := make([]string, len(d.Match.Mistakes))
	for i, m := range d.Match.Mistakes {
		names[i] = m.String()
	}
	return strings.Join(names, ", ")
}

// mustRecompute holds a match against the signature once more, by the text
// that it claims.
func mustRecompute(t *testing.T, d *Diagnosis) {
	t.Helper()
	if d.Match != nil && !d.Match.proof.recomputed([]byte(d.Match.text)) {
		t.Fatalf("%s is claimed, and a recomputation refutes it", causes(d))
	}
}

func TestMistakesAreNamed(t *testing.T) {
	tally(t, trials(), stride)
}

// tally examines every so manieth trial, and holds what is named against what
// was done.
func tally(t *testing.T, all []trial, every int) {
	t.Helper()
	wrong := make(map[string]int)
	examined, misses := 0, 0
	for i := 0; i < len(all); i += every {
		tr := all[i]
		d := Examine(context.Background(), tr.request, tr.world.known())
		mustRecompute(t, &d)
		examined++
		if got := causes(&d); !slices.Contains(tr.wants, got) {
			misses++
			wrong[fmt.Sprintf("%s: want %s, got %s", tr.world.scheme, strings.Join(tr.wants, " or "), got)]++
		}
	}
	if examined < least {
		t.Fatalf("the set holds %d mistakes, want %d", examined, least)
	}
	t.Logf("%d of %d mistakes named, every %dth of %d", examined-misses, examined, every, len(all))
	if misses*100 > examined*(100-percent) {
		t.Errorf("%d of %d mistakes were not named rightly", misses, examined)
	}
	for text, n := range wrong {
		t.Logf("%4d %s", n, text)
	}
}

// TestPairsAreNamed makes two mistakes at once, of the body and of something
// else.
func TestPairsAreNamed(t *testing.T) {
	others := []mistake{
		pathMistakes[0], pathMistakes[1], tokenMistakes[0], hashMistakes[0], hashMistakes[1], timeMistakes[3], stringMistakes[0], stringMistakes[6],
	}
	examined, named := 0, 0
	for _, w := range worlds() {
		if w.scheme == snap.TokenRequest {
			continue
		}
		for _, first := range []mistake{bodyMistakes[1], bodyMistakes[2], bodyMistakes[6]} {
			for _, second := range others {
				c := newClient(w.op, w.scheme, w.target, []byte(`{"title":"a b/c","merchantId":"M1"}`))
				right, before := c.time, c.text()
				first.apply(c)
				once := c.text()
				second.apply(c)
				request := c.request(right, c.signature())
				if once == before || c.text() == once && second.want != "encoding: base64url" || w.acceptsAlone(second) {
					continue
				}
				examined++
				d := Examine(context.Background(), request, w.known())
				mustRecompute(t, &d)
				if got := causes(&d); strings.Contains(got, first.want) && strings.Contains(got, second.want) {
					named++
				} else {
					t.Logf("%s: %s with %s: got %s (tried %d)", w.target, first.want, second.want, got, d.Tried)
				}
			}
		}
	}
	t.Logf("%d of %d pairs named", named, examined)
	if examined < 150 || named*100 < examined*80 {
		t.Errorf("%d of %d pairs were named", named, examined)
	}
}

// acceptsAlone reports whether the second of two is no mistake in this world.
func (w world) acceptsAlone(m mistake) bool {
	c := newClient(w.op, w.scheme, w.target, []byte(wires[0]))
	right := c.time
	m.apply(c)
	request := c.request(right, c.signature())
	return w.accepts(&request)
}

// TestStrangersAreNotExplained signs with credentials that nobody knows: there
// must be no match, whatever the text.
func TestStrangersAreNotExplained(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range worlds() {
		c := newClient(w.op, w.scheme, w.target, []byte(wires[1]))
		c.secret, c.key = []byte("nobody knows this one"), stranger
		d := Examine(context.Background(), c.request(c.time, c.signature()), w.known())
		if d.Match != nil || d.Sentence.English == "" || d.Sentence.Indonesian == "" || d.Cure.English == "" {
			t.Errorf("%s: %s, %q", w.target, causes(&d), d.Line())
		}
		if rsaKey := w.scheme != snap.Symmetric; rsaKey && !strings.Contains(d.Line(), "not made with the private key") {
			t.Errorf("%s: %q", w.target, d.Line())
		}
	}
}

// TestKnownKeyOverAnotherText is the most that can be said of RSA.
func TestKnownKeyOverAnotherText(t *testing.T) {
	w := worlds()[0]
	for _, sign := range []func(*client, string) []byte{rsaWith(crypto.SHA256), pss} {
		c := newClient(w.op, w.scheme, w.target, []byte(wires[1]))
		c.method, c.sign = "something else", sign
		d := Examine(context.Background(), c.request(c.time, c.signature()), w.known())
		if d.Match != nil || !strings.Contains(d.Line(), "a key that is known here, but over another text") {
			t.Errorf("%s: %q", causes(&d), d.Line())
		}
	}
}

func TestRightSignatures(t *testing.T) {
	for _, w := range worlds() {
		for _, wire := range wires {
			c := newClient(w.op, w.scheme, w.target, []byte(wire))
			d := Examine(context.Background(), c.request(c.time, c.signature()), w.known())
			if !d.Right() {
				t.Errorf("%s %q: %s", w.target, wire, causes(&d))
			}
		}
	}
}

// TestExaminationsAreBounded ends before it began, and takes a body that is as
// large as the server reads.
func TestExaminationsAreBounded(t *testing.T) {
	w := worlds()[3]
	large := `{"a":"` + strings.Repeat("b c/", 64<<10) + `"}`
	c := newClient(w.op, w.scheme, w.target, []byte(large))
	c.secret = []byte("nobody knows this one")
	request := c.request(c.time, c.signature())
	if d := Examine(context.Background(), request, w.known()); d.Match != nil || !d.CutShort || d.Tried > budget {
		t.Errorf("%s after %d candidates", causes(&d), d.Tried)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := Examine(ctx, request, w.known())
	if !d.CutShort || d.Tried > unitsPerLook || d.StringToSign == "" {
		t.Errorf("%d candidates after the end", d.Tried)
	}
	if !strings.Contains(d.Sentence.English, "before the time") {
		t.Errorf("a search that was cut short says: %s", d.Sentence.English)
	}
}

// TestExaminationsRepeat asks twice for the same.
func TestExaminationsRepeat(t *testing.T) {
	all := trials()
	for i := 0; i < len(all); i += 97 {
		first := Examine(context.Background(), all[i].request, all[i].world.known())
		again := Examine(context.Background(), all[i].request, all[i].world.known())
		if first.Explain() != again.Explain() {
			t.Fatalf("%s\nand then\n%s", first.Explain(), again.Explain())
		}
	}
}

// TestSecretsAreMasked looks for secrets in all that is said.
func TestSecretsAreMasked(t *testing.T) {
	for _, tr := range trials()[:400] {
		d := Examine(context.Background(), tr.request, tr.world.known())
		for _, secret := range []string{secretText, b2bToken, customerToken, previousToken} {
			if strings.Contains(strings.ToLower(d.Explain()), strings.ToLower(secret)) {
				t.Fatalf("%v: %q is in\n%s", tr.wants, secret, d.Explain())
			}
		}
	}
}

// TestEveryMistakeHasWords holds the table of words to the names in use.
func TestEveryMistakeHasWords(t *testing.T) {
	used := make(map[string]bool)
	for _, w := range worlds() {
		for _, sign := range []func(*client, string) []byte{macWith(sha512.New), macWith(sha256.New), rsaWith(crypto.SHA512), pss, bare} {
			c := newClient(w.op, w.scheme, w.target, []byte(wires[8]))
			c.sign = sign
			request, known := c.request(c.time, c.signature()), w.known()
			s := newSearch(context.Background(), &request, &known)
			for d, all := range s.dims {
				for _, v := range all {
					used[dimensionNames[d]+": "+v.name] = used[dimensionNames[d]+": "+v.name] || !v.fine()
				}
			}
			for _, p := range s.proofs {
				for _, m := range p.mistakes {
					used[m.String()] = true
				}
			}
		}
	}
	for _, sh := range shapes {
		used["shape: "+sh.name] = true
	}
	for _, m := range mixUps {
		used[m.is.String()] = true
	}
	for _, r := range repairs {
		used["encoding: "+r.name] = true
	}
	for name, is := range used {
		if p := phraseOf[name]; is && (p.did == "" || p.cure == "" || p.dilakukan == "" || p.solusi == "") {
			t.Errorf("nothing is said about %q", name)
		}
	}
	if len(used) < 90 || len(phraseOf) != len(phrases) {
		t.Errorf("%d names, %d phrases of %d", len(used), len(phraseOf), len(phrases))
	}
}

func TestHeadersThatGoAstray(t *testing.T) {
	r := Request{Method: "POST", Target: "/a", Headers: []Header{{"X_TIMESTAMP", "now"}, {"Signature", "abc"}}}
	d := Examine(context.Background(), r, Known{Headers: []string{"X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID"}})
	want := Fact{"missing or spelled otherwise", "X_TIMESTAMP for X-TIMESTAMP, Signature for X-SIGNATURE"}
	if !slices.Contains(d.Facts, want) || !strings.HasPrefix(d.Line(), "there is no X-SIGNATURE; ") {
		t.Errorf("%s", d.Explain())
	}
}

func TestReadRequest(t *testing.T) {
	for name, raw := range map[string]string{
		"as on the wire":   "POST /a?b=1 HTTP/1.1\r\nHost: h\r\nX-TIMESTAMP:  now \r\n\r\n{\"a\":1}",
		"by an editor":     "POST /a?b=1 HTTP/1.1\nHost: h\nX-TIMESTAMP: now\nContent-Length: 7\n\n{\"a\":1}\n",
		"by curl":          "> POST /a?b=1 HTTP/1.1\n> Host: h\n> X-TIMESTAMP: now\n>\n{\"a\":1}",
		"of a proxy":       "POST https://h/a?b=1 HTTP/1.1\nX-TIMESTAMP: now\n\n{\"a\":1}",
		"in chunks":        "POST /a?b=1 HTTP/1.1\r\nHost: h\r\nX-TIMESTAMP: now\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
		"with folded head": "POST /a?b=1 HTTP/1.1\nHost: h\nX-TIMESTAMP:\n now\n\n{\"a\":1}",
	} {
		r, err := ReadRequest([]byte(raw))
		if err != nil || r.Method != "POST" || r.Target != "/a?b=1" || r.Host != "h" || r.Get("x-timestamp") != "now" || string(r.Body) != `{"a":1}` {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for _, raw := range []string{"", "{}", "POST /a HTTP/1.1\nno colon\n\n", "POST /a HTTP/1.1\nTransfer-Encoding: chunked\n\nfff\r\na"} {
		if _, err := ReadRequest([]byte(raw)); !errors.Is(err, ErrRequest) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzExamine(f *testing.F) {
	for _, wire := range wires {
		f.Add("POST /v1.0/qr HTTP/1.1\nX-TIMESTAMP: 2026-01-31T10:00:00Z\nX-SIGNATURE: "+strings.Repeat("ab", 64)+"\nAuthorization: Bearer T\n\n"+wire, "secret")
	}
	f.Fuzz(func(t *testing.T, raw, secret string) {
		r, err := ReadRequest([]byte(raw))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), Within)
		defer cancel()
		d := Examine(ctx, r, Known{Secret: secret})
		mustRecompute(t, &d)
		if d.Sentence.English == "" || d.Cure.Indonesian == "" {
			t.Fatalf("nothing is said about %q", raw)
		}
	})
}

// BenchmarkNothingFound is the whole search: no candidate matches.
func BenchmarkNothingFound(b *testing.B) {
	for _, w := range worlds()[:4] {
		b.Run(w.dialect.Name+"/"+w.op.Name, func(b *testing.B) {
			c := newClient(w.op, w.scheme, w.target, []byte(wires[0]))
			c.secret, c.method = []byte("nobody knows this one"), "nor this"
			request, known := c.request(c.time, c.signature()), w.known()
			tried := 0
			for b.Loop() {
				d := Examine(context.Background(), request, known)
				if d.Match != nil {
					b.Fatal(causes(&d))
				}
				tried = d.Tried
			}
			b.ReportMetric(float64(tried), "candidates/op")
		})
	}
}
