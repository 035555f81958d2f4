package pay

import "testing"

func TestShownAddress(t *testing.T) {
	for address, want := range map[string]string{
		"":                                     "",
		"https://toko.example/a?b=c":           "https://toko.example/a?b=c",
		"https://toko@toko.example/a":          "https://toko@toko.example/a",
		"https://toko:rahasia@toko.example/a":  "https://toko:xxxxx@toko.example/a",
		"https://:rahasia@toko.example/a":      "https://:xxxxx@toko.example/a",
		"https://toko:rahasia@toko.example/%z": "(an address that cannot be read)",
		"mailto:a@b":                           "mailto:a@b",
	} {
		if got := ShownAddress(address); got != want {
			t.Errorf("%s is shown as %s, not %s", address, got, want)
		}
		if p, m := (Partner{NotifyURL: address}), (Merchant{NotifyURL: address}); p.NotifyShown() != want || m.NotifyShown() != want {
			t.Errorf("%s of a partner and a merchant is shown as %s and %s", address, p.NotifyShown(), m.NotifyShown())
		}
		if got := meantAddress(want, address); got != address {
			t.Errorf("%s, given back as it was shown, is %s", address, got)
		}
		if got := meantAddress("https://other.example/", address); got != "https://other.example/" {
			t.Errorf("another address in place of %s is %s", address, got)
		}
	}
}
