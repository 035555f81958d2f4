package admin

import (
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
)

type payerView struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Standing   pay.Standing `json:"standing"`
	Balance    amount       `json:"balance"`
	DayLimit   amount       `json:"dayLimit"`
	MonthLimit amount       `json:"monthLimit"`
}

func viewPayer(p pay.Payer) payerView {
	return payerView{p.ID, p.Name, p.Standing, amount(p.Balance.String()), amount(p.DayLimit.String()), amount(p.MonthLimit.String())}
}

func (a *API) payer(r *http.Request) (pay.Payer, error) {
	var p pay.Payer
	err := a.core.Inspect(r.Context(), func(reader pay.Reader) (err error) {
		p, err = reader.Payer(r.PathValue("id"))
		return err
	})
	return p, err
}

var payerList = listing[pay.Payer, payerView]{
	name: "payers", page: pay.Reader.PayerPage, key: func(p pay.Payer) string { return p.ID },
	view: func(_ pay.Reader, p pay.Payer) (payerView, error) { return viewPayer(p), nil },
}

func (a *API) listPayers(r *http.Request) (any, error) { return payerList.answer(a, r) }

func (a *API) addPayer(r *http.Request) (any, error) {
	var in payerView
	if err := read(r, &in); err != nil {
		return nil, err
	}
	funds, err := in.Balance.rupiah()
	if err != nil {
		return nil, err
	}
	limit, err := in.DayLimit.rupiah()
	if err != nil {
		return nil, err
	}
	month, err := in.MonthLimit.rupiah()
	if err != nil {
		return nil, err
	}
	p := pay.Payer{ID: in.ID, Name: in.Name, Standing: pay.Active, DayLimit: limit, MonthLimit: month, CreatedAt: a.core.Now()}
	if err := a.core.AddPayer(r.Context(), p, funds); err != nil {
		return nil, err
	}
	p.Balance = funds
	return viewPayer(p), nil
}

// changePayer sets standing and limits; what is not given stays.
func (a *API) changePayer(r *http.Request) (any, error) {
	if _, err := a.payer(r); err != nil {
		return nil, err
	}
	lay, err := layer(r)
	if err != nil {
		return nil, err
	}
	p, err := a.core.EditPayer(r.Context(), r.PathValue("id"), func(p *pay.Payer) (err error) {
		in := struct {
			Standing             pay.Standing
			DayLimit, MonthLimit amount
		}{p.Standing, amount(p.DayLimit.String()), amount(p.MonthLimit.String())}
		if err := lay(&in); err != nil {
			return err
		}
		p.Standing = in.Standing
		if p.DayLimit, err = in.DayLimit.rupiah(); err != nil {
			return err
		}
		if p.MonthLimit, err = in.MonthLimit.rupiah(); err != nil {
			return err
		}
		return operate.Fits(p.Standing, operate.PayerStandings)
	})
	return viewPayer(p), err
}

func (a *API) fundPayer(r *http.Request) (any, error) {
	var in struct{ Amount amount }
	if err := read(r, &in); err != nil {
		return nil, err
	}
	funds, err := in.Amount.rupiah()
	if err != nil {
		return nil, err
	}
	if err := a.core.Fund(r.Context(), r.PathValue("id"), funds); err != nil {
		return nil, err
	}
	p, err := a.payer(r)
	return viewPayer(p), err
}

// grant is a secret given to a partner for a payer.
type grant struct {
	AuthCode      string    `json:"authCode,omitempty"`
	CustomerToken string    `json:"customerToken,omitempty"`
	ExpiresAt     time.Time `json:"expiresAt"`
}

func (a *API) partnerOf(r *http.Request) (*pay.Partner, time.Duration, error) {
	var in struct{ PartnerID, Life string }
	if err := read(r, &in); err != nil {
		return nil, 0, err
	}
	life := 24 * time.Hour
	if in.Life != "" {
		var err error
		if life, err = time.ParseDuration(in.Life); err != nil || life <= 0 {
			return nil, 0, &httpError{http.StatusBadRequest, "bad-request", "life " + in.Life + ": write a duration such as 24h"}
		}
	}
	p, err := a.core.Partner(r.Context(), in.PartnerID)
	return p, life, err
}

// authorize is the payer's consent: it gives the authorisation code that the
// partner exchanges at service 74.
func (a *API) authorize(r *http.Request) (any, error) {
	p, _, err := a.partnerOf(r)
	if err != nil {
		return nil, err
	}
	t, err := a.core.Authorize(r.Context(), p, r.PathValue("id"))
	return grant{AuthCode: t.Text, ExpiresAt: t.ExpiresAt}, err
}

func (a *API) issueCustomer(r *http.Request) (any, error) {
	p, life, err := a.partnerOf(r)
	if err != nil {
		return nil, err
	}
	t, err := a.core.IssueCustomer(r.Context(), p, r.PathValue("id"), life)
	return grant{CustomerToken: t.Text, ExpiresAt: t.ExpiresAt}, err
}
