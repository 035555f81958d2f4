package admin

import (
	"io"
	"net/http"
	"os"
	"strconv"
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

type settlementsView struct {
	Day         string           `json:"day"`
	Closed      int              `json:"closed"` // by this request
	Settlements []settlementView `json:"settlements"`
}

// settle closes a day and answers with all its settlements, those of an
// earlier close too. Each merchant is a transaction, so it may take long.
func (a *API) settle(w http.ResponseWriter, r *http.Request) {
	long := newExchange(w, r)
	v, err := a.settleDay(r)
	long.rest()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	write(w, http.StatusOK, v)
}

func (a *API) settleDay(r *http.Request) (any, error) {
	day, err := a.pastDay(r)
	if err != nil {
		return nil, err
	}
	closed, err := a.core.Settle(r.Context(), day)
	if err != nil {
		return nil, err
	}
	return a.settlements(r, day, len(closed))
}

func (a *API) listSettlements(r *http.Request) (any, error) {
	day, err := a.day(r)
	if err != nil {
		return nil, err
	}
	return a.settlements(r, day, 0)
}

func (a *API) settlements(r *http.Request, day string, closed int) (any, error) {
	v := settlementsView{Day: day, Closed: closed, Settlements: []settlementView{}}
	err := a.core.Inspect(r.Context(), func(reader pay.Reader) error {
		all, err := reader.Settlements(day)
		for _, s := range all {
			v.Settlements = append(v.Settlements, viewSettlement(s))
		}
		return err
	})
	return v, err
}

// day is the Jakarta date that a path names, or yesterday's by the business
// clock.
func (a *API) day(r *http.Request) (string, error) {
	day := r.PathValue("day")
	if day == "yesterday" {
		return pay.Day(a.core.Now().AddDate(0, 0, -1)), nil
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", &httpError{http.StatusBadRequest, "bad-request", "day " + strconv.Quote(day) + ": write a Jakarta date as in 2026-01-31, or yesterday"}
	}
	return day, nil
}

func (a *API) pastDay(r *http.Request) (string, error) {
	day, err := a.day(r)
	if err == nil && day >= pay.Day(a.core.Now()) {
		err = &httpError{http.StatusConflict, "day-open", "the " + day + " is not over in Jakarta: a day is settled when no payment can join it"}
	}
	return day, err
}

// scope is whose lines a request is about: a partner that exists, and a
// merchant of it if one is named.
func (a *API) scope(r *http.Request, partner, merchant string) (settlement.Scope, error) {
	day, err := a.pastDay(r)
	s := settlement.Scope{Day: day, PartnerID: partner, MerchantID: merchant}
	if err == nil {
		_, err = a.core.Partner(r.Context(), partner)
	}
	if err == nil && merchant != "" {
		_, err = a.core.Merchant(r.Context(), partner, merchant)
	}
	return s, err
}

// settled refuses a scope of which something is not settled yet: its report
// would not be what the merchants receive.
func (a *API) settled(r *http.Request, s settlement.Scope) error {
	return a.core.Inspect(r.Context(), func(reader pay.Reader) error {
		open, err := reader.Unsettled(s.Day)
		for _, o := range open {
			if o.PartnerID == s.PartnerID && (s.MerchantID == "" || s.MerchantID == o.MerchantID) {
				return &httpError{http.StatusConflict, "not-settled", "merchant " + o.MerchantID + " is not settled for the " + s.Day + ": POST /v1/settlement/" + s.Day + " first (qrisd settle)"}
			}
		}
		return err
	})
}

// sendReport answers with the CSV of a partner, PARTNER.csv, or of one
// merchant, PARTNER/MERCHANT.csv. The report is made in a temporary file
// before any of it is sent: a slow client then holds no snapshot of the books,
// and a failure is an answer of its own.
func (a *API) sendReport(w http.ResponseWriter, r *http.Request) {
	s, err := a.reportScope(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	report, err := os.CreateTemp("", "qrisd-report-*")
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer os.Remove(report.Name())
	defer report.Close()
	long := newExchange(w, r)
	err = a.makeReport(r, s, report)
	long.rest()
	if err != nil {
		a.fail(w, r, err)
		return
	}
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
	s, err := a.scope(r, partner, merchant)
	if err == nil {
		err = a.settled(r, s)
	}
	return s, err
}

func (a *API) makeReport(r *http.Request, s settlement.Scope, report *os.File) error {
	a.report.Lock()
	defer a.report.Unlock()
	if err := settlement.Write(report, settlement.Ledger(r.Context(), a.core.Inspect, s)); err != nil {
		return err
	}
	_, err := report.Seek(0, io.SeekStart)
	return err
}
