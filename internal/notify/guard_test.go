package notify

import (
	"net/netip"
	"strings"
	"testing"
)

func TestClosedNetworks(t *testing.T) {
	for address, what := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback",
		"10.0.0.1": "private", "172.16.0.1": "private", "172.31.255.255": "private", "192.168.1.1": "private",
		"fc00::1": "private", "fd00:ec2::254": "private", "::ffff:192.168.1.1": "private",
		"169.254.169.254": "link-local", "fe80::1": "link-local", "fe80::1%eth0": "link-local", "fec0::1": "site-local",
		"100.64.0.1": "carrier", "100.127.255.255": "carrier",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified", "::10.0.0.1": "unspecified",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "ff02::1": "multicast",
		"255.255.255.255": "reserved", "240.0.0.1": "reserved", "198.18.0.1": "benchmarks",
		"192.0.2.1": "documentation", "2001:db8::1": "documentation",
		"64:ff9b::7f00:1": "loopback", "64:ff9b::a9fe:a9fe": "link-local", "64:ff9b:1::1": "translated",
		"2002:7f00:1::": "6to4", "2001:0:1::1": "protocols",
	} {
		err := checkAddress(netip.MustParseAddr(address))
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v, expected %q", address, err, what)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, address := range []string{
		"8.8.8.8", "103.28.12.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255",
		"192.167.255.255", "223.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.1",
		"2400:cb00::1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2001:200::1",
	} {
		if err := checkAddress(netip.MustParseAddr(address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestCheckDial(t *testing.T) {
	if err := checkDial("tcp4", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
	for _, address := range []string{"10.0.0.1:443", "[::1]:443", "no address"} {
		if err := checkDial("tcp", address, nil); err == nil {
			t.Errorf("%s may be dialled", address)
		}
	}
}
