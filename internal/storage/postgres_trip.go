package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// trip is one round trip: statements, and who reads their answers.
type trip struct {
	link  *link
	batch pgx.Batch
	reads []func(pgx.BatchResults) error
}

// queue adds a statement. What read makes of its answer ends the trip, unless
// it is nil.
func (t *trip) queue(text string, args []any, read func(pgx.BatchResults) error) {
	t.link.queue(&t.batch, text, args)
	t.reads = append(t.reads, read)
}

// run sends everything at once. The first statement that fails is the last that
// the server runs.
func (t *trip) run(ctx context.Context) error {
	results := t.link.conn.SendBatch(ctx, &t.batch)
	defer results.Close()
	for _, read := range t.reads {
		if err := read(results); err != nil {
			return err
		}
	}
	return t.link.judge(results.Close())
}

// insert adds the rows of each table of addable that has some.
func (t *trip) insert(tables [][][]any) {
	for i, rows := range tables {
		if len(rows) == 0 {
			continue
		}
		text, args := insertTogether(addable[i], rows)
		t.queue(text, args, func(results pgx.BatchResults) error {
			if _, err := results.Exec(); err != nil {
				return t.muddle(text, err)
			}
			return nil
		})
	}
}

// ask adds the statements of members, in their order, and then what was
// foreseen. Those of a text that has a form for many become one.
func (t *trip) ask(asking []*member, foreseen []*ask) {
	var same []*ask
	for len(asking) > 0 {
		text, n := asking[0].asks.text, 1
		for n < len(asking) && asking[n].asks.text == text {
			n++
		}
		same, foreseen = ofText(foreseen, text)
		t.askAll(text, asking[:n], same)
		asking = asking[n:]
	}
	for len(foreseen) > 0 {
		text := foreseen[0].text
		same, foreseen = ofText(foreseen, text)
		t.look(text, same)
	}
}

// ofText parts the asks of a text from others.
func ofText(asks []*ask, text string) (same, others []*ask) {
	for _, a := range asks {
		if a.text == text {
			same = append(same, a)
		} else {
			others = append(others, a)
		}
	}
	return same, others
}

func (t *trip) askAll(text string, asking []*member, foreseen []*ask) {
	_, changes := changes[text]
	switch {
	case len(asking)+len(foreseen) == 1:
		t.askOne(asking[0])
	case keyColumn[text] != "":
		t.claim(text, asking)
	case lookups[text]:
		for _, m := range asking {
			foreseen = append(foreseen, m.asks)
		}
		t.look(text, foreseen)
	case changes:
		t.change(text, asking)
	default:
		for _, m := range asking {
			t.askOne(m)
		}
	}
}

func (t *trip) askOne(m *member) {
	t.queue(m.asks.text, m.asks.args, func(results pgx.BatchResults) error {
		if err := t.link.answer(results, m.asks); err != nil {
			return &culprit{m, stepFailed(m.asks.text, t.link.judge(err))}
		}
		return nil
	})
}

// claim adds one statement for members that insert a row each, of the same
// table. Of those that want the same key the first may get it.
func (t *trip) claim(text string, asking []*member) {
	rows := make([][]any, 0, len(asking))
	first := make(map[any]*ask, len(asking))
	for _, m := range asking {
		args := plain(m.asks.args)
		if first[args[0]] == nil {
			first[args[0]] = m.asks
			rows = append(rows, args)
		}
	}
	together, args := insertTogether(text, rows)
	t.queue(together+orNothing+" RETURNING "+keyColumn[text], args, func(results pgx.BatchResults) error {
		var claimed ask
		if err := t.link.answer(results, &claimed); err != nil {
			return t.muddle(text, err)
		}
		for _, r := range claimed.rows {
			var key string
			if err := r.Scan(&key); err != nil {
				return t.muddle(text, err)
			}
			first[key].affected = 1
		}
		for _, m := range asking {
			m.asks.answered = true
		}
		return nil
	})
}

func (t *trip) muddle(text string, err error) error {
	return &muddle{stepFailed(text, t.link.judge(err))}
}
