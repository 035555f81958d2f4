package pay

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func TestAccessRules(t *testing.T) {
	sum := strings.Repeat("AB:", 31) + "AB"
	in := AccessRules{Networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.7/24"), netip.MustParsePrefix("2001:db8::/32")}, Certificates: []string{sum}, Subject: " CN=a "}
	a, err := in.Tidy()
	if err != nil || a.Networks[0].String() != "203.0.113.0/24" || a.Certificates[0] != strings.Repeat("ab", 32) || a.Subject != "CN=a" {
		t.Fatalf("%+v, %v", a, err)
	}
	if a.Open() || !a.Mutual() || !(AccessRules{}).Open() || (AccessRules{Subject: "CN=a"}).Open() {
		t.Error("what is demanded is not seen")
	}
	for addr, want := range map[string]bool{"203.0.113.255": true, "::ffff:203.0.113.1": true, "203.0.114.1": false, "2001:db8:1::1": true, "2001:db9::1": false} {
		if got := a.From(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if !(AccessRules{}).From(netip.Addr{}) || a.From(netip.Addr{}) {
		t.Error("no address is from anywhere, and from no network")
	}
	for name, bad := range map[string]AccessRules{
		"no network": {Networks: make([]netip.Prefix, 1)}, "networks": {Networks: make([]netip.Prefix, 65)},
		"digest": {Certificates: []string{"abcd"}}, "digits": {Certificates: []string{strings.Repeat("x", 64)}},
		"digests": {Certificates: make([]string, 17)}, "subject": {Subject: strings.Repeat("x", 501)},
		"mapped": {Networks: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}},
	} {
		if got, err := bad.Tidy(); KindOf(err) != InvalidFormat || !reflect.DeepEqual(got, bad) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
