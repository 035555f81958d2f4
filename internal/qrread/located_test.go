package qrread

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/qrimage"
)

// The modules of each of these symbols, clean and upright, look like a finder
// or an alignment pattern where there is none.
func TestFalseFinders(t *testing.T) {
	for _, digits := range []string{
		"66255600633270 96205117", "18062232439200 81059538", "14731882765515 29861646", "88747091313619 97720046",
		"88889030013405 82506596", "78354287894963 03944328", "44187852253555 49357557", "79924543220251 79225888",
		"80710669589785 74859371", "36501907320520 49011024", "04801731150324 98189077", "21098570935180 91717277",
		"62533894448614 17613333", "87629486134640 69976728", "22824101096618 46386957", "22211843598564 22523648",
		"30957310732002 21082069", "16164483483151 45417760", "97512515970225 82420088", "99501417632343 49833679",
	} {
		first, second, _ := strings.Cut(digits, " ")
		want := payload[:36] + first + payload[50:62] + second + payload[70:]
		file, err := qrimage.PNG(want, qrimage.Options{Scale: 4})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := Text(file); err != nil || text != want {
			t.Errorf("%s: %q, %v", digits, text, err)
		}
	}
}
