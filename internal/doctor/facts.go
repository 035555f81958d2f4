package doctor

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// observe records what can be said without a search.
func (d *Diagnosis) observe(s *search) {
	r, k := s.request, s.known
	compact, err := snap.Compact(nil, r.Body)
	if err != nil {
		compact = r.Body
	}
	d.StringToSign = snap.StringToSign(k.scheme(), snap.Message{
		Method: r.Method, Path: r.Target, AccessToken: masked(bearer(r.Get(snap.HeaderAuthorization))), Body: compact,
		Timestamp: r.Get(snap.HeaderTimestamp), ClientKey: r.Get(snap.HeaderClientKey),
	})
	d.Received, d.Minified = snap.BodyHash(r.Body), snap.BodyHash(compact)
	for _, h := range r.Headers {
		d.HeaderNames = append(d.HeaderNames, h.Name)
	}
	if t, err := snap.ParseTimestampLoose(r.Get(snap.HeaderTimestamp)); err == nil && !r.At.IsZero() {
		d.Clock, d.HasClock = t.Sub(r.At), true
	}
	if k.PublicKey != nil && k.takes(snap.TokenRequest, snap.Asymmetric, snap.AsymmetricWithToken) {
		d.Fingerprint = snap.Fingerprint(k.PublicKey)
	}
}

// conclude chooses the sentence.
func (d *Diagnosis) conclude(s *search) {
	switch {
	case d.Match == nil:
		d.Sentence, d.Cure = s.unexplained()
	case d.Right():
		d.Sentence = Words{"the signature is right", "tanda tangan benar"}
		d.Cure = Words{"if it was refused, what reached the server was another request: compare every part below", "jika ditolak, permintaan yang sampai di server berbeda: bandingkan setiap bagian di bawah"}
	default:
		d.Sentence, d.Cure = say(d.Match.Mistakes)
	}
}

// unexplained says what can be said where nothing matches, the surest first.
func (s *search) unexplained() (sentence, cure Words) {
	signature := s.request.Get(snap.HeaderSignature)
	rsa, hmac := s.known.takes(snap.TokenRequest, snap.Asymmetric, snap.AsymmetricWithToken), s.known.takes(snap.Symmetric)
	size := 0
	if len(s.decoded) > 0 {
		size = len(s.decoded[0].sign)
	}
	compare := Words{"compare each part of the string to sign below with yours", "bandingkan setiap bagian string to sign di bawah dengan milik Anda"}
	switch {
	case signature == "":
		return Words{"there is no X-SIGNATURE", "tidak ada X-SIGNATURE"}, Words{"send the signature in that header", "kirim tanda tangan di header tersebut"}
	case size == 0:
		_, err := snap.DecodeSignature(signature)
		return Words{fmt.Sprintf("X-SIGNATURE is no signature (%v)", err), fmt.Sprintf("X-SIGNATURE bukan tanda tangan (%v)", err)},
			Words{"send the base64 of the signature's bytes", "kirim base64 dari byte tanda tangan"}
	case s.certain():
		return Words{"the signature was made with a key that is known here, but over another text", "tanda tangan dibuat dengan key yang dikenal di sini, tetapi atas teks lain"}, compare
	case hmac && !rsa && size >= 128:
		return Words{fmt.Sprintf("the signature has %d bytes, as RSA gives, and this API takes HMAC-SHA512 (64 bytes)", size), fmt.Sprintf("tanda tangan berukuran %d byte, seperti hasil RSA, sedangkan API ini menerima HMAC-SHA512 (64 byte)", size)},
			Words{"sign with HMAC-SHA512 and the client secret", "tandatangani dengan HMAC-SHA512 dan client secret"}
	case rsa && !hmac && size < 128:
		return Words{fmt.Sprintf("the signature has %d bytes, as a hash or an HMAC gives, and this API takes RSA", size), fmt.Sprintf("tanda tangan berukuran %d byte, seperti hasil hash atau HMAC, sedangkan API ini menerima RSA", size)},
			Words{"sign with SHA256withRSA and your private key", "tandatangani dengan SHA256withRSA dan private key Anda"}
	case rsa && size >= 128 && s.known.PublicKey == nil:
		return Words{"no public key is registered that could verify the signature", "tidak ada public key terdaftar yang dapat memverifikasi tanda tangan"},
			Words{"register yours (qrisd partner key)", "daftarkan milik Anda (qrisd partner key)"}
	case rsa && size >= 128:
		return Words{"the signature was not made with the private key of the registered public key", "tanda tangan tidak dibuat dengan private key pasangan public key yang terdaftar"},
			Words{"compare the key's fingerprint below with yours, and register your key again", "bandingkan sidik jari key di bawah dengan milik Anda, dan daftarkan ulang key Anda"}
	case s.known.Secret == "":
		return Words{"no client secret is known that could verify the signature", "tidak ada client secret yang dapat memverifikasi tanda tangan"},
			Words{"give the partner's client secret", "berikan client secret partner"}
	case s.cutShort && s.left >= 0: // not the candidates ran out, but the time
		return Words{"no mistake that gives this signature was found before the time for the search was over", "belum ditemukan kesalahan yang menghasilkan tanda tangan ini sampai waktu pencarian habis"},
			Words{"send the request again, or save it and let qrisd doctor search", "kirim ulang permintaannya, atau simpan dan periksa dengan qrisd doctor"}
	}
	return Words{"none of the usual mistakes gives this signature: another secret was used, or other texts were signed", "tidak ada kesalahan lazim yang menghasilkan tanda tangan ini: secret atau teksnya berbeda"},
		Words{"compare the secret, the token and the timestamp with yours, and the body byte by byte", "bandingkan secret, token dan timestamp dengan milik Anda, serta body byte demi byte"}
}

