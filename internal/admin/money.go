package admin

import (
	"net/http"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// amount is money in a management request: a string of rupiah, with or
// without decimals.
type amount string

func (a amount) rupiah() (pay.Rupiah, error) {
	if a == "" {
		return 0, nil
	}
	text := string(a)
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	sen, err := snap.ParseAmount(text)
	if err != nil {
		return 0, &httpError{http.StatusBadRequest, "bad-request", "amount " + string(a) + ": write rupiah as 10000 or 10000.00"}
	}
	return pay.Rupiah(sen), nil
}
