package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/qrisd/qrisd/client"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/snap"
)

// demoBodies are the documents' sample requests as printed, and Paydia's as it
// was before the page collapsed its spaces.
//
//go:embed demo/*.json
var demoBodies embed.FS

// The headers that the documents print with their samples. SpeedCash's prints
// none.
var (
	danaPrinted     = []client.Option{client.WithTimestamp("2020-12-23T08:31:11+07:00"), client.WithExternalID("41807553358950093184162180797837"), client.WithHeader(snap.HeaderOrigin, "www.hostname.com")}
	qoinPrinted     = []client.Option{client.WithTimestamp("2022-08-24 11:14:17"), client.WithExternalID("23456789012345")}
	midtransPrinted = []client.Option{client.WithTimestamp("2024-03-19T14:30:00+07:00"), client.WithExternalID("12345678901234567890")}
	paydiaPrinted   = []client.Option{client.WithTimestamp("2024-09-09T16:26:28+07:00"), client.WithExternalID("1725874065")}
)

// listedMoment is on the date that SpeedCash's sample asks for.
const listedMoment = "2024-03-15T10:00:00+07:00"

// demoSteps is the story.
func demoSteps() []demoStep {
	return []demoStep{
		{"Access tokens (DANA has none: it signs with RSA alone)", "Qoin gives a B2B token", "2007300", b2bToken("qoin")},
		{"", "Midtrans gives a B2B token", "2007300", b2bToken("midtrans")},
		{"", "Paydia gives a B2B token", "2007300", b2bToken("paydia")},
		{"", "Paydia gives a customer token for the authorisation code", "2007400", customerToken},
		{"", "SpeedCash gives a B2B token", "2007300", b2bToken("speedcash")},

		{"The documents' own sample requests, as printed", "DANA's sample: generate", "2004700", sample("dana", client.OpGenerate, "dana", danaPrinted...)},
		{"", "Qoin's sample: generate", "2004700", sample("qoin", client.OpGenerate, "qoin", qoinPrinted...)},
		{"", "Midtrans's sample: generate", "2004700", sample("midtrans", client.OpGenerate, "midtrans", midtransPrinted...)},
		{"", "Paydia's sample: payment of a QR that the document damaged", "4005001", remarking(sample("paydia", client.OpPayment, "paydia", paydiaPrinted...),
			"web pages show several spaces as one; take a payload from its source")},
		{"", "Paydia's sample once more, with the lost space put back", "2005000", sample("paydia", client.OpPayment, "paydia.repaired", paydiaPrinted...)},
		{"", "The clock goes back to the date of SpeedCash's sample", "200", setClock},
		{"", "SpeedCash generates a code on that date", "2004700", generate("speedcash", 9_000)},
		{"", "SpeedCash's sample: list", "2009000", sample("speedcash", client.OpList, "speedcash")},
		{"", "The clock returns to today", "200", restoreClock},

		{"A day of business, with references and times of today", "DANA generates a code of Rp 15,000", "2004700", generate("dana", 15_000)},
		{"", "Qoin generates a code of Rp 10,000", "2004700", generate("qoin", 10_000)},
		{"", "Midtrans generates a code of Rp 25,000", "2004700", drawn("midtrans", 25_000)},
		{"", "A customer of Paydia scans DANA's code and pays", "2005000", payCode("dana")},
		{"", "The same customer pays the same code again", "4045001", remarking(payCode("dana"),
			"a dynamic code is paid once; Paydia's list of codes has none that says so, this is the closest")},
		{"", "SpeedCash generates a static code, good for any amount", "2004700", generate("speedcash", 0)},
		{"", "SpeedCash lists the codes of today", "2009000", listToday},

		{"The ledger", "Every sen is accounted for", "200", checkLedger},
	}
}

// remarking adds a remark of the story's own to what a step notes.
func remarking(run demoRun, remark string) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		notes, err := run(ctx, d)
		notes.lines = append(notes.lines, remark)
		return notes, err
	}
}

func b2bToken(provider string) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		t, err := d.clients[provider].Token(ctx)
		if err != nil {
			return demoNotes{}, err
		}
		return noted("it lives %.0f minutes", time.Until(t.ExpiresAt).Minutes()), nil
	}
}

