package snap

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"os"
	"testing"
)

// vector is one entry of testdata/signatures.json: what a provider printed, or
// what its document's sample body gives under demo credentials.
type vector struct {
	Name, Kind, Alg, Source string
	ClientKey, ClientSecret string
	Method, Path            string
	AccessToken, Timestamp  string
	BodyMinified            *string
	BodyAsPrinted           string
	BodySHA256              string `json:"bodySHA256"`
	SHA256OfBodyAsPrinted   string `json:"sha256OfBodyAsPrinted"`
	StringToSign            string
	SignatureBase64         string
	SignatureHex            string
}

type vectorFile struct {
	RSAPrivateKeyPKCS8, RSAPublicKeySPKI string
	Vectors                              []vector
	private                              *rsa.PrivateKey
	public                               *rsa.PublicKey
}

var schemes = map[string]Scheme{"access-token": TokenRequest, "symmetric": Symmetric, "asymmetric-no-token": Asymmetric}

func readVectors(t testing.TB) *vectorFile {
	t.Helper()
	text, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if file.private, err = ParsePrivateKey(file.RSAPrivateKeyPKCS8); err != nil {
		t.Fatal(err)
	}
	if file.public, err = ParsePublicKey(file.RSAPublicKeySPKI); err != nil {
		t.Fatal(err)
	}
	return &file
}

func (v vector) message() Message {
	m := Message{Method: v.Method, Path: v.Path, AccessToken: v.AccessToken, Timestamp: v.Timestamp, ClientKey: v.ClientKey}
	if v.BodyMinified != nil {
		m.Body = []byte(*v.BodyMinified)
	}
	return m
}

// received is the body as the document prints it, where it is printed.
func (v vector) received() []byte {
	if v.BodyAsPrinted != "" {
		return []byte(v.BodyAsPrinted)
	}
	return v.message().Body
}

// bodyUnknown marks the vector of which the provider printed only the hash.
func (v vector) bodyUnknown() bool { return v.Kind != "access-token" && v.BodyMinified == nil }

func TestVectorsStringToSign(t *testing.T) {
	for _, v := range readVectors(t).Vectors {
		if v.bodyUnknown() {
			continue
		}
		scheme, known := schemes[v.Kind]
		if !known {
			t.Fatalf("%s: unknown kind %q", v.Name, v.Kind)
		}
		if got := StringToSign(scheme, v.message()); got != v.StringToSign {
			t.Errorf("%s:\ngot  %s\nwant %s", v.Name, got, v.StringToSign)
		}
	}
}

func TestVectorsBody(t *testing.T) {
	printed := 0
	for _, v := range readVectors(t).Vectors {
		if v.BodyMinified == nil {
			continue
		}
		if got := BodyHash([]byte(*v.BodyMinified)); got != v.BodySHA256 {
			t.Errorf("%s: minified body hashes to %s, want %s", v.Name, got, v.BodySHA256)
		}
		if v.BodyAsPrinted == "" {
			continue
		}
		printed++
		if got := BodyHash([]byte(v.BodyAsPrinted)); got != v.SHA256OfBodyAsPrinted {
			t.Errorf("%s: printed body hashes to %s, want %s", v.Name, got, v.SHA256OfBodyAsPrinted)
		}
		got, err := Compact(nil, []byte(v.BodyAsPrinted))
		if err != nil || string(got) != *v.BodyMinified {
			t.Errorf("%s: Compact = %s, %v\nwant %s", v.Name, got, err, *v.BodyMinified)
		}
	}
	if printed != 5 {
		t.Errorf("%d bodies as printed, want the five documents'", printed)
	}
}

func TestVectorsSign(t *testing.T) {
	file := readVectors(t)
	for _, v := range file.Vectors {
		var got string
		var err error
		if v.Alg == "HMAC-SHA512" {
			got = SignHMAC(v.ClientSecret, v.StringToSign)
		} else {
			got, err = SignRSA(file.private, v.StringToSign)
		}
		if err != nil || got != v.SignatureBase64 {
			t.Errorf("%s: signature %s, %v\nwant %s", v.Name, got, err, v.SignatureBase64)
		}
	}
}

func TestVectorsSignReceived(t *testing.T) {
	file := readVectors(t)
	for _, v := range file.Vectors {
		if v.bodyUnknown() {
			continue
		}
		m := v.message()
		m.Body = v.received()
		got, err := Sign(schemes[v.Kind], Credentials{Secret: v.ClientSecret, PrivateKey: file.private}, m)
		if err != nil || got != v.SignatureBase64 {
			t.Errorf("%s: Sign = %s, %v\nwant %s", v.Name, got, err, v.SignatureBase64)
		}
	}
}

func (f *vectorFile) verify(v vector, m Message, signature string) error {
	switch schemes[v.Kind] {
	case TokenRequest:
		return VerifyToken(f.public, m.ClientKey, m.Timestamp, signature)
	case Symmetric:
		return VerifySymmetric(v.ClientSecret, m, signature)
	default:
		return VerifyAsymmetric(f.public, m, false, signature)
	}
}

func TestVectorsVerify(t *testing.T) {
	file := readVectors(t)
	for _, v := range file.Vectors {
		if v.bodyUnknown() {
			continue
		}
		for _, signature := range []string{v.SignatureBase64, v.SignatureHex} {
			m := v.message()
			m.Body = v.received()
			if err := file.verify(v, m, signature); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			m.Timestamp += "0"
			if err := file.verify(v, m, signature); !errors.Is(err, ErrSignature) {
				t.Errorf("%s under another timestamp: %v, want ErrSignature", v.Name, err)
			}
		}
	}
}
