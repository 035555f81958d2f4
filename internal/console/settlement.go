package console

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// daysBody lists the days that were settled, and the last that can be.
type daysBody struct {
	list[pay.Settlement]
	Yesterday string
	Today     string
	Settled   bool // nothing of yesterday is open
	Open      figure[[]pay.Settlement]
}

func (c *Console) listDays(v *visit) (any, error) {
	now := c.core.Now()
	b := daysBody{Today: pay.Day(now), Yesterday: pay.Day(now.AddDate(0, 0, -1))}
	rows, err := read(v, func(r pay.Reader) ([]pay.Settlement, error) { return r.SettledDays(v.from(), pageRows+1) })
	if err != nil {
		return nil, err
	}
	b.list = listOf(v, rows, func(s pay.Settlement) string { return s.Day })
	b.Open, err = c.openOn(v, b.Yesterday)
	return b, err
}

// openOn gives what of a day is not settled.
func (c *Console) openOn(v *visit, day string) (figure[[]pay.Settlement], error) {
	return look(v.Context(), &c.figures, "open on "+day, c.Now, func(ctx context.Context) (open []pay.Settlement, err error) {
		err = c.core.Inspect(ctx, func(r pay.Reader) (err error) {
			open, err = r.Unsettled(day)
			return err
		})
		return open, err
	})
}

// chosenDay leads on from the form for a day, and from one without a day back
// to the list: the page of no day would be this very address.
func chosenDay(v *visit) {
	day := v.asked("day")
	if day == "" {
		v.redirect("/settlement")
		return
	}
	v.redirect("/settlement/" + url.PathEscape(day))
}

// dayBody is a page of what was settled of a day, and what is open of it.
type dayBody struct {
	list[pay.Settlement]
	Day  string
	Over bool // it can be closed
	Open figure[[]pay.Settlement]
}

// Subject is what the page is about.
func (b dayBody) Subject() string { return b.Day }

func (c *Console) showDay(v *visit) (any, error) {
	day, err := c.Desk.Day(v.PathValue("day"))
	if err != nil {
		return nil, err
	}
	b := dayBody{Day: day, Over: day < pay.Day(c.core.Now())}
	partner, merchant, _ := strings.Cut(v.from(), "/")
	rows, err := read(v, func(r pay.Reader) ([]pay.Settlement, error) {
		return r.SettlementPage(day, partner, merchant, pageRows+1)
	})
	if err != nil {
		return nil, err
	}
	b.list = listOf(v, rows, func(s pay.Settlement) string { return s.PartnerID + "/" + s.MerchantID })
	b.Open, err = c.openOn(v, day)
	return b, err
}

// settlementFile sends the file of a settled day: a partner's, or one
// merchant's where the path names a partner first.
func (c *Console) settlementFile(v *visit) {
	partner, merchant := v.PathValue("partner"), strings.TrimSuffix(v.PathValue("file"), ".csv")
	if partner == "" {
		partner, merchant = merchant, ""
	}
	control := http.NewResponseController(v.w)
	control.SetWriteDeadline(time.Time{})
	scope, err := c.Desk.Scope(v.Context(), v.PathValue("day"), partner, merchant)
	if err != nil {
		c.fail(v, err)
		return
	}
	file, err := c.Desk.Report(v.Context(), scope)
	if err != nil {
		c.fail(v, err)
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+scope.FileName()+`"`)
	control.SetWriteDeadline(time.Now().Add(10 * time.Minute))
	if _, err := io.Copy(v.w, file); err != nil {
		panic(http.ErrAbortHandler) // what was sent must not look whole
	}
}

var settlementActs = []act{
	{path: "/settlement/close", verb: "settlement.close", least: pay.Admin, subject: []string{"day"}, done: "The day is closed", do: (*Console).closeDay},
}

func (c *Console) closeDay(v *visit) (string, error) {
	http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(10 * time.Minute)) // each merchant is a transaction
	day, _, err := c.Desk.Settle(v.Context(), v.PostFormValue("day"))
	c.figures.forget("open on " + day)
	return "/settlement/" + day, err
}
