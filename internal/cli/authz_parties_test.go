package cli

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// authzSkew is how far X-TIMESTAMP may be off while authorisation is tested.
const authzSkew = 5 * time.Minute

// party is a partner with a token of its own, if its dialect has any.
type party struct {
	sandbox.Credentials
	token string
}

// callers are all who call the operations of one dialect.
type callers struct {
	own       party
	other     party // with a merchant of its own
	foreigner party // of another dialect, whose paths are others
	revoked   party // with the secret and the key that it had before they were rotated
	suspended party
	denied    party // no operation is in its agreement
	elsewhere party // may not call from this host
	nobody    party // drawn here, known to nobody

	expired         string // the partner's token of an hour ago
	customer        string // the payer's token, made out to own
	expiredCustomer string
	otherCustomer   string // of the same payer, made out to other
	stranger        string // of another payer, made out to own

	ended         string // the partner's token, which an operator has revoked
	endedCustomer string // the payer's, likewise
	unbound       string // of a payer whose binding was revoked
}

// gather makes the callers of every dialect. An hour passes, in which the
// first tokens expire.
func (h *harness) gather() map[string]*callers {
	h.t.Helper()
	all := make(map[string]*callers)
	for i, d := range h.dialects {
		p := &callers{own: party{Credentials: h.node.file.Partners[d.Name]}, customer: h.customer(d.Name)}
		p.expired, p.expiredCustomer = h.tokenOf(&d, p.own.Credentials), h.customerOf(&d, p.own, "payer-"+d.Name, "1m")
		p.other = h.join(&d, "other", i)
		p.revoked, p.suspended, p.denied, p.elsewhere = h.join(&d, "revoked", i), h.join(&d, "suspended", i), h.join(&d, "denied", i), h.join(&d, "elsewhere", i)
		all[d.Name] = p
	}
	h.advance("1h")
	for i := range h.dialects {
		h.settleIn(&h.dialects[i], all)
	}
	return all
}

// settleIn gives everybody a token that is good, and then takes from some what
// they may.
func (h *harness) settleIn(d *dialect.Dialect, all map[string]*callers) {
	h.t.Helper()
	p := all[d.Name]
	for _, one := range []*party{&p.own, &p.other, &p.revoked, &p.suspended, &p.denied, &p.elsewhere} {
		one.token = h.tokenOf(d, one.Credentials)
	}
	p.foreigner = all[foreigner(d.Name)].other
	if p.foreigner.token == "" {
		p.foreigner.token = h.tokenOf(h.dialectOf(foreigner(d.Name)), p.foreigner.Credentials)
	}
	p.nobody = h.drawn(d.Name)
	p.otherCustomer = h.customerOf(d, p.other, "payer-"+d.Name, "24h")
	payer := fresh("stranger-")
	h.mustAdmin("POST", "/v1/payers", object{"id": payer, "name": "Siti", "balance": "1000000.00"})
	p.stranger = h.customerOf(d, p.own, payer, "24h")

	h.endTokens(d, p)
	h.mustAdmin("POST", "/v1/partners/"+p.revoked.PartnerID+"/rotate", object{"overlap": "0s"})
	h.mustAdmin("PUT", "/v1/partners/"+p.suspended.PartnerID+"/standing", object{"standing": "suspended"})
	h.mustAdmin("PUT", "/v1/partners/"+p.denied.PartnerID+"/settings", object{"denied": everyOperation()})
	h.mustAdmin("PUT", "/v1/partners/"+p.elsewhere.PartnerID+"/access", object{"networks": []string{"192.0.2.0/24"}})
}

// endTokens gives the partner tokens and revokes them.
func (h *harness) endTokens(d *dialect.Dialect, p *callers) {
	h.t.Helper()
	if p.ended = h.tokenOf(d, p.own.Credentials); p.ended != "" {
		h.revoke(p.own.PartnerID, p.ended)
	}
	p.endedCustomer = h.customerOf(d, p.own, "payer-"+d.Name, "24h")
	h.revoke(p.own.PartnerID, p.endedCustomer)
	payer := fresh("unbound-")
	h.mustAdmin("POST", "/v1/payers", object{"id": payer, "name": "Rina", "balance": "1000000.00"})
	p.unbound = h.customerOf(d, p.own, payer, "24h")
	h.mustAdmin("DELETE", "/v1/partners/"+p.own.PartnerID+"/bindings/"+payer, nil)
}

