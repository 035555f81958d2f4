package storage

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/qrisd/qrisd/internal/pay"
)

// access keeps from where a partner may call as JSON.
type access struct{ of *pay.AccessRules }

var _ column = access{}

func (a access) Value() (driver.Value, error) {
	text, err := json.Marshal(a.of)
	return string(text), err
}

func (a access) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("a partner's access is stored as %T", src)
	}
	return json.Unmarshal([]byte(text), a.of)
}
