package doctor

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math/big"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/snap"
)

// proof is one way in which the signature could have been made of a text: an
// encoding, an algorithm and a key.
type proof struct {
	mistakes   []Mistake
	count      int // of the mistakes that had to be searched
	rank       int // their sum
	algorithm  algorithm
	certain    bool                   // an RSA key of those known made it, whatever of
	fits       func(text []byte) bool // fast, for the search
	recomputed func(text []byte) bool // from the beginning, for what was found
}

type algorithm int

const (
	byHMAC algorithm = iota
	byRSA
	byHash // no key at all
)

// keyed is one secret in the form in which it may have been used.
type keyed struct {
	mistake Mistake
	rank    int
	key     []byte
}

// secrets are the keys that an HMAC may have been made with.
func secrets(r *Request, k *Known) []keyed {
	var all []keyed
	add := func(name, detail string, rank int, key []byte) {
		if (len(key) > 0 || name == "empty") && !slices.ContainsFunc(all, func(o keyed) bool { return bytes.Equal(o.key, key) }) {
			all = append(all, keyed{Mistake{"key", name, detail}, rank, key})
		}
	}
	if k.Secret != "" {
		add("", "", 0, []byte(k.Secret))
		for _, name := range []string{"base64-decoded", "hex-decoded"} {
			add(name, "", likely, decodedSecret(name, k.Secret))
		}
		add("changed", "", rare, []byte(k.Secret+"\n"))
		add("changed", "", rare, []byte(k.Secret+"\r\n"))
		add("changed", "", rare, []byte(`"`+k.Secret+`"`))
		add("changed", "", rare, []byte(strings.TrimSpace(k.Secret)))
		add("base64-encoded", "", rare, []byte(base64.StdEncoding.EncodeToString([]byte(k.Secret))))
		add("hex-encoded", "", rare, []byte(hex.EncodeToString([]byte(k.Secret))))
	}
	for _, secret := range k.Secrets {
		add("previous", "", likely, []byte(secret))
	}
	for _, id := range []string{k.ClientKey, r.Get(snap.HeaderClientKey)} {
		add("client-key", "", likely, []byte(id))
	}
	for _, id := range []string{k.PartnerID, r.Get(snap.HeaderPartnerID)} {
		add("partner-id", "", likely, []byte(id))
	}
	addTexts(add, r, k)
	for _, o := range k.Others {
		add("other-partner", o.Name, likely, []byte(o.Secret))
	}
	add("empty", "", rare, nil)
	return all
}

// addTexts is about keys and tokens in the place of the secret.
func addTexts(add func(name, detail string, rank int, key []byte), r *Request, k *Known) {
	add("access-token", "", rare, []byte(bearer(r.Get(snap.HeaderAuthorization))))
	for _, text := range []string{k.PrivateKey, strings.TrimSpace(k.PrivateKey), unarmoured(k.PrivateKey)} {
		add("private-key", "", likely, []byte(text))
	}
	if k.PublicKey == nil {
		return
	}
	text := snap.MarshalPublicKey(k.PublicKey)
	for _, form := range []string{text, strings.TrimSpace(text), unarmoured(text)} {
		add("public-key", "", likely, []byte(form))
	}
}

// unarmoured is the base64 between the lines of a PEM.
func unarmoured(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "-----") {
			b.WriteString(strings.TrimSpace(line))
		}
	}
	return b.String()
}

func decodedSecret(name, secret string) []byte {
	if name == "hex-decoded" {
		key, err := hex.DecodeString(secret)
		if err != nil {
			return nil
		}
		return key
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := e.DecodeString(secret); err == nil {
			return key
		}
	}
	return nil
}

// hashes by the length of an HMAC with them.
var hashes = map[int]struct {
	name string
	new  func() hash.Hash
}{
	md5.Size:       {"hmac-md5", md5.New},
	sha1.Size:      {"hmac-sha1", sha1.New},
	sha256.Size:    {"hmac-sha256", sha256.New},
	sha512.Size384: {"hmac-sha384", sha512.New384},
	sha512.Size:    {"hmac-sha512", sha512.New},
}

// proofs are the ways in which a signature could have been made.
func proofs(r *Request, k *Known, all []decoding) []proof {
	var found []proof
	for _, d := range all {
		var faults []Mistake
		for _, name := range d.faults {
			faults = append(faults, Mistake{Dimension: "encoding", Name: name})
		}
		for _, p := range append(symmetric(r, k, d.sign), asymmetric(k, d.sign)...) {
			p.mistakes = append(faults[:len(faults):len(faults)], p.mistakes...)
			found = append(found, p)
		}
	}
	return found
}