// customerToken exchanges the consent that sandbox.json holds.
func customerToken(ctx context.Context, d *demo) (demoNotes, error) {
	for _, payer := range d.node.file.Payers {
		if payer.Dialect != "paydia" {
			continue
		}
		t, err := d.clients["paydia"].CustomerToken(ctx, client.Grant{AuthCode: payer.AuthCode})
		d.customer = t.Text
		return noted("%s, who has %s, agreed", payer.Name, rupiah(payer.Balance)), err
	}
	return demoNotes{}, errors.New("sandbox.json has no payer of Paydia's")
}

// sample sends a document's sample request, its white space included. Only the
// token and the signature are not the printed ones.
func sample(provider, operation, file string, printed ...client.Option) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		body, err := demoBodies.ReadFile("demo/" + file + ".json")
		if err != nil {
			return demoNotes{}, err
		}
		customer := ""
		if operation == client.OpPayment {
			customer = d.customer
		}
		answer, err := d.clients[provider].Call(ctx, operation, body, customer, slices.Concat(printed, []client.Option{client.Verbatim()})...)
		if err != nil {
			return demoNotes{}, err
		}
		notes, err := aboutAnswer(operation, answer)
		notes.lines = append(notes.lines, waived(provider, operation)...)
		return notes, err
	}
}

// aboutAnswer says what a success holds.
func aboutAnswer(operation string, answer client.Response) (demoNotes, error) {
	switch operation {
	case client.OpGenerate:
		return about(answer, aboutCode)
	case client.OpList:
		return about(answer, aboutList)
	default:
		return about(answer, aboutPayment)
	}
}

func about[T any](answer client.Response, say func(T) demoNotes) (demoNotes, error) {
	var v T
	err := answer.Decode(&v)
	return say(v), err
}

// waived names what the sandbox lets pass for a sample's sake.
func waived(provider, operation string) []string {
	var lines []string
	for _, d := range dialects() {
		if op := d.Operation(operation); d.Name == provider && op != nil {
			for _, s := range op.Samples {
				lines = append(lines, fmt.Sprintf("let pass for the sample's sake: %s %s, %s", s.Field, s.Value, s.About))
			}
		}
	}
	return lines
}

func aboutCode(g client.GenerateResponse) demoNotes {
	code, err := g.QR()
	if err != nil {
		return noted("its payload cannot be read: %v", err)
	}
	what := "static, the payer says how much"
	if code.HasAmount {
		what = "dynamic, " + rupiah(snap.FormatAmount(code.Amount))
	}
	return demoNotes{lines: []string{fmt.Sprintf("%s, to %s in %s", what, code.Name, code.City), "reference " + g.ReferenceNo}}
}

func aboutPayment(p client.PayResponse) demoNotes {
	return demoNotes{lines: []string{rupiah(p.Amount.Value) + " at " + p.TransactionDate, "reference " + p.ReferenceNo}}
}

func aboutList(l client.ListResponse) demoNotes {
	var notes demoNotes
	for _, code := range l.Codes {
		line := fmt.Sprintf("%s %s, generated %s", code.ID, code.Type, code.GenerateTime)
		if code.Amount != nil {
			line += ", " + rupiah(*code.Amount)
		}
		notes.lines = append(notes.lines, line)
	}
	return notes
}

// reference is a partnerReferenceNo of today.
func (d *demo) reference() string {
	d.serial++
	return fmt.Sprintf("DEMO%s%02d", time.Now().In(snap.Jakarta).Format("20060102150405"), d.serial)
}

// generate asks for a code of an amount in rupiah; of none, for a static code.
func generate(provider string, rupiah int64) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		at := d.node.file.Partners[provider]
		g, err := d.clients[provider].Generate(ctx, sandboxRequest(provider, at, d.reference(), rupiah, time.Now()))
		if err != nil {
			return demoNotes{}, err
		}
		d.codes[provider] = g
		return aboutCode(g), nil
	}
}

// demanded is the additionalInfo without which a provider refuses.
var demanded = map[string]any{
	"dana": map[string]any{
		"envInfo": map[string]string{"sourcePlatform": "IPG", "orderTerminalType": "WEB", "terminalType": "SYSTEM"},
	},
	"qoin": map[string]any{
		"acquirer":        3,
		"items":           []any{map[string]any{"id": "kopi-1", "name": "Kopi", "quantity": "1", "price": snap.IDR(10_000_00)}},
		"customerDetails": map[string]string{"email": "siti@example.com", "firstName": "Siti", "lastName": "Contoh", "phone": "081200000000"},
	},
}

