package admin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

// whole is how long the listener of the tests gives a whole request.
const whole = time.Second

// office is the management API over a real store, with a clock that tests
// move. Partner P has the merchants "M" and "A/B_1".
type office struct {
	t    *testing.T
	core *pay.Core
	url  string
	now  time.Time
}

func newOffice(t *testing.T) *office {
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, now: time.Date(2026, 1, 31, 12, 0, 0, 0, pay.Jakarta)}
	o.core = pay.New(store, func() time.Time { return o.now }, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	api := admin.New(o.core, admin.Options{Token: "secret", Log: slog.New(slog.DiscardHandler)})
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.url = "http://" + socket.Addr().String()
	server := &http.Server{Handler: api.Handler(), ReadTimeout: whole, WriteTimeout: whole}
	go server.Serve(socket)
	t.Cleanup(func() {
		server.Close()
		store.Close()
	})
	ctx := context.Background()
	o.must(o.core.AddPayer(ctx, pay.Payer{ID: "budi", Name: "Budi", Standing: pay.Active}, pay.Rp(100_000_000)))
	o.must(o.core.PutPartner(ctx, pay.Partner{ID: "P", ClientKey: "P", Dialect: "aspi", Standing: pay.Active}))
	for i, id := range []string{"M", "A/B_1"} {
		o.must(o.core.PutMerchant(ctx, pay.Merchant{
			PartnerID: "P", ID: id, Name: "Toko", City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "URE",
			NMID: "ID1026000000012", MPAN: fmt.Sprintf("93600999%010d", i+1), Standing: pay.Active,
		}))
	}
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) pay(merchant string, rupiah int64) pay.Payment {
	o.t.Helper()
	partner, err := o.core.Partner(context.Background(), "P")
	o.must(err)
	made, err := o.core.Generate(context.Background(), pay.GenerateRequest{Partner: partner, MerchantID: merchant, PartnerRef: "order of " + merchant, Amount: pay.Rp(rupiah)})
	o.must(err)
	p, err := o.core.Pay(context.Background(), pay.PayRequest{PayerID: "budi", Payload: made.Payload})
	o.must(err)
	return p
}

func (o *office) refund(p pay.Payment, rupiah int64) {
	o.t.Helper()
	partner, err := o.core.Partner(context.Background(), "P")
	o.must(err)
	_, err = o.core.Refund(context.Background(), pay.RefundRequest{Partner: partner, Original: pay.Original{Ref: p.CodeRef}, Amount: pay.Rp(rupiah)})
	o.must(err)
}

// ask calls the API and wants a status.
func (o *office) ask(method, path string, body io.Reader, status int) (string, http.Header) {
	o.t.Helper()
	req, err := http.NewRequest(method, o.url+path, body)
	o.must(err)
	req.Header.Set("Authorization", "Bearer secret")
	res, err := http.DefaultClient.Do(req)
	o.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	o.must(err)
	if res.StatusCode != status {
		o.t.Fatalf("%s %s: %s %s", method, path, res.Status, text)
	}
	return string(text), res.Header
}

func (o *office) get(path string) string {
	o.t.Helper()
	text, _ := o.ask(http.MethodGet, path, nil, http.StatusOK)
	return text
}

type found struct {
	LinesHere, LinesThere int
	Differences           []struct{ Kind, Reference, Here, There string }
}

func (o *office) reconcile(path string, file io.Reader) found {
	o.t.Helper()
	text, _ := o.ask(http.MethodPost, path, file, http.StatusOK)
	var f found
	o.must(json.Unmarshal([]byte(text), &f))
	return f
}

func lastLine(file string) string {
	lines := strings.Split(strings.TrimSpace(file), "\n")
	return lines[len(lines)-1]
}