// symmetric are the HMACs and the plain hashes with the length of a signature.
func symmetric(r *Request, k *Known, sign []byte) []proof {
	h, ok := hashes[len(sign)]
	if !ok {
		return nil
	}
	var found []proof
	for _, key := range secrets(r, k) {
		p := proof{algorithm: byHMAC, fits: hmacFits(h.new, key.key, sign), recomputed: hmacFits(h.new, key.key, sign)}
		if len(sign) != sha512.Size || !k.takes(snap.Symmetric) {
			p.blame(Mistake{Dimension: "algorithm", Name: h.name}, likely)
		}
		if key.mistake.Name != "" {
			p.blame(key.mistake, key.rank)
		}
		found = append(found, p)
	}
	return append(found, unkeyed(h.new, k, sign)...)
}

// unkeyed are hashes that were taken for an HMAC, and an HMAC whose key and
// text changed places.
func unkeyed(newHash func() hash.Hash, k *Known, sign []byte) []proof {
	secret := []byte(k.Secret)
	sum := func(parts ...[]byte) bool {
		h := newHash()
		for _, p := range parts {
			h.Write(p)
		}
		return bytes.Equal(h.Sum(nil), sign)
	}
	forms := []struct {
		name string
		fits func(text []byte) bool
	}{
		{"hash", func(text []byte) bool { return sum(text) }},
		{"hash-with-secret", func(text []byte) bool { return sum(text, secret) }},
		{"hash-with-secret", func(text []byte) bool { return sum(secret, text) }},
		{"swapped", func(text []byte) bool { return hmacFits(newHash, text, sign)(secret) }},
	}
	if k.Secret == "" {
		forms = forms[:1]
	}
	var found []proof
	for _, f := range forms {
		p := proof{algorithm: byHash, fits: f.fits, recomputed: f.fits}
		p.blame(Mistake{Dimension: "algorithm", Name: f.name}, rare)
		found = append(found, p)
	}
	return found
}

func (p *proof) blame(m Mistake, rank int) {
	p.mistakes = append(p.mistakes, m)
	p.count++
	p.rank += rank
}

// hmacFits compares HMACs under one key, whose pads are hashed once.
func hmacFits(newHash func() hash.Hash, key, sign []byte) func(text []byte) bool {
	var mac hash.Hash
	var sum []byte
	return func(text []byte) bool {
		if mac == nil {
			mac = hmac.New(newHash, key)
		}
		mac.Reset()
		mac.Write(text)
		sum = mac.Sum(sum[:0])
		return hmac.Equal(sum, sign)
	}
}

// holder is an RSA key that may have signed.
type holder struct {
	mistake Mistake
	rank    int
	key     *rsa.PublicKey
}

func holders(k *Known) []holder {
	all := []holder{{Mistake{}, 0, k.PublicKey}}
	for _, key := range k.PublicKeys {
		all = append(all, holder{Mistake{Dimension: "key", Name: "previous"}, likely, key})
	}
	for _, o := range k.Others {
		all = append(all, holder{Mistake{"key", "other-partner", o.Name}, likely, o.PublicKey})
	}
	return slices.DeleteFunc(all, func(h holder) bool { return h.key == nil })
}

// asymmetric recovers what RSA signatures hold, once for each key: a candidate
// then costs a hash, not an exponentiation.
func asymmetric(k *Known, sign []byte) []proof {
	var found []proof
	for _, h := range holders(k) {
		p, ok := open(h.key, sign)
		if !ok {
			continue
		}
		own := p.mistakes
		p.mistakes, p.algorithm = nil, byRSA
		if !k.takes(snap.TokenRequest, snap.Asymmetric, snap.AsymmetricWithToken) {
			p.blame(Mistake{Dimension: "algorithm", Name: "rsa"}, likely)
		}
		for _, m := range own {
			p.blame(m, likely)
		}
		if h.mistake.Name != "" {
			p.blame(h.mistake, h.rank)
		}
		found = append(found, p)
	}
	return found
}

// digests are the hashes of RSA signatures, with the prefix of PKCS #1's
// DigestInfo in hexadecimal (RFC 8017, section 9.2).
var digests = []struct {
	name, prefix string
	hash         crypto.Hash
}{
	{"", "3031300d060960864801650304020105000420", crypto.SHA256},
	{"rsa-sha512", "3051300d060960864801650304020305000440", crypto.SHA512},
	{"rsa-sha384", "3041300d060960864801650304020205000430", crypto.SHA384},
	{"rsa-sha1", "3021300906052b0e03021a05000414", crypto.SHA1},
	{"rsa-md5", "3020300c06082a864886f70d020505000410", crypto.MD5},
	{"rsa-bare", "", crypto.SHA256},
}

