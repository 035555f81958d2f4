package cli

import (
	"slices"
	"strings"

	"github.com/qrisd/qrisd/qris"
)

// meanings are the response codes of the story in plain words. The management
// API has none: there the step itself says what was done.
var meanings = map[string]string{
	"2007300": "the provider knows the partner; this token goes into each request and its signature",
	"2007400": "the customer's consent became a token: the partner may now pay from this wallet",
	"2004700": "the QR code exists and can be paid",
	"2005000": "the money has moved",
	"2009000": "these are the codes that were generated on that date",
	"4005001": "a field has not its documented form, the message says which and why; nothing was done",
	"4045001": "there is nothing to pay, or not any more; no money moved",
}

// accountWords say what the balance of an account is, by the part of its name
// before the colon.
var accountWords = map[string]string{
	"external": "what came in from outside, counted below zero",
	"payer":    "a payer's wallet",
	"merchant": "owed to a merchant until settlement, less the fee",
	"clearing": "owed to another institution",
	"revenue":  "fees earned",
}

// accountMeaning words the name of an account.
func accountMeaning(account string) string {
	class, rest, _ := strings.Cut(account, ":")
	if name, ok := qris.InstitutionName(rest); ok && class == "clearing" {
		return accountWords[class] + ", " + name
	}
	return accountWords[class]
}

// balanceTable aligns the accounts, their balances to the right.
func balanceTable(accounts []accountView, total string) string {
	rows := append(slices.Clone(accounts), accountView{Account: "total", Balance: total})
	nameWidth, sumWidth := 0, 0
	for _, a := range rows {
		nameWidth, sumWidth = max(nameWidth, len(a.Account)), max(sumWidth, len(balance(a.Balance)))
	}
	var b strings.Builder
	for _, a := range rows {
		sum := balance(a.Balance)
		line := "    " + a.Account + strings.Repeat(" ", nameWidth-len(a.Account)+2+sumWidth-len(sum)) + sum + "  " + accountMeaning(a.Account)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// balance words an amount that may be below zero.
func balance(amount string) string {
	if owed, ok := strings.CutPrefix(amount, "-"); ok {
		return "-" + rupiah(owed)
	}
	return rupiah(amount)
}
