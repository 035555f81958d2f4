package admin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// listed is a page as a client reads it: the ids of its rows, and what asks for
// the next one.
func (d *desk) listed(path, name string) (ids []string, next string) {
	d.t.Helper()
	req, err := http.NewRequest("GET", d.url+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	var page map[string]json.RawMessage
	var rows []struct{ ID string }
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, &page) != nil || json.Unmarshal(page[name], &rows) != nil {
		d.t.Fatalf("%s: %s %s, %v", path, res.Status, text, err)
	}
	if raw, more := page["next"]; more && json.Unmarshal(raw, &next) != nil {
		d.t.Fatalf("%s: next is %s", path, raw)
	}
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids, next
}

// TestListsAreGivenInPages: each list of parties has a bound, goes on behind its
// last row, and takes no limit and no place that make no sense.
func TestListsAreGivenInPages(t *testing.T) {
	d := newDesk(t)
	const many = 1003
	for i := range many {
		if err := d.core.AddPayer(t.Context(), pay.Payer{ID: fmt.Sprintf("p%04d", i), Standing: pay.Active}, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"Q", "R & D", "S/1"} {
		if err := d.core.PutPartner(t.Context(), pay.Partner{ID: id, ClientKey: id, Dialect: "aspi", Standing: pay.Active}); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"a", "b", "c"} {
		if err := d.core.PutMerchant(t.Context(), pay.Merchant{
			PartnerID: "P", ID: id, Name: id, City: "JAKARTA", PostalCode: "10110", MCC: "5411", Criteria: "URE",
			NMID: "ID1026000000012", MPAN: fmt.Sprintf("93600999%010d", i), Standing: pay.Active,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if ids, next := d.listed("/v1/payers", "payers"); len(ids) != 1000 || next != ids[999] {
		t.Errorf("a list without a limit has %d rows and goes on at %q", len(ids), next)
	}
	for path, want := range map[string][]string{
		"/v1/partners": {"P", "Q", "R & D", "S/1"}, "/v1/partners/P/merchants": {"a", "b", "c"}, "/v1/partners/Q/merchants": nil,
	} {
		name := path[strings.LastIndexByte(path, '/')+1:]
		var all []string
		for from := ""; ; {
			ids, next := d.listed(path+"?limit=2&from="+url.QueryEscape(from), name)
			if all = append(all, ids...); next == "" {
				break
			}
			if len(ids) != 2 || next != ids[1] {
				t.Fatalf("%s: a page of %q goes on at %q", path, ids, next)
			}
			from = next
		}
		if !slices.Equal(all, want) {
			t.Errorf("%s has %q, want %q", path, all, want)
		}
	}
	for _, path := range []string{"/v1/partners", "/v1/payers", "/v1/partners/P/merchants", "/v1/deliveries"} {
		for _, limit := range []string{"", "0", "-1", "1001", "2.5", "ten", "1e2", "99999999999999999999"} {
			if status := d.send("GET", path+"?limit="+limit, ""); status != http.StatusBadRequest {
				t.Errorf("%s: limit %q is answered %d", path, limit, status)
			}
		}
	}
	for _, from := range []string{"%00", "%ff"} {
		if status := d.send("GET", "/v1/payers?from="+from, ""); status != http.StatusBadRequest {
			t.Errorf("a page behind %s is answered %d", from, status)
		}
	}
	if ids, next := d.listed("/v1/payers?from=zzz", "payers"); len(ids) != 0 || next != "" {
		t.Errorf("behind the last there are %q", ids)
	}
}