// minPad is how much padding leaves no doubt about whose key it was.
const minPad = 8

// open opens a signature with a public key. ok is false if another key
// made it, or none.
func open(key *rsa.PublicKey, sign []byte) (p proof, ok bool) {
	if len(sign) != key.Size() {
		return proof{}, false
	}
	em := new(big.Int).Exp(new(big.Int).SetBytes(sign), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	if p, ok = recoverPSS(key, sign, em); ok {
		return p, true
	}
	pad := bytes.IndexByte(em[2:], 0)
	if em[0] != 0 || em[1] != 1 || pad < minPad || len(bytes.Trim(em[2:2+pad], "\xff")) > 0 {
		return proof{}, false
	}
	held := em[2+pad+1:]
	for _, d := range digests {
		prefix, _ := hex.DecodeString(d.prefix)
		if len(held) == len(prefix)+d.hash.Size() && bytes.HasPrefix(held, prefix) {
			return digestProof(key, sign, d.name, d.hash, held[len(prefix):]), true
		}
	}
	return textProof(key, sign, held), true
}

func digestProof(key *rsa.PublicKey, sign []byte, name string, h crypto.Hash, digest []byte) proof {
	p := proof{
		certain: true,
		fits:    func(text []byte) bool { return bytes.Equal(sum(h, text), digest) },
		recomputed: func(text []byte) bool {
			scheme := h
			if name == "rsa-bare" {
				scheme = 0
			}
			return rsa.VerifyPKCS1v15(key, scheme, sum(h, text), sign) == nil
		},
	}
	if name != "" {
		p.mistakes = []Mistake{{Dimension: "algorithm", Name: name}}
	}
	return p
}

// textProof is of RSA over the text itself, as "openssl rsautl -sign" does it.
func textProof(key *rsa.PublicKey, sign, held []byte) proof {
	return proof{
		certain:    true,
		mistakes:   []Mistake{{Dimension: "algorithm", Name: "rsa-bare"}},
		fits:       func(text []byte) bool { return bytes.Equal(text, held) },
		recomputed: func(text []byte) bool { return rsa.VerifyPKCS1v15(key, 0, text, sign) == nil },
	}
}

func sum(h crypto.Hash, text []byte) []byte {
	if h == crypto.SHA256 {
		s := sha256.Sum256(text)
		return s[:]
	}
	w := h.New()
	w.Write(text)
	return w.Sum(nil)
}

// recoverPSS opens an encoded message of RSASSA-PSS (RFC 8017, section 9.1.2):
// its salt is found without the text.
func recoverPSS(key *rsa.PublicKey, sign, em []byte) (proof, bool) {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA512, crypto.SHA1} {
		salt, digest, ok := openPSS(em, h, key.N.BitLen())
		if !ok {
			continue
		}
		return proof{
			certain:  len(em)-2*h.Size()-len(salt) > minPad,
			mistakes: []Mistake{{Dimension: "algorithm", Name: "rsa-pss"}},
			fits: func(text []byte) bool {
				w := h.New()
				w.Write(make([]byte, 8))
				w.Write(sum(h, text))
				w.Write(salt)
				return bytes.Equal(w.Sum(nil), digest)
			},
			recomputed: func(text []byte) bool { return rsa.VerifyPSS(key, h, sum(h, text), sign, nil) == nil },
		}, true
	}
	return proof{}, false
}

func openPSS(em []byte, h crypto.Hash, bits int) (salt, digest []byte, ok bool) {
	if bits%8 == 1 {
		em = em[1:] // the encoded message is a byte shorter than the modulus
	}
	n := len(em) - h.Size() - 1
	if n < 1 || em[len(em)-1] != 0xbc {
		return nil, nil, false
	}
	digest = em[n : n+h.Size()]
	db := bytes.Clone(em[:n])
	unmask(db, h, digest)
	db[0] &= 0xff >> (8*len(em) - (bits - 1))
	at := bytes.IndexByte(db, 1)
	if at < 0 || len(bytes.Trim(db[:at], "\x00")) > 0 {
		return nil, nil, false
	}
	return db[at+1:], digest, true
}

// unmask takes MGF1 (RFC 8017, appendix B.2.1) off.
func unmask(db []byte, h crypto.Hash, seed []byte) {
	for i := 0; i*h.Size() < len(db); i++ {
		w := h.New()
		w.Write(seed)
		w.Write(binary.BigEndian.AppendUint32(nil, uint32(i)))
		for j, c := range w.Sum(nil) {
			if at := i*h.Size() + j; at < len(db) {
				db[at] ^= c
			}
		}
	}
}
