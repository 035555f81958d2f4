package notify

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzReadToken: a merchant's token is a text of its answer, and lives no
// longer than a day and no less than nothing.
func FuzzReadToken(f *testing.F) {
	for _, seed := range []string{`{"accessToken":"t","expiresIn":"900"}`, `{"accessToken":"t","expiresIn":900}`, `{"accessToken":"t","expiresIn":"NaN"}`, `{"accessToken":"t","expiresIn":-1}`, `{"accessToken":"t","expiresIn":1e300}`, `{"accessToken":1}`, `{"accessToken":"t","AccessToken":"u"}`, `{}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, life, err := readToken(answer{status: 200, body: body})
		if err != nil {
			if text != "" || !utf8.ValidString(err.Error()) {
				t.Errorf("%q, %q", text, err)
			}
			return
		}
		if text == "" || life < 0 || life > 24*time.Hour || !json.Valid(body) {
			t.Errorf("%q gives %q for %v", body, text, life)
		}
	})
}

// FuzzJudge: nothing acknowledges but a JSON object that has a responseCode once,
// in whatever case, and it is the documented one; what is kept of any other
// answer is short, plain text.
func FuzzJudge(f *testing.F) {
	acks := []string{"2005200"}
	for _, seed := range []string{`{"responseCode":"2005200"}`, `{"responseCode":2005200}`, `{"responseCode":"5005200","RESPONSECODE":"2005200"}`, `{"responseCode":"2005200","responseCode":"2005200"}`, `{"ResponseCode":"2005200"}`, `2005200`, `[{"responseCode":"2005200"}]`, "\x00\xff", `{"responseCode":"2005200"}x`} {
		f.Add(200, []byte(seed))
	}
	f.Add(302, []byte(`{"responseCode":"2005200"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r := judge(answer{status: status, body: body}, acks)
		if !utf8.ValidString(r.answer) || len(r.answer) > maxExcerpt*3 || slices.ContainsFunc([]rune(r.answer), func(c rune) bool { return c < ' ' }) {
			t.Errorf("what is kept is %q", r.answer)
		}
		if codes := codesOf(body); r.acked && (status != 200 || !slices.Equal(codes, []any{"2005200"})) {
			t.Errorf("%d %q acknowledges with the codes %v", status, body, codes)
		}
	})
}

// codesOf are the values of an object's own members of that name, in any case
// and in the order of an independent reader; nil if body is no object.
func codesOf(body []byte) (codes []any) {
	d := json.NewDecoder(bytes.NewReader(body))
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') || !json.Valid(body) {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		var value any
		if err != nil || d.Decode(&value) != nil {
			return nil
		}
		if text, ok := name.(string); ok && strings.EqualFold(text, "responseCode") {
			codes = append(codes, value)
		}
	}
	return codes
}
