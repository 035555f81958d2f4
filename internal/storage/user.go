package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

var users = table[pay.User]{
	name:    "account",
	columns: strings.Fields("name role password standing created_at"),
	fields: func(u *pay.User) []any {
		return []any{&u.Name, (*string)(&u.Role), &u.Password, (*string)(&u.Standing), moment{&u.CreatedAt}}
	},
}

var (
	userByName = users.find("WHERE name = $1")
	allUsers   = users.find("ORDER BY name")
	insertUser = users.insert()
	setUser    = "UPDATE account SET role = $1, password = $2, standing = $3 WHERE name = $4"
)

func (r reader) User(name string) (pay.User, error) { return users.one(r.q, userByName, name) }

func (r reader) Users() ([]pay.User, error) { return users.all(r.q, allUsers) }

func (t tx) InsertUser(u pay.User) error { return t.insert(insertUser, users.values(&u)) }

func (t tx) SetUser(u pay.User) error {
	return t.update(setUser, string(u.Role), u.Password, string(u.Standing), u.Name)
}

var acts = table[pay.Act]{
	name:    "audit",
	columns: strings.Fields("id acted_at who role origin verb subject detail outcome"),
	fields: func(a *pay.Act) []any {
		return []any{
			&a.ID, moment{&a.At}, &a.Who, (*string)(&a.Role), &a.Origin, &a.Verb, &a.Subject, &a.Detail, &a.Outcome,
		}
	},
}

var (
	insertAct = acts.insert()
	endAct    = "UPDATE audit SET outcome = $1 WHERE id = $2 AND outcome = ''"
)

func (r reader) ActPage(who, before string, limit int) ([]pay.Act, error) {
	var w where
	w.and("who =", who)
	w.and("id <", before)
	return acts.page(r.q, w, "id DESC", limit)
}

// InsertAct keeps the act for the chain too, but for its outcome.
func (t tx) InsertAct(a pay.Act) error {
	values := acts.values(&a)
	if err := t.insert(insertAct, values); err != nil {
		return err
	}
	if err := t.wait(leafAct, a.ID, values[:len(actColumns)]); err != nil || a.Outcome == "" {
		return err
	}
	return t.waitOutcome(a.ID, a.Outcome)
}

func (t tx) EndAct(id, outcome string) error {
	if err := t.update(endAct, outcome, id); err != nil || outcome == "" {
		return err
	}
	return t.waitOutcome(id, outcome)
}

func (t tx) waitOutcome(id, outcome string) error {
	return t.wait(leafOutcome, id, []any{id, outcome})
}
