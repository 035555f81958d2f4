package snap

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha512"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
)

// TestCharacterEdges tries every byte, so that no bound of a range can move.
func TestCharacterEdges(t *testing.T) {
	for c := range 256 {
		b, s := byte(c), string([]byte{byte(c)})
		digit := strings.Contains("0123456789", s)
		hexadecimal := strings.Contains("0123456789abcdefABCDEF", s)
		if isDigit(b) != digit || digits(s) != digit || shaped(s, "0") != digit {
			t.Errorf("byte %#x is a digit: %v", c, !digit)
		}
		if isSpace(b) != strings.Contains(" \t\n\r", s) {
			t.Errorf("byte %#x is white space, or is not", c)
		}
		if isHex("0"+s) != hexadecimal || isHex(s) {
			t.Errorf("byte %#x is hexadecimal: %v", c, !hexadecimal)
		}
		if shaped(s, "+") != (s == "+" || s == "-") || shaped(s, "T") != (s == "T") {
			t.Errorf("byte %#x is taken for a sign or a T", c)
		}
		_, err := Compact(nil, []byte(`"`+s+`"`))
		if refused := c < 0x20 || s == `"` || s == `\`; (err != nil) != refused {
			t.Errorf("byte %#x in a string: %v", c, err)
		}
	}
}

// TestHex4Edges tries every byte in every place of an escape.
func TestHex4Edges(t *testing.T) {
	for at := range 6 {
		for c := range 256 {
			text := []byte(`\u0000`)
			text[at] = byte(c)
			want, err := strconv.ParseUint(string(text[2:]), 16, 16)
			valid := err == nil && text[0] == '\\' && text[1] == 'u'
			if got, ok := hex4(text); ok != valid || (ok && uint64(got) != want) {
				t.Errorf("%q is %d, %v", text, got, ok)
			}
		}
	}
}

// TestHex4ReadsNoFurther: what lies in memory behind a text is not of it.
func TestHex4ReadsNoFurther(t *testing.T) {
	text := []byte(`\u00e9`)
	for n := range len(text) {
		if code, ok := hex4(text[:n]); ok {
			t.Errorf("%q is %d", text[:n], code)
		}
	}
}

// TestTimestampShape: package time is not asked about these.
func TestTimestampShape(t *testing.T) {
	for text, shape := range map[string]bool{
		"2006-01-02T15:04:05Z": true, "2006-01-02T15:04:05.1Z": true, "2006-01-02T15:04:05.123456789Z": true,
		"2006-01-02T15:04:05": false, "2006-01-02T15:04:05.Z": false, "2006-01-02T15:04:05.a1Z": false, "2006-01-02T15:04:05.1234567890Z": false,
		"2006-01-02 15:04:05Z": false, "2006-01-02T15:04:05+23:59": true, "2006-01-02T15:04:05+24:00": false,
	} {
		if isTimestamp(text) != shape {
			t.Errorf("%s has the shape: %v", text, !shape)
		}
	}
}

// TestGiveBackForgets: nothing of a request or a secret waits in the pool.
func TestGiveBackForgets(t *testing.T) {
	s := &scratch{state: sha512.New()}
	s.setKey("secret")
	s.body.reset([]byte(`{"a":"\/"}`), true)
	s.state.Write([]byte("text"))
	s.giveBack()
	nothing := sha512.Sum512(nil)
	if s.inner != [sha512.BlockSize]byte{} || s.outer != s.inner || !bytes.Equal(s.state.Sum(nil), nothing[:]) || s.body.src != nil || s.body.reescape {
		t.Errorf("it keeps %+v", s)
	}
}

// TestKeptEdges: of a large request no memory is kept.
func TestKeptEdges(t *testing.T) {
	for _, row := range []struct {
		body, text int
		kept       bool
	}{{maxKept, maxKept, true}, {maxKept + 1, 0, false}, {0, maxKept + 1, false}} {
		s := &scratch{text: make([]byte, 0, row.text)}
		s.body.out = make([]byte, 0, row.body)
		if s.small() != row.kept {
			t.Errorf("%d bytes of body and %d of text are kept: %v", row.body, row.text, !row.kept)
		}
	}
}

// TestShorterKeyAfterLonger: nothing of the key before is left.
func TestShorterKeyAfterLonger(t *testing.T) {
	used, fresh := &scratch{state: sha512.New()}, &scratch{state: sha512.New()}
	used.setKey(strings.Repeat("k", sha512.BlockSize))
	used.setKey("k")
	fresh.setKey("k")
	if !bytes.Equal(used.hmac(nil), fresh.hmac(nil)) {
		t.Error("the key before shows")
	}
}

// TestKeyThatCannotSign: a key too small for the signature is the key's fault.
func TestKeyThatCannotSign(t *testing.T) {
	tiny := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: big.NewInt(3233), E: 17}, D: big.NewInt(2753), Primes: []*big.Int{big.NewInt(61), big.NewInt(53)},
	}
	if got, err := SignRSA(tiny, "text"); !errors.Is(err, ErrKey) || got != "" {
		t.Errorf("%q, %v", got, err)
	}
}
