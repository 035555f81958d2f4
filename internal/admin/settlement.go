package admin

import (
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/settlement"
)

// settlementView is the close of one merchant's day.
type settlementView struct {
	ID         string    `json:"id"`
	PartnerID  string    `json:"partnerId"`
	MerchantID string    `json:"merchantId"`
	Gross      amount    `json:"gross"`
	MDR        amount    `json:"mdr"`
	Refunds    amount    `json:"refunds"`
	MDRBack    amount    `json:"mdrBack"`
	Net        amount    `json:"net"`
	Count      int64     `json:"count"`
	SettledAt  time.Time `json:"settledAt"`
}

func viewSettlement(s pay.Settlement) settlementView {
	return settlementView{
		ID: s.ID, PartnerID: s.PartnerID, MerchantID: s.MerchantID, Gross: amount(s.Gross.String()), MDR: amount(s.MDR.String()),
		Refunds: amount(s.Refunds.String()), MDRBack: amount(s.MDRBack.String()), Net: amount(s.Net().String()), Count: s.Count, SettledAt: s.At,
	}
}

// settle closes a day and answers with its settlements, those of an earlier
// close too, as listSettlements does. Each merchant is a transaction, so it may
// take long.
func (a *API) settle(r *http.Request) (any, error) {
	day, closed, err := a.desk.Settle(r.Context(), r.PathValue("day"))
	if err != nil {
		return nil, err
	}
	return a.settlements(r, day, closed)
}

func (a *API) listSettlements(r *http.Request) (any, error) {
	day, err := a.desk.Day(r.PathValue("day"))
	if err != nil {
		return nil, err
	}
	return a.settlements(r, day, 0)
}

// settlements is a page of a day's settlements, and how many of them this
// request has closed.
func (a *API) settlements(r *http.Request, day string, closed int) (any, error) {
	answer, err := listing[pay.Settlement, settlementView]{
		name: "settlements", key: func(s pay.Settlement) string { return pair(s.PartnerID, s.MerchantID) },
		view: func(_ pay.Reader, s pay.Settlement) (settlementView, error) { return viewSettlement(s), nil },
		page: func(reader pay.Reader, behind string, limit int) ([]pay.Settlement, error) {
			partner, merchant := paired(behind)
			return reader.SettlementPage(day, partner, merchant, limit)
		},
	}.answer(a, r)
	if err != nil {
		return nil, err
	}
	answer["day"], answer["closed"] = day, closed
	return answer, nil
}

// sendReport answers with the CSV of a partner, PARTNER.csv, or of one
// merchant, PARTNER/MERCHANT.csv. The report is whole before any of it is sent,
// so that a failure is an answer of its own.
func (a *API) sendReport(w http.ResponseWriter, r *http.Request) {
	s, err := a.reportScope(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	long := newExchange(w, r)
	report, err := a.desk.Report(r.Context(), s)
	long.rest()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer os.Remove(report.Name())
	defer report.Close()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.FileName()+`"`)
	if _, err := io.Copy(long, report); err != nil {
		a.Log.Info("sending a settlement report ended early", "path", r.URL.Path, "error", err)
		panic(http.ErrAbortHandler) // what was sent must not look whole
	}
}

func (a *API) reportScope(r *http.Request) (settlement.Scope, error) {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".csv")
	if !ok {
		return settlement.Scope{}, &httpError{http.StatusNotFound, "not-found", "a report is named PARTNER.csv or PARTNER/MERCHANT.csv"}
	}
	partner, merchant := r.PathValue("partner"), name
	if partner == "" {
		partner, merchant = name, ""
	}
	return a.desk.Scope(r.Context(), r.PathValue("day"), partner, merchant)
}
