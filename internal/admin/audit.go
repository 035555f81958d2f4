package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// perform carries out a request; what acts, between two entries of the audit
// log.
func (a *API) perform(rt route, r *http.Request) (answer any, err error) {
	if !rt.acts() {
		return rt.do(r)
	}
	asked, err := asked(rt, r)
	if err != nil {
		return nil, err
	}
	subject := rt.take(r, asked)
	err = a.core.Do(r.Context(), pay.Act{
		At: a.Now(), Who: pay.TokenHolder, Role: pay.Admin, Origin: origin(r),
		Verb: rt.verb, Subject: subject, Detail: detail(asked),
	}, func() (err error) {
		answer, err = rt.do(r)
		return err
	})
	return answer, err
}

// origin is the network address that a request came from.
func origin(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// asked are the values of the query and of a body in JSON, by their names; an
// image or a report only says that it is one.
func asked(rt route, r *http.Request) (map[string]string, error) {
	values := make(map[string]string)
	for name, given := range r.URL.Query() {
		gather(values, name, given[0])
	}
	if rt.long {
		return values, nil
	}
	if carriesImage(r) {
		values["body"] = r.Header.Get("Content-Type")
		return values, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badBody(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) == nil { // what is no JSON the action refuses
		gather(values, "", v)
	}
	return values, nil
}

// secret are values that the log must not hold, in small letters; JSON's names
// are taken in any.
var secret = []string{
	"authcode", "clientsecret", "customertoken", "masterkey", "password", "privatekey", "publickey", "token",
}

// gather notes a value, and those inside it by names such as settings.denied.
func gather(values map[string]string, name string, v any) {
	if last := name[strings.LastIndexByte(name, '.')+1:]; slices.Contains(secret, strings.ToLower(last)) {
		return
	}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for inner, value := range v {
			gather(values, strings.TrimPrefix(name+"."+inner, "."), value)
		}
	case []any:
		values[name] = listed(v)
	default:
		values[name] = withoutPassword(fmt.Sprint(v))
	}
}

// listed are the texts of a list, or how many things there are in it.
func listed(list []any) string {
	var texts []string
	for _, v := range list {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	if len(texts) < len(list) {
		return strconv.Itoa(len(list))
	}
	return strings.Join(texts, ",")
}

// withoutPassword is a text, which may be an address with a password in it.
func withoutPassword(text string) string {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		return u.Redacted()
	}
	return text
}

// take names what a request is about, and takes these values out of the others.
func (rt route) take(r *http.Request, values map[string]string) string {
	var subject []string
	for _, name := range rt.subject {
		part := r.PathValue(name)
		for given, value := range values {
			if part == "" && strings.EqualFold(given, name) {
				part = value
				delete(values, given)
			}
		}
		if part != "" {
			subject = append(subject, part)
		}
	}
	return strings.Join(subject, "/")
}

// detail says how an act is to be done.
func detail(values map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name] != "" {
			parts = append(parts, name+"="+values[name])
		}
	}
	return strings.Join(parts, " ")
}
