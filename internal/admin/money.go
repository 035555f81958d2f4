package admin

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/qrisd/qrisd/internal/operate"
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

func (a amount) rupiah() (pay.Rupiah, error) { return operate.Amount(string(a)) }
