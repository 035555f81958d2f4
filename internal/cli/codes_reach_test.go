package cli

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// attempt is one way to reach a code of an operation.
type attempt struct {
	*harness
	d    *dialect.Dialect
	op   *dialect.Operation
	line dialect.Code
}

func (a attempt) valid() object    { return a.body(a.d.Name, a.op.Name) }
func (a attempt) with(b any) *call { return a.call(a.d.Name, a.op.Name, b) }
func (a attempt) partner() string  { return "/v1/partners/" + a.node.file.Partners[a.d.Name].PartnerID }
func (a attempt) payer() string    { return "/v1/payers/payer-" + a.d.Name }
func (a attempt) changed(path string, v any) object {
	b := a.valid()
	set(b, path, v)
	return b
}

// set changes or, with a nil value, removes a field.
func set(b object, path string, v any) {
	names := strings.Split(path, ".")
	for _, n := range names[:len(names)-1] {
		child, _ := b[n].(object)
		if child == nil {
			child = object{}
			b[n] = child
		}
		b = child
	}
	last := names[len(names)-1]
	if v == nil {
		delete(b, last)
	} else {
		b[last] = v
	}
}

// merchant is the path of the merchant whose codes the operation makes or
// pays.
func (a attempt) merchant() string {
	name := a.d.Name
	if a.op.Name == "payment" || a.op.Name == "decode" {
		name = "aspi" // bodies carry a code of this one
	}
	c := a.node.file.Partners[name]
	return "/v1/partners/" + c.PartnerID + "/merchants/" + c.MerchantID
}

// during makes a change by the management API, sends, and takes it back.
func (a attempt) during(method, path string, change, back object, send func() reply) reply {
	a.mustAdmin(method, path, change)
	defer a.mustAdmin(method, path, back)
	return send()
}

// later sends with the clock moved ahead.
func (a attempt) later(d string, send func() reply) reply {
	a.advance(d)
	defer a.advance("-" + d)
	return send()
}

func (a attempt) header(name, value string) reply {
	c := a.with(a.valid())
	c.header[http.CanonicalHeaderKey(name)] = []string{value}
	return c.send()
}

// badField is a field of each operation with a value that breaks its form.
var badField = map[string][2]string{
	"generate": {"amount.value", "10000"}, "payment": {"amount.value", "10000"}, "list": {"dateGenerate", "yesterday"},
	"order": {"amount.value", "10000"}, "dana/query": {"serviceCode", "99"}, "dana/cancel": {"amount.value", "10000"}, "dana/refund": {"refundAmount.value", "10000"},
	"token": {"grantType", "password"}, "customer-token": {"grantType", "password"},
}

func (a attempt) badField() (name string, value any) {
	if f, ok := badField[a.d.Name+"/"+a.op.Name]; ok {
		return f[0], f[1]
	}
	if f, ok := badField[a.op.Name]; ok {
		return f[0], f[1]
	}
	for _, r := range a.op.Body {
		if (r.Kind == field.String || r.Kind == field.Absent) && r.Max > 0 && !r.Soft && !strings.ContainsAny(r.Name, ".[") {
			return r.Name, strings.Repeat("x", r.Max+1)
		}
	}
	return a.op.Body[0].Name, 12345
}

// qrContent is where the operation's body carries a payload.
func (a attempt) qrContent() string {
	if a.op.Name == "payment" {
		return "additionalInfo.qrContent"
	}
	return "qrContent"
}

func (a attempt) payload(b object) string {
	if a.op.Name == "payment" {
		b = b["additionalInfo"].(object)
	}
	return b["qrContent"].(string)
}

// unpaid is the body of a request about a code that nobody has paid.
func (a attempt) unpaid() (object, original) {
	o := a.original(a.d.Name, a.op.Name)
	return a.about(a.d.Name, a.op.Name, o), o
}

// firstMandatory is the first field that the operation cannot do without.
func (a attempt) firstMandatory() string {
	for _, r := range a.op.Body {
		if r.Need == field.Mandatory && !strings.Contains(r.Name, ".") {
			return r.Name
		}
	}
	return "grantType"
}

// resealed replaces part of a payload and computes its CRC anew.
func resealed(t *testing.T, payload, old, new string) string {
	t.Helper()
	changed := strings.Replace(payload[:len(payload)-4], old, new, 1)
	if changed == payload[:len(payload)-4] {
		t.Fatalf("%q is not in %s", old, payload)
	}
	return changed + fmt.Sprintf("%04X", emv.CRC(changed))
}

