//go:debug rsa1024min=0

package simulate

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"sync"
)

// The keys take longer to draw than a world lives, and nothing in a log depends
// on them. The provider's, which the notifier signs with by the standard
// library's means, is as short as a signature over SHA-256 fits into.
var (
	partnerKey  = sync.OnceValue(drawSplitKey)
	providerKey = sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 512)
		if err != nil {
			panic(err)
		}
		return key
	})
)

// splitKey is an RSA key of 2,048 bits, as the server wants its partners' to be,
// but of eight primes: to who verifies it is like any other, and to sign takes
// it a tenth of the time.
type splitKey struct {
	public rsa.PublicKey
	shares []share
}

// share is a prime of a modulus, the private exponent as it is there, and what
// is 1 there and 0 at every other prime.
type share struct{ prime, exponent, unit *big.Int }

const (
	splitPrimes   = 8
	splitExponent = 65537
)

var one = big.NewInt(1)

// drawSplitKey draws primes until the exponent has an inverse at each.
func drawSplitKey() *splitKey {
	k := &splitKey{public: rsa.PublicKey{N: new(big.Int).Set(one), E: splitExponent}}
	for len(k.shares) < splitPrimes {
		p := drawHighPrime(2048 / splitPrimes)
		d := new(big.Int).ModInverse(big.NewInt(splitExponent), new(big.Int).Sub(p, one))
		if d != nil {
			k.shares = append(k.shares, share{prime: p, exponent: d})
			k.public.N.Mul(k.public.N, p)
		}
	}
	for i := range k.shares {
		s := &k.shares[i]
		others := new(big.Int).Div(k.public.N, s.prime)
		s.unit = others.Mul(others, new(big.Int).ModInverse(others, s.prime))
	}
	return k
}

// drawHighPrime draws one whose four highest bits are set: the product of eight
// such has as many bits as they have together.
func drawHighPrime(bits int) *big.Int {
	for {
		p, err := rand.Prime(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		if new(big.Int).Rsh(p, uint(bits-4)).Int64() == 15 {
			return p
		}
	}
}

// sha256Prefix stands before a digest in what PKCS #1 v1.5 signs (RFC 8017, 9.2).
var sha256Prefix = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

// sign is SHA256withRSA (PKCS #1 v1.5) in base64, as snap.SignRSA makes it.
func (k *splitKey) sign(text string) string {
	sum := sha256.Sum256([]byte(text))
	padded := make([]byte, k.public.Size())
	padded[1] = 1
	digest := len(padded) - len(sum)
	prefix := digest - len(sha256Prefix)
	for i := 2; i < prefix-1; i++ {
		padded[i] = 0xff
	}
	copy(padded[prefix:], sha256Prefix)
	copy(padded[digest:], sum[:])
	message, signature, part := new(big.Int).SetBytes(padded), new(big.Int), new(big.Int)
	for _, s := range k.shares {
		part.Exp(part.Mod(message, s.prime), s.exponent, s.prime)
		signature.Add(signature, part.Mul(part, s.unit))
	}
	return base64.StdEncoding.EncodeToString(signature.Mod(signature, k.public.N).FillBytes(padded))
}
