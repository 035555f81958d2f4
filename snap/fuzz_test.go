package snap

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// FuzzKeys: a key that is read is written and read again the same, and what a
// private key's text gives as public is the public half.
func FuzzKeys(f *testing.F) {
	key := readVectors(f).private
	private, public := MarshalPrivateKey(key), MarshalPublicKey(&key.PublicKey)
	for _, seed := range []string{private, public, strings.ReplaceAll(private, "\n", `\n`), `"` + public + `"`, "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", "ssh-rsa AAAA", "", "-----BEGIN A-----"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := ParsePrivateKey(text); err == nil {
			if again, err := ParsePrivateKey(MarshalPrivateKey(key)); err != nil || !again.Equal(key) {
				t.Errorf("%q is not read again: %v", text, err)
			}
		} else if strings.TrimSpace(text) != "" && len(text) > 200 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats what may be a key: %v", err)
		}
		if key, err := ParsePublicKey(text); err == nil {
			if again, err := ParsePublicKey(MarshalPublicKey(key)); err != nil || !again.Equal(key) {
				t.Errorf("%q is not read again: %v", text, err)
			}
		}
	})
}

// FuzzDecodeSignature: what is read is, encoded again, the text that came.
func FuzzDecodeSignature(f *testing.F) {
	for _, seed := range []string{"", strings.Repeat("ab", 64), strings.Repeat("A", 86) + "==", strings.Repeat("A", 342) + "==", strings.Repeat("-", 88), "a\nb=", strings.Repeat("Ab", 256)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := DecodeSignature(text)
		if err != nil {
			return
		}
		if len(got) != 64 && (len(got) < 256 || len(got) > 1024) {
			t.Fatalf("%q has %d bytes", text, len(got))
		}
		if base64.StdEncoding.EncodeToString(got) != text && !strings.EqualFold(hex.EncodeToString(got), text) {
			t.Fatalf("%q is read as %x", text, got)
		}
	})
}

// FuzzParseCode: the parts put together are the code.
func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"2004700", "5045201", "20047", "9994700", "2004700 ", "٢٠٠٤٧٠٠"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		status, service, number, err := ParseCode(text)
		if err != nil {
			return
		}
		if again := (Case{HTTP: status, Number: number}).Code(service); again != text {
			t.Errorf("%q is %d, %s, %s, which is %q", text, status, service, number, again)
		}
	})
}
