package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestStraight: the short way is for paths as documented only; what another
// spelling means is for the map to say.
func TestStraight(t *testing.T) {
	var served string
	as := func(name string) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = name })
	}
	h := straight(map[string]http.Handler{"/v1.0/a/b": as("short")}, as("map"))
	for target, want := range map[string]string{
		"/v1.0/a/b": "short", "/v1.0/a/b?c=d": "short",
		"/v1.0/a%2Fb": "map", "/v1.0/a/%62": "map", "/v1.0/a/b/": "map", "/v1.0//a/b": "map", "/v1.0/a": "map",
	} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, target, nil))
		if served != want {
			t.Errorf("%s is served by the %s, expected the %s", target, served, want)
		}
	}
}
