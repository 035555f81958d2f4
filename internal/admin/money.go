package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// amount is money in a management request: a string of rupiah, with or
// without decimals.
type amount string

// UnmarshalJSON also takes a number and a SNAP amount object, since tools have
// amounts in these forms at hand.
func (a *amount) UnmarshalJSON(text []byte) error {
	var object snap.Amount
	switch err := json.Unmarshal(text, &object); {
	case err == nil && object.Value != "":
		*a = amount(object.Value)
		return nil
	case string(text) == "null":
		return nil
	}
	plain := strings.Trim(string(text), `"`)
	if strings.ContainsAny(plain, "{}[]\\\"") {
		return errors.New(`an amount is rupiah, as in "10000.00"`)
	}
	*a = amount(plain)
	return nil
}

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
