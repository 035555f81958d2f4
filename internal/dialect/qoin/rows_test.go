package qoin

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t *testing.T, body []byte) field.Value {
	t.Helper()
	v, err := field.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// paths lists the members of a value in their order, with their JSON kinds.
func paths(v field.Value, prefix string) []string {
	var all []string
	for name, member := range v.Members() {
		path := prefix + name
		all = append(all, path+" "+member.Kind().String())
		all = append(all, paths(member, path+".")...)
	}
	for _, element := range v.Items() {
		all = append(all, paths(element, prefix+"[].")...)
	}
	return all
}

// with gives a body with the member at a path replaced by value, or removed
// when value is nil. "[]" in the path is the first element.
func with(t *testing.T, body []byte, path string, value any) field.Value {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(path, ".")
	last := len(steps) - 1
	if elements, each := strings.CutSuffix(steps[last], "[]"); each {
		steps[last], value = elements, []any{value}
	}
	at := root
	for _, step := range steps[:last] {
		name, each := strings.CutSuffix(step, "[]")
		next := at[name]
		if each {
			next = next.([]any)[0]
		}
		inner, ok := next.(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[name] = inner
		}
		at = inner
	}
	if at[steps[last]] = value; value == nil {
		delete(at, steps[last])
	}
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

// element is a row's name as a fault about the first element carries it.
func element(name string) string { return strings.ReplaceAll(name, "[]", "[0]") }

// documented is a line of the document's tables.
type documented struct {
	name string
	need field.Need
	max  int
}

func checkTable(t *testing.T, table []documented, rows []field.Row) {
	t.Helper()
	for _, line := range table {
		i := slices.IndexFunc(rows, func(r field.Row) bool { return r.Name == line.name })
		if i < 0 {
			t.Errorf("%s has no row", line.name)
			continue
		}
		if r := rows[i]; r.Need != line.need || r.Max != line.max {
			t.Errorf("%s is %v with at most %d, want %v with at most %d", line.name, r.Need, r.Max, line.need, line.max)
		}
	}
}

// kindOf is the kind of refusal that each way to a code ends in.
var kindOf = map[dialect.Reach]pay.Kind{
	dialect.ByBadBody: pay.BadRequest, dialect.ByBadField: pay.InvalidFormat, dialect.ByNoField: pay.MissingField,
	dialect.ByNoHeader: pay.MissingHeader, dialect.ByBadTime: pay.BadTimestamp, dialect.ByBadSignature: pay.BadSignature,
	dialect.ByUnknownClient: pay.UnknownClient, dialect.ByExpiredToken: pay.InvalidToken, dialect.ByUnknownToken: pay.TokenNotFound,
	dialect.ByDenied: pay.ForbiddenAPI, dialect.ByRate: pay.RateLimited, dialect.ByMethod: pay.NotSupported,
	dialect.ByExternalID: pay.ExternalIDUsed, dialect.ByReference: pay.ReferenceUsed,
	dialect.ByNoMerchant: pay.MerchantUnknown, dialect.BySuspension: pay.MerchantSuspended,
	dialect.ByClosedOutlet: pay.SubMerchantInactive, dialect.ByClosedTerminal: pay.TerminalUnknown, dialect.ByDynamicOnly: pay.NotPermitted,
	dialect.ByAmountLimit: pay.OverTransactionMax, dialect.ByMerchantLimit: pay.OverMerchantLimit,
}

// answerTo is the outcome of a way to a code.
func answerTo(t *testing.T, d *dialect.Dialect, op *dialect.Operation, reach dialect.Reach) dialect.Outcome {
	t.Helper()
	if reach == dialect.BySuccess {
		return op.Success
	}
	kind, ok := kindOf[reach]
	if !ok {
		t.Fatalf("no kind ends %q", reach)
	}
	return d.Outcome(op, kind)
}

// TestCodesAreWhatIsAnswered holds every line of the lists with a real
// condition to what that condition is answered with.
func TestCodesAreWhatIsAnswered(t *testing.T) {
	d := Dialect()
	for _, op := range d.Operations {
		for _, line := range op.Codes {
			if _, known := dialect.Ways[line.Reach]; !known {
				t.Errorf("%s: %q is no way to reach it", line.Code, line.Reach)
			}
			if line.Reach == dialect.ByTrigger {
				continue
			}
			o := answerTo(t, &d, &op, line.Reach)
			if code, message := o.Case.Code(op.Service), o.Text("{field}", "{reason}"); code != line.Code || message != line.Message {
				t.Errorf("%s by %s is answered %s %q, the list says %s %q", op.Name, line.Reach, code, message, line.Code, line.Message)
			}
		}
	}
}

func TestMandatoryFieldsAreMissed(t *testing.T) {
	d := Dialect()
	body, rows := read(t, "generate.request.json"), d.Operation("generate").Body
	for _, r := range rows {
		if r.Need != field.Mandatory || strings.HasPrefix(r.Name, "feeAmount") || strings.HasSuffix(r.Name, "[]") {
			continue
		}
		fault, _ := field.CheckBody(rows, with(t, body, r.Name, nil), false)
		if fault == nil || !fault.Missing || fault.Field != element(r.Name) {
			t.Errorf("without %s: %v", r.Name, fault)
		}
	}
}

func TestLongFieldsAreRefused(t *testing.T) {
	d := Dialect()
	body, rows := read(t, "generate.request.json"), d.Operation("generate").Body
	checked := 0
	for _, r := range rows {
		if r.Max == 0 || strings.HasPrefix(r.Name, "feeAmount") {
			continue
		}
		checked++
		fault, _ := field.CheckBody(rows, with(t, body, r.Name, strings.Repeat("9", r.Max+1)), false)
		want := fmt.Sprintf("at most %d", r.Max)
		if fault == nil || fault.Missing || fault.Field != element(r.Name) || !strings.HasSuffix(fault.Why, want) {
			t.Errorf("%s of %d characters: %v", r.Name, r.Max+1, fault)
		}
	}
	if checked < 7 {
		t.Errorf("only %d fields have a length", checked)
	}
}

// headers is a request's headers with some replaced; an empty one is absent.
func headers(sample, changes map[string]string) func(string) []string {
	all := maps.Clone(sample)
	maps.Copy(all, changes)
	return func(name string) []string {
		if all[name] == "" {
			return nil
		}
		return []string{all[name]}
	}
}

func TestMandatoryHeadersAreMissed(t *testing.T) {
	d := Dialect()
	rows := d.Operation("generate").Headers
	if fault, _ := field.CheckHeaders(rows, headers(sampleHeaders, nil), false); fault != nil {
		t.Fatalf("the sample's headers are refused: %v", fault)
	}
	for name := range sampleHeaders {
		fault, _ := field.CheckHeaders(rows, headers(sampleHeaders, map[string]string{name: ""}), false)
		if fault == nil || !fault.Missing || fault.Field != name {
			t.Errorf("without %s: %v", name, fault)
		}
	}
}
