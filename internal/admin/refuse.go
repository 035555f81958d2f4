package admin

import "net/http"

// RefuseFault answers a request that cannot be read, as all refusals of this
// API are answered.
func RefuseFault(w http.ResponseWriter, status int, why string) {
	write(w, status, map[string]any{"error": &httpError{Kind: "malformed", Message: why}})
}
