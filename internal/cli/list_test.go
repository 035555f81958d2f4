package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// longList is more codes than are read at a time, twice.
const longList = 2300

// listable stores codes of SpeedCash's merchant, a second apart through the day
// before, and gives what a list must tell of them.
func (h *harness) listable(n int) (day string, want []string) {
	h.t.Helper()
	made := h.generated("speedcash", h.body("speedcash", "generate"))
	pattern, err := h.node.core.Code(h.t.Context(), made.body["referenceNo"].(string))
	if err != nil {
		h.t.Fatal(err)
	}
	at := h.node.core.Now().In(pay.Jakarta).AddDate(0, 0, -1)
	at = time.Date(at.Year(), at.Month(), at.Day(), 1, 0, 0, 0, pay.Jakarta)
	err = h.node.store.Update(h.t.Context(), func(tx pay.Tx) error {
		want = nil
		for i := range n {
			c := pattern
			c.ID, c.Ref = fmt.Sprintf("%s-%d", pattern.ID, i), fmt.Sprintf("%s%016d", at.Format("060102"), i)
			c.CreatedAt, c.ExpiresAt = at.Add(time.Duration(i)*time.Second), at.Add(time.Duration(i+60)*time.Second)
			told := fmt.Sprint(c.Ref, " dynamic ", c.CreatedAt.Format(time.DateTime), " ", c.ExpiresAt.Format(time.DateTime), " ", c.Amount)
			if i%3 == 0 {
				c.Amount = 0
				told = fmt.Sprint(c.Ref, " static ", c.CreatedAt.Format(time.DateTime), " <nil> <nil>")
			}
			if err := tx.InsertCode(c, pay.Day(at)); err != nil {
				return err
			}
			want = append(want, told)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Reverse(want)
	return pay.Day(at), want
}

// toList asks for a day.
func (h *harness) toList(day string) *call {
	h.t.Helper()
	return h.call("speedcash", "list", object{"dateGenerate": day, "additionalInfo": object{"merchantId": h.node.file.Partners["speedcash"].MerchantID}})
}

// rows are what a list tells.
func (r reply) rows() (rows []string) {
	all, _ := r.field("dataDetail").([]any)
	for _, row := range all {
		m := row.(object)
		rows = append(rows, fmt.Sprint(m["id_qr"], " ", m["type"], " ", m["generate_time"], " ", m["expired_date"], " ", m["amount"]))
	}
	return rows
}

// TestLongList: a day is one answer however many codes it has, in the
// document's order of fields, and the journal keeps its beginning.
func TestLongList(t *testing.T) {
	h := start(t)
	day, want := h.listable(longList)
	r := h.toList(day).send()
	r.want(t, "2009000", "Successful")
	if !slices.Equal(r.rows(), want) {
		t.Errorf("the list has %d rows, made were %d; it ends with %.300s", len(r.rows()), len(want), r.raw[max(0, len(r.raw)-300):])
	}
	if length := r.header.Get("Content-Length"); length != "" || r.field("additionalInfo") != nil {
		t.Errorf("the answer is %q bytes long and goes on with %v", length, r.field("additionalInfo"))
	}
	if head := `{"responseCode":"2009000","responseMessage":"Successful","dataDetail":[{"id_qr":"`; !strings.HasPrefix(string(r.raw), head) || !strings.HasSuffix(string(r.raw), "}]}\n") {
		t.Errorf("the answer begins with %.100s", r.raw)
	}
	c := h.recorded(r)
	if h.steps(c, ""); c.Code != "2009000" || len(c.Response) > 300<<10 || len(c.Response) < 200<<10 || !strings.Contains(string(c.Response), "bytes more, which the journal does not keep") {
		t.Errorf("the journal keeps %d bytes of %s", len(c.Response), c.Code)
	}
	if got, _ := h.metrics(h.node.file.AdminToken); got[`qrisd_requests_total{code="2009000",dialect="speedcash",operation="list"}`] != "1" {
		t.Error("the list is not counted once")
	}
}

// TestShortListHasALength: what is short is answered like anything else.
func TestShortListHasALength(t *testing.T) {
	h := start(t)
	day, want := h.listable(20)
	r := h.toList(day).send()
	if r.want(t, "2009000", "Successful"); !slices.Equal(r.rows(), want) || r.header.Get("Content-Length") != fmt.Sprint(len(r.raw)) {
		t.Errorf("%d rows of %d; Content-Length %q of %d bytes", len(r.rows()), len(want), r.header.Get("Content-Length"), len(r.raw))
	}
}

// TestListWhileOthersGenerate: a list neither loses nor repeats what was there
// before it, though codes of the same merchant and day are made while it goes
// out.
func TestListWhileOthersGenerate(t *testing.T) {
	h := start(t)
	day, want := h.listable(longList)
	end := h.node.core.Now().In(pay.Jakarta).AddDate(0, 0, -1)
	h.setClock(time.Date(end.Year(), end.Month(), end.Day(), 23, 0, 0, 0, pay.Jakarta)) // so that they are of the listed day
	generate := h.call("speedcash", "generate", h.body("speedcash", "generate"))
	generate.send().want(t, "2004700", "")
	stop, made := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				made <- n
				return
			default:
			}
			partner, err := h.node.core.Partner(context.Background(), h.node.file.Partners["speedcash"].PartnerID)
			if err == nil {
				_, err = h.node.core.Generate(context.Background(), pay.GenerateRequest{Partner: partner, Amount: pay.Rp(1000), ExpiresAt: h.node.core.Now().Add(time.Minute)})
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for range 5 {
		r := h.toList(day).send()
		r.want(t, "2009000", "")
		rows := r.rows()
		if len(rows) <= len(want) || !slices.Equal(rows[len(rows)-len(want):], want) {
			t.Errorf("the list of %d rows does not end with the %d that were there", len(rows), len(want))
		}
		if slices.Sort(rows); len(slices.Compact(rows)) != len(r.rows()) {
			t.Error("a row is there twice")
		}
	}
	if close(stop); <-made == 0 {
		t.Error("nothing was made beside the lists")
	}
}

// breaking is a flaw of reading lists: their nth page fails.
func breaking(nth int64) flaw {
	var pages atomic.Int64
	return func(books pay.Storage) pay.Storage {
		return viewing{books, func(ctx context.Context, books pay.Storage, f func(pay.Reader) error) error {
			return books.View(ctx, func(r pay.Reader) error { return f(brokenList{r, &pages, nth}) })
		}}
	}
}

type brokenList struct {
	pay.Reader
	pages *atomic.Int64
	nth   int64
}

func (b brokenList) CodesOn(partnerID, merchantID, day string, behind pay.ListedCode, limit int, visit func(pay.ListedCode) error) error {
	if b.pages.Add(1) == b.nth {
		return errors.New("the disk cannot be read")
	}
	return b.Reader.CodesOn(partnerID, merchantID, day, behind, limit, visit)
}

// TestListThatBreaksOff: storage that fails before anything was sent is an
// answer; later it cuts the connection, so that no client takes a part for the
// whole, and is counted and told as the failure that it is.
func TestListThatBreaksOff(t *testing.T) {
	for nth, codes := range map[int64]int{1: longList, 2: 100, 3: longList} {
		t.Run(fmt.Sprintf("page %d of %d codes", nth, codes), func(t *testing.T) {
			dir, log := t.TempDir(), new(ledgered)
			h := startWith(t, serveOptions{data: dir, store: storeOf(t, dir), wrap: breaking(nth), signals: signals{logTo: log}})
			day, _ := h.listable(codes)
			c := h.toList(day)
			if codes < longList || nth == 1 {
				c.send().want(t, "5009001", "")
			} else {
				h.cutOff(c)
			}
			if got, _ := h.metrics(h.node.file.AdminToken); got[`qrisd_requests_total{code="5009001",dialect="speedcash",operation="list"}`] != "1" {
				t.Error("the failure is not counted")
			}
			if text := log.String(); !strings.Contains(text, "the disk cannot be read") {
				t.Errorf("the log says %s", text)
			}
			h.toList(day).send().want(t, "2009000", "")
		})
	}
}

// cutOff sends a call whose answer begins well and must not end well.
func (h *harness) cutOff(c *call) {
	h.t.Helper()
	req, err := http.NewRequest(c.method, h.node.apiURL+c.path, strings.NewReader(string(c.raw)))
	if err != nil {
		h.t.Fatal(err)
	}
	c.sign(req.Header)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK || len(raw) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		h.t.Errorf("a list that breaks is %s with %d bytes, %v", res.Status, len(raw), err)
	}
	call, found := h.node.journal.Get(res.Header.Get("X-Request-Id"))
	if !found || len(call.Steps) == 0 || call.Steps[len(call.Steps)-1].Name != "answer" || call.Steps[len(call.Steps)-1].Passed {
		h.t.Errorf("the journal has %+v", call.Steps)
	}
}

// TestSlowLongList: the lever that lets an answer trickle leaves it whole.
func TestSlowLongList(t *testing.T) {
	h := start(t)
	day, want := h.listable(longList)
	h.lever(object{"kind": "slow-body", "duration": "50ms"})
	if r := h.toList(day).send(); !slices.Equal(r.rows(), want) {
		t.Errorf("the list has %d rows of %d: %.200s", len(r.rows()), len(want), r.raw)
	}
}
