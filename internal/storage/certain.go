package storage

import (
	"slices"

	"github.com/qrisd/qrisd/internal/pay"
)

// certain tells of rows that wait (backlog) whether SQLite is sure to take
// them. Those are acknowledged by the log alone and inserted after the answer.
// Others are inserted before, for what the table refuses is to be told.
//
// Sure are marks, which the writer has looked for, and codes whose reference is
// new and whose values the table's checks allow.
type certain struct {
	refs  window // of codes
	doubt bool   // the group has a row that is not sure
}

var newestRef = "SELECT COALESCE(MAX(ref), '') FROM code"

func newCertain(db *session) (c certain, err error) {
	c.refs.most = maxWindow
	c.refs.floor, err = scalar[string](db, newestRef)
	return c, err
}

// weigh is asked for each row before it is inserted or waits.
func (c *certain) weigh(text string, args []any) {
	switch text {
	case appendMark:
	case insertCode:
		ref, _ := args[codeRef].(string)
		c.doubt = !c.refs.isNew(ref) || !soundCode(args) || c.doubt
	default:
		c.doubt = true
	}
}

// soundCode holds a row against the checks of the table code.
func soundCode(args []any) bool {
	amount, _ := args[codeAmount].(int64)
	fee, _ := args[codeFee].(int64)
	return amount >= 0 && fee >= 0 && args[codeState] == string(pay.CodeActive) && args[codeClosed] == int64(0)
}

var (
	codeRef    = slices.Index(codes.columns, "ref")
	codeAmount = slices.Index(codes.columns, "amount")
	codeFee    = slices.Index(codes.columns, "fee")
	codeState  = slices.Index(codes.columns, "state")
	codeClosed = slices.Index(codes.columns, "closed_at")
)

// window tells of most keys that no row has them, because they begin with the
// time. It knows all keys above a floor.
type window struct {
	most       int // keys of young, and of old
	floor      string
	young, old map[string]bool
	top        string // of young
	topOld     string
}

// maxWindow keys, twice, are of about 60 bytes each.
const maxWindow = 1 << 15

// isNew reports that a key is surely new, and remembers it.
func (w *window) isNew(key string) bool {
	if key <= w.floor || w.young[key] || w.old[key] {
		return false
	}
	if w.young == nil || len(w.young) >= w.most {
		w.floor = max(w.floor, w.topOld)
		w.old, w.topOld = w.young, w.top
		w.young, w.top = make(map[string]bool), ""
	}
	w.young[key], w.top = true, max(w.top, key)
	return true
}
