package described_test

import (
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/dialect/described"
)

// acme is a description with these keys beside the mandatory ones.
func acme(keys string) string {
	return `{"name": "acme", "title": "Acme", "document": "Acme, QR API", ` + keys + `}`
}

// row is a description that changes one row of generate's body.
func row(keys string) string {
	return acme(`"operations": {"token": {}, "generate": {"body": [` + keys + `]}}`)
}

// mistakes are one for each way to go wrong, with the message's beginning up
// to the hint.
var mistakes = []struct{ about, file, message string }{
	// JSON itself
	{"a comment", "{\n  // acme\n}", "line 2, column 3: "},
	{"a key twice", `{"name": "a", "name": "b"}`, "line 1, column 15: "},
	{"nothing", ``, "line 1, column 1: empty body; the file must be strict JSON"},
	{"a list", `[]`, "line 1, column 1: the root must be an object"},

	// keys
	{"an unknown key", acme(`"operations": {"generate": {}}, "colour": 1`), `colour: there is no key "colour"; choose one of anyPartnerId, auth, `},
	{"a mistyped key", acme(`"operaitons": {}`), `operaitons: there is no key "operaitons"; did you mean "operations"?`},
	{"a mistyped key within", acme(`"operations": {"generate": {"path": ["/v1"]}}`), `operations.generate.path: there is no key "path"; did you mean "paths"?`},
	{"another case", acme(`"Prefix": "/a"`), `Prefix: there is no key "Prefix"; did you mean "prefix"?`},
	{"no name", `{"title": "Acme", "document": "D", "operations": {"generate": {}}}`, `the file: "name" is missing: a short name in lower case`},
	{"no title", `{"name": "acme", "document": "D", "operations": {"generate": {}}}`, `the file: "title" is missing: `},
	{"no document", `{"name": "acme", "title": "Acme", "operations": {"generate": {}}}`, `the file: "document" is missing: which document`},
	{"no operations", acme(`"prefix": "/a"`), `the file: "operations" is missing or empty: name those that the provider offers`},
	{"an empty offer", acme(`"operations": {}`), `the file: "operations" is missing or empty`},

	// kinds of value
	{"a number for text", acme(`"prefix": 1`), "prefix: expected text in quotes, not number"},
	{"empty text", acme(`"prefix": ""`), "prefix: it is empty; leave the key out"},
	{"text for true", acme(`"anyPartnerId": "true"`), "anyPartnerId: expected true or false, not string"},
	{"text for a number", acme(`"maxImage": "2000"`), "maxImage: expected a whole number from 0 to 1000000, without quotes"},
	{"a fraction", acme(`"maxImage": 1.5`), "maxImage: expected a whole number"},
	{"a negative number", row(`{"name": "storeId", "max": -1}`), "operations.generate.body[0].max: expected a whole number"},
	{"a list for an object", acme(`"operations": ["generate"]`), "operations: expected an object in braces, not array"},
	{"an object for a list", acme(`"headers": {"name": "ORIGIN"}`), "headers: expected a list in brackets, not object"},
	{"a time without a unit", acme(`"tokens": {"b2b": "900"}`), `tokens.b2b: expected a length of time such as "20s", "15m", "3h" or "92d", not "900"`},
	{"a negative time", acme(`"tokens": {"b2b": "-15m"}`), "tokens.b2b: expected a length of time"},
	{"no days", acme(`"tokens": {"b2b": "xd"}`), "tokens.b2b: expected a length of time"},
	{"too many days", acme(`"tokens": {"b2b": "99999d"}`), "tokens.b2b: at most 36500 days"},

	// the dialect
	{"a name in capitals", `{"name": "Acme", "title": "Acme", "document": "D", "operations": {"generate": {}}}`, `name: "Acme" is no name of a dialect: `},
	{"the standard's name", `{"name": "aspi", "title": "Acme", "document": "D", "operations": {"generate": {}}}`, `name: "aspi" is taken by the server itself`},
	{"a page's name", `{"name": "qr", "title": "Acme", "document": "D", "operations": {"generate": {}}}`, `name: "qr" is taken by the server itself`},
	{"a prefix without a slash", acme(`"prefix": "acme", "operations": {"token": {}}`), `prefix: "acme" is no clean path: it begins with a slash`},
	{"a prefix with one at the end", acme(`"prefix": "/acme/", "operations": {"token": {}}`), `prefix: "/acme/" is no clean path`},
	{"a strange scheme", acme(`"auth": "hmac"`), `auth: there is no way to authenticate "hmac"; choose one of asymmetric, either, symmetric, with-token`},
	{"a strange clock", acme(`"timestamp": "utc"`), `timestamp: there is no form of timestamp "utc"; choose one of loose, strict`},
	{"unsigned that no path begins with", acme(`"unsigned": "/acme", "operations": {"token": {}}`), `unsigned: no path begins with "/acme"; `},

	// operations
	{"an unknown operation", acme(`"operations": {"charge": {}}`), `operations.charge: there is no operation "charge"; choose one of token, `},
	{"a mistyped operation", acme(`"operations": {"generat": {}}`), `operations.generat: there is no operation "generat"; did you mean "generate"?`},
	{"another scheme for a token", acme(`"operations": {"token": {"auth": "symmetric"}}`), "operations.token.auth: an access token is always asked for with RSA"},
	{"no token", acme(`"auth": "symmetric", "operations": {"generate": {}}`), `operations.generate: it needs an access token, which no operation gives: add "token"`},
	{"no path", acme(`"operations": {"token": {"paths": []}}`), "operations.token.paths: the list is empty"},
	{"a relative path", acme(`"operations": {"token": {"paths": ["v1/token"]}}`), `operations.token.paths: "v1/token" is no clean path`},
	{"a path with a wildcard", acme(`"operations": {"token": {"paths": ["/v1/{id}"]}}`), `operations.token.paths: "/v1/{id}" is no clean path`},
	{"a path with dots", acme(`"operations": {"token": {"paths": ["/v1/../token"]}}`), `operations.token.paths: "/v1/../token" is no clean path`},
	{"a page's path", acme(`"operations": {"token": {"paths": ["/qr/token"]}}`), "operations.token.paths: /qr/token is where this server has pages of its own"},
	{"a path twice", acme(`"operations": {"token": {"paths": ["/a/b"]}, "customer-token": {"paths": ["/a/b"]}}`), "operations.customer-token.paths: /a/b is the path of token already"},
	{"a success with a blank", acme(`"operations": {"token": {"success": "Made {field}"}}`), "operations.token.success: a success is about no field"},

	// rows
	{"a row without a name", row(`{"max": 5}`), `operations.generate.body[0]: "name" is missing`},
	{"a mistyped row", row(`{"name": "merchantID", "max": 5}`), `operations.generate.body[0]: there is no row "merchantID"; did you mean "merchantId"? (a new row needs "about")`},
	{"removing what is not there", row(`{"name": "colour", "remove": true}`), `operations.generate.body[0]: there is no row "colour"; choose one of partnerReferenceNo, `},
	{"removing and changing", row(`{"name": "storeId", "remove": true, "max": 5}`), "operations.generate.body[0]: a row that is removed has nothing but its name"},
	{"a row twice", row(`{"name": "storeId", "max": 5}, {"name": "storeId", "min": 1}`), "operations.generate.body[1]: storeId has been described above"},
	{"no such format", row(`{"name": "storeId", "format": "timestmp"}`), `operations.generate.body[0].format: there is no format "timestmp"; choose one of alphanumeric, amount, any, currency, date, date-time, `},
	{"no such kind", row(`{"name": "storeId", "kind": "text"}`), `operations.generate.body[0].kind: there is no kind "text"; choose one of array, boolean, `},
	{"no such need", row(`{"name": "storeId", "need": "required"}`), `operations.generate.body[0].need: there is no need "required"; choose one of conditional, mandatory, optional`},
	{"more than most", row(`{"name": "storeId", "min": 65}`), "operations.generate.body[0]: min 65 is more than max 64"},
	{"a case of nothing", row(`{"name": "storeId", "foldEnum": true}`), "operations.generate.body[0].foldEnum: there is no enum"},
	{"a format of an object", row(`{"name": "additionalInfo", "format": "digits"}`), `operations.generate.body[0]: a row of kind "object" has no format and no enum`},
	{"a length of an object", row(`{"name": "additionalInfo", "max": 5}`), `operations.generate.body[0]: a row of kind "object" has no length`},
	{"a strange path", row(`{"name": "a..b", "about": "b"}`), `operations.generate.body[0].name: "a..b" is no path of a field`},
	{"a strange header", acme(`"operations": {"token": {"headers": [{"name": "X KEY", "about": "a key"}]}}`), `operations.token.headers[0].name: "X KEY" is no header's name`},
	{"a header that is an object", acme(`"operations": {"token": {"headers": [{"name": "X-CLIENT-KEY", "kind": "object"}]}}`), "operations.token.headers[0].kind: a header is text"},
	{"a header that depends", acme(`"operations": {"token": {"headers": [{"name": "X-CLIENT-KEY", "when": {"field": "a", "is": "b"}}]}}`), "operations.token.headers[0].when: only fields of the body"},
	{"no signature", acme(`"operations": {"token": {"headers": [{"name": "X-SIGNATURE", "remove": true}]}}`), "operations.token.headers: X-SIGNATURE must stay mandatory"},
	{"an optional id that is remembered", acme(`"headers": [{"name": "X-EXTERNAL-ID", "need": "optional"}], "operations": {"generate": {}}`), "operations.generate.headers: X-EXTERNAL-ID must stay mandatory"},
	{"a mistyped header of all", acme(`"headers": [{"name": "CHANEL-ID", "max": 9}], "operations": {"generate": {}}`), `headers[0]: there is no row "CHANEL-ID"; did you mean "CHANNEL-ID"?`},

	// conditions
	{"half a condition", row(`{"name": "storeId", "when": {"field": "terminalId"}}`), "operations.generate.body[0].when: it needs both, as in "},
	{"a condition on an object", row(`{"name": "storeId", "when": {"field": "terminalId", "is": {}}}`), "operations.generate.body[0].when.is: expected text, a number, true or false"},
	{"a condition on nothing", row(`{"name": "storeId", "when": {"field": "terminalID", "is": "A"}}`), `operations.generate.body[0].when.field: there is no field "terminalID"; did you mean "terminalId"?`},
	{"a condition within a list", row(`{"name": "items[].id", "about": "an id", "when": {"field": "terminalId", "is": "A"}}`), "operations.generate.body[0].when: a field within a list"},
	{"static elsewhere", acme(`"operations": {"token": {"static": {"field": "grantType", "is": "A"}}}`), "operations.token.static: only generate makes codes"},
	{"static by nothing", acme(`"operations": {"generate": {"static": {"field": "isStatic", "is": true}}}`), `operations.generate.static.field: there is no field "isStatic"`},

	// outcomes
	{"an unknown kind", acme(`"outcomes": {"merchant_unknown": {"case": "404/08"}}`), `outcomes.merchant_unknown: there is no kind of refusal "merchant_unknown"; did you mean "merchant-unknown"?`},
	{"an empty answer", acme(`"outcomes": {"merchant-unknown": {}}`), "outcomes.merchant-unknown: it says nothing"},
	{"a whole code", acme(`"outcomes": {"merchant-unknown": {"case": "4044708"}}`), `outcomes.merchant-unknown.case: "4044708" is not HTTP status and case, as in "404/08"`},
	{"a success for a refusal", acme(`"outcomes": {"merchant-unknown": {"case": "200/00"}}`), `outcomes.merchant-unknown.case: "200/00" is not HTTP status and case`},
	{"a case of its own without a message", acme(`"outcomes": {"merchant-unknown": {"case": "404/99"}}, "operations": {"generate": {}}`), `outcomes.merchant-unknown: 404/99 is not in the standard's table, so it needs a "message"`},
	{"the same in an operation", acme(`"operations": {"generate": {"outcomes": {"merchant-unknown": {"case": "404/99"}}}}`), "operations.generate.outcomes.merchant-unknown: 404/99 is not in"},
	{"a strange blank", acme(`"outcomes": {"merchant-unknown": {"message": "No {merchant}"}}`), "outcomes.merchant-unknown.message: braces hold {field} or {reason}"},
	{"a long message", acme(`"outcomes": {"merchant-unknown": {"message": "` + strings.Repeat("é", 151) + `"}}`), "outcomes.merchant-unknown.message: 151 characters; a responseMessage has at most 150"},

	// statuses
	{"an unknown status", acme(`"statuses": {"payed": {"code": "00", "text": "Success"}}`), `statuses.payed: there is no status "payed"; choose one of initiated, paid, `},
	{"half a word", acme(`"statuses": {"paid": {"code": "00"}}`), "statuses.paid: it needs both, as in "},
	{"a long status", acme(`"statuses": {"paid": {"code": "000", "text": "Success"}}`), `statuses.paid: "000" is no latestTransactionStatus, which is two digits`},
	{"a long word", acme(`"statuses": {"paid": {"code": "00", "text": "` + strings.Repeat("a", 51) + `"}}`), "statuses.paid: transactionStatusDesc has at most 50 characters"},

	// rules
	{"no remember", acme(`"externalId": {"daily": true}`), `externalId: "remember" is missing`},
	{"answering what is not remembered", acme(`"externalId": {"remember": false, "same": "replay"}`), "externalId: what is not remembered cannot be answered"},
	{"half a rule", acme(`"reference": {"remember": true, "same": "replay"}`), `reference: it needs "same" and "other": "replay" or a kind`},
	{"replaying to another", acme(`"reference": {"remember": true, "same": "replay", "other": "replay"}`), "reference: another request cannot be answered with the first one's answer"},
	{"a strange answer", acme(`"reference": {"remember": true, "same": "again", "other": "inconsistent"}`), `reference.same: there is no kind of refusal "again"; choose one of replay, internal, `},
	{"a daily reference", acme(`"reference": {"remember": true, "daily": true}`), `reference.daily: there is no key "daily"; choose one of other, remember, same`},
	{"a reference of nothing", acme(`"operations": {"token": {"reference": {"remember": false}}}`), "operations.token.reference: token makes nothing"},
	{"a replay of what cannot be", acme(`"externalId": {"remember": true, "daily": true, "same": "replay", "other": "external-id-used"}, "operations": {"token": {}, "apply-ott": {}}`), "externalId.same: apply-ott cannot be answered again"},

	// validity
	{"the end of nothing", acme(`"operations": {"token": {"validity": {"max": "3h"}}}`), "operations.token.validity: token makes no code"},
	{"least over most", acme(`"operations": {"generate": {"validity": {"min": "2h", "max": "1h"}}}`), "operations.generate.validity: min 2h0m0s is more than max 1h0m0s"},
	{"a default over most", acme(`"operations": {"generate": {"validity": {"max": "10m"}}}`), "operations.generate.validity: the default 30m0s is outside min 0s and max 10m0s"},
	{"a field of nothing", acme(`"operations": {"generate": {"validity": {"field": "validity_period"}}}`), `operations.generate.validity.field: there is no field "validity_period"; did you mean "validityPeriod"?`},

	// notifications
	{"another service", acme(`"notice": {"service": "47"}`), `notice.service: there is no service of notifications "47"; choose one of 52, 56`},
	{"an address for a path", acme(`"notice": {"path": "https://shop.example/notify"}`), `notice.path: "https://shop.example/notify" is no path; it begins with a slash`},
	{"a path that is a host", acme(`"notice": {"tokenPath": "//shop.example/token"}`), `notice.tokenPath: "//shop.example/token" is no path`},
	{"no acknowledgement", acme(`"notice": {"acks": []}`), "notice.acks: without a response code that acknowledges"},
	{"a refusal that acknowledges", acme(`"notice": {"acks": ["4005200"]}`), `notice.acks: "4005200" is no response code of a success`},
}

func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		_, err := described.Read(strings.NewReader(m.file))
		if err == nil || !strings.HasPrefix(err.Error(), m.message) {
			t.Errorf("%s: %v\nexpected %s", m.about, err, m.message)
		}
	}
}

func TestTooLarge(t *testing.T) {
	_, err := described.Read(strings.NewReader(strings.Repeat(" ", 1<<20) + "{}"))
	if err == nil || !strings.HasPrefix(err.Error(), "larger than 1048576 bytes") {
		t.Error(err)
	}
}

func TestReadFileNamesTheFile(t *testing.T) {
	_, err := described.ReadFile("testdata/nothing.json")
	if err == nil || !strings.HasPrefix(err.Error(), "opening the description of a dialect: ") || !strings.Contains(err.Error(), "testdata/nothing.json") {
		t.Error(err)
	}
	_, err = described.ReadFile("read.go")
	if err == nil || !strings.HasPrefix(err.Error(), "read.go: line 1, column 1: ") {
		t.Error(err)
	}
}