// TestSettlementDays follows a payment and its refund on the next day: each
// day's files tell what that day's close moved.
func TestSettlementDays(t *testing.T) {
	o := newOffice(t)
	p := o.pay("M", 100_000)
	o.pay("A/B_1", 50_000)
	o.now = o.now.AddDate(0, 0, 1)
	o.refund(p, 40_000)
	o.now = o.now.AddDate(0, 0, 1)
	for day, want := range map[string]struct {
		settled            int
		m, other, provider string
	}{
		"2026-01-31": {2, "100000.00,700.00,0.00,99300.00,1", "50000.00,350.00,0.00,49650.00,1", "150000.00,1050.00,0.00,148950.00,2"},
		"2026-02-01": {1, "0.00,-280.00,40000.00,-39720.00,1", "0.00,0.00,0.00,0.00,0", "0.00,-280.00,40000.00,-39720.00,1"},
	} {
		var answer struct {
			Day         string
			Closed      int
			Settlements []struct{ MerchantID, Net string }
		}
		text, _ := o.ask(http.MethodPost, "/v1/settlement/"+day, nil, http.StatusOK)
		o.must(json.Unmarshal([]byte(text), &answer))
		if answer.Day != day || answer.Closed != want.settled || len(answer.Settlements) != want.settled {
			t.Fatalf("%s: %+v", day, answer)
		}
		if listed := o.get("/v1/settlement/" + day); strings.Replace(text, fmt.Sprintf(`"closed": %d`, want.settled), `"closed": 0`, 1) != listed {
			t.Errorf("the close answers\n%s\nthe list\n%s", text, listed)
		}
		for path, total := range map[string]string{"/P/M.csv": want.m, "/P/A%2FB_1.csv": want.other, "/P.csv": want.provider} {
			if got := lastLine(o.get("/v1/settlement/" + day + path)); got != "total,,,,,,,,,,,"+total {
				t.Errorf("%s%s ends in %s", day, path, got)
			}
		}
		for _, s := range answer.Settlements {
			if file := o.get("/v1/settlement/" + day + "/P/" + strings.Replace(s.MerchantID, "/", "%2F", 1) + ".csv"); !strings.Contains(lastLine(file), ","+s.Net+",") {
				t.Errorf("%s was settled with %s, the file says %s", s.MerchantID, s.Net, lastLine(file))
			}
		}
	}
}

func TestReportHeaders(t *testing.T) {
	o := newOffice(t)
	o.now = o.now.AddDate(0, 0, 1)
	file, header := o.ask(http.MethodGet, "/v1/settlement/yesterday/P/A%2FB_1.csv", nil, http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":        "text/csv; charset=utf-8",
		"Content-Disposition": `attachment; filename="2026-01-31_P_A%2FB%5F1.csv"`,
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	if strings.Count(file, "\n") != 2 {
		t.Errorf("a day without payments is\n%s", file)
	}
}

func TestSettlementRefusals(t *testing.T) {
	o := newOffice(t)
	o.pay("M", 100_000)
	o.now = o.now.AddDate(0, 0, 1)
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"POST", "/v1/settlement/2026-02-01", 409, "not over in Jakarta"},
		{"POST", "/v1/settlement/tomorrow", 400, "write a Jakarta date"},
		{"GET", "/v1/settlement/2026-02-30", 400, "write a Jakarta date"},
		{"GET", "/v1/settlement/2026-02-01/P.csv", 409, "not over in Jakarta"},
		{"GET", "/v1/settlement/2026-01-31/P.csv", 409, "merchant M is not settled for the 2026-01-31"},
		{"GET", "/v1/settlement/2026-01-31/P/M.csv", 409, "merchant M is not settled"},
		{"GET", "/v1/settlement/2026-01-31/P/A%2FB_1.csv", 200, "total"},
		{"GET", "/v1/settlement/2026-01-31/Q.csv", 404, "not found"},
		{"GET", "/v1/settlement/2026-01-31/P/N.csv", 404, "not found"},
		{"GET", "/v1/settlement/2026-01-31/P", 404, "PARTNER.csv"},
		{"POST", "/v1/settlement/2026-02-01/P/reconcile", 409, "not over in Jakarta"},
		{"POST", "/v1/settlement/2026-01-31/Q/reconcile", 404, "not found"},
		{"POST", "/v1/settlement/2026-01-31/P/reconcile?merchant=N", 404, "not found"},
		{"POST", "/v1/settlement/2026-01-31/P/reconcile", 400, "line 1: the file is empty"},
	} {
		if text, _ := o.ask(c.method, c.path, nil, c.status); !strings.Contains(text, c.says) {
			t.Errorf("%s %s answers %s", c.method, c.path, text)
		}
	}
	for _, path := range []string{"", "/P.csv", "/P/M.csv", "/P/reconcile"} {
		for _, method := range []string{"GET", "POST"} {
			req, err := http.NewRequest(method, o.url+"/v1/settlement/2026-01-31"+path, nil)
			o.must(err)
			res, err := http.DefaultClient.Do(req)
			o.must(err)
			res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s without a token answers %s", method, path, res.Status)
			}
		}
	}
}

