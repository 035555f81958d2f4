package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// TestForwarded: whom a request comes from is what the outermost proxy of ours
// saw, whatever the client wrote before it.
func TestForwarded(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		peer string
		says []string
		want string
	}{
		{"10.0.0.1:5", []string{"203.0.113.7"}, "203.0.113.7:0"},
		{"10.0.0.1:5", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7:0"},
		{"10.0.0.1:5", []string{"198.51.100.1", "203.0.113.7, 10.9.9.9"}, "203.0.113.7:0"},
		{"10.0.0.1:5", []string{"::ffff:203.0.113.7"}, "203.0.113.7:0"},
		{"[fd00::1]:5", []string{"2001:db8::7"}, "[2001:db8::7]:0"},
		{"[::ffff:10.0.0.1]:5", []string{"203.0.113.7"}, "203.0.113.7:0"},
		{"10.0.0.1:5", nil, "10.0.0.1:0"},
		{"10.0.0.1:5", []string{"203.0.113.7, unknown"}, "10.0.0.1:0"},
		{"10.0.0.1:5", []string{"203.0.113.7,"}, "10.0.0.1:0"},
		{"10.0.0.1:5", []string{"10.1.1.1, 10.2.2.2"}, "10.1.1.1:0"},
		{"203.0.113.9:5", []string{"198.51.100.1"}, "203.0.113.9:5"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.says
		if fault := (Arrival{Proxies: proxies}).through(r); fault != nil || r.RemoteAddr != c.want {
			t.Errorf("%s says %v: %s, %v; want %s", c.peer, c.says, r.RemoteAddr, fault, c.want)
		}
	}
}

// TestProxiesOnly: who comes past the proxies is refused, but for health.
func TestProxiesOnly(t *testing.T) {
	a := Arrival{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, ProxiesOnly: true, Secure: true}
	a.Refuse = func(w http.ResponseWriter, f *Fault) { w.WriteHeader(f.Status) }
	h := a.Before(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		peer, path string
		want       int
	}{
		{"203.0.113.9:5", "/v1.0/qr", 403}, {"203.0.113.9:5", "/healthz", 200}, {"203.0.113.9:5", "/readyz", 200}, {"10.0.0.1:5", "/v1.0/qr", 200},
	} {
		r, w := httptest.NewRequest("POST", c.path, nil), httptest.NewRecorder()
		r.RemoteAddr = c.peer
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.peer, c.path, w.Code, c.want)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", c.peer, c.path, name, got, want)
			}
		}
	}
}

// TestNotBelieved: Client-Cert and X-Forwarded-Proto are a proxy's to say.
func TestNotBelieved(t *testing.T) {
	a := Arrival{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "203.0.113.9:5"
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Client-Cert", "no certificate")
	if fault := a.through(r); fault != nil || r.TLS != nil {
		t.Errorf("a stranger was believed: %v, %v", fault, r.TLS)
	}
	r.RemoteAddr = "10.0.0.1:5"
	if fault := a.through(r); fault == nil || fault.Status != 400 {
		t.Errorf("a Client-Cert that is none: %v", fault)
	}
	r.Header.Del("Client-Cert")
	if fault := a.through(r); fault != nil || r.TLS == nil {
		t.Errorf("a proxy was not believed: %v, %v", fault, r.TLS)
	}
}
