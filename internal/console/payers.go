package console

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// payerKind says what a payer is for.
type payerKind struct {
	Name    string // words
	Dialect string // whose partner may use its wallet; empty: not known
}

// The kinds of payers.
const (
	outsidePayer = "outside payer"
	seededWallet = "seeded wallet"
	plainWallet  = "wallet"
)

// Outside and Seeded are for templates.
func (k payerKind) Outside() bool { return k.Name == outsidePayer }
func (k payerKind) Seeded() bool  { return k.Name == seededWallet }

func (c *Console) kindOf(payerID string) payerKind {
	if !c.Sandbox {
		return payerKind{Name: plainWallet}
	}
	if payerID == sandbox.OutsidePayer {
		return payerKind{Name: outsidePayer}
	}
	for _, dialect := range c.Desk.Dialects {
		if payerID == sandbox.PayerOf(dialect) {
			return payerKind{seededWallet, dialect}
		}
	}
	return payerKind{Name: plainWallet}
}

// payerRow is one payer of the list.
type payerRow struct {
	pay.Payer
	Kind payerKind
}

// payersBody is a page of the list of payers.
type payersBody struct{ list[payerRow] }

func (c *Console) listPayers(v *visit) (any, error) {
	rows, err := read(v, func(r pay.Reader) (rows []payerRow, err error) {
		found, err := r.PayerPage(v.from(), pageRows+1)
		for _, p := range found {
			rows = append(rows, payerRow{p, c.kindOf(p.ID)})
		}
		return rows, err
	})
	return payersBody{listOf(v, rows, func(p payerRow) string { return p.ID })}, err
}

// payerBody is one payer and a page of what moved its money.
type payerBody struct {
	list[movement]
	Payer     pay.Payer
	Kind      payerKind
	Standings []pay.Standing
	Wallet    ledger.Account
}

// Subject is what the page is about.
func (b payerBody) Subject() string { return cmp.Or(b.Payer.Name, b.Payer.ID) }

// movement is one posting to a wallet.
type movement struct{ pay.Entry }

// Path leads to what caused it.
func (m movement) Path() string {
	switch m.Kind {
	case ledger.OnUs, ledger.OffUs:
		return root + "/payments/" + m.Ref
	case ledger.Refund:
		return root + "/refunds/" + m.Ref
	}
	return root + "/ledger/transfers/" + m.TransferID
}

// Shown is the reference of what caused it.
func (m movement) Shown() string {
	if m.Kind == ledger.Funding {
		return m.TransferID
	}
	return m.Ref
}

func (c *Console) showPayer(v *visit) (any, error) {
	b := payerBody{Standings: operate.PayerStandings, Wallet: ledger.Wallet(v.PathValue("id"))}
	rows, err := read(v, func(r pay.Reader) (rows []movement, err error) {
		if b.Payer, err = r.Payer(v.PathValue("id")); err != nil {
			return nil, err
		}
		found, err := r.EntryPage(b.Wallet, v.from(), pageRows+1)
		for _, e := range found {
			rows = append(rows, movement{e})
		}
		return rows, err
	})
	b.Kind = c.kindOf(b.Payer.ID)
	b.list = listOf(v, rows, func(m movement) string { return m.TransferID })
	return b, err
}

var payerActs = []act{
	{path: "/payers", verb: "payer.add", least: pay.Admin, subject: []string{"id"}, done: "The payer was added", do: (*Console).addPayer},
	{path: "/payers/{id}", verb: "payer.edit", least: pay.Admin, subject: []string{"id"}, done: "Saved", do: (*Console).editPayer},
	{path: "/payers/{id}/fund", verb: "payer.fund", least: pay.Admin, subject: []string{"id"}, done: "The money is in the wallet", do: (*Console).fundPayer},
}

func payerPath(id string) string { return "/payers/" + url.PathEscape(id) }

func (c *Console) addPayer(v *visit) (string, error) {
	f := formFields{v: v}
	p := pay.Payer{
		ID: f.text("id"), Name: f.text("name"), Standing: pay.Active, CreatedAt: c.core.Now(),
		DayLimit: f.amount("dayLimit"), MonthLimit: f.amount("monthLimit"),
	}
	funds := f.amount("balance")
	if f.err != nil {
		return "", f.err
	}
	return payerPath(p.ID), c.core.AddPayer(v.Context(), p, funds)
}

// editPayer sets a payer's standing and limits.
func (c *Console) editPayer(v *visit) (string, error) {
	id := v.PathValue("id")
	_, err := c.core.EditPayer(v.Context(), id, func(p *pay.Payer) error {
		f := formFields{v: v}
		p.Standing, p.DayLimit, p.MonthLimit = pay.Standing(f.text("standing")), f.amount("dayLimit"), f.amount("monthLimit")
		return cmp.Or(f.err, operate.Fits(p.Standing, operate.PayerStandings))
	})
	return payerPath(id), err
}

func (c *Console) fundPayer(v *visit) (string, error) {
	id := v.PathValue("id")
	amount, err := operate.Amount(strings.TrimSpace(v.PostFormValue("amount")))
	if err != nil {
		return "", err
	}
	return payerPath(id), c.core.Fund(v.Context(), id, amount)
}