func (s *search) certain() bool {
	for i := range s.proofs {
		if s.proofs[i].certain {
			return true
		}
	}
	return false
}

// maxShown bounds what a fact repeats of a request.
const maxShown = 600

// note writes everything down in words.
func (d *Diagnosis) note(s *search) {
	add := func(name, value string) {
		if len(value) > maxShown {
			value = value[:maxShown] + "..."
		}
		if value != "" {
			d.Facts = append(d.Facts, Fact{name, value})
		}
	}
	if d.Match != nil && !d.Right() {
		names := make([]string, len(d.Match.Mistakes))
		for i, m := range d.Match.Mistakes {
			names[i] = m.String()
		}
		add("cause", strings.Join(names, ", "))
		add("you signed", printable(d.Match.StringToSign))
	}
	add("the string to sign is", d.StringToSign)
	if s.known.scheme() != snap.TokenRequest {
		add("body hash as received", d.Received)
		add("body hash minified", d.Minified)
		add("body hash as JSON.stringify writes it", s.reescaped(d.Minified))
	}
	add("signature", s.size())
	add("clock", d.clock())
	add("key fingerprint", d.Fingerprint)
	if s.known.takes(snap.Symmetric) {
		add("secret", secretHint(s.known.Secret))
	}
	add("headers", strings.Join(d.HeaderNames, ", "))
	add("missing or spelled otherwise", s.astray())
	add("tried", s.effort(d))
}

func (s *search) reescaped(minified string) string {
	again, err := snap.Reescape(nil, s.request.Body)
	if err != nil || snap.BodyHash(again) == minified {
		return ""
	}
	return snap.BodyHash(again)
}

// printable shows control characters as escapes.
func printable(text string) string {
	quoted := strconv.Quote(text)
	if plain := quoted[1 : len(quoted)-1]; strings.ContainsAny(text, "\r\n\t\x00") || strings.Contains(plain, `\x`) {
		return plain
	}
	return text
}

func (s *search) size() string {
	signature := s.request.Get(snap.HeaderSignature)
	if len(s.decoded) == 0 {
		return fmt.Sprintf("%d characters", len(signature))
	}
	return fmt.Sprintf("%d characters, %d bytes", len(signature), len(s.decoded[0].sign))
}

func (d *Diagnosis) clock() string {
	off := d.Clock.Round(time.Second)
	switch {
	case !d.HasClock:
		return ""
	case off == 0:
		return "X-TIMESTAMP agrees with the server's clock"
	case off < 0:
		return "X-TIMESTAMP is " + (-off).String() + " behind the server's clock"
	}
	return "X-TIMESTAMP is " + off.String() + " ahead of the server's clock"
}

// secretHint lets both sides compare a secret without showing it.
func secretHint(secret string) string {
	if secret == "" {
		return "none is known"
	}
	sum := sha256.Sum256([]byte(secret))
	return fmt.Sprintf("%d characters, SHA-256 begins %s", len(secret), hex.EncodeToString(sum[:4]))
}

// astray names the headers that the API asks for and that did not come under
// their names, with what looks like them.
func (s *search) astray() string {
	var all []string
	for _, want := range s.known.Headers {
		if s.request.Get(want) != "" {
			continue
		}
		for _, h := range s.request.Headers {
			if !strings.EqualFold(h.Name, want) && letter(h.Name) == letter(want) {
				all = append(all, h.Name+" for "+want)
			}
		}
	}
	return strings.Join(all, ", ")
}

// letter is a header's name without what clients change in it.
func letter(name string) string {
	name = strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
	return strings.TrimPrefix(name, "x")
}

func (s *search) effort(d *Diagnosis) string {
	text := strconv.Itoa(d.Tried) + " candidates"
	if d.CutShort {
		text += ", then the time was over"
	}
	return text
}

// masked hides the secrets of a request in a text, in any case. Those so short
// that they would tear other words apart are nobody's real ones.
func (s *search) masked(text string) string {
	secrets := []string{bearer(s.request.Get(snap.HeaderAuthorization)), customer(s.request), s.known.Secret}
	for _, secret := range append(secrets, s.known.Tokens...) {
		if len(secret) <= wholly {
			continue
		}
		for _, form := range []string{secret, strings.ToLower(secret), strings.ToUpper(secret)} {
			text = strings.ReplaceAll(text, form, masked(form))
		}
	}
	return text
}

// wholly is up to how many characters a secret is masked wholly.
const wholly = 8

func masked(secret string) string {
	switch {
	case secret == "":
		return ""
	case len(secret) <= wholly:
		return "***"
	}
	return secret[:4] + "..." + secret[len(secret)-4:]
}
