package operate

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// Amount reads rupiah as people and tools write them: 10000 or 10000.00. Empty
// is nothing.
func Amount(text string) (pay.Rupiah, error) {
	if text == "" {
		return 0, nil
	}
	whole := text
	if !strings.Contains(whole, ".") {
		whole += ".00"
	}
	sen, err := snap.ParseAmount(whole)
	if err != nil {
		return 0, refuse(BadRequest, "amount %s: write rupiah as 10000 or 10000.00", text)
	}
	return pay.Rupiah(sen), nil
}
