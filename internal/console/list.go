package console

import (
	"net/url"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// pageRows is how many rows a list shows at a time.
const pageRows = 50

// list is one page of a list, and the ways on from it.
type list[T any] struct {
	Rows         []T
	Newest, Next string // paths of the first page and of the next; empty: this is it
}

// listOf cuts a page from rows, of which one more was read than is shown. The
// key of its last row begins the next page.
func listOf[T any](v *visit, rows []T, key func(T) string) list[T] {
	l := list[T]{Rows: rows}
	q := v.URL.Query()
	q.Del("lang")
	if len(rows) > pageRows {
		l.Rows = rows[:pageRows]
		q.Set("from", key(l.Rows[pageRows-1]))
		l.Next = v.URL.Path + "?" + q.Encode()
	}
	if q.Del("from"); v.from() != "" {
		l.Newest = strings.TrimSuffix(v.URL.Path+"?"+q.Encode(), "?")
	}
	return l
}

// from is the key that a page begins behind.
func (v *visit) from() string { return v.asked("from") }

// asked gives a parameter of the query.
func (v *visit) asked(name string) string { return strings.TrimSpace(v.URL.Query().Get(name)) }

// read runs one read over a snapshot of the books and gives what it found.
func read[T any](v *visit, f func(pay.Reader) (T, error)) (found T, err error) {
	err = v.console.core.Inspect(v.Context(), func(r pay.Reader) (err error) {
		found, err = f(r)
		return err
	})
	return found, err
}

// maxChoices bounds the partners that a filter offers by name.
const maxChoices = 100

// choices are the partners that a filter offers.
func choices(r pay.Reader) ([]pay.Partner, error) { return r.PartnerPage("", maxChoices) }

// digitsOf keeps what of a text can be a reference, so that what was pasted
// with spaces is found.
func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// with is a path of the console and a query.
func with(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return strings.TrimSuffix(path+"?"+q.Encode(), "?")
}
