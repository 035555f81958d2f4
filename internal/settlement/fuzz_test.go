package settlement_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/settlement"
)

// FuzzRead: a file that is taken is, written again by us, read as the same
// lines; one that is not is refused by name of the place.
func FuzzRead(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(file, "\n", "\r\n")))
	f.Add([]byte(file[:len(file)-20]))
	f.Add([]byte(strings.Replace(file, "order 1", "\"or\"\"der\n1\"", 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var lines []settlement.Line
		for l, err := range settlement.Read(bytes.NewReader(text)) {
			if err != nil {
				refused(t, err)
				return
			}
			l.Number = 0
			lines = append(lines, l)
		}
		var again []settlement.Line
		for _, l := range collect(t, settlement.Read(strings.NewReader(written(t, lines)))) {
			l.Number = 0
			again = append(again, l)
		}
		if !slices.EqualFunc(lines, again, sameLine) {
			t.Errorf("%+v, written and read %+v", lines, again)
		}
	})
}

// sameLine: a carriage return before a line feed is one line end in CSV.
func sameLine(a, b settlement.Line) bool {
	at := a.At.Equal(b.At)
	a.At = b.At
	return at && a == b
}

func refused(t *testing.T, err error) {
	t.Helper()
	var place *settlement.FileError
	var sums *settlement.TotalError
	if !errors.As(err, &place) && !errors.As(err, &sums) || place != nil && place.Line < 1 {
		t.Errorf("%T: %v", err, err)
	}
}
