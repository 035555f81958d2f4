package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/snap"
)

// Response is an answer as it came.
type Response struct {
	HTTPStatus int
	Code       string // responseCode, seven digits; empty where the answer is not SNAP's
	Message    string // responseMessage
	Header     http.Header
	Body       []byte
}

// Decode reads the body into a value of the caller's.
func (r Response) Decode(v any) error { return json.Unmarshal(r.Body, v) }

// ErrUncertain is the kind of every error after which nobody knows whether the
// request was carried out: no answer, an answer that cannot be read, or one of
// HTTP 5xx. Ask again with the same partnerReferenceNo and an equal body.
var ErrUncertain = errors.New("it may have been carried out: ask again with the same partnerReferenceNo and body")

var errTooLong = errors.New("the answer is larger than 8 MiB")

// maxAnswer is far above any answer, base64 image included.
const maxAnswer = 8 << 20

// Error is an answer whose code is not a success.
type Error struct {
	Operation  string // "dana generate"
	HTTPStatus int
	Code       string // responseCode; empty where the answer is not SNAP's
	Message    string // responseMessage, or what the answer is instead
	Debug      string // additionalInfo.debugMessage, with which DANA's sandbox and qrisd's explain

	uncertain bool
}

// Error gives the code, the message and the provider's explanation.
func (e *Error) Error() string {
	s := e.Operation + ": " + strings.TrimSpace(e.Code+" "+e.Message)
	if e.Code == "" || !strings.HasPrefix(e.Code, strconv.Itoa(e.HTTPStatus)) {
		s += fmt.Sprintf(" (HTTP %d)", e.HTTPStatus)
	}
	if e.Debug != "" {
		s += ": " + e.Debug
	}
	if e.uncertain {
		s += "; " + ErrUncertain.Error()
	}
	return s
}

// Is tells that an error is an [ErrUncertain].
func (e *Error) Is(target error) bool { return target == ErrUncertain && e.uncertain }

// Case is the row of the standard's table that the code stands for.
func (e *Error) Case() (snap.Case, bool) { return snap.ResponseCode(e.Code).Case() }

// unanswered wraps a failure after which the request may have arrived. A token
// request changes nothing, so that it can always be repeated.
func (r *request) unanswered(err error) error {
	if r.operation.Scheme == snap.TokenRequest {
		return fmt.Errorf("%s: no answer: %w", r.name, err)
	}
	return fmt.Errorf("%s: no answer; %w: %w", r.name, ErrUncertain, err)
}

// head is what all answers share.
type head struct {
	ResponseCode    text            `json:"responseCode"`
	ResponseMessage text            `json:"responseMessage"`
	AdditionalInfo  json.RawMessage `json:"additionalInfo"`
}

// text is a string that some providers send as a number.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(t))
	}
	if !bytes.Equal(raw, []byte("null")) {
		*t = text(raw)
	}
	return nil
}

// judge reads the head of an answer into it and decides what it is. Code and
// HTTP status must both say success.
func (c *Client) judge(r *request, answer *Response) error {
	var h head
	err := json.Unmarshal(answer.Body, &h)
	answer.Code, answer.Message = string(h.ResponseCode), string(h.ResponseMessage)
	if err == nil && answer.HTTPStatus/100 == 2 && strings.HasPrefix(answer.Code, "2") {
		return nil
	}
	e := &Error{Operation: r.name, HTTPStatus: answer.HTTPStatus, Code: answer.Code, Message: answer.Message}
	if err != nil || e.Code == "" {
		e.Message = "the answer is no SNAP answer; is BaseURL right? Content-Type: " + answer.Header.Get("Content-Type")
	}
	e.Debug = debugMessage(h.AdditionalInfo)
	e.uncertain = r.operation.Scheme != snap.TokenRequest && uncertain(e)
	c.blot(r, e)
	return e
}

func debugMessage(additionalInfo []byte) string {
	var info struct {
		DebugMessage text `json:"debugMessage"`
	}
	if json.Unmarshal(additionalInfo, &info) != nil {
		return "" // some providers send text there, or nothing
	}
	return string(info.DebugMessage)
}

// uncertain: neither the status nor the code says that nothing was done.
func uncertain(e *Error) bool {
	refused := e.HTTPStatus/100 == 3 || e.HTTPStatus/100 == 4 || strings.HasPrefix(e.Code, "4")
	return !refused || strings.HasPrefix(e.Code, "5")
}

// blot takes secrets out of what the provider wrote.
func (c *Client) blot(r *request, e *Error) {
	for _, secret := range append(r.secrets, c.config.ClientSecret, r.token, r.customer) {
		if secret != "" {
			e.Message = strings.ReplaceAll(e.Message, secret, "***")
			e.Debug = strings.ReplaceAll(e.Debug, secret, "***")
		}
	}
}
