package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/dialect/dana"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/dialect/dialecttest"
	"github.com/qrisd/qrisd/internal/dialect/midtrans"
	"github.com/qrisd/qrisd/internal/dialect/paydia"
	"github.com/qrisd/qrisd/internal/dialect/qoin"
	"github.com/qrisd/qrisd/internal/dialect/speedcash"
	"github.com/qrisd/qrisd/internal/field"
)

// everything are the dialects of the program and one that a file describes,
// with every kind of row.
func everything(t *testing.T) []dialect.Dialect {
	t.Helper()
	d, err := described.ReadFile(filepath.Join("..", "dialect", "described", "testdata", "everything.json"))
	if err != nil {
		t.Fatal(err)
	}
	return []dialect.Dialect{dana.Dialect(), qoin.Dialect(), midtrans.Dialect(), paydia.Dialect(), speedcash.Dialect(), aspi.Dialect(), d}
}

// judge tells what rows and their schema say of a body.
type judge struct {
	t      *testing.T
	rows   []field.Row
	schema *openapi3.Schema
}

func newJudge(t *testing.T, rows []field.Row) judge {
	t.Helper()
	text, err := json.Marshal(object(rows))
	j := judge{t, rows, new(openapi3.Schema)}
	if err == nil {
		err = json.Unmarshal(text, j.schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// both are the verdicts: nil where the body is let pass.
func (j judge) both(body []byte) (fault *field.Fault, err error) {
	j.t.Helper()
	v, parseErr := field.Parse(body)
	if parseErr != nil {
		j.t.Fatalf("%v: %s", parseErr, body)
	}
	fault, _ = field.CheckBody(j.rows, v, true)
	var plain any
	if err := json.Unmarshal(body, &plain); err != nil {
		j.t.Fatal(err)
	}
	return fault, j.schema.VisitJSON(plain, openapi3.EnableJSONSchema2020())
}

// variant is a value to put at a row.
type variant struct {
	value any
	// beyond says that the schema cannot express what the row says of it.
	beyond func(*field.Row) bool
}

// alike is what a row is but for where it stands and what it is about.
func alike(r field.Row) string {
	r.Name, r.As, r.About = "", "", ""
	return fmt.Sprintf("%+v", r)
}

// brief are variants for a row like one that had them all.
func brief(r *field.Row) []variant {
	return []variant{{nil, never}, {true, never}, {strings.Repeat("é", r.Max+1), never}}
}

func never(*field.Row) bool { return false }

// variants are right and wrong values of a row.
func variants(r *field.Row) []variant {
	inFormat := func(*field.Row) bool { return r.Format != nil } // a day that the calendar lacks
	notText := func(*field.Row) bool {
		return r.Kind != field.Absent && r.Kind != field.String && r.Need != field.Mandatory
	}
	all := []variant{
		{nil, never}, {json.RawMessage("null"), never}, {"", notText},
		{"2026-02-30T10:00:00+07:00", inFormat}, {"2026-13-01", inFormat}, {"2026-01-31 24:00:00", inFormat},
		{"a\u0001b", func(*field.Row) bool { return true }},
		{true, never}, {json.Number("7"), never}, {json.Number("-1"), never}, {json.Number("1.5"), never},
		{[]any{}, never}, {map[string]any{}, never}, {[]any{json.RawMessage("null")}, never},
	}
	for _, text := range candidates {
		all = append(all, variant{text, never})
	}
	for _, n := range []int{r.Min - 1, r.Min, r.Max, r.Max + 1} {
		if n > 0 {
			all = append(all, variant{strings.Repeat("9", n), never}, variant{strings.Repeat("é", n), never})
		}
	}
	for _, value := range r.Enum {
		all = append(all, variant{value, never}, variant{strings.ToLower(value), never}, variant{value + "x", never})
	}
	return all
}

// groups are the rows by the first names of their paths, each group once: its
// schema is compiled for every value.
func groups(t *testing.T) [][]field.Row {
	t.Helper()
	var all [][]field.Row
	seen := make(map[string]bool)
	for _, d := range everything(t) {
		for _, op := range d.Operations {
			for _, rows := range [][]field.Row{op.Body, op.Reply} {
				of := make(map[string][]field.Row)
				for _, r := range rows {
					first := strings.TrimSuffix(strings.Split(r.Name, ".")[0], "[]")
					of[first] = append(of[first], r)
				}
				for _, first := range slices.Sorted(maps.Keys(of)) {
					if group := fmt.Sprintf("%+v", of[first]); !seen[group] {
						seen[group] = true
						all = append(all, of[first])
					}
				}
			}
		}
	}
	return all
}

// TestSchemasSayWhatTheRowsSay: of every field of every request and answer, a
// set of right and wrong values is let pass by the schema exactly when it is by
// the rows, but for what no schema can say.
func TestSchemasSayWhatTheRowsSay(t *testing.T) {
	var tried, refused, beyond int
	seen := make(map[string]bool)
	for _, rows := range groups(t) {
		j := newJudge(t, rows)
		full, err := plain(usual.example(rows, every))
		if err != nil {
			t.Fatal(err)
		}
		if fault, err := j.both(full); fault != nil || err != nil {
			t.Fatalf("a full body is refused: %v, %v\n%s", fault, err, full)
		}
		for i := range rows {
			all := variants(&rows[i])
			if alike := alike(rows[i]); seen[alike] {
				all = brief(&rows[i])
			} else {
				seen[alike] = true
			}
			for _, v := range all {
				fault, err := j.both(dialecttest.Edited(t, full, rows[i].Name, v.value))
				tried++
				if fault != nil {
					refused++
				}
				switch {
				case (fault == nil) == (err == nil):
				case v.beyond(&rows[i]) && (fault == nil) == (v.value == ""):
					beyond++
				default:
					t.Errorf("%s = %#v: the row says %v, the schema %v", rows[i].Name, v.value, fault, err)
				}
			}
		}
	}
	t.Logf("%d values, %d of them refused; %d beyond a schema", tried, refused, beyond)
	if refused < 2_000 || tried-refused < 600 {
		t.Errorf("only %d values, %d of them refused", tried, refused)
	}
}

// TestPlantedMistakes: several things wrong or right at once, drawn from a seed.
func TestPlantedMistakes(t *testing.T) {
	dice := rand.New(rand.NewPCG(2026, 1))
	var wrong int
	for _, d := range everything(t) {
		for _, op := range d.Operations {
			j := newJudge(t, op.Body)
			full, err := plain(usual.example(op.Body, every))
			if err != nil {
				t.Fatal(err)
			}
			for range 40 {
				body, what := full, ""
				for range 1 + dice.IntN(3) {
					r := &op.Body[dice.IntN(len(op.Body))]
					choice := variants(r)
					v := choice[dice.IntN(len(choice))]
					if strings.Contains(fmt.Sprint(v.value), "\u0001") || v.beyond(r) {
						continue
					}
					body = dialecttest.Edited(t, body, r.Name, v.value)
					what += fmt.Sprintf(" %s = %v", r.Name, v.value)
				}
				fault, err := j.both(body)
				if (fault == nil) != (err == nil) {
					t.Errorf("%s %s:%s: the rows say %v, the schema %v", d.Name, op.Name, what, fault, err)
				}
				if fault != nil {
					wrong++
				}
			}
		}
	}
	if wrong < 500 {
		t.Errorf("only %d mistakes", wrong)
	}
}
