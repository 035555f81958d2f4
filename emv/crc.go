package emv

// polynomial of CRC-16/CCITT-FALSE (ISO/IEC 13239 as EMVCo uses it): initial
// value FFFF, no reflection, no final exclusive or; "123456789" gives 29B1.
const polynomial = 0x1021

// slices[k][b] is the effect of byte b with k bytes after it, so that eight
// bytes need eight independent look-ups instead of a chain of eight.
var slices = makeSlices()

func makeSlices() (t [8][256]uint16) {
	for b := range 256 {
		crc := uint16(b) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= polynomial
			}
		}
		t[0][b] = crc
	}
	for k := 1; k < len(t); k++ {
		for b := range 256 {
			before := t[k-1][b]
			t[k][b] = before<<8 ^ t[0][before>>8]
		}
	}
	return t
}

// CRC gives the CRC-16/CCITT-FALSE of the UTF-8 bytes of a text. For a
// payload the text ends with "6304", the header of the CRC itself.
func CRC(text string) uint16 { return checksum(text) }

func checksum[T string | []byte](text T) uint16 {
	crc := uint16(0xFFFF)
	i := 0
	for ; i+8 <= len(text); i += 8 {
		crc = slices[7][text[i]^byte(crc>>8)] ^ slices[6][text[i+1]^byte(crc)] ^
			slices[5][text[i+2]] ^ slices[4][text[i+3]] ^
			slices[3][text[i+4]] ^ slices[2][text[i+5]] ^
			slices[1][text[i+6]] ^ slices[0][text[i+7]]
	}
	for ; i < len(text); i++ {
		crc = crc<<8 ^ slices[0][byte(crc>>8)^text[i]]
	}
	return crc
}

const hexDigits = "0123456789ABCDEF"

// appendHex writes a CRC as four upper-case digits; leading zeros are kept,
// whose loss is the commonest fault of generators.
func appendHex(dst []byte, crc uint16) []byte {
	return append(dst, hexDigits[crc>>12], hexDigits[crc>>8&15], hexDigits[crc>>4&15], hexDigits[crc&15])
}

// parseHex reads four hexadecimal digits of either case.
func parseHex(s string) (crc uint16, ok bool) {
	if len(s) != 4 {
		return 0, false
	}
	for i := range len(s) {
		nibble, ok := hexValue(s[i])
		if !ok {
			return 0, false
		}
		crc = crc<<4 | uint16(nibble)
	}
	return crc, true
}

func hexValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// CRC gives the value of object 63 ("" when it is missing) and the four
// digits that the characters before it call for.
func (p Payload) CRC() (printed, computed string) {
	printed, _ = p.Get(IDCRC)
	return printed, string(appendHex(nil, p.wantCRC()))
}

func (p Payload) wantCRC() uint16 {
	if start, _, ok := p.objects.find(IDCRC); ok {
		return CRC(p.objects.text[:start])
	}
	return CRC(p.objects.text + "6304")
}

// fits tells whether 63 is last and holds the right CRC in either case.
func (p Payload) fits() bool {
	start, end, ok := p.objects.find(IDCRC)
	if !ok || end != len(p.objects.text) {
		return false
	}
	printed, ok := parseHex(p.objects.text[start:])
	return ok && printed == p.wantCRC()
}
