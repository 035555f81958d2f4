package cli

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// console is the address of a page of the console.
func (s *stage) console(path string) string { return s.node.adminURL + "/console" + path }

// enter opens the console and signs in with the admin token.
func (s *stage) enter(path string) *tab {
	s.t.Helper()
	w := s.open(s.console(path))
	w.fill("Admin token", s.node.file.AdminToken)
	w.press("Sign in")
	w.until("a signed-in page", `document.body.className === "in"`)
	return w
}

// signInScene: a wrong token is refused, the right one leads to the page that
// was asked for, and signing out ends it.
func signInScene(t *testing.T, s *stage) {
	w := s.open(s.console("/codes"))
	w.shot("door")
	w.fill("Admin token", "not-the-token")
	w.press("Sign in")
	w.shows("That was not right")
	w.shot("refused")
	w.forgive("401")
	w.fill("Admin token", s.node.file.AdminToken)
	w.press("Sign in")
	w.until("the page that was asked for", `location.pathname === "/console/codes" && plain(document.querySelector("h1").textContent).startsWith("Codes")`)
	w.shot("inside")
	w.click("the menu of who is signed in", `document.querySelector(".me summary")`)
	w.press("Indonesian")
	w.until("Indonesian", `document.documentElement.lang === "id"`)
	w.click("the menu of who is signed in", `document.querySelector(".me summary")`)
	w.press("Keluar")
	w.until("a page for strangers", `document.body.className === "out"`)
	w.visit(s.console("/codes"))
	w.shows("Token admin")
	w.shot("outside")
}

// keyboardScene signs in, finds a code and pays it without a mouse. What has
// the focus can be seen to have it.
func keyboardScene(t *testing.T, s *stage) {
	ref := s.newCode("midtrans")
	w := s.open(s.console("/"))
	w.until("the focus in the only field", `document.activeElement === control("Admin token")`)
	w.keys(s.node.file.AdminToken + kb.Enter)
	w.until("a signed-in page", `document.body.className === "in"`)
	w.keys(kb.Tab)
	w.until("a way past the navigation", `plain(document.activeElement.textContent) === "Skip to content"`)
	for _, name := range []string{"Codes", ref, "Pay Rp 25.000 as a customer"} {
		w.tabTo(name)
		w.shot("focus")
		w.keys(kb.Enter)
		w.until("what "+name+" leads to", `!named(document.activeElement, `+quoted(name)+`)`)
	}
	w.shows("Paid")
	w.shot("paid")
}

// tabTo presses the tab key until what has this name has the focus.
func (w *tab) tabTo(name string) {
	w.t.Helper()
	w.until(name, "pressable("+quoted(name)+")")
	for range 200 {
		w.keys(kb.Tab)
		if look[bool](w, "named(document.activeElement, "+quoted(name)+")") {
			if !look[bool](w, `document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
				w.t.Errorf("nothing shows that %q has the focus", name)
			}
			return
		}
	}
	w.t.Fatalf("the tab key does not come to %q", name)
}

// newCode makes a code and gives its reference.
func (s *stage) newCode(dialectName string) string {
	s.t.Helper()
	return s.generated(dialectName, s.body(dialectName, "generate")).body["referenceNo"].(string)
}

// rotatedScene: from the moment in which new keys are shown the old ones are
// refused, and a request that is signed with the new ones is answered.
func rotatedScene(t *testing.T, s *stage) {
	old := s.node.file.Partners["midtrans"]
	token := s.token("midtrans")
	signedWith := func(secret string) reply {
		c := s.call("midtrans", "generate", s.body("midtrans", "generate"))
		c.credentials.ClientSecret, c.token = secret, token
		return c.send()
	}
	signedWith(old.ClientSecret).want(t, "2004700", "")

	w := s.enter("/partners")
	w.press("midtrans sandbox")
	w.press("Rotate the keys…")
	w.shot("before")
	w.press("Rotate the keys")
	w.shows("Copy them now")
	w.shot("rotated")
	secret := look[string](w, `[...document.querySelectorAll(".loud dt")].find((e) => e.textContent === "Client secret").nextElementSibling.textContent`)
	private := w.text(".loud pre.key")

	if r := signedWith(old.ClientSecret); r.status != http.StatusUnauthorized {
		t.Errorf("the old secret: %v", r)
	}
	signedWith(secret).want(t, "2004700", "")
	asked := func(key string) reply {
		c := s.call("midtrans", "token", object{"grantType": "client_credentials"})
		c.credentials.ClientKey, c.credentials.PrivateKey = old.ClientKey, key
		return c.send()
	}
	if r := asked(old.PrivateKey); r.status != http.StatusUnauthorized {
		t.Errorf("the old key pair: %v", r)
	}
	asked(private).want(t, "2007300", "")

	w.visit(s.console("/partners/" + old.PartnerID))
	w.shows("Keys")
	if look[bool](w, "document.body.textContent.includes("+quoted(secret)+")") {
		t.Error("the secret is shown a second time")
	}
	w.ownKey(old.PublicKey)
	asked(old.PrivateKey).want(t, "2007300", "")
	w.press("Audit log")
	w.shows("partner.rotate", "partner.key")
	w.shot("audit")
}

// ownKey gives a partner a key pair that it has drawn itself.
func (w *tab) ownKey(public string) {
	w.t.Helper()
	w.press("Set the partner's public key…")
	w.fill("Public key in PEM", public)
	w.click("the button of the key's form", `control("Public key in PEM").form.querySelector("button")`)
	w.shows("Saved")
}
