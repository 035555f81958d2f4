package admin_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// paged is one page of outlets or of settlements.
type paged struct {
	Day         string
	Closed      int
	Next        string
	Outlets     []struct{ Kind, ID, Standing string }
	Settlements []struct{ PartnerID, MerchantID string }
}

func (o *office) page(path, from, limit string) (p paged) {
	o.t.Helper()
	o.must(json.Unmarshal([]byte(o.get(path+"?"+url.Values{"from": {from}, "limit": {limit}}.Encode())), &p))
	return p
}

// TestOutletsInPages: a merchant's outlets go on behind the last one whatever its
// id has, and a list of merchants shows the first hundred of each.
func TestOutletsInPages(t *testing.T) {
	o := newOffice(t)
	want := []string{"store/S/1", "terminal/KASIR LANTAI 1", "terminal/a%2Fb"}
	for i := range 130 {
		want = append(want, fmt.Sprintf("terminal/t%03d", i))
	}
	for _, name := range want {
		kind, id := pay.Store, name[len("store/"):]
		if name[0] == 't' {
			kind, id = pay.Terminal, name[len("terminal/"):]
		}
		o.must(o.core.PutOutlet(t.Context(), pay.Outlet{PartnerID: "P", MerchantID: "A/B_1", Kind: kind, ID: id, Standing: pay.Active}))
	}
	const path = "/v1/partners/P/merchants/A%2FB_1/outlets"
	for _, limit := range []string{"1", "2", "50", "1000"} {
		var got []string
		for from := ""; ; {
			p := o.page(path, from, limit)
			for _, outlet := range p.Outlets {
				got = append(got, outlet.Kind+"/"+outlet.ID)
			}
			if from = p.Next; from == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s at a time are %q", limit, got)
		}
	}
	var all struct {
		Merchants []struct {
			ID, OutletsNext string
			Outlets         []struct{ ID string }
		}
	}
	o.must(json.Unmarshal([]byte(o.get("/v1/partners/P/merchants")), &all))
	many, none := all.Merchants[0], all.Merchants[1]
	if many.ID != "A/B_1" || len(many.Outlets) != 100 || none.OutletsNext != "" || len(none.Outlets) != 0 {
		t.Errorf("the list shows %d outlets of %s, and of %s %v", len(many.Outlets), many.ID, none.ID, none.Outlets)
	}
	if rest := o.page(path, many.OutletsNext, "1000"); len(rest.Outlets) != len(want)-100 || rest.Next != "" {
		t.Errorf("behind %s are %d", many.OutletsNext, len(rest.Outlets))
	}
	o.ask("GET", "/v1/partners/P/merchants/nobody/outlets", nil, 404)
	o.ask("GET", path+"?limit=1001", nil, 400)
}

// TestSettlementsInPages: a day's settlements go on behind the last one, and the
// close answers with the first of them.
func TestSettlementsInPages(t *testing.T) {
	o := newOffice(t)
	o.pay("M", 100_000)
	o.pay("A/B_1", 50_000)
	o.now = o.now.AddDate(0, 0, 1)
	var closed paged
	text, _ := o.ask("POST", "/v1/settlement/yesterday?limit=1", nil, 200)
	o.must(json.Unmarshal([]byte(text), &closed))
	if closed.Closed != 2 || closed.Day != "2026-01-31" || len(closed.Settlements) != 1 || closed.Settlements[0].MerchantID != "A/B_1" {
		t.Fatalf("the close answers %+v", closed)
	}
	second := o.page("/v1/settlement/2026-01-31", closed.Next, "1")
	if len(second.Settlements) != 1 || second.Settlements[0].MerchantID != "M" || second.Next != "" || second.Closed != 0 {
		t.Errorf("behind %s are %+v", closed.Next, second)
	}
	if whole := o.page("/v1/settlement/2026-01-31", "%zz/%zz", "2"); len(whole.Settlements) != 2 || whole.Next != "" {
		t.Errorf("behind a key that is none are %+v", whole)
	}
	o.ask("GET", "/v1/settlement/2026-01-31?limit=0", nil, 400)
	o.ask("GET", "/v1/settlement/2026-01-31?from=%00", nil, 400)
}
