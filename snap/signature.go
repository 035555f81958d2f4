package snap

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrEncoding is the kind of the error of a signature that cannot be read or
// cannot be a signature by its length.
var ErrEncoding = errors.New("not an encoded signature")

const (
	minRSABytes = 256  // RSA of 2048 bits, which the standard asks for
	maxRSABytes = 1024 // RSA of 8192 bits
)

// notSignatures are lengths in bytes of things that were put into
// X-SIGNATURE, in documents' samples and by clients.
var notSignatures = []struct {
	bytes int
	what  string
}{
	{16, "MD5: a hash, not a signature"},
	{20, "SHA-1: a hash, or an HMAC with the wrong algorithm"},
	{32, "SHA-256: a hash, not a signature, or an HMAC-SHA256 where HMAC-SHA512 is needed"},
	{48, "SHA-384: a hash, or an HMAC with the wrong algorithm"},
	{128, "RSA with 1024 bits; SNAP asks for 2048"},
}

// DecodeSignature reads the text of X-SIGNATURE. The standard names no
// encoding: its old samples are hexadecimal and every provider's are base64,
// so both are read, told apart by their characters. Base64 is RFC 4648's
// standard alphabet with padding.
//
// The result has the 64 bytes of HMAC-SHA512 or the 256 to 1024 of RSA. The
// error is an [ErrEncoding] that says what the text looks like instead.
func DecodeSignature(text string) ([]byte, error) {
	if text == "" || len(text) > hex.EncodedLen(maxRSABytes) {
		return nil, fmt.Errorf("snap: signature: %w: it has %d characters; base64 of HMAC-SHA512 has 88, of RSA-2048 344", ErrEncoding, len(text))
	}
	sign, err := decodeHexOrBase64(text)
	if err != nil {
		return nil, fmt.Errorf("snap: signature: %w: %s", ErrEncoding, encodingHint(text))
	}
	if n := len(sign); n != sha512.Size && (n < minRSABytes || n > maxRSABytes) {
		return nil, fmt.Errorf("snap: signature: %w: %s", ErrEncoding, lengthHint(n))
	}
	return sign, nil
}

var strictBase64 = base64.StdEncoding.Strict()

func decodeHexOrBase64(text string) ([]byte, error) {
	if isHex(text) { // as no signature's base64 happens to be
		return hex.DecodeString(text)
	}
	if strings.ContainsAny(text, "\r\n") { // which encoding/base64 would skip
		return nil, base64.CorruptInputError(0)
	}
	return strictBase64.DecodeString(text)
}

func isHex(text string) bool {
	for i := range len(text) {
		if c := text[i] | 0x20; !isDigit(text[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text)%2 == 0
}

// encodingFaults are characters that give a fault away, the first hit counting.
var encodingFaults = []struct{ characters, hint string }{
	{"\"'", "it stands in quotes; send the bare text"},
	{"-_", "it is base64url; use the standard alphabet with + and /"},
	{" ", "it holds a space; was a + taken for an encoded space?"},
	{"%", "it is percent-encoded; headers are not"},
	{"\r\n\t", "it is broken over lines; write it on one"},
}

func encodingHint(text string) string {
	for _, fault := range encodingFaults {
		if strings.ContainsAny(text, fault.characters) {
			return fault.hint
		}
	}
	if len(text)%4 != 0 {
		return fmt.Sprintf("%d characters are not whole base64; was the padding (=) or a part cut off?", len(text))
	}
	return "it is neither base64 nor hexadecimal"
}

func lengthHint(n int) string {
	for _, row := range notSignatures {
		if row.bytes == n {
			return fmt.Sprintf("%d bytes are the length of %s", n, row.what)
		}
	}
	return fmt.Sprintf("%d bytes are no signature's length; HMAC-SHA512 has 64, RSA-2048 has 256", n)
}
