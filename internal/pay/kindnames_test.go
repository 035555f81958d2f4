package pay

import (
	"regexp"
	"testing"
)

var kindName = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func TestEveryKindHasItsOwnName(t *testing.T) {
	if all := Kinds(); len(all) != int(kinds) || all[kinds-1] != kinds-1 {
		t.Errorf("the kinds are %v", all)
	}
	for _, k := range Kinds() {
		if !kindName.MatchString(k.String()) {
			t.Errorf("kind %d is named %q; name it in kindnames.go, in lower case with hyphens", int(k), k)
		}
		if got, ok := ParseKind(k.String()); !ok || got != k {
			t.Errorf("%q is parsed as kind %d, %v; it is kind %d", k, int(got), ok, int(k))
		}
	}
}

func TestNamesOfNoKind(t *testing.T) {
	for _, name := range []string{"", "Merchant-Unknown", "merchant_unknown", "merchantUnknown", "unknown-kind"} {
		if k, ok := ParseKind(name); ok || k != Internal {
			t.Errorf("ParseKind(%q) = %v", name, k)
		}
	}
	for _, k := range []Kind{-1, kinds} {
		if k.String() != "unknown-kind" {
			t.Errorf("kind %d is named %q", int(k), k)
		}
	}
}
