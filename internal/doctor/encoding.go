package doctor

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// decoding is a way to read the text of X-SIGNATURE.
type decoding struct {
	faults []string // what was wrong with the text; none: the server reads it too
	sign   []byte
}

// lengths in bytes of hashes and RSA signatures: nothing else is worth a
// search.
var lengths = map[int]bool{16: true, 20: true, 32: true, 48: true, 64: true, 128: true, 256: true, 384: true, 512: true, 1024: true}

// repair undoes one fault of an encoding.
type repair struct {
	name string
	mend func(string) string
}

// repairs are tried in order, each on what the others left.
var repairs = []repair{
	{"quoted", func(s string) string { return strings.Trim(s, "\"'`") }},
	{"percent-encoded", func(s string) string {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
		return s
	}},
	{"line-break", strings.NewReplacer("\r", "", "\n", "", `\r`, "", `\n`, "", "\t", "").Replace},
	{"plus-as-space", func(s string) string { return strings.ReplaceAll(s, " ", "+") }},
	{"plus-as-space", func(s string) string { // the first of them went with the header's own space
		if !strings.Contains(s, " ") {
			return s
		}
		return "+" + strings.ReplaceAll(s, " ", "+")
	}},
	{"line-break", strings.NewReplacer(" ", "").Replace},
	{"base64url", func(s string) string {
		if !strings.ContainsAny(s, "-_") {
			return s
		}
		return strings.NewReplacer("-", "+", "_", "/").Replace(pad(s))
	}},
	{"unpadded", pad},
	{"prefixed", afterPrefix},
	{"twice", inside},
}

// pad completes base64 that lost its equals signs.
func pad(s string) string {
	if strings.HasSuffix(s, "=") {
		return s
	}
	return s + strings.Repeat("=", (4-len(s)%4)%4)
}

// afterPrefix drops the name of an algorithm or a field before the signature.
func afterPrefix(s string) string {
	lower := strings.ToLower(s)
	for _, prefix := range []string{"hmac-sha512", "hmacsha512", "hmac_sha512", "sha512", "sha256withrsa", "signature", "hmac", "bearer"} {
		if strings.HasPrefix(lower, prefix) && len(s) > len(prefix) && strings.ContainsRune(" =:", rune(s[len(prefix)])) {
			return strings.TrimSpace(s[len(prefix)+1:])
		}
	}
	return s
}

// inside is the text that was encoded a second time.
func inside(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) < 32 {
		return s
	}
	for _, c := range b {
		if c < '+' || c > 'z' {
			return s
		}
	}
	return string(b)
}

// maxFaults is how many faults of one text are undone.
const maxFaults = 3

// maxText is far above what any encoding makes of a signature.
const maxText = 4096

// decodings are the ways to read a signature, that with the fewest faults
// first.
func decodings(text string) []decoding {
	if len(text) > maxText {
		return nil
	}
	type state struct {
		text   string
		faults []string
	}
	var found []decoding
	seen := map[string]bool{text: true}
	for queue := []state{{text: text}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if sign := decode(at.text); sign != nil {
			found = append(found, decoding{at.faults, sign})
			if inside(at.text) == at.text { // base64 of a text may have a signature's length too
				continue
			}
		}
		if len(at.faults) == maxFaults {
			continue
		}
		for _, r := range repairs {
			if mended := r.mend(at.text); !seen[mended] {
				seen[mended] = true
				queue = append(queue, state{mended, append(at.faults[:len(at.faults):len(at.faults)], r.name)})
			}
		}
	}
	return found
}

// decode reads hexadecimal or base64 that has a likely length.
func decode(text string) []byte {
	if sign, err := hex.DecodeString(text); err == nil && lengths[len(sign)] {
		return sign
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil
	}
	sign, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !lengths[len(sign)] {
		return nil
	}
	return sign
}
