package emv_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/qrisd/qrisd/emv"
)

// bitwise is CRC-16/CCITT-FALSE by its definition.
func bitwise(text string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(text) {
		for bit := 7; bit >= 0; bit-- {
			feedback := crc>>15 ^ uint16(text[i]>>bit&1)
			crc <<= 1
			if feedback == 1 {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

func TestCRC(t *testing.T) {
	known := map[string]uint16{"": 0xFFFF, "123456789": 0x29B1, "A": 0xB915}
	for text, want := range known {
		if got := emv.CRC(text); got != want || bitwise(text) != want {
			t.Errorf("CRC(%q) is %04X and bit by bit %04X, want %04X", text, got, bitwise(text), want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		if got, want := emv.CRC(text), bitwise(text); got != want {
			t.Fatalf("CRC(%q) is %04X, want %04X", text, got, want)
		}
	})
}

func TestPayloadCRC(t *testing.T) {
	tests := []struct{ name, text, printed, computed string }{
		{"right", sealed("000201"), sealed("000201")[10:], sealed("000201")[10:]},
		{"wrong", "00020163040000", "0000", sealed("000201")[10:]},
		{"missing", "000201", "", sealed("000201")[10:]},
		{"not last", "000201630400005802ID", "0000", sealed("000201")[10:]},
	}
	for _, test := range tests {
		p, err := emv.Parse(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if printed, computed := p.CRC(); printed != test.printed || computed != test.computed {
			t.Errorf("%s: %q, %q", test.name, printed, computed)
		}
	}
}

func TestCRCKeepsLeadingZeros(t *testing.T) {
	for _, v := range load(t, "synthetic.json") {
		if v.Name != "CRC with two leading zeros" {
			continue
		}
		body := v.Payload[:len(v.Payload)-8]
		if got := sealed(body); got != v.Payload || got[len(got)-4:] != "00C9" {
			t.Errorf("sealed ends with %s", got[len(got)-8:])
		}
		return
	}
	t.Error("the vector is gone")
}
