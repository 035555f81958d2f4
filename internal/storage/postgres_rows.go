package storage

import (
	"errors"
	"strings"
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
	arrays := columnsOf(rows)
	return manyText(text, func() string {
		head, _, _ := strings.Cut(text, " VALUES ")
		parameters := make([]string, len(arrays))
		for i, a := range arrays {
			parameters[i] = parameter(i+1) + "::" + arrayType(a)
		}
		return head + " SELECT * FROM unnest(" + strings.Join(parameters, ", ") + ")"
	}), arrays
}

const orNothing = " ON CONFLICT DO NOTHING"

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
