package console

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

var (
	//go:embed checkout.css
	checkoutCSS []byte
	//go:embed checkout.js
	checkoutJS []byte
	//go:embed checkout.svg
	checkoutSVG []byte
)

// checkoutAsset is a file of the page. Its name holds a hash of what it holds,
// so that it can be kept for ever and never fits a page of another version.
type checkoutAsset struct {
	name, contentType string
	content           []byte
}

// checkoutAssets are the files of the page by their kind.
var checkoutAssets = map[string]checkoutAsset{
	"css": newCheckoutAsset("css", "text/css; charset=utf-8", checkoutCSS),
	"js":  newCheckoutAsset("js", "text/javascript; charset=utf-8", checkoutJS),
	"svg": newCheckoutAsset("svg", "image/svg+xml", checkoutSVG),
}

func newCheckoutAsset(kind, contentType string, content []byte) checkoutAsset {
	sum := sha256.Sum256(content)
	return checkoutAsset{"checkout." + hex.EncodeToString(sum[:6]) + "." + kind, contentType, content}
}

// CheckoutAsset answers with a file of the page, and reports whether there is
// one of this name.
func CheckoutAsset(w http.ResponseWriter, name string) bool {
	for _, a := range checkoutAssets {
		if a.name != name {
			continue
		}
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Write(a.content)
		return true
	}
	return false
}
