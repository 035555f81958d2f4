package sandbox

import (
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

func TestTriggered(t *testing.T) {
	op := dialect.Operation{
		Service: "58", Trigger: "ref",
		Triggers: []dialect.Magic{{Field: "amount.value", Value: "435815.00", Code: "4035815"}, {Field: "kind", Value: "AZ", Code: "2025800"}},
		Success:  dialect.Outcome{Case: snap.CaseSuccessful},
		Codes:    []dialect.Code{{Code: "4035815", Message: "Not In The Agreement"}},
	}
	for body, want := range map[string]Trigger{
		`{"ref":"4035815"}`:                                {"4035815", "Not In The Agreement", 403},
		`{"ref":"5045800"}`:                                {"5045800", "Timeout", 504}, // of the standard's table
		`{"ref":"R1","amount":{"value":"435815.00"}}`:      {"4035815", "Not In The Agreement", 403},
		`{"ref":"5045800","amount":{"value":"435815.00"}}`: {"4035815", "Not In The Agreement", 403},
		`{"kind":"AZ"}`:                                    {"2025800", "Request In Progress", 202},
		`{"ref":"2005800"}`:                                {}, // success is not asked for
		`{"ref":"4035715"}`:                                {}, // another service's
		`{"ref":"4035899"}`:                                {}, // no case
		`{"ref":"R1","amount":{"value":"435815.01"}}`:      {},
		`{"ref":"R1","amount":"435815.00","kind":["AZ"]}`:  {},
		`{"ref":"R1","kind":"az","value":"435815.00"}`:     {},
		`{}`: {},
	} {
		v, err := field.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Triggered(&op, v); got != want || ok != (want != Trigger{}) {
			t.Errorf("%s gives %+v %v, expected %+v", body, got, ok, want)
		}
	}
}

// Magic values work where no field carries whole codes.
func TestTriggeredByMagicAlone(t *testing.T) {
	op := dialect.Operation{Service: "55", Triggers: []dialect.Magic{{Field: "serviceCode", Value: "AZ", Code: "5005501"}}}
	for body, asked := range map[string]bool{`{"serviceCode":"AZ"}`: true, `{"serviceCode":"54"}`: false, `{}`: false} {
		v, err := field.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := Triggered(&op, v); ok != asked {
			t.Errorf("%s asks: %v", body, ok)
		}
	}
}
