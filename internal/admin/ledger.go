package admin

import "net/http"

type booksView struct {
	Balanced   bool            `json:"balanced"`
	Codes      int64           `json:"codes"`
	Payments   int64           `json:"payments"`
	Transfers  int64           `json:"transfers"`
	Postings   int64           `json:"postings"`
	Total      amount          `json:"total"`
	Unbalanced []string        `json:"unbalancedTransfers"`
	Wallets    []string        `json:"wrongWallets"`
	Accounts   []accountAmount `json:"accounts"`
}

type accountAmount struct {
	Account string `json:"account"`
	Balance amount `json:"balance"`
}

// checkLedger checks every invariant of the books on one snapshot.
func (a *API) checkLedger(r *http.Request) (any, error) {
	b, err := a.core.CheckBooks(r.Context())
	if err != nil {
		return nil, err
	}
	v := booksView{
		Balanced: b.Balanced, Codes: b.Counts.Codes, Payments: b.Counts.Payments, Transfers: b.Counts.Transfers,
		Postings: b.Counts.Postings, Total: amount(b.Total.String()),
		Unbalanced: append([]string{}, b.Unbalanced...), Wallets: append([]string{}, b.Wallets...),
		Accounts: []accountAmount{},
	}
	for _, account := range b.Accounts {
		v.Accounts = append(v.Accounts, accountAmount{string(account.Account), amount(account.Balance.String())})
	}
	return v, nil
}
