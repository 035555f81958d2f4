package console

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// leversBody is the page on which levers are put on and taken off.
type leversBody struct {
	On         []sandbox.LeverState
	Kinds      []leverForm
	Partners   []pay.Partner
	Operations []string
	names      map[string]string // of partners, by id
}

// Name is what people call the partner of a lever.
func (b leversBody) Name(partnerID string) string { return cmp.Or(b.names[partnerID], partnerID) }

// leverForm is the form of a kind of lever, with what it proposes.
type leverForm struct {
	sandbox.LeverRow
	Lever sandbox.Lever
	On    int  // how many of the kind are
	Open  bool // it is the one that was asked for
}

// Takes reports whether levers of the kind take time.
func (f leverForm) Takes() bool { return f.Most != 0 }

func (c *Console) showLevers(v *visit) (any, error) {
	b := leversBody{On: c.Desk.Levers.List(), Operations: c.Desk.Levers.Operations(sandbox.Any), names: map[string]string{}}
	for _, row := range sandbox.LeverRows() {
		b.Kinds = append(b.Kinds, formOf(v, row, b.On))
	}
	return read(v, func(r pay.Reader) (_ leversBody, err error) {
		if b.Partners, err = choices(r); err != nil {
			return b, err
		}
		return b, b.name(r)
	})
}

// name looks up the partners of levers, who need not be among the choices.
func (b *leversBody) name(r pay.Reader) error {
	for _, l := range b.On {
		p, err := r.Partner(l.PartnerID)
		if err != nil && !errors.Is(err, pay.ErrNotFound) {
			return err
		}
		b.names[l.PartnerID] = cmp.Or(p.Name, l.PartnerID)
	}
	return nil
}

// formOf is the form of a kind: it proposes the lever that the address names,
// as it is if it is on, or else the kind's defaults.
func formOf(v *visit, row sandbox.LeverRow, on []sandbox.LeverState) leverForm {
	asked := sandbox.Lever{
		Kind: row.Kind, PartnerID: cmp.Or(v.asked("partner"), sandbox.Any), Operation: cmp.Or(v.asked("operation"), sandbox.Any),
		Probability: 1, Lasts: row.Default, Seed: 1,
	}
	f := leverForm{LeverRow: row, Lever: asked, Open: v.asked("kind") == string(row.Kind)}
	for _, l := range on {
		if l.Kind != row.Kind {
			continue
		}
		f.On++
		if l.PartnerID == asked.PartnerID && l.Operation == asked.Operation {
			f.Lever = l.Lever
		}
	}
	return f
}

// touching are the levers that are for a partner.
func touching(levers *sandbox.Levers, partnerID string) []sandbox.LeverState {
	return slices.DeleteFunc(levers.List(), func(l sandbox.LeverState) bool { return !l.Touches(partnerID) })
}

var leverSubject = []string{"kind", "partner", "operation"}

var leverActs = []act{
	{path: "/levers", verb: "lever.set", least: pay.Admin, sandbox: true, subject: leverSubject, done: "The lever is on", do: (*Console).setLever},
	{path: "/levers/remove", verb: "lever.remove", least: pay.Admin, sandbox: true, subject: leverSubject, done: "The lever is off", do: (*Console).removeLever},
	{path: "/levers/clear", verb: "lever.clear", least: pay.Admin, sandbox: true, done: "All levers are off", do: (*Console).clearLevers},
}

func (c *Console) setLever(v *visit) (string, error) {
	f := formFields{v: v}
	l := sandbox.Lever{
		Kind: sandbox.LeverKind(f.text("kind")), PartnerID: f.text("partner"), Operation: f.text("operation"), Code: f.text("code"),
		AfterCommit: f.checked("afterCommit"), Lasts: sandbox.Span(f.duration("duration")), Probability: f.chance("probability"), Seed: f.seed("seed"),
	}
	if f.err != nil {
		return "", f.err
	}
	return "/levers", c.Desk.SetLever(v.Context(), l)
}

// chance reads a probability, with a comma as Indonesians write it or a point.
func (f *formFields) chance(name string) float64 {
	return parsed(f, name, "it is above 0 and at most 1", func(s string) (float64, error) {
		n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		if err == nil && !(n > 0 && n <= 1) {
			err = strconv.ErrRange // 0 would be taken for left out
		}
		return n, err
	})
}

func (f *formFields) seed(name string) uint64 {
	return parsed(f, name, "write a whole number", func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
}

var errWhichLever = &operate.Refusal{Kind: operate.BadRequest, Message: "name the kind, the partner and the operation of the lever"}

// removeLever takes one lever off, and never several because a field is empty.
func (c *Console) removeLever(v *visit) (string, error) {
	f := formFields{v: v}
	kind, partner, operation := f.text("kind"), f.text("partner"), f.text("operation")
	if kind == "" || partner == "" || operation == "" {
		return "", errWhichLever
	}
	return "/levers", c.Desk.RemoveLevers(v.Context(), sandbox.LeverKind(kind), partner, operation)
}

func (c *Console) clearLevers(v *visit) (string, error) {
	return "/levers", c.Desk.RemoveLevers(v.Context(), "", "", "")
}
