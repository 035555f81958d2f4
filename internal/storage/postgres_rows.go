package storage

import (
	"errors"
	"strconv"
	"strings"
	"sync"
)

// keyColumn are the inserts that go together where members ask for the same at
// a time, and what is answered for each row that they insert: the first column,
// which alone decides who was first.
var keyColumn = map[string]string{insertMark: marks.columns[0], insertToken: tokens.columns[0]}

// muddle is the failure of a statement that many members share. Whose it is they
// find out alone.
type muddle struct{ err error }

func (m *muddle) Error() string { return m.err.Error() }
func (m *muddle) Unwrap() error { return m.err }

func muddled(err error) bool { return errors.As(err, new(*muddle)) && !transient(err) }

// insertTogether is an insert of one row as a statement for many, with a
// parameter for each column: half as much work for the server as one for each
// value, and the same text however many they are. It fails when a key is taken.
func insertTogether(text string, rows [][]any) (string, []any) {
	if len(rows) == 1 {
		return strings.TrimSuffix(text, orNothing), rows[0]
	}
	arrays := make([]any, len(rows[0]))
	for i, v := range rows[0] {
		if _, isText := v.(string); isText {
			arrays[i] = columnOf[string](rows, i)
		} else {
			arrays[i] = columnOf[int64](rows, i)
		}
	}
	if together, ok := togetherTexts.Load(text); ok {
		return together.(string), arrays
	}
	head, _, _ := strings.Cut(text, " VALUES ")
	parameters := make([]string, len(arrays))
	for i, a := range arrays {
		parameters[i] = "$" + strconv.Itoa(i+1) + "::" + arrayType(a)
	}
	together := head + " SELECT * FROM unnest(" + strings.Join(parameters, ", ") + ")"
	togetherTexts.Store(text, together)
	return together, arrays
}

const orNothing = " ON CONFLICT DO NOTHING"

var togetherTexts sync.Map // an insert statement's text to that for many

// columnOf is one column of some rows, whose values are plain.
func columnOf[V any](rows [][]any, i int) []V {
	values := make([]V, len(rows))
	for r, row := range rows {
		values[r] = row[i].(V)
	}
	return values
}

func arrayType(column any) string {
	if _, text := column.([]string); text {
		return "TEXT[]"
	}
	return "BIGINT[]"
}
