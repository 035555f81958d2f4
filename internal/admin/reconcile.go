package admin

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/qrisd/qrisd/internal/settlement"
)

// maxReport bounds a file that is reconciled: more than a million lines.
const maxReport = 512 << 20

type reconciliationView struct {
	Day        string `json:"day"`
	PartnerID  string `json:"partnerId"`
	MerchantID string `json:"merchantId,omitempty"`
	settlement.Reconciliation
}

// reconcile holds the settlement file of the body against the ledger's lines
// of a partner's day, or of one merchant's when ?merchant= names it. It does
// not need the day to be settled.
func (a *API) reconcile(r *http.Request) (any, error) {
	s, err := a.desk.Scope(r.Context(), r.PathValue("day"), r.PathValue("partner"), r.URL.Query().Get("merchant"))
	if err != nil {
		return nil, err
	}
	v := reconciliationView{Day: s.Day, PartnerID: s.PartnerID, MerchantID: s.MerchantID}
	ledger := settlement.Ledger(r.Context(), a.core.Inspect, s)
	v.Reconciliation, err = settlement.Reconcile(r.Context(), ledger, settlement.Read(r.Body))
	var bad *settlement.FileError
	if errors.As(err, &bad) {
		err = &httpError{http.StatusBadRequest, "bad-request", bad.Error()}
		io.Copy(io.Discard, r.Body) // a client that still writes would not read the answer
	}
	return v, err
}

// stall is how long either side of a long exchange may keep the other waiting.
const stall = 30 * time.Second

// exchange is a request whose body or answer may take longer than the
// listener allows for a whole one. Each read and each write has its own time
// instead. The deadlines are the operating system's, so they are set by its
// clock and not by that of the business.
type exchange struct {
	w       http.ResponseWriter
	body    io.ReadCloser
	control *http.ResponseController
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{w, r.Body, http.NewResponseController(w)}
	x.rest()
	return x
}

// rest ends the present deadlines: of reading until the next read, because
// the listener reads on to learn of a client that is gone, and of writing
// afresh from now.
func (x *exchange) rest() {
	x.control.SetReadDeadline(time.Time{})
	x.control.SetWriteDeadline(time.Now().Add(stall))
}

func (x *exchange) Read(b []byte) (int, error) {
	if err := x.control.SetReadDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	n, err := x.body.Read(b)
	if err == nil {
		return n, nil
	}
	x.rest()
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		err = &httpError{http.StatusRequestEntityTooLarge, "too-large", "the file is over " + strconv.FormatInt(large.Limit>>20, 10) + " MiB; reconcile merchant by merchant"}
	case !errors.Is(err, io.EOF):
		err = &httpError{http.StatusBadRequest, "bad-request", "reading the body: " + err.Error()}
	}
	return n, err
}

// Close is the request's body's.
func (x *exchange) Close() error { return x.body.Close() }

func (x *exchange) Write(b []byte) (int, error) {
	if err := x.control.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return x.w.Write(b)
}
