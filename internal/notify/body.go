package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// Encode makes the body of a notification so that every known receiver comes
// to the same hash, though each writes the JSON again in its own way before it
// hashes: minified, keys sorted, nothing but strings, arrays and objects, none
// of them an empty object or array, and texts without the characters that
// encoders treat differently. In free text such characters become spaces. The
// references and ids of the transaction are left as they are, because a
// receiver looks them up.
//
// An error is a fault of the dialect, and names the field.
func Encode(notice *dialect.Notice, t pay.Transaction) (string, error) {
	fields, err := describe(notice, t)
	if err != nil {
		return "", err
	}
	plain, err := generic(fields)
	if err != nil {
		return "", fmt.Errorf("notify: the body is no JSON: %w", err)
	}
	e := encoder{exact: identifiers(t)}
	safe, err := e.value("body", plain)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	err = out.Encode(safe) // sorts the keys of maps
	return strings.TrimSuffix(b.String(), "\n"), err
}

// describe asks the dialect. Its panic must not end the server, which would
// meet the same delivery again at every start.
func describe(notice *dialect.Notice, t pay.Transaction) (fields map[string]any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("notify: the dialect panicked over the notification's body: %v", v)
		}
	}()
	return notice.Body(t), nil
}

// generic turns whatever types a dialect used into maps, slices and strings.
func generic(fields map[string]any) (any, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // for the fault that names it
	err = d.Decode(&v)
	return v, err
}

// identifiers are the texts that name things of a transaction.
func identifiers(t pay.Transaction) map[string]bool {
	var all []string
	if c := t.Code; c != nil {
		all = append(all, c.Ref, c.PartnerID, c.PartnerRef, c.MerchantID, c.SubMerchant, c.StoreID, c.TerminalID, c.Payload)
	}
	if p := t.Payment; p != nil {
		all = append(all, p.Ref, p.PartnerID, p.PartnerRef, p.AcquirerID, p.MerchantID, p.PayerID, p.Payload)
	}
	for _, r := range t.Refunds {
		all = append(all, r.Ref, r.PartnerRef)
	}
	exact := make(map[string]bool, len(all))
	for _, id := range all {
		exact[id] = true
	}
	return exact
}

type encoder struct{ exact map[string]bool }

func (e encoder) value(path string, v any) (any, error) {
	switch v := v.(type) {
	case string:
		if e.exact[v] {
			return v, nil
		}
		return plainText(v), nil
	case map[string]any:
		return e.object(path, v)
	case []any:
		return e.array(path, v)
	}
	return nil, fmt.Errorf("notify: %s is %v: only strings survive every receiver's encoder; write it as one or leave it out", path, v)
}

func (e encoder) object(path string, members map[string]any) (any, error) {
	if len(members) == 0 {
		return nil, fmt.Errorf("notify: %s is an empty object, which some receivers write as []; leave it out", path)
	}
	for name, v := range members {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isPlain(r) || r == ' ' || r == ':' }) {
			return nil, fmt.Errorf("notify: %s has a member %q: names are of A-Z a-z 0-9 . _ + -", path, name)
		}
		safe, err := e.value(path+"."+name, v)
		if err != nil {
			return nil, err
		}
		members[name] = safe
	}
	return members, nil
}

func (e encoder) array(path string, elements []any) (any, error) {
	if len(elements) == 0 {
		return nil, fmt.Errorf("notify: %s is an empty array, which some receivers write as {}; leave it out", path)
	}
	for i, v := range elements {
		safe, err := e.value(fmt.Sprintf("%s[%d]", path, i), v)
		if err != nil {
			return nil, err
		}
		elements[i] = safe
	}
	return elements, nil
}

// isPlain reports whether every encoder writes a character the same way.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" .:+_-", r)
}

// plainText keeps the plain characters of a text, with single spaces for the
// others. A colon before a space goes too: the DANA client for Go takes the
// pair as a sign that the JSON was not minified.
func plainText(text string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		if isPlain(r) {
			return r
		}
		return ' '
	}, text))
	kept := words[:0]
	for _, w := range words {
		if w = strings.TrimRight(w, ":"); w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}