// TestReconcileByMerchant: the file of one merchant is whole for it, and lacks
// the others' lines for the partner.
func TestReconcileByMerchant(t *testing.T) {
	o := newOffice(t)
	o.pay("M", 100_000)
	other := o.pay("A/B_1", 50_000)
	o.now = o.now.AddDate(0, 0, 1)
	o.ask(http.MethodPost, "/v1/settlement/yesterday", nil, http.StatusOK)
	file := o.get("/v1/settlement/yesterday/P/M.csv")
	const where = "/v1/settlement/2026-01-31/P/reconcile"
	if f := o.reconcile(where+"?merchant=M", strings.NewReader(file)); f.LinesHere != 1 || f.LinesThere != 1 || len(f.Differences) != 0 {
		t.Errorf("%+v", f)
	}
	f := o.reconcile(where, strings.NewReader(file))
	if len(f.Differences) != 1 || f.Differences[0].Kind != "missing there" || f.Differences[0].Reference != other.Ref || f.Differences[0].Here != "50000.00" {
		t.Errorf("%+v", f)
	}
	if f := o.reconcile(where, strings.NewReader(o.get("/v1/settlement/yesterday/P.csv"))); f.LinesHere != 2 || len(f.Differences) != 0 {
		t.Errorf("%+v", f)
	}
}

const theirHeader = "type,payment_reference_no,refund_no,rrn,gross,mdr,refund,net,remark\n"

// repeated is a text a number of times.
func repeated(text string, times int) io.Reader {
	r, w := io.Pipe()
	go func() {
		for range times {
			if _, err := io.WriteString(w, text); err != nil {
				return // the server has heard enough
			}
		}
		w.Close()
	}()
	return r
}

// TestReconcileLargeFiles: a file may be larger than other bodies, but not of
// any size; a fault in its middle is answered though the client still writes.
func TestReconcileLargeFiles(t *testing.T) {
	o := newOffice(t)
	o.now = o.now.AddDate(0, 0, 1)
	const where = "/v1/settlement/2026-01-31/P/reconcile"
	long := "payment,1,,1,0.00,0.00,0.00,0.00," + strings.Repeat("x", 60_000) + "\n"
	f := o.reconcile(where, io.MultiReader(strings.NewReader(theirHeader), repeated(long, 100), strings.NewReader("total,,,,0.00,0.00,0.00,0.00,\n")))
	if f.LinesThere != 100 || len(f.Differences) != 100 {
		t.Errorf("%d lines, %d differences", f.LinesThere, len(f.Differences))
	}
	text, _ := o.ask(http.MethodPost, where, io.MultiReader(strings.NewReader(theirHeader), repeated(long, 1<<14)), http.StatusRequestEntityTooLarge)
	if !strings.Contains(text, "over 512 MiB") {
		t.Error(text)
	}
	text, _ = o.ask(http.MethodPost, where, io.MultiReader(strings.NewReader(theirHeader+"chargeback,,,,,,,,\n"), repeated(long, 1000)), http.StatusBadRequest)
	if !strings.Contains(text, "line 2, column type") {
		t.Error(text)
	}
}

// TestReconcileSlowClient: a file that comes for longer than the listener
// gives a whole request is taken and answered.
func TestReconcileSlowClient(t *testing.T) {
	o := newOffice(t)
	o.now = o.now.AddDate(0, 0, 1)
	r, w := io.Pipe()
	go func() {
		for _, part := range []string{theirHeader, "payment,1,,1,0.00,0.00,0.00,0.00,\n", "total,,,,0.00,0.00,0.00,0.00,\n"} {
			io.WriteString(w, part)
			time.Sleep(whole * 3 / 5)
		}
		w.Close()
	}()
	if f := o.reconcile("/v1/settlement/2026-01-31/P/reconcile", r); f.LinesThere != 1 {
		t.Errorf("%+v", f)
	}
}
