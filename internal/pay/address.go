package pay

import (
	"net/url"
	"strings"
)

// HoldsPassword reports whether a notify address may hold a password, as in
// https://user:password@host/.
func HoldsPassword(address string) bool { return strings.Contains(address, "@") }

// ShownAddress is a notify address as people may see it: without a password.
func ShownAddress(address string) string {
	if !HoldsPassword(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return "(an address that cannot be read)" // where in it the password is
	}
	if _, secret := u.User.Password(); !secret {
		return address
	}
	return u.Redacted()
}

// meantAddress is an address that was given in place of another. Who has seen
// it without its password and gives it back so, means the same.
func meantAddress(given, before string) string {
	if given == ShownAddress(before) {
		return before
	}
	return given
}

// NotifyShown is where the partner is notified, as people may see it.
func (p Partner) NotifyShown() string { return ShownAddress(p.NotifyURL) }

// NotifyShown is where the merchant's payments are notified, as people may see
// it.
func (m Merchant) NotifyShown() string { return ShownAddress(m.NotifyURL) }