// recipes do what dialect.Ways says in words.
var recipes = map[dialect.Reach]func(attempt) reply{
	dialect.BySuccess:  func(a attempt) reply { return a.with(a.valid()).send() },
	dialect.ByBadBody:  func(a attempt) reply { return a.with([]byte(`{"a":1} x`)).send() },
	dialect.ByBadField: func(a attempt) reply { name, value := a.badField(); return a.with(a.changed(name, value)).send() },
	dialect.ByNoField:  func(a attempt) reply { return a.with(a.changed(a.firstMandatory(), nil)).send() },
	dialect.ByNoHeader: func(a attempt) reply { c := a.with(a.valid()); c.header["Channel-Id"] = nil; return c.send() },
	dialect.ByBadTime:  func(a attempt) reply { return a.header(snap.HeaderTimestamp, "yesterday") },
	dialect.ByBadSignature: func(a attempt) reply {
		return a.header(snap.HeaderTimestamp, "2024-01-02T03:04:05+07:00") // signed was another
	},
	dialect.ByUnknownClient: func(a attempt) reply {
		if a.op.Auth == dialect.AuthToken {
			return a.header(snap.HeaderClientKey, "nobody")
		}
		return a.header(snap.HeaderPartnerID, "nobody")
	},
	dialect.ByExpiredToken: func(a attempt) reply {
		c := a.with(a.valid())
		c.token = a.token(a.d.Name)
		return a.later("901s", c.send)
	},
	dialect.ByUnknownToken: func(a attempt) reply { c := a.with(a.valid()); c.token = "never-issued"; return c.send() },
	dialect.ByBadCustomer:  func(a attempt) reply { return a.header(snap.HeaderAuthorizationCustomer, "never-issued") },
	dialect.ByExpiredCust: func(a attempt) reply {
		r := a.mustAdmin("POST", a.payer()+"/token", object{"partnerID": a.node.file.Partners[a.d.Name].PartnerID, "life": "1s"})
		c := a.with(a.valid())
		c.header.Set(snap.HeaderAuthorizationCustomer, "Bearer "+r.body["customerToken"].(string))
		return a.later("2s", c.send)
	},
	dialect.ByBadGrant: func(a attempt) reply {
		b := a.valid()
		a.with(b).send().want(a.t, a.op.Success.Case.Code(a.op.Service), "")
		return a.with(b).send()
	},
	dialect.ByDenied: func(a attempt) reply {
		c := a.with(a.valid())
		return a.during("PUT", a.partner()+"/settings", object{"denied": []string{a.op.Name}}, object{"denied": []string{}}, c.send)
	},
	dialect.ByStopped: func(a attempt) reply {
		c := a.with(a.valid())
		c.token = a.tokenIfUsed()
		return a.during("PUT", a.partner()+"/standing", object{"standing": "suspended"}, object{"standing": "active"}, c.send)
	},
	dialect.ByRate: func(a attempt) reply {
		first, second := a.with(a.valid()), a.with(a.valid())
		first.token, second.token = a.tokenIfUsed(), a.tokenIfUsed()
		return a.during("PUT", a.partner()+"/settings", object{"ratePerSecond": 0.001}, object{"ratePerSecond": 0}, func() reply {
			first.send()
			return second.send()
		})
	},
	dialect.ByMethod: func(a attempt) reply { c := a.with(a.valid()); c.method = http.MethodPut; return c.send() },
	dialect.ByExternalID: func(a attempt) reply {
		id := fresh("twice")
		for range 2 {
			c := a.with(a.valid())
			c.header.Set("X-External-Id", id)
			if r := c.send(); r.status != http.StatusOK {
				return r
			}
		}
		return reply{}
	},
	dialect.ByReference: func(a attempt) reply { b := a.valid(); a.with(b).send(); return a.with(b).send() },
	dialect.ByInconsistent: func(a attempt) reply {
		b := a.valid()
		a.with(b).send()
		set(b, "amount.value", "16000.00")
		return a.with(b).send()
	},
	dialect.ByNoMerchant: func(a attempt) reply {
		if a.op.Name == "list" {
			return a.with(a.changed("additionalInfo.merchantId", "nobody")).send()
		}
		name := "merchantId"
		if wire, ok := a.op.Names[name]; ok {
			name = wire
		}
		return a.with(a.changed(name, "nobody")).send()
	},
	dialect.ByBlacklist:  func(a attempt) reply { return a.standing("blacklisted") },
	dialect.BySuspension: func(a attempt) reply { return a.standing("suspended") },
	dialect.ByClosedOutlet: func(a attempt) reply {
		store := a.node.file.Partners[a.d.Name].StoreID
		return a.during("PUT", a.merchant()+"/outlets/store/"+store, object{"standing": "inactive"}, object{"standing": "active"},
			a.with(a.changed("storeId", store)).send)
	},
	dialect.ByClosedTerminal: func(a attempt) reply {
		terminal := a.node.file.Partners[a.d.Name].TerminalID
		return a.during("PUT", a.merchant()+"/outlets/terminal/"+terminal, object{"standing": "inactive"}, object{"standing": "active"},
			a.with(a.changed("terminalId", terminal)).send)
	},
	dialect.ByDynamicOnly: func(a attempt) reply {
		return a.during("PATCH", a.merchant(), object{"dynamicOnly": true}, object{"dynamicOnly": false}, a.with(a.changed("amount", nil)).send)
	},
	dialect.ByAmountLimit: func(a attempt) reply {
		b := a.changed("amount", idr("10000001.00"))
		if a.op.Name == "payment" {
			set(b, "additionalInfo.qrContent", a.staticCode())
		}
		return a.with(b).send()
	},
	dialect.ByMerchantLimit: func(a attempt) reply {
		return a.during("PATCH", a.merchant(), object{"dayLimit": "1000.00"}, object{"dayLimit": "0.00"}, a.with(a.valid()).send)
	},
	dialect.ByPayerLimit: func(a attempt) reply {
		return a.during("PATCH", a.payer(), object{"dayLimit": "1000.00"}, object{"dayLimit": "0.00"}, a.with(a.valid()).send)
	},
	dialect.ByWrongAmount: func(a attempt) reply { return a.with(a.changed("amount", idr("19999.00"))).send() },
	dialect.ByUnknownCode: func(a attempt) reply {
		b := a.valid()
		label := regexp.MustCompile(`0522\d{22}`).FindString(a.payload(b))
		set(b, a.qrContent(), resealed(a.t, a.payload(b), label, "0522"+strings.Repeat("9", 22)))
		return a.with(b).send()
	},
	dialect.ByExpiredCode: func(a attempt) reply {
		c := a.with(a.valid())
		return a.later("14m", func() reply { return a.later("17m", func() reply { c.token = a.token(a.d.Name); return c.send() }) })
	},
	dialect.ByPaidCode: func(a attempt) reply {
		b := a.valid()
		a.mustAdmin("POST", "/v1/sandbox/pay", object{"qrContent": a.payload(b)})
		return a.with(b).send()
	},
	dialect.ByForeignCode: func(a attempt) reply {
		b := a.valid()
		set(b, a.qrContent(), resealed(a.t, a.payload(b), "011893600999", "011812340999"))
		return a.with(b).send()
	},
	dialect.ByCancelledCode: func(a attempt) reply {
		g := a.generated("aspi", a.body("aspi", "generate"))
		o := original{ref: g.body["referenceNo"].(string), partnerRef: g.body["partnerReferenceNo"].(string), service: "47"}
		a.call("aspi", "cancel", a.about("aspi", "cancel", o)).send().want(a.t, "2007700", "")
		return a.with(a.changed(a.qrContent(), g.body["qrContent"])).send()
	},
	dialect.ByUnknownRef: func(a attempt) reply {
		b := a.valid()
		for _, name := range []string{"originalReferenceNo", "originalPartnerReferenceNo"} {
			if _, ok := b[name]; ok {
				b[name] = "nothing"
			}
		}
		return a.with(b).send()
	},
	dialect.ByPaidCancel: func(a attempt) reply { b, o := a.unpaid(); a.payOriginal(o); return a.with(b).send() },
	dialect.ByExpiredCancel: func(a attempt) reply {
		b, _ := a.unpaid()
		return a.later("3h1m", func() reply { return a.with(b).send() })
	},
	dialect.ByNotPaid:    func(a attempt) reply { b, _ := a.unpaid(); return a.with(b).send() },
	dialect.ByOverRefund: func(a attempt) reply { return a.with(a.changed("refundAmount", idr("9999999.00"))).send() },
	dialect.ByRefunded: func(a attempt) reply {
		b := a.valid()
		a.with(b).send().want(a.t, a.op.Success.Case.Code(a.op.Service), "")
		set(b, "partnerRefundNo", fresh("R"))
		return a.with(b).send()
	},
	dialect.ByRefundLate: func(a attempt) reply {
		return a.during("PUT", a.partner()+"/settings", object{"refunds": object{"window": 1}}, object{"refunds": object{"window": 0}}, a.with(a.valid()).send)
	},
	dialect.ByRefundPartial: func(a attempt) reply {
		return a.during("PUT", a.partner()+"/settings", object{"refunds": object{"fullOnly": true}}, object{"refunds": object{"fullOnly": false}},
			a.with(a.changed("refundAmount", idr("100.00"))).send)
	},
	dialect.ByRefundInconsistent: func(a attempt) reply {
		b := a.changed("refundAmount", idr("100.00"))
		a.with(b).send().want(a.t, a.op.Success.Case.Code(a.op.Service), "")
		set(b, "refundAmount", idr("200.00"))
		return a.with(b).send()
	},
	dialect.ByTerminalLimit: func(a attempt) reply { // the sandbox's merchant has one
		return a.during("PUT", a.partner()+"/settings", object{"maxTerminals": 1}, object{"maxTerminals": 0}, a.with(a.valid()).send)
	},
	dialect.ByEmptyDate:    func(a attempt) reply { return a.with(a.changed("dateGenerate", "2001-01-01T00:00:00+07:00")).send() },
	dialect.ByDormantPayer: func(a attempt) reply { return a.payerStanding("dormant") },
	dialect.ByBlockedPayer: func(a attempt) reply { return a.payerStanding("blocked") },
	dialect.ByFunds: func(a attempt) reply {
		id := fresh("poor-")
		a.mustAdmin("POST", "/v1/payers", object{"id": id, "name": "Poor", "balance": "100.00"})
		r := a.mustAdmin("POST", "/v1/payers/"+id+"/token", object{"partnerID": a.node.file.Partners[a.d.Name].PartnerID})
		c := a.with(a.valid())
		c.header.Set(snap.HeaderAuthorizationCustomer, r.body["customerToken"].(string))
		return c.send()
	},
	dialect.ByTrigger: func(a attempt) reply { return a.with(a.changed(a.op.Trigger, a.line.Code)).send() },
}