// foreigner names a dialect that has no path of this one.
func foreigner(dialectName string) string {
	if dialectName == "paydia" {
		return "aspi"
	}
	return "paydia"
}

func everyOperation() []string {
	var names []string
	for _, d := range dialects() {
		for _, op := range d.Operations {
			if !slices.Contains(names, op.Name) {
				names = append(names, op.Name)
			}
		}
	}
	return names
}

func (h *harness) dialectOf(name string) *dialect.Dialect {
	h.t.Helper()
	i := slices.IndexFunc(h.dialects, func(d dialect.Dialect) bool { return d.Name == name })
	if i < 0 {
		h.t.Fatalf("no dialect %s", name)
	}
	return &h.dialects[i]
}

// join adds a partner of a dialect, with a merchant.
func (h *harness) join(d *dialect.Dialect, what string, i int) party {
	h.t.Helper()
	id := fmt.Sprintf("%s-%s", d.Name, what)
	r := h.mustAdmin("POST", "/v1/partners", object{"id": id, "name": id, "dialect": d.Name, "channelId": "95221"})
	text := func(name string) string { s, _ := r.body[name].(string); return s }
	c := sandbox.Credentials{
		PartnerID: id, ClientKey: text("clientKey"), ClientSecret: text("clientSecret"),
		PrivateKey: text("privateKey"), PublicKey: text("publicKey"), ChannelID: "95221",
		MerchantID: "toko-" + id, StoreID: "S1", TerminalID: "T1",
	}
	if c.ClientSecret == "" || c.PrivateKey == "" {
		h.t.Fatalf("a new partner has no credentials: %s", r.raw)
	}
	h.mustAdmin("POST", "/v1/partners/"+id+"/merchants", object{
		"id": c.MerchantID, "name": "Toko " + what, "city": "JAKARTA", "postalCode": "10110", "mcc": "5411", "criteria": "URE",
		"nmid": "ID1026000000012", "mpan": fmt.Sprintf("93600999%010d", 8_000_000+serial.Add(1)*100+int64(i)),
	})
	for kind, outlet := range map[string]string{"store": c.StoreID, "terminal": c.TerminalID} {
		h.mustAdmin("PUT", "/v1/partners/"+id+"/merchants/"+c.MerchantID+"/outlets/"+kind+"/"+outlet, object{})
	}
	return party{Credentials: c}
}

// drawn are credentials in the name of a dialect's partner that it does not
// have.
func (h *harness) drawn(dialectName string) party {
	h.t.Helper()
	c, err := sandbox.NewCredentials("nobody", "", "95221")
	if err != nil {
		h.t.Fatal(err)
	}
	own := h.node.file.Partners[dialectName]
	c.MerchantID = own.MerchantID
	return party{Credentials: c}
}

// tokenOf fetches a partner's token; empty where the dialect has none.
func (h *harness) tokenOf(d *dialect.Dialect, c sandbox.Credentials) string {
	h.t.Helper()
	if d.Operation("token") == nil {
		return ""
	}
	call := h.call(d.Name, "token", h.body(d.Name, "token"))
	call.credentials, call.path = c, "/"+d.Name+call.path
	r := call.send()
	r.want(h.t, "2007300", "")
	return r.body["accessToken"].(string)
}

func (h *harness) customerOf(d *dialect.Dialect, p party, payer, life string) string {
	h.t.Helper()
	r := h.mustAdmin("POST", "/v1/payers/"+payer+"/token", object{"partnerID": p.PartnerID, "life": life})
	text, _ := r.body["customerToken"].(string)
	if text == "" {
		h.t.Fatalf("%s has no customer token: %s", d.Name, r.raw)
	}
	return text
}

// startGuarded starts a server that looks at X-TIMESTAMP, as one outside a
// sandbox does.
func startGuarded(t *testing.T) *harness {
	t.Helper()
	dir := t.TempDir()
	return startWith(t, serveOptions{data: dir, store: storeOf(t, dir), skew: authzSkew})
}

// now is the server's time as a client writes it, moved.
func (h *harness) nowAnd(d time.Duration) string {
	return snap.FormatTimestamp(h.node.core.Now().Add(d))
}
