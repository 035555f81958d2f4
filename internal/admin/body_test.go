package admin

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// order is a body of the management API, of a sort.
type order struct {
	Name    string            `json:"name"`
	Amount  amount            `json:"amount"`
	Known   *bool             `json:"known"`
	Parties []string          `json:"parties"`
	Inner   struct{ URL any } `json:"inner"`
}

func readOrder(body []byte) (order, error) {
	var o order
	return o, read(httptest.NewRequest("POST", "/", bytes.NewReader(body)), &o)
}

// TestBodiesAreStrict: what two readers may take in two ways is refused.
func TestBodiesAreStrict(t *testing.T) {
	for _, body := range []string{
		`{"name":"a","name":"b"}`, `{"name":"a","NAME":"b"}`, `{"name":"a"}{"name":"b"}`, `{"name":"a"} x`, "{\"name\":\"\xff\"}", `{"name":"\ud800"}`, `{"name":"\u0000"}`,
		`{"other":1}`, `[]`, `null`, `{"inner":{"url":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`,
	} {
		if o, err := readOrder([]byte(body)); err == nil {
			t.Errorf("%s is read as %+v", body, o)
		}
	}
	for _, body := range []string{"", "  \n", `{}`} {
		if _, err := readOrder([]byte(body)); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// FuzzBody: a body that is taken is one that encoding/json reads alike.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"name":"a","amount":"1.00","known":true,"parties":["x"],"inner":{"URL":[1]}}`, `{"name":"a","Name":"b"}`, `{"amount":1e3}`, `{}`, "", `{"a":1}{}`, "{\"name\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readOrder(body)
		if err != nil || len(bytes.TrimSpace(body)) == 0 {
			return
		}
		var want order
		if err := json.Unmarshal(body, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, by encoding/json as %+v, %v", body, got, want, err)
		}
	})
}
