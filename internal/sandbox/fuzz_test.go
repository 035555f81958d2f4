package sandbox

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzLevers: levers that are kept are read as they were, and no text harms
// whoever follows them.
func FuzzLevers(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"serial":3,"levers":[{"kind":"latency","partnerId":"*","operation":"*","probability":1,"duration":"3s","seed":1}]}`, `{"levers":[{"duration":"-1s"}]}`, `{"levers":[null]}`, `[`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := readLevers(text)
		if err != nil {
			return
		}
		written, err := json.Marshal(k)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", text, err)
		}
		again, err := readLevers(string(written))
		if err != nil {
			t.Fatalf("%q, written as %s: %v", text, written, err)
		}
		if twice, err := json.Marshal(again); err != nil || !reflect.DeepEqual(written, twice) {
			t.Fatalf("%s, then %s, %v", written, twice, err)
		}
	})
}
