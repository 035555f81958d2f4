package snap

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestCasesAreTheStandardsTable(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	got := Cases()
	if len(got) != len(want) {
		t.Fatalf("%d cases, the table has %d", len(got), len(want))
	}
	for i, c := range got {
		if row := fmt.Sprintf("%d/%s %s", c.HTTP, c.Number, c.Message); row != want[i] {
			t.Errorf("row %d is %q, want %q", i, row, want[i])
		}
	}
}

func TestCasesIsACopy(t *testing.T) {
	Cases()[0] = Case{}
	if Cases()[0] != CaseSuccessful {
		t.Error("a caller can write into the table")
	}
}

func TestCaseCodeRoundTrip(t *testing.T) {
	for _, s := range Services() {
		for _, c := range Cases() {
			code := c.Code(s)
			http, service, number, err := ParseCode(code)
			if err != nil || http != c.HTTP || service != s || number != c.Number {
				t.Errorf("ParseCode(%q) = %d, %q, %q, %v", code, http, service, number, err)
			}
			if found, ok := ResponseCode(code).Case(); !ok || found != c {
				t.Errorf("ResponseCode(%q).Case() = %v, %v, want %v", code, found, ok, c)
			}
		}
	}
	if got := CaseInvalidFieldFormat.Code(ServiceGenerate); got != "4004701" {
		t.Errorf("got %s, want 4004701", got)
	}
}

func TestParseCodeRefuses(t *testing.T) {
	for _, code := range []string{"", "200470", "20047000", "200470a", "0004700", "6004700", "٤٠٠4701", " 004701"} {
		if _, _, _, err := ParseCode(code); err == nil {
			t.Errorf("ParseCode(%q) succeeds", code)
		}
		if _, ok := ResponseCode(code).Case(); ok {
			t.Errorf("ResponseCode(%q) has a case", code)
		}
	}
}

// TestParseCodeEdges: the statuses of HTTP are 100 to 599.
func TestParseCodeEdges(t *testing.T) {
	for code, valid := range map[string]bool{"0994700": false, "1004700": true, "5994700": true, "6004700": false} {
		_, _, _, err := ParseCode(code)
		if (err == nil) != valid || (err != nil && !strings.Contains(err.Error(), ": "+code[:3]+" is not")) {
			t.Errorf("ParseCode(%q): %v", code, err)
		}
	}
}

func TestResponseCodeOfAProvidersOwn(t *testing.T) {
	if _, _, _, err := ParseCode("4044799"); err != nil {
		t.Errorf("a provider's own number is refused: %v", err)
	}
	if c, ok := ResponseCode("4044799").Case(); ok {
		t.Errorf("404/99 is %v", c)
	}
}

func TestCaseWith(t *testing.T) {
	for _, row := range []struct {
		c            Case
		detail, want string
	}{
		{CaseInvalidFieldFormat, "amount", "Invalid Field Format amount"},
		{CaseInvalidMandatoryField, "X-TIMESTAMP", "Invalid Mandatory Field X-TIMESTAMP"},
		{CaseUnauthorized, "Invalid Signature", "Unauthorized. Invalid Signature"},
		{CaseTransactionNotPermitted, "limit", "Transaction Not Permitted. limit"},
		{CaseUnauthorized, "", "Unauthorized"},
		{CaseSuccessful, "", "Successful"},
	} {
		if got := row.c.With(row.detail); got != row.want {
			t.Errorf("With(%q) = %q, want %q", row.detail, got, row.want)
		}
	}
}

func TestServices(t *testing.T) {
	all := Services()
	if len(all) != 18 || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("not in the order of the codes, or twice: %v", all)
	}
	names, paths := map[string]Service{}, map[string]Service{}
	for _, s := range all {
		if twin, taken := names[s.Name()]; taken {
			t.Errorf("%s and %s are both named %q", twin, s, s.Name())
		}
		if twin, taken := paths[s.Path()]; taken || s.Path() == "" {
			t.Errorf("%s and %s both have the path %q", twin, s, s.Path())
		}
		names[s.Name()], paths[s.Path()] = s, s
	}
	if got := ServiceGenerate.Path(); got != "qr/qr-mpm-generate" {
		t.Errorf("47 is %q", got)
	}
	if unknown := Service("99"); unknown.Name() != "99" || unknown.Path() != "" {
		t.Errorf("99 is %q, %q", unknown.Name(), unknown.Path())
	}
}
