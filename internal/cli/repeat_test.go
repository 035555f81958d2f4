package cli

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// TestRegimes holds the five documented regimes of idempotency.
func TestRegimes(t *testing.T) {
	h := start(t)
	type again struct {
		name     string
		sameID   bool // X-EXTERNAL-ID
		sameRef  bool // partnerReferenceNo
		sameBody bool
		code     string // the second answer; "same" is the first answer again
	}
	for _, tc := range []struct {
		dialect, operation string
		cases              []again
	}{
		{"dana", "generate", []again{
			{"retry", false, true, true, "same"}, {"retry, same id", true, true, true, "same"},
			{"other request", false, true, false, "4044718"}, {"same id only", true, false, false, "2004700"},
		}},
		{"midtrans", "generate", []again{
			{"retry", true, true, true, "same"}, {"same id, other request", true, false, false, "4094700"},
			{"same reference, other id", false, true, true, "4094701"}, {"same reference, other request", false, true, false, "4094701"},
		}},
		{"qoin", "generate", []again{
			{"retry", true, true, true, "4094701"}, {"same reference", false, true, false, "4094701"}, {"same id only", true, false, false, "2004700"},
		}},
		{"paydia", "payment", []again{
			{"retry", true, true, true, "4095000"}, {"same id", true, false, false, "4095000"},
			{"same reference", false, true, true, "4095001"}, {"same reference, other request", false, true, false, "4095001"},
		}},
		{"speedcash", "list", []again{{"same id", true, false, true, "4099000"}}},
		{"aspi", "generate", []again{
			{"same id", true, false, false, "4094700"}, {"same request", false, true, true, "4094701"}, {"other request", false, true, false, "4044718"},
		}},
	} {
		for _, c := range tc.cases {
			t.Run(tc.dialect+"/"+c.name, func(t *testing.T) {
				sub := *h
				sub.t = t
				body := sub.body(tc.dialect, tc.operation)
				first := sub.call(tc.dialect, tc.operation, body)
				id := fresh("id")
				first.header.Set("X-External-Id", id)
				a := first.send()
				a.want(t, first.op.Success.Case.Code(first.op.Service), "")
				second := sub.secondBody(tc.dialect, tc.operation, body, c.sameRef, c.sameBody)
				b := sub.call(tc.dialect, tc.operation, second)
				if c.sameID {
					b.header.Set("X-External-Id", id)
				}
				r := b.send()
				if c.code != "same" {
					r.want(t, c.code, "")
					return
				}
				if r.status != a.status || !bytes.Equal(r.raw, a.raw) {
					t.Fatalf("the retry got another answer:\n%s\n%s", a.raw, r.raw)
				}
			})
		}
	}
	h.books()
}

// secondBody repeats or changes a body. White space differs from the first
// in any case: a retry need not be byte for byte the same.
func (h *harness) secondBody(dialectName, operation string, first object, sameRef, sameBody bool) any {
	second := first
	if !sameBody {
		second = h.body(dialectName, operation)
		if sameRef {
			second["partnerReferenceNo"] = first["partnerReferenceNo"]
			set(second, "amount.value", "17000.00")
			if operation == "payment" {
				set(second, "additionalInfo.qrContent", h.staticCode())
			}
		}
	}
	raw := mustJSON(h.t, second)
	return bytes.ReplaceAll(raw, []byte(`,"`), []byte(",\n \""))
}

// TestExternalIDIsFreeTheNextDay: "the same day" is Jakarta's.
func TestExternalIDIsFreeTheNextDay(t *testing.T) {
	h := start(t)
	h.setClock(time.Date(2026, 3, 1, 16, 58, 0, 0, time.UTC)) // 23:58 in Jakarta
	send := func() reply {
		c := h.call("paydia", "payment", h.body("paydia", "payment"))
		c.header.Set("X-External-Id", "1725874065")
		return c.send()
	}
	send().want(t, "2005000", "")
	send().want(t, "4095000", "Conflict")
	h.advance("3m")
	send().want(t, "2005000", "")
}

// TestRetryAcrossMidnight: a replay by X-EXTERNAL-ID survives the date line.
func TestRetryAcrossMidnight(t *testing.T) {
	h := start(t)
	h.setClock(time.Date(2026, 3, 1, 16, 59, 50, 0, time.UTC))
	body := h.body("midtrans", "generate")
	send := func() reply {
		c := h.call("midtrans", "generate", body)
		c.header.Set("X-External-Id", "midnight")
		return c.send()
	}
	first := send()
	first.want(t, "2004700", "")
	h.advance("20s")
	if again := send(); !bytes.Equal(again.raw, first.raw) {
		t.Fatalf("the retry after midnight got another answer:\n%s\n%s", first.raw, again.raw)
	}
}

// TestRefusedIsForgotten: a refusal burns neither identifier.
func TestRefusedIsForgotten(t *testing.T) {
	h := start(t)
	good := h.body("paydia", "payment")
	bad := object{}
	for k, v := range good {
		bad[k] = v
	}
	bad["amount"] = idr("19000.00")
	send := func(b object) reply {
		c := h.call("paydia", "payment", b)
		c.header.Set("X-External-Id", "once")
		return c.send()
	}
	send(bad).want(t, "4005001", "Invalid Field Format amount.value")
	send(good).want(t, "2005000", "Success")
}

// TestConcurrentRetries sends one DANA request 64 times at once: one code is
// made and all get the same answer.
func TestConcurrentRetries(t *testing.T) {
	h := start(t)
	before := h.books()["codes"].(float64)
	body := h.body("dana", "generate")
	answers := make([]reply, 64)
	var wg sync.WaitGroup
	for i := range answers {
		c := h.call("dana", "generate", body)
		wg.Add(1)
		go func() { defer wg.Done(); answers[i] = c.send() }()
	}
	wg.Wait()
	for _, r := range answers {
		r.want(t, "2004700", "")
		if !bytes.Equal(r.raw, answers[0].raw) {
			t.Fatalf("two answers to one request:\n%s\n%s", r.raw, answers[0].raw)
		}
	}
	if after := h.books()["codes"].(float64); after != before+1 {
		t.Fatalf("%v codes were made", after-before)
	}
}
