package emv_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/qrisd/qrisd/emv"
)

// vector is a payload of testdata: of public documents and samples, or of
// fictional merchants.
type vector struct {
	Name, Scheme, Payload string
	ValidCRC              bool   // public.json
	Verdict               string // synthetic.json: accept, refuse, warn
}

func load(t testing.TB, file string) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 30 {
		t.Fatalf("%s has only %d vectors", file, len(vectors))
	}
	return vectors
}

func TestVectorsReencodeToThemselves(t *testing.T) {
	for _, v := range append(load(t, "public.json"), load(t, "synthetic.json")...) {
		if !v.ValidCRC && v.Verdict != "accept" && v.Verdict != "warn" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			p, err := emv.Parse(v.Payload)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Encode(); got != v.Payload {
				t.Errorf("Encode gives\n%s for\n%s", got, v.Payload)
			}
			for _, f := range p.Validate() {
				if f.Code == emv.CodeCRC || f.Code == emv.CodeCRCFormat || v.Verdict == "accept" && f.Severity == emv.Error {
					t.Error(f)
				}
			}
		})
	}
}

func TestVectorsWithWrongCRCAreRefused(t *testing.T) {
	refused := 0
	for _, v := range load(t, "public.json") {
		if v.ValidCRC {
			continue
		}
		refused++
		p, err := emv.Parse(v.Payload)
		if err == nil && !has(p.Validate(), emv.CodeCRC) {
			t.Errorf("%s: accepted", v.Name)
		}
	}
	if refused < 4 {
		t.Errorf("only %d vectors have a wrong CRC", refused)
	}
}

func has(findings []emv.Finding, code emv.Code) bool {
	for _, f := range findings {
		if f.Code == code {
			return true
		}
	}
	return false
}

// sealed appends the CRC to a payload without one.
func sealed(text string) string { return string(emv.AppendCRC([]byte(text))) }
