package qris_test

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/qris"
)

func TestLuhn(t *testing.T) {
	tests := map[string]bool{
		"9360077732302230011": true, // an mpan that Finpay documents
		"9360001410190013903": true, // and its cpan
		"9360077732302230012": false,
		"79927398713":         true, // the example of ISO/IEC 7812-1
		"79927398710":         false,
		"59":                  true, // 5 twice is 10, of which the digits make 1
		"":                    false,
		"0":                   false,
		"00":                  true,
		"7992739871x":         false,
	}
	for digits, want := range tests {
		if got := qris.Luhn(digits); got != want {
			t.Errorf("Luhn(%q) is %v", digits, got)
		}
	}
}

func TestPANWithCheckDigit(t *testing.T) {
	if got, err := qris.PANWithCheckDigit("936007773230223001"); err != nil || got != "9360077732302230011" {
		t.Errorf("%q, %v", got, err)
	}
	for _, pan := range []string{"", "93600777323022300", "9360077732302230011", "93600777323022300x"} {
		if got, err := qris.PANWithCheckDigit(pan); err == nil {
			t.Errorf("PANWithCheckDigit(%q) is %q", pan, got)
		}
	}
}

func TestNMID(t *testing.T) {
	nmid, err := qris.NMIDFor("102600000000")
	if err != nil || nmid != "ID1026000000004" {
		t.Errorf("%q, %v", nmid, err)
	}
	for _, digits := range []string{"", "10260000000", "10260000000x", "1026000000004"} {
		if got, err := qris.NMIDFor(digits); err == nil {
			t.Errorf("NMIDFor(%q) is %q", digits, got)
		}
	}
	tests := map[string]bool{
		"ID1026000000004":  true,
		"ID1026000000005":  false,
		"ID0000202300211":  false, // the Qoin document's dummy
		"id1026000000004":  false,
		"ID102600000000":   false,
		"ID10260000000040": false,
		"ID102600000000x":  false,
	}
	for nmid, want := range tests {
		if got := qris.NMIDValid(nmid); got != want {
			t.Errorf("NMIDValid(%q) is %v", nmid, got)
		}
	}
}

func TestNNS(t *testing.T) {
	tests := map[string]string{
		"936009990000000001": "93600999", "93600999": "93600999", "9360099": "", "": "",
		"412300990000000001": "", "9360x9990000000001": "", "9360099x0000000001": "", "9360/999": "", "9360:999": "",
	}
	for pan, want := range tests {
		if got := qris.NNS(pan); got != want {
			t.Errorf("NNS(%q) is %q", pan, got)
		}
	}
	if name, ok := qris.InstitutionName("93600915"); name != "DANA" || !ok {
		t.Errorf("93600915 is %q", name)
	}
	if name, ok := qris.InstitutionName("93600999"); name != "" || ok {
		t.Errorf("93600999 is %q", name)
	}
}

func TestShorten(t *testing.T) {
	tests := []struct {
		in   string
		max  int
		want string
	}{
		{"TOKO CONTOH", 25, "TOKO CONTOH"},
		{"Warung Makan Sederhana Ibu Sari Cabang Kemang", 25, "Warung Makan Sederhana"},
		{"KABUPATEN KEBUMEN", 15, "KABUPATEN"},
		{"Supercalifragilistic", 15, "Supercalifragil"},
		{"  Firman   Zain ", 25, "Firman Zain"},
		{"Café “Señorita”", 25, `Cafe "Senorita"`},
		{"A|B\tC\x00D", 25, "A B C D"},
		{"最佳运输", 25, ""},
		{"EXACTLY FIFTEEN", 15, "EXACTLY FIFTEEN"},
		{"EXACTLY FIFTEENS", 15, "EXACTLY"},
		{"", 15, ""},
	}
	for _, test := range tests {
		got := qris.Shorten(test.in, test.max)
		if got != test.want || len(got) > test.max || strings.TrimSpace(got) != got {
			t.Errorf("Shorten(%q, %d) is %q", test.in, test.max, got)
		}
	}
}
