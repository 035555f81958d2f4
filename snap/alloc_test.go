//go:build !race

package snap

import "testing"

// Under the race detector sync.Pool drops a part of what it is given, so this
// count only holds without it.
func TestVerifyAllocations(t *testing.T) {
	body := kilobyte()
	signature := SignHMAC("secret", StringToSign(Symmetric, symmetricMessage(body)))
	for name, received := range map[string][]byte{"compact": body, "spaces": spaced(body)} {
		m := symmetricMessage(received)
		allocations := testing.AllocsPerRun(200, func() {
			if err := VerifySymmetric("secret", m, signature, "/prefix"); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 2 {
			t.Errorf("%s: %v allocations, want at most 2", name, allocations)
		}
	}
}
