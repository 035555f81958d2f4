package console_test

import (
	"encoding/json"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/operate"
)

// plainText is a page as a reader has it.
func plainText(page string) string { return html.UnescapeString(page) }

// TestReferenceIsWhole: every row, code and trigger of every operation stands
// on its page.
func TestReferenceIsWhole(t *testing.T) {
	f := fronted(t)
	b := f.admin()
	index := b.get("/reference", http.StatusOK)
	for i := range offered {
		d := &offered[i]
		b.holds(index, d.Title, html.EscapeString(d.Document), `/console/reference/`+d.Name+`"`)
		page := b.get("/reference/"+d.Name, http.StatusOK)
		if d.Notice != nil {
			b.holds(plainText(page), "INV-1", `"15000.00"`, d.Notice.Path)
		}
		for j := range d.Operations {
			op := &d.Operations[j]
			link := "/reference/" + d.Name + "/" + op.Name
			b.holds(page, "/console"+link, op.Paths[0])
			holdsOperation(b, d, op, b.get(link, http.StatusOK))
		}
	}
	b.get("/reference/nobody", http.StatusNotFound)
	b.get("/reference/dana/nothing", http.StatusNotFound)
}

func holdsOperation(b *browser, d *dialect.Dialect, op *dialect.Operation, page string) {
	b.t.Helper()
	if inline.MatchString(page) {
		b.t.Errorf("%s %s has script or style of its own", d.Name, op.Name)
	}
	text := plainText(page)
	for _, p := range op.Paths {
		b.holds(text, "http://localhost"+p, "http://localhost/"+d.Name+p)
	}
	for _, rows := range [][]string{names(op.Headers), names(op.Body), names(op.Reply)} {
		for _, name := range rows {
			b.holds(text, `<span class="ref wrap">`+name+`</span>`)
		}
	}
	for _, c := range op.Codes {
		b.holds(text, `id="code-`+c.Code+`"`, c.Message, c.Cause, dialect.Ways[c.Reach])
	}
	for _, m := range op.Triggers {
		b.holds(text, m.Field, m.Value, m.Code)
	}
	for _, s := range op.Samples {
		b.holds(text, s.Value, s.About)
	}
}

func names(rows []field.Row) (all []string) {
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}

// TestReferenceSays what a row means, and how requests are signed.
func TestReferenceSays(t *testing.T) {
	b := fronted(t).admin()
	text := plainText(b.get("/reference/aspi/generate", http.StatusOK))
	b.holds(text, "mandatory", "1 to 16 digits, a dot and two decimals", "HMAC-SHA512", "POST:/v1.0/qr/qr-mpm-generate:<token>:hex(SHA-256(body)):<X-TIMESTAMP>",
		"X-TIMESTAMP", "4014700", "sign with another secret", "partnerReferenceNo = ", "A repeated partnerReferenceNo")
	text = plainText(b.get("/reference/aspi/token", http.StatusOK))
	b.holds(text, "<X-CLIENT-KEY>|<X-TIMESTAMP>", "SHA256withRSA")
	text = plainText(b.get("/reference/aspi?lang=id", http.StatusOK))
	b.holds(text, "X-EXTERNAL-ID berulang", "Status transaksi", "dikembalikan", "simetris", "409/00 Conflict")
	text = plainText(b.get("/reference/aspi/generate?lang=id", http.StatusOK))
	b.holds(text, "wajib", "tandatangani dengan secret lain", "Pemicu, hanya di sandbox", "titik dan dua desimal")
	b.holds(b.get("/reference/paydia", http.StatusOK), "seamlessData", "redirectUrl", "A payer&#39;s consent")
}

// TestReferenceOfAFile: a dialect that a file describes is there too, and
// production has the reference.
func TestReferenceOfAFile(t *testing.T) {
	w := opened(t)
	text, err := json.Marshal(map[string]any{
		"name": "acme", "title": "Acme", "document": "Acme, QR API, version 1.2",
		"operations": map[string]any{"token": map[string]any{}, "generate": map[string]any{"body": []any{
			map[string]any{"name": "acmeField", "need": "mandatory", "max": 7, "about": "what Acme wants"},
		}}},
	})
	w.must(err)
	file := filepath.Join(t.TempDir(), "acme.json")
	w.must(os.WriteFile(file, text, 0o600))
	d, err := described.ReadFile(file)
	w.must(err)
	w.url = w.serve(console.Options{Desk: operate.NewDesk(w.core, operate.Options{}), Traffic: w.traffic, Dialects: []dialect.Dialect{d}})
	b := w.admin()
	b.holds(b.get("/reference", http.StatusOK), "Acme, QR API, version 1.2")
	b.holds(b.get("/reference/acme/generate", http.StatusOK), "acmeField", "what Acme wants", "≤ 7")
	if strings.Contains(b.get("/reference", http.StatusOK), "dana") {
		t.Error("a dialect is shown that is not offered")
	}
}
