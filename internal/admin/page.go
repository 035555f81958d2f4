package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/pay"
)

// mostRows bounds what a query may ask of a list.
const mostRows = 1000

// limitOf reads how many rows a query asks for; usual is how many it gets that
// does not say.
func limitOf(r *http.Request, usual int) (int, error) {
	q := r.URL.Query()
	if !q.Has("limit") {
		return usual, nil
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > mostRows {
		return 0, &httpError{http.StatusBadRequest, "bad-request", fmt.Sprintf("limit %.20q: write a number from 1 to %d", q.Get("limit"), mostRows)}
	}
	return limit, nil
}

// fromOf reads the key that a query's page comes behind; empty: it is the first.
func fromOf(r *http.Request) (string, error) {
	from := r.URL.Query().Get("from")
	if !utf8.ValidString(from) || strings.Contains(from, "\x00") {
		return "", &httpError{http.StatusBadRequest, "bad-request", "from is no text: send next of the page before"}
	}
	return from, nil
}

// listing is a list that is given a page at a time, in order of a key.
type listing[T, V any] struct {
	name string // of the rows in the answer
	page func(r pay.Reader, behind string, limit int) ([]T, error)
	view func(pay.Reader, T) (V, error)
	key  func(T) string
}

// pair is the key of a row that two ids name together, whatever they contain.
func pair(a, b string) string { return url.PathEscape(a) + "/" + url.PathEscape(b) }

// paired are the ids in a key; what is none is before everything.
func paired(key string) (a, b string) {
	a, b, _ = strings.Cut(key, "/")
	first, errA := url.PathUnescape(a)
	second, errB := url.PathUnescape(b)
	if errA != nil || errB != nil {
		return "", ""
	}
	return first, second
}

// answer gives the page that a request asks for, and as next what asks for the
// one behind it, if there is one.
func (l listing[T, V]) answer(a *API, r *http.Request) (map[string]any, error) {
	limit, err := limitOf(r, mostRows)
	if err != nil {
		return nil, err
	}
	from, err := fromOf(r)
	if err != nil {
		return nil, err
	}
	answer := make(map[string]any)
	return answer, a.core.Inspect(r.Context(), func(reader pay.Reader) error {
		rows, err := l.page(reader, from, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			answer["next"] = l.key(rows[limit-1])
		}
		views := make([]V, len(rows))
		for i, row := range rows {
			if views[i], err = l.view(reader, row); err != nil {
				return err
			}
		}
		answer[l.name] = views
		return nil
	})
}
