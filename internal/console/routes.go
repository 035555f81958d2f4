package console

import (
	"net/http"
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// page is one page of the console.
type page struct {
	path    string   // below root
	name    string   // of its template
	title   string   // its words, also in the navigation
	menu    string   // the part of the navigation that it is in; empty: none
	under   string   // for a page about one thing: the page of the list
	live    string   // beginnings of the kinds of events that renew it
	least   pay.Role // who may see it
	sandbox bool     // it exists in a sandbox only
	load    func(*Console, *visit) (body any, err error)
}

// Title and Name are for templates.
func (p *page) Title() string { return p.title }
func (p *page) Name() string  { return p.name }

// The parts of the navigation.
const (
	menuActivity = "Activity"
	menuMoney    = "Money"
	menuParties  = "Parties"
	menuSandbox  = "Sandbox"
	menuManual   = "Documentation"
	menuAdmin    = "Administration"
)

// pages is the table of all pages, in the order of the navigation. It is
// filled here because pages refer to it.
var pages []page

func init() {
	const anyCode, anyTry = "code payment clock reset", "notification payment reset"
	pages = []page{
		{path: "/{$}", name: "overview", title: "Overview", menu: menuActivity, live: "request code payment notification clock reset", least: pay.Viewer, load: (*Console).overview},
		{path: "/codes", name: "codes", title: "Codes", menu: menuActivity, live: anyCode, least: pay.Viewer, load: (*Console).listCodes},
		{path: "/codes/{ref}", name: "code", title: "Code", under: "codes", live: anyCode + " notification", least: pay.Viewer, load: (*Console).showCode},
		{path: "/payments", name: "payments", title: "Payments", menu: menuActivity, live: "payment reset", least: pay.Viewer, load: (*Console).listPayments},
		{path: "/payments/{ref}", name: "payment", title: "Payment", under: "payments", live: "payment notification reset", least: pay.Viewer, load: (*Console).showPayment},
		{path: "/refunds", name: "refunds", title: "Refunds", menu: menuActivity, live: "payment reset", least: pay.Viewer, load: (*Console).listRefunds},
		{path: "/refunds/{ref}", name: "refund", title: "Refund", under: "refunds", least: pay.Viewer, load: (*Console).showRefund},
		{path: "/notifications", name: "notifications", title: "Notifications", menu: menuActivity, live: anyTry, least: pay.Viewer, load: (*Console).listNotifications},
		{path: "/notifications/{id}", name: "notification", title: "Notification", under: "notifications", live: anyTry, least: pay.Viewer, load: (*Console).showNotification},

		{path: "/requests", name: "requests", title: "Requests", menu: menuActivity, live: "request reset", sandbox: true, least: pay.Viewer, load: (*Console).listRequests},
		{path: "/requests/{id}", name: "request", title: "Request", under: "requests", sandbox: true, least: pay.Viewer, load: (*Console).showRequest},

		{path: "/ledger", name: "ledger", title: "Ledger", menu: menuMoney, live: "payment reset", least: pay.Viewer, load: (*Console).showLedger},
		{path: "/ledger/account", name: "account", title: "Account", under: "ledger", live: "payment reset", least: pay.Viewer, load: (*Console).showAccount},
		{path: "/ledger/transfers", name: "transfers", title: "Transfers", menu: menuMoney, live: "payment reset", least: pay.Viewer, load: (*Console).listTransfers},
		{path: "/ledger/transfers/{id}", name: "transfer", title: "Transfer", under: "transfers", least: pay.Viewer, load: (*Console).showTransfer},
		{path: "/settlement", name: "settlement", title: "Settlement", menu: menuMoney, live: "clock reset", least: pay.Viewer, load: (*Console).listDays},
		{path: "/settlement/{day}", name: "day", title: "Settlement of", under: "settlement", least: pay.Viewer, load: (*Console).showDay},

		{path: "/partners", name: "partners", title: "Partners", menu: menuParties, least: pay.Viewer, load: (*Console).listPartners},
		{path: "/partners/{id}", name: "partner", title: "Partner", under: "partners", least: pay.Viewer, load: (*Console).showPartner},
		{path: "/partners/{id}/merchants/{merchant}", name: "merchant", title: "Merchant", under: "partners", least: pay.Viewer, load: (*Console).showMerchant},

		{path: "/payers", name: "payers", title: "Payers", menu: menuParties, live: "payment reset", least: pay.Viewer, load: (*Console).listPayers},
		{path: "/payers/{id}", name: "payer", title: "Payer", under: "payers", live: "payment reset", least: pay.Viewer, load: (*Console).showPayer},

		{path: "/levers", name: "levers", title: "Levers", menu: menuSandbox, live: "lever request notification reset", sandbox: true, least: pay.Viewer, load: (*Console).showLevers},
		{path: "/clock", name: "clock", title: "Clock", menu: menuSandbox, live: "clock reset", sandbox: true, least: pay.Viewer, load: (*Console).showClock},

		{path: "/reference", name: "reference", title: "Reference", menu: menuManual, least: pay.Viewer, load: (*Console).listDialects},
		{path: "/reference/{dialect}", name: "reference-dialect", title: "Dialect", under: "reference", least: pay.Viewer, load: (*Console).showDialect},
		{path: "/reference/{dialect}/{operation}", name: "reference-operation", title: "Operation", under: "reference", least: pay.Viewer, load: (*Console).showOperation},

		{path: "/users", name: "users", title: "Users", menu: menuAdmin, least: pay.Admin, load: (*Console).listUsers},
		{path: "/users/{name}", name: "user", title: "User", under: "users", least: pay.Admin, load: (*Console).showUser},
		{path: "/audit", name: "audit", title: "Audit log", menu: menuAdmin, least: pay.Admin, load: (*Console).listActs},
	}
}

// acts is the table of all that forms do.
var acts = slices.Concat(codeActs, notificationActs, ledgerActs, partyActs, payerActs, settlementActs, leverActs, clockActs, userActs)

// Route is one address of the console.
type Route struct {
	Pattern string
	Least   pay.Role // who may use it; empty: whoever comes
	Verb    string   // of what it does, in the audit log; empty: it only looks
	serve   http.Handler
}

// Routes is the map of the console: the tables of pages and acts, and what is
// neither.
func (c *Console) Routes() []Route {
	var all []Route
	for i := range pages {
		if p := &pages[i]; c.Sandbox || !p.sandbox {
			all = append(all, Route{"GET " + root + p.path, p.least, "", c.show(p)})
		}
	}
	for i := range acts {
		if a := &acts[i]; c.Sandbox || !a.sandbox {
			all = append(all, Route{"POST " + root + a.path, a.least, a.verb, c.perform(a)})
		}
	}
	return append(all, c.others()...)
}

// others are routes that have a form of their own.
func (c *Console) others() []Route {
	seen := func(pattern string, do func(*visit)) Route { return Route{pattern, pay.Viewer, "", c.seen(do)} }
	return []Route{
		{"GET " + root + "/sign-in", "", "", http.HandlerFunc(c.askSignIn)},
		{"POST " + root + "/sign-in", "", "sign-in", http.HandlerFunc(c.signIn)},
		{"POST " + root + "/sign-out", "", "sign-out", http.HandlerFunc(c.signOut)},
		{"GET " + root + "/taste", "", "", http.HandlerFunc(c.setTaste)},
		{"GET " + root + "/assets/{file}", "", "", http.HandlerFunc(serveAsset)},
		seen("GET "+root+"/events", c.stream),
		seen("GET "+root+"/find", c.find),
		seen("GET "+root+"/codes/{ref}/qr.svg", c.codeQR),
		seen("GET "+root+"/settlement/{$}", chosenDay),
		seen("GET "+root+"/settlement/{day}/files/{file}", c.settlementFile),
		seen("GET "+root+"/settlement/{day}/files/{partner}/{file}", c.settlementFile),
		seen(root+"/", func(v *visit) { c.fail(v, pay.ErrNotFound) }),
	}
}
