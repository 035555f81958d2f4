package storage

import (
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// lookups are reads by names, all of them text. What members ask with one of
// these at a time goes as one statement, in which each name stands once.
var lookups = map[string]bool{
	codeByRef: true, holdCode: true, payerByID: true, merchantByID: true, partnerByID: true, markByID: true, tokenByHash: true,
	paymentByRef: true, latestPayment: true, deliveryByID: true, paidToMerchant: true, paidByPayerSince: true,
}

// changes are updates of one row, and the key by which they name it. What
// members ask with one of these at a time goes as one statement for each time
// that a row is named.
var changes = map[string]rowKey{
	closeCode: {"ref", 3}, endCode: {"ref", 2}, debitPayer: {"id", 2}, creditPayer: {"id", 2}, useToken: {"hash", 2},
	setDelivery: {"id", 5}, setDeliveryBody: {"id", 2},
}

// rowKey is a table's key and the number of the parameter that it must equal.
type rowKey struct {
	column    string
	parameter int
}

// look adds one statement that looks for rows by names.
func (t *trip) look(text string, asks []*ask) {
	var wanted [][]any
	var askers [][]*ask // by wanted
	places := make(map[string]int, len(asks))
	for _, a := range asks {
		args := plain(a.args)
		name := named(args)
		place, ok := places[name]
		if !ok {
			place = len(wanted)
			places[name] = place
			wanted, askers = append(wanted, args), append(askers, nil)
		}
		askers[place] = append(askers[place], a)
	}
	if len(wanted) == 1 {
		t.lookOnce(text, wanted[0], asks)
		return
	}
	t.together(text, lookupOf(text), columnsOf(wanted), func(found *ask) error {
		for _, r := range found.rows {
			place, rest, err := r.(*rawRow).cut()
			if err != nil {
				return err
			}
			hand(rest, askers[place-1])
		}
		answer(asks)
		return nil
	})
}

// lookOnce is look for one name.
func (t *trip) lookOnce(text string, args []any, asks []*ask) {
	t.together(text, text, args, func(found *ask) error {
		for _, r := range found.rows {
			hand(r.(*rawRow), asks)
		}
		answer(asks)
		return nil
	})
}

// hand gives a row to those who have asked for it.
func hand(r *rawRow, askers []*ask) {
	r.shared = len(askers) > 1
	for _, a := range askers {
		a.rows = append(a.rows, r)
	}
}

func answer(asks []*ask) {
	for _, a := range asks {
		a.answered = true
	}
}

// change adds statements for members that change a row each.
func (t *trip) change(text string, asking []*member) {
	key := changes[text]
	for len(asking) > 0 {
		var rows [][]any
		var later []*member
		first := make(map[string]*ask, len(asking))
		for _, m := range asking {
			args := plain(m.asks.args)
			name := args[key.parameter-1].(string)
			if first[name] != nil {
				later = append(later, m)
				continue
			}
			first[name] = m.asks
			rows = append(rows, args)
		}
		if len(rows) == 1 {
			t.askOne(asking[0])
		} else {
			t.changeAll(text, rows, first)
		}
		asking = later
	}
}

func (t *trip) changeAll(text string, rows [][]any, first map[string]*ask) {
	arrays := columnsOf(rows)
	t.together(text, changeOf(text, arrays), arrays, func(changed *ask) error {
		for _, r := range changed.rows {
			var name string
			if err := r.Scan(&name); err != nil {
				return err
			}
			first[name].affected = 1
		}
		for _, a := range first {
			a.answered = true
		}
		return nil
	})
}

// together adds a statement of many members, whose answer read hands out. What
// fails is nobody's own fault.
func (t *trip) together(text, many string, args []any, read func(*ask) error) {
	t.queue(many, args, func(results pgx.BatchResults) error {
		var all ask
		err := t.link.answer(results, &all)
		if err == nil {
			err = read(&all)
		}
		if err != nil {
			return t.muddle(text, err)
		}
		return nil
	})
}

// named is a name of several parts as one.
func named(parts []any) string {
	if len(parts) == 1 {
		return parts[0].(string)
	}
	var name strings.Builder
	for _, p := range parts {
		name.WriteString(p.(string))
		name.WriteByte(0)
	}
	return name.String()
}

// columnsOf are an array for each column of some rows.
func columnsOf(rows [][]any) []any {
	arrays := make([]any, len(rows[0]))
	for i, v := range rows[0] {
		if _, isText := v.(string); isText {
			arrays[i] = columnOf[string](rows, i)
		} else {
			arrays[i] = columnOf[int64](rows, i)
		}
	}
	return arrays
}

// manyTogether are the texts for many, by the text for one.
var manyTogether sync.Map

func manyText(text string, form func() string) string {
	if many, ok := manyTogether.Load(text); ok {
		return many.(string)
	}
	many := form()
	manyTogether.Store(text, many)
	return many
}

// lookupOf is a lookup for many names, with an array for each parameter. Before
// each row that it finds stands the place of its name, from 1. Each name is
// looked up by itself, which OFFSET 0 makes sure of: the plan of a join would
// rest on what the tables held when it was made.
func lookupOf(text string) string {
	return manyText(text, func() string {
		one, arrays, names := text, []string(nil), []string(nil)
		for n := 1; strings.Contains(text, parameter(n)); n++ {
			name := "p" + strconv.Itoa(n)
			one = strings.ReplaceAll(one, parameter(n), "wanted."+name)
			arrays, names = append(arrays, parameter(n)+"::TEXT[]"), append(names, name)
		}
		return "SELECT wanted.place, found.* FROM unnest(" + strings.Join(arrays, ", ") + ") WITH ORDINALITY AS wanted (" +
			strings.Join(names, ", ") + ", place), LATERAL (" + one + " OFFSET 0) AS found"
	})
}

// changeOf is a change for many rows, which gives the keys of those that it has
// changed. It takes the rows in the order of the key's index.
func changeOf(text string, arrays []any) string {
	return manyText(text, func() string {
		key := changes[text]
		keys := parameter(key.parameter) + "::TEXT[]"
		many := strings.Replace(text, key.column+" = "+parameter(key.parameter), key.column+" = ANY("+keys+")", 1)
		for i := range arrays {
			if i+1 == key.parameter {
				continue
			}
			value := "(" + parameter(i+1) + "::" + arrayType(arrays[i]) + ")[array_position(" + keys + ", " + key.column + ")]"
			many = strings.ReplaceAll(many, parameter(i+1), value)
		}
		return many + " RETURNING " + key.column
	})
}

func parameter(n int) string { return "$" + strconv.Itoa(n) }
