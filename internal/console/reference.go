package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// The reference is printed from the rows by which the server checks requests
// and chooses its answers: what it says is what is done.

func (c *Console) listDialects(*visit) (any, error) { return c.Dialects, nil }

// dialectNamed is one of those that are offered.
func (c *Console) dialectNamed(name string) (*dialect.Dialect, error) {
	i := slices.IndexFunc(c.Dialects, func(d dialect.Dialect) bool { return d.Name == name })
	if i < 0 {
		return nil, pay.ErrNotFound
	}
	return &c.Dialects[i], nil
}

// dialectBody is the page of a dialect.
type dialectBody struct {
	*dialect.Dialect
	ExternalID, Reference ruleView
	Lives                 []lifeView
	Words                 []wordView
	Notice                *noticeView
	Binding               *bindingView
}

// Subject is what the page is about.
func (b dialectBody) Subject() string { return b.Title }

// ruleView says what a repeated identifier means.
type ruleView struct {
	dialect.Rule
	Same, Other string // the refusal; empty: the first answer again
}

// lifeView is how long a kind of token lives.
type lifeView struct {
	Token string
	Life  string
}

// wordView is what a dialect calls a state of a transaction.
type wordView struct {
	Status pay.Status
	dialect.Word
}

// noticeView is how a payment is told.
type noticeView struct {
	*dialect.Notice
	Schemes []schemeView
	Example string // its body, laid out
}

// bindingView is how a payer's consent is asked for.
type bindingView struct {
	*dialect.Binding
	Query, Seamless []fieldView
}

func (c *Console) showDialect(v *visit) (any, error) {
	d, err := c.dialectNamed(v.PathValue("dialect"))
	if err != nil {
		return nil, err
	}
	b := dialectBody{Dialect: d, ExternalID: viewRule(d, d.ExternalID), Reference: viewRule(d, d.Reference), Lives: lives(d.Tokens)}
	for _, s := range statuses {
		if w, ok := d.Statuses[s]; ok {
			b.Words = append(b.Words, wordView{s, w})
		}
	}
	if n := d.Notice; n != nil {
		if b.Notice, err = viewNotice(n); err != nil {
			return nil, err
		}
	}
	if d.Binding != nil {
		b.Binding = &bindingView{d.Binding, viewFields(d.Binding.Query), viewFields(d.Binding.Seamless)}
	}
	return b, nil
}

func viewNotice(n *dialect.Notice) (*noticeView, error) {
	scheme := snap.Asymmetric
	if n.TokenPath != "" {
		scheme = snap.Symmetric
	}
	body, err := json.Marshal(n.Body(paidOnce()))
	return &noticeView{n, viewSchemes([]snap.Scheme{scheme}, n.Path), lines(string(body))}, err
}

// paidOnce is a payment to show a notification of.
func paidOnce() pay.Transaction {
	at := time.Date(2026, time.January, 31, 10, 15, 0, 0, pay.Jakarta)
	code := &pay.Code{
		Ref: "2601311010000000000001", PartnerRef: "INV-1", MerchantID: "M0000000001", MerchantName: "Warung Kopi", Amount: pay.Rp(15_000),
		CreatedAt: at.Add(-5 * time.Minute), ExpiresAt: at.Add(10 * time.Minute), State: pay.CodeIsPaid,
	}
	payment := &pay.Payment{
		Ref: "2601311015000000000002", PayerID: "payer", CodeRef: code.Ref, MerchantID: code.MerchantID, NNS: "93600999",
		Amount: code.Amount, RRN: "603110000001", State: pay.PaymentPaid, At: at,
	}
	return pay.Transaction{Code: code, Payment: payment, Status: pay.StatusPaid, At: at}
}

var statuses = []pay.Status{pay.StatusInitiated, pay.StatusPaid, pay.StatusRefunded, pay.StatusCancelled, pay.StatusExpired}

// The words for the kinds of tokens.
const (
	lifeB2B      = "B2B token"
	lifeCustomer = "customer's token"
	lifeRefresh  = "refresh token"
)

func lives(l dialect.TokenLives) []lifeView {
	return []lifeView{{lifeB2B, span(l.B2B)}, {lifeCustomer, span(l.Customer)}, {lifeRefresh, span(l.Refresh)}}
}

func viewRule(d *dialect.Dialect, r dialect.Rule) ruleView {
	return ruleView{r, refusalOf(d, r.Same), refusalOf(d, r.Other)}
}