// demandedLife is the validity that a code has where a provider demands one.
var demandedLife = map[string]time.Duration{"qoin": time.Hour}

// drawn generates a code and draws it.
func drawn(provider string, rupiah int64) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		notes, err := generate(provider, rupiah)(ctx, d)
		if err != nil {
			return notes, err
		}
		notes.drawing, err = qrimage.Terminal(d.codes[provider].QRContent)
		return notes, err
	}
}

// payCode pays a code of an earlier step from the wallet of Paydia's customer,
// each time under another reference.
func payCode(provider string) demoRun {
	return func(ctx context.Context, d *demo) (demoNotes, error) {
		code, ok := d.codes[provider]
		if !ok {
			return demoNotes{}, errors.New("there is no code to pay: an earlier step failed")
		}
		p, err := d.clients["paydia"].Pay(ctx, client.PayRequest{PartnerReferenceNo: d.reference(), QRContent: code.QRContent}, d.customer)
		if err != nil {
			return demoNotes{}, err
		}
		return aboutPayment(p), nil
	}
}

func listToday(ctx context.Context, d *demo) (demoNotes, error) {
	l, err := d.clients["speedcash"].List(ctx, client.ListRequest{Date: time.Now(), MerchantID: d.node.file.Partners["speedcash"].MerchantID})
	return aboutList(l), err
}

// unpaid is the reference of a code that the story leaves unpaid.
func (d *demo) unpaid() string {
	if ref := d.codes["qoin"].ReferenceNo; ref != "" {
		return ref
	}
	return "REFERENCE"
}

func setClock(ctx context.Context, d *demo) (demoNotes, error) {
	var before, after clockView
	if err := d.admin.send(ctx, "GET", path("sandbox", "clock"), nil, &before); err != nil {
		return demoNotes{}, err
	}
	d.offset = before.Offset
	err := d.admin.send(ctx, "POST", path("sandbox", "clock"), map[string]string{"set": listedMoment}, &after)
	return noted("the sandbox's clock shows %s", after.Now), err
}

// restoreClock moves the clock by what it is off, so that it shows the real
// time again to the nanosecond.
func restoreClock(ctx context.Context, d *demo) (demoNotes, error) {
	var moved, after clockView
	if err := d.admin.send(ctx, "GET", path("sandbox", "clock"), nil, &moved); err != nil {
		return demoNotes{}, err
	}
	was, err := time.ParseDuration(d.offset)
	if err != nil {
		return demoNotes{}, fmt.Errorf("the clock was not moved: %w", err)
	}
	is, err := time.ParseDuration(moved.Offset)
	if err != nil {
		return demoNotes{}, fmt.Errorf("reading the clock: %w", err)
	}
	err = d.admin.send(ctx, "POST", path("sandbox", "clock"), map[string]string{"advance": (was - is).String()}, &after)
	return noted("the sandbox's clock shows %s", after.Now), err
}

// booksView is what the management API says about the ledger.
type booksView struct {
	Balanced                   bool
	Codes, Payments, Transfers int
	Postings                   int
	Total                      string
	Unbalanced                 []string `json:"unbalancedTransfers"`
	Wallets                    []string `json:"wrongWallets"`
	Accounts                   []accountView
}

type accountView struct{ Account, Balance string }

// named puts the names of the dialects for the ids of their partners.
func (d *demo) named(accounts []accountView) []accountView {
	named := slices.Clone(accounts)
	for dialectName, partner := range d.node.file.Partners {
		for i := range named {
			named[i].Account = strings.Replace(named[i].Account, ":"+partner.PartnerID+"/", ":"+dialectName+"/", 1)
		}
	}
	return named
}

func checkLedger(ctx context.Context, d *demo) (demoNotes, error) {
	var books booksView
	if err := d.admin.send(ctx, "GET", path("ledger", "check"), nil, &books); err != nil {
		return demoNotes{}, err
	}
	notes := noted("balanced: %v", books.Balanced)
	notes.lines = append(notes.lines, fmt.Sprintf("%d codes, %d payments, %d transfers of %d postings", books.Codes, books.Payments, books.Transfers, books.Postings))
	notes.drawing = balanceTable(d.named(books.Accounts), books.Total)
	if !books.Balanced {
		return notes, fmt.Errorf("the books are not balanced: transfers %s, wallets %s", strings.Join(books.Unbalanced, " "), strings.Join(books.Wallets, " "))
	}
	return notes, nil
}
