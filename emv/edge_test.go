package emv

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestHexEdges tries every byte, so that no bound of a range can move.
func TestHexEdges(t *testing.T) {
	for c := range 256 {
		text := string([]byte{'0', '0', '0', byte(c)})
		want, err := strconv.ParseUint(text, 16, 16)
		if got, ok := parseHex(text); ok != (err == nil) || uint64(got) != want {
			t.Errorf("%q is %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "000", "00000"} {
		if _, ok := parseHex(text); ok {
			t.Errorf("%q is a CRC", text)
		}
	}
	for range 1000 {
		n := uint16(rand.Uint32())
		if got, ok := parseHex(string(appendHex(nil, n))); !ok || got != n {
			t.Errorf("%d comes back as %d, %v", n, got, ok)
		}
	}
}

func TestCharacterEdges(t *testing.T) {
	for c := range 256 {
		s := string([]byte{byte(c)})
		if isDigits(s) != (c >= '0' && c <= '9') || isCapital(byte(c)) != (c >= 'A' && c <= 'Z') ||
			hasLower(s) != (c >= 'a' && c <= 'z') || isCommon(s) != (c >= 0x20 && c <= 0x7e) {
			t.Errorf("byte %d is taken for something else", c)
		}
	}
	if isDigits("") || !isCommon("") || hasLower("") || firstRunes("", 3) != "" || firstRunes("héé", 2) != "hé" || firstRunes("hé", 2) != "hé" {
		t.Error("a text of nothing, or of letters of two bytes")
	}
}

func TestAmountEdges(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "98.73": true, "98.": true, "0.01": true, "1234567890123": true,
		"": false, "0": false, "0.0": false, ".5": false, "1.2.3": false, "-1": false, "1 ": false, "12345678901234": false, "a": false,
	} {
		if ValidAmount(text) != want {
			t.Errorf("the amount %q: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		"99.99": true, "00.01": true, "5": true, "05": true, "5.5": true,
		"100": false, "1.234": false, "0": false, "00.00": false, "": false, "x": false, "1.x": false,
	} {
		if ValidPercent(text) != want {
			t.Errorf("the percentage %q: %v", text, !want)
		}
	}
}

// TestFits: the CRC stands last and is right, or it does not fit.
func TestFits(t *testing.T) {
	text, err := Build(Object{ID: 0, Value: "01"}, Object{ID: 58, Value: "ID"})
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[string]bool{
		text: true, text[:len(text)-8]: false, text[:len(text)-4] + "0000": false, text + "5902AB": false, text[:len(text)-4] + "00G0": false,
	} {
		p, err := Parse(of)
		if err != nil || p.fits() != want || p.Text() != of {
			t.Errorf("%q fits: %v, %v", of, !want, err)
		}
	}
}

// TestCountryEdges: both letters of a country are capital.
func TestCountryEdges(t *testing.T) {
	for country, want := range map[string]bool{"ID": true, "Id": false, "iD": false, "id": false, "A1": false, "AZ": true} {
		if valueRules[IDCountry][0].valid(country) != want {
			t.Errorf("country %q: %v", country, !want)
		}
	}
}

// TestTemplateEdges: which objects are looked into, by the first and last of
// each range.
func TestTemplateEdges(t *testing.T) {
	for id, looked := range map[ID]bool{25: false, 26: true, 51: true, 52: false, 63: false, 65: false, 79: false, 80: true, 99: true} {
		var r report
		r.template(Object{ID: id, Value: "0100"})
		if (len(r) > 0) != looked {
			t.Errorf("%s: findings %v", id, r)
		}
	}
	for id, found := range map[ID]bool{0: false, 1: true, 9: true, 11: true, 12: false, 49: false, 50: true, 99: true} {
		value, err := Join(Object{ID: id, Value: "00000000000000000000000000000"})
		if err != nil {
			t.Fatal(err)
		}
		var r report
		r.template(Object{ID: IDAdditional, Value: value})
		if (len(r) > 0) != found {
			t.Errorf("62.%s: findings %v", id, r)
		}
	}
}

// TestHeaderEdges tries every byte in every place of an ID and a length.
func TestHeaderEdges(t *testing.T) {
	for at := range headerLen {
		for c := range 256 {
			text := []byte("0002")
			text[at] = byte(c)
			if _, _, ok := header(string(text), 0); ok != (c >= '0' && c <= '9') {
				t.Errorf("%q is a header: %v", text, ok)
			}
		}
	}
}