// refusalOf is the answer to a repeat: the status and the case of its response
// code, and its message.
func refusalOf(d *dialect.Dialect, r dialect.Repeat) string {
	if r.Replay {
		return ""
	}
	o := d.Outcomes[r.Kind]
	return fmt.Sprintf("%d/%s %s", o.Case.HTTP, o.Case.Number, o.Text("", ""))
}

// operationBody is the page of an operation.
type operationBody struct {
	Dialect *dialect.Dialect
	*dialect.Operation
	Schemes                      []schemeView
	HeaderRows, BodyRows, Answer []fieldView
	Responses                    []responseView
	Repeated                     ruleView // of the identifier, where there is one
}

// Subject is what the page is about.
func (b operationBody) Subject() string { return b.Dialect.Title + " " + b.Name }

func (c *Console) showOperation(v *visit) (any, error) {
	d, err := c.dialectNamed(v.PathValue("dialect"))
	if err != nil {
		return nil, err
	}
	op := d.Operation(v.PathValue("operation"))
	if op == nil {
		return nil, pay.ErrNotFound
	}
	b := operationBody{
		Dialect: d, Operation: op, Schemes: viewSchemes(op.Auth.Schemes(), op.Paths[0]),
		HeaderRows: viewFields(op.Headers), BodyRows: viewFields(op.Body), Answer: viewFields(op.Reply), Responses: viewResponses(op),
	}
	if op.Identifier.Field != "" {
		rule := d.Reference
		if op.Reference != nil {
			rule = *op.Reference
		}
		b.Repeated = viewRule(d, rule)
	}
	return b, nil
}

// schemeView is a signature: its name, how it is made and the string that is
// signed.
type schemeView struct {
	Name, Algorithm, Text string
}

// bodyHash stands for the hash of a body in a string to sign.
const bodyHash = "hex(SHA-256(body))"

func viewSchemes(schemes []snap.Scheme, path string) []schemeView {
	var all []schemeView
	for _, s := range schemes {
		text := snap.StringToSign(s, snap.Message{
			Method: "POST", Path: path, AccessToken: "<token>", Timestamp: "<" + snap.HeaderTimestamp + ">", ClientKey: "<" + snap.HeaderClientKey + ">",
		})
		algorithm := "SHA256withRSA"
		if s == snap.Symmetric {
			algorithm = "HMAC-SHA512"
		}
		all = append(all, schemeView{s.String(), algorithm, strings.Replace(text, snap.BodyHash(nil), bodyHash, 1)})
	}
	return all
}

// fieldView is a row of a table of fields.
type fieldView struct {
	field.Row
	Length string // "1–64"; empty: any
}

func viewFields(rows []field.Row) []fieldView {
	all := make([]fieldView, len(rows))
	for i, r := range rows {
		r.Kind = cmp.Or(r.Kind, field.String)
		all[i] = fieldView{r, length(r.Min, r.Max)}
	}
	return all
}

// Needed is the word for whether the field must be there.
func (f fieldView) Needed() string { return needWords[f.Need] }

var needWords = map[field.Need]string{field.Mandatory: "mandatory", field.Optional: "optional", field.Conditional: "conditional"}

func length(least, most int) string {
	switch {
	case least == 0 && most == 0:
		return ""
	case most == 0:
		return "≥ " + strconv.Itoa(least)
	case least == 0:
		return "≤ " + strconv.Itoa(most)
	case least == most:
		return strconv.Itoa(most)
	}
	return strconv.Itoa(least) + "–" + strconv.Itoa(most)
}

// responseView is a response code of an operation and how it comes about.
type responseView struct {
	dialect.Code
	Tone   string
	How    string // words
	Anchor string // empty where a document prints the code a second time
}

func viewResponses(op *dialect.Operation) []responseView {
	var all []responseView
	seen := map[string]bool{}
	for _, code := range op.Codes {
		status, _, _, _ := snap.ParseCode(code.Code) // a code that is none has no status
		v := responseView{Code: code, Tone: codeTone(status), How: dialect.Ways[code.Reach]}
		if !seen[code.Code] {
			v.Anchor = "code-" + code.Code
		}
		seen[code.Code] = true
		all = append(all, v)
	}
	return all
}

// Triggered reports whether only a sandbox gives the code, when it is asked to.
func (r responseView) Triggered() bool { return r.Reach == dialect.ByTrigger }