func (a attempt) tokenIfUsed() string {
	if a.op.Auth == dialect.AuthAsymmetric || a.op.Auth == dialect.AuthToken {
		return ""
	}
	return a.token(a.d.Name)
}

func (a attempt) standing(s string) reply {
	return a.during("PATCH", a.merchant(), object{"standing": s}, object{"standing": "active"}, a.with(a.valid()).send)
}

func (a attempt) payerStanding(s string) reply {
	return a.during("PATCH", a.payer(), object{"standing": s}, object{"standing": "active"}, a.with(a.valid()).send)
}

// staticCode is a code without an amount.
func (h *harness) staticCode() string {
	b := h.body("aspi", "generate")
	delete(b, "amount")
	return h.generated("aspi", b).body["qrContent"].(string)
}

// TestEveryCodeIsReached drives every line of `qrisd codes` against the
// running server.
func TestEveryCodeIsReached(t *testing.T) {
	h := start(t)
	lines := 0
	for i := range h.dialects {
		d := &h.dialects[i]
		for j := range d.Operations {
			op := &d.Operations[j]
			for _, line := range op.Codes {
				lines++
				t.Run(fmt.Sprintf("%s/%s/%s/%s", d.Name, op.Name, line.Code, line.Reach), func(t *testing.T) {
					sub := *h
					sub.t = t
					recipe := recipes[line.Reach]
					if recipe == nil || dialect.Ways[line.Reach] == "" {
						t.Fatalf("no recipe or no words for %s", line.Reach)
					}
					recipe(attempt{&sub, d, op, line}).wantLine(t, line)
				})
			}
		}
	}
	h.books()
	t.Logf("%d lines", lines)
}

// wantLine checks an answer against a line of a document, whatever stands in
// its blanks.
func (r reply) wantLine(t *testing.T, line dialect.Code) {
	t.Helper()
	r.want(t, line.Code, "")
	pattern := regexp.QuoteMeta(line.Message)
	for _, blank := range []string{`\{field\}`, `\{reason\}`} {
		pattern = strings.ReplaceAll(pattern, " "+blank, "( .+)?")
		pattern = strings.ReplaceAll(pattern, blank, ".*")
	}
	if !regexp.MustCompile("^" + pattern + "$").MatchString(r.text) {
		t.Fatalf("%s says %q, the document's line is %q", r.code, r.text, line.Message)
	}
}

// TestReachesAreExplained: words and recipes are of the same ways.
func TestReachesAreExplained(t *testing.T) {
	for reach := range maps.Keys(recipes) {
		if dialect.Ways[reach] == "" {
			t.Errorf("%s has a recipe but no words", reach)
		}
	}
	for reach := range maps.Keys(dialect.Ways) {
		if recipes[reach] == nil {
			t.Errorf("%s has words but no recipe", reach)
		}
	}
}
