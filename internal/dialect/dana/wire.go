package dana

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// knownSubMerchant: an externalDivisionId "must be registered in the DANA
// system before use".
func knownSubMerchant(_ *dialect.Call, req *pay.GenerateRequest) error {
	req.KnownSubMerchant = true
	return nil
}
