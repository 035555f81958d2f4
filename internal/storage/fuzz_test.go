package storage

import (
	"strings"
	"testing"
)

// FuzzAnchor: a head that is read is printed as it came.
func FuzzAnchor(f *testing.F) {
	sum := strings.Repeat("A", sumLength)
	for _, seed := range []string{"1:" + sum, "9223372036854775807:" + sum, "0:" + sum, "-1:" + sum, "+1:" + sum, " 01:" + sum, "", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAnchor(text)
		if err != nil {
			return
		}
		if again, err := ParseAnchor(a.String()); err != nil || again != a {
			t.Errorf("%q is %v, read again %v, %v", text, a, again, err)
		}
	})
}

// FuzzLeaf: a line that is written is read as the same leaf, whatever is in an
// id, and stays one line.
func FuzzLeaf(f *testing.F) {
	f.Add("act", "19", "stamp", true, "act 19 x")
	f.Add("transfer", "a b\n%20", "", false, "a b c found d")
	f.Fuzz(func(t *testing.T, kind, id, stamp string, found bool, line string) {
		read := parseLeaf(line, 3)
		if again := parseLeaf(read.line(), 3); read.kind != "" && again != read {
			t.Fatalf("%q is %+v, written and read %+v", line, read, again)
		}
		if strings.ContainsAny(kind+stamp, " \n") {
			return // they are the program's own words
		}
		l := leaf{kind, id, stamp, found, 7}
		if text := l.line(); strings.Contains(text, "\n") || parseLeaf(text, 7) != l {
			t.Fatalf("%+v is %q, which is %+v", l, text, parseLeaf(text, 7))
		}
	})
}
