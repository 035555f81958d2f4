package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const settledFile = "type,merchant_id,payment_reference_no,refund_no,rrn,gross,mdr,refund,net\n" +
	"payment,M,1,,603112000001,15000.00,105.00,0.00,14895.00\n" +
	"total,,,,,15000.00,105.00,0.00,14895.00\n"

// TestSettleChecksFiles: files are written only if they are whole and come to
// what was settled, all of a provider's or none.
func TestSettleChecksFiles(t *testing.T) {
	for _, c := range []struct {
		name, settlements, file, says string
		files                         int
	}{
		{"good", `{"partnerId":"P","merchantId":"M","net":"14895.00","count":1}`, settledFile, "", 2},
		{"another net", `{"partnerId":"P","merchantId":"M","net":"14000.00","count":1}`, settledFile, "merchant M: 1 lines come to 14895.00, but 1 that come to 14000.00 were settled", 0},
		{"another count", `{"partnerId":"P","merchantId":"M","net":"14895.00","count":2}`, settledFile, "but 2 that come to", 0},
		{"no line of a merchant", `{"partnerId":"P","merchantId":"M","net":"14895.00","count":1},{"partnerId":"P","merchantId":"N","net":"1.00","count":1}`, settledFile, "merchant N: 1.00 was settled but", 0},
		{"cut short", `{"partnerId":"P","merchantId":"M","net":"14895.00","count":1}`, settledFile[:strings.Index(settledFile, "total")], "cut short", 0},
		{"wrong total", `{"partnerId":"P","merchantId":"M","net":"14895.00","count":1}`, strings.Replace(settledFile, "total,,,,,15000", "total,,,,,15001", 1), "the lines come to 15000.00", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.Method + " " + r.URL.Path {
				case "POST /v1/settlement/yesterday":
					io.WriteString(w, `{"day":"2026-01-31","closed":1,"settlements":[],"next":"A/B%2FC"}`)
				case "GET /v1/settlement/2026-01-31":
					if from := r.URL.Query().Get("from"); from != "A/B%2FC" {
						t.Errorf("the next page is asked for behind %q", from)
					}
					io.WriteString(w, `{"day":"2026-01-31","closed":0,"settlements":[`+c.settlements+`]}`)
				case "GET /v1/settlement/2026-01-31/P.csv":
					io.WriteString(w, c.file)
				default:
					http.NotFound(w, r)
				}
			}))
			defer server.Close()
			dir := t.TempDir()
			var out, errs bytes.Buffer
			code := Main([]string{"settle", "--admin", server.URL, "--token", "t", "--data", dir, "--out", dir}, nil, &out, &errs)
			if (code == 0) != (c.says == "") || !strings.Contains(errs.String(), c.says) {
				t.Errorf("exit code %d: %s", code, errs.String())
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != c.files {
				t.Errorf("files %v, %v", files, err)
			}
		})
	}
}
