package console

import (
	"github.com/qrisd/qrisd/internal/pay"
)

// usersBody lists who may sign in.
type usersBody struct{ Rows []pay.User }

func (c *Console) listUsers(v *visit) (any, error) {
	rows, err := read(v, func(r pay.Reader) ([]pay.User, error) { return r.Users() })
	return usersBody{rows}, err
}

// userBody is one user, and what that user did last.
type userBody struct {
	User      pay.User
	Standings []pay.Standing
	Acts      []pay.Act
}

// Subject is what the page is about.
func (b userBody) Subject() string { return b.User.Name }

func (c *Console) showUser(v *visit) (any, error) {
	return read(v, func(r pay.Reader) (b userBody, err error) {
		b.Standings = []pay.Standing{pay.Active, pay.Suspended}
		if b.User, err = r.User(v.PathValue("name")); err != nil {
			return b, err
		}
		b.Acts, err = r.ActPage(b.User.Name, "", shown)
		return b, err
	})
}

var userActs = []act{
	{path: "/users", verb: "user.add", least: pay.Admin, subject: []string{"name"}, done: "The user may sign in", do: (*Console).addUser},
	{path: "/users/{name}", verb: "user.edit", least: pay.Admin, subject: []string{"name"}, done: "Saved", do: (*Console).editUser},
}

func (c *Console) addUser(v *visit) (string, error) {
	return "/users", c.core.AddUser(v.Context(), v.PostFormValue("name"), pay.Role(v.PostFormValue("role")), v.PostFormValue("password"))
}

func (c *Console) editUser(v *visit) (string, error) {
	name := v.PathValue("name")
	return "/users/" + name, c.core.SetUser(v.Context(), name,
		pay.Role(v.PostFormValue("role")), pay.Standing(v.PostFormValue("standing")), v.PostFormValue("password"))
}

// auditBody is a page of the audit log.
type auditBody struct {
	list[pay.Act]
	By string
}

func (c *Console) listActs(v *visit) (any, error) {
	b := auditBody{By: v.asked("who")}
	rows, err := read(v, func(r pay.Reader) ([]pay.Act, error) { return r.ActPage(b.By, v.from(), pageRows+1) })
	b.list = listOf(v, rows, func(a pay.Act) string { return a.ID })
	return b, err
}
