package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/pay"
)

// Invariant is one thing that holds in healthy books, as a query for what
// breaks it: one text for both engines.
type Invariant struct {
	Name string // two words or three, as in "transfer-balance"
	Of   string // what an id names
	Says string
	// Query gives three texts a row: the id of what breaks the invariant, what
	// was expected and what is there.
	Query string
	// Judge decides where SQL cannot: it is given what Query found, and only
	// what it calls wrong breaks the invariant. nil: every row does.
	Judge func(id, want, got string) (v Violation, wrong bool)

	find func(s *Snapshot, visit func(Violation) error) error // in place of Query
}

// Violation is one row that breaks an invariant.
type Violation struct {
	Invariant string `json:"invariant"`
	Says      string `json:"says"`
	Of        string `json:"of"`
	ID        string `json:"id"`
	Want      string `json:"expected"`
	Got       string `json:"found"`
}

func (v Violation) Error() string {
	return fmt.Sprintf("%s: %s %s: expected %s, found %s (%s)", v.Invariant, v.Of, v.ID, v.Want, v.Got, v.Says)
}

// Invariants are all that healthy books keep to, the most fundamental first:
// what comes later may rest on what comes before.
func Invariants() []Invariant {
	return slices.Concat(foundations, chainInvariants, contents, ledgerInvariants, referenceInvariants(), paymentInvariants, refundInvariants,
		codeInvariants, deliveryInvariants, settlementInvariants, otherInvariants, sealedInvariants())
}

// errEnough ends a visit.
var errEnough = errors.New("storage: enough was found")

// Find visits up to limit violations of an invariant, in the order of their
// ids; none where it holds.
func (s *Snapshot) Find(i Invariant, limit int, visit func(Violation) error) error {
	n := 0
	err := i.search(s, limit, func(v Violation) error {
		v.Invariant, v.Says, v.Of = i.Name, i.Says, i.Of
		if err := visit(v); err != nil {
			return err
		}
		if n++; n == limit {
			return errEnough
		}
		return nil
	})
	if err == nil || errors.Is(err, errEnough) {
		return nil
	}
	return fmt.Errorf("looking for what breaks %s: %w", i.Name, err)
}

func (i Invariant) search(s *Snapshot, limit int, visit func(Violation) error) error {
	switch {
	case i.find != nil:
		return i.find(s, visit)
	case i.Judge != nil:
		return s.visit(i.Query, nil, func(v Violation) error {
			v, wrong := i.Judge(v.ID, v.Want, v.Got)
			if !wrong {
				return nil
			}
			return visit(v)
		})
	}
	return s.visit("SELECT id, want, got FROM ("+i.Query+") AS broken ORDER BY id, want LIMIT $1", []any{limit}, visit)
}

func (s *Snapshot) visit(text string, args []any, visit func(Violation) error) error {
	return s.query(text, args, func(r row) error {
		var v Violation
		if err := r.Scan(&v.ID, &v.Want, &v.Got); err != nil {
			return err
		}
		return visit(v)
	})
}

// Check gives the first violation of the invariants, in their order, or nil.
func (s *Snapshot) Check(all []Invariant) error {
	for _, i := range all {
		err := s.Find(i, 1, func(v Violation) error { return v })
		var v Violation
		if errors.As(err, &v) {
			return v
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// foundations are what all others rest on: that there is a whole database of
// this schema to be asked.
var foundations = []Invariant{
	{Name: "file", Of: "the", Says: "the file is whole, as SQLite's integrity check sees it", find: (*Snapshot).findDamage},
	{Name: "schema", Of: "the", Says: "every table, column and index of the schema is there", find: (*Snapshot).findMissing},
}

// contents name no more than a table: what the chain can tell of a row comes
// before them.
var contents = []Invariant{
	{Name: "contents", Of: "table", Says: "a backup holds what was written into it", find: (*Snapshot).findAltered},
}

func (s *Snapshot) findDamage(visit func(Violation) error) error {
	if s.wholeness == "" {
		return nil
	}
	return s.query(s.wholeness, nil, func(r row) error {
		var said string
		if err := r.Scan(&said); err != nil || said == "ok" {
			return err
		}
		return visit(Violation{ID: "file", Want: "a whole one", Got: strings.Join(strings.Fields(said), " ")})
	})
}

func (s *Snapshot) findMissing(visit func(Violation) error) error {
	all, err := schema()
	if err != nil {
		return err
	}
	for _, r := range all {
		for _, part := range []struct {
			kind, query string
			want        []string
		}{{"column", s.columnsOf, r.columns}, {"index", s.indexesOf, r.indexes}} {
			there, err := texts(s, part.query, r.name)
			if err != nil {
				return err
			}
			for _, name := range part.want {
				if slices.Contains(there, name) {
					continue
				}
				if err := visit(Violation{ID: part.kind + " " + name + " of " + r.name, Want: "it", Got: "none"}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Snapshot) findAltered(visit func(Violation) error) error {
	c, err := s.Contents()
	if errors.Is(err, pay.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.differences(c.Tables, visit)
}
