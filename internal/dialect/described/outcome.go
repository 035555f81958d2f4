package described

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// answer is what a file says about the answer to a kind of refusal.
type answer struct {
	at      string
	code    string // "404/08"; empty: the standard's
	message string // empty: the standard's
}

func answers(into *map[pay.Kind]answer) reader {
	return func(p place) error {
		*into = make(map[pay.Kind]answer)
		return p.members(func(name string, at place) error {
			kind, ok := pay.ParseKind(name)
			if !ok {
				return at.fault("%s", unknown("kind of refusal", name, kindNames()))
			}
			a := answer{at: at.path}
			if err := at.object(keys{"case": caseNumber(&a.code), "message": message(&a.message)}); err != nil {
				return err
			}
			if a.code == "" && a.message == "" {
				return at.fault(`it says nothing; give "case", "message" or both, or leave it out`)
			}
			(*into)[kind] = a
			return nil
		})
	}
}

func kindNames() []string {
	var all []string
	for _, k := range pay.Kinds() {
		all = append(all, k.String())
	}
	return all
}

var caseForm = regexp.MustCompile(`^(202|4[0-9][0-9]|5[0-9][0-9])/[0-9][0-9]$`)

func caseNumber(into *string) reader {
	return func(p place) (err error) {
		if *into, err = p.text(); err == nil && !caseForm.MatchString(*into) {
			err = p.fault(`%q is not HTTP status and case, as in "404/08"; a refusal's status is 4xx, 5xx or 202`, *into)
		}
		return err
	}
}

// maxMessage is the standard's length of responseMessage.
const maxMessage = 150

// message reads a responseMessage and its blanks.
func message(into *string) reader {
	return func(p place) (err error) {
		if *into, err = p.text(); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(*into); n > maxMessage {
			return p.fault("%d characters; a responseMessage has at most %d", n, maxMessage)
		}
		if bare := strings.NewReplacer("{field}", "", "{reason}", "").Replace(*into); strings.ContainsAny(bare, "{}") {
			return p.fault("braces hold {field} or {reason}, which the server fills in, and nothing else")
		}
		return nil
	}
}

// success reads a message without blanks: nothing fills them in.
func success(into *string) reader {
	return func(p place) error {
		if err := message(into)(p); err != nil {
			return err
		}
		if strings.Contains(*into, "{") {
			return p.fault("a success is about no field and has no reason; leave the braces out")
		}
		return nil
	}
}

// over lays the answer over the standard's.
func (a answer) over(standard dialect.Outcome) (dialect.Outcome, error) {
	o := standard
	if a.code != "" {
		c, listed := caseOf(a.code)
		if !listed && a.message == "" {
			return o, fault(a.at, `%s is not in the standard's table, so it needs a "message"`, a.code)
		}
		if !listed {
			c.Message = a.message
		}
		if c != o.Case {
			o = dialect.Outcome{Case: c, Message: about[c]}
		}
	}
	if a.message != "" {
		o.Message = a.message
	}
	return o, nil
}

// about are the cases whose message names a field.
var about = map[snap.Case]string{
	snap.CaseInvalidFieldFormat:    "Invalid Field Format {field}",
	snap.CaseInvalidMandatoryField: "Invalid Mandatory Field {field}",
}

func caseOf(code string) (c snap.Case, listed bool) {
	status, number, _ := strings.Cut(code, "/")
	http, err := strconv.Atoi(status)
	if err != nil {
		return c, false
	}
	all := snap.Cases()
	i := slices.IndexFunc(all, func(c snap.Case) bool { return c.HTTP == http && c.Number == number })
	if i < 0 {
		return snap.Case{HTTP: http, Number: number}, false
	}
	return all[i], true
}

// overAll lays answers over outcomes, each over the dialect's for its kind.
func overAll(outcomes map[pay.Kind]dialect.Outcome, all map[pay.Kind]answer, standard func(pay.Kind) dialect.Outcome) (map[pay.Kind]dialect.Outcome, error) {
	differences := make(map[pay.Kind]dialect.Outcome, len(all))
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		o, err := all[kind].over(standard(kind))
		if err != nil {
			return nil, err
		}
		differences[kind] = o
	}
	if len(outcomes) == 0 {
		return differences, nil
	}
	return dialect.Amend(outcomes, differences), nil
}

// words reads the statuses.
func words(into *map[pay.Status]dialect.Word) reader {
	return func(p place) error {
		*into = make(map[pay.Status]dialect.Word)
		return p.members(func(name string, at place) error {
			status := pay.Status(name)
			if !slices.Contains(statuses, name) {
				return at.fault("%s", unknown("status", name, statuses))
			}
			var w dialect.Word
			if err := at.object(keys{"code": text(&w.Code), "text": text(&w.Text)}); err != nil {
				return err
			}
			(*into)[status] = w
			return checkWord(at, w)
		})
	}
}

var statuses = []string{
	string(pay.StatusInitiated), string(pay.StatusPaid), string(pay.StatusRefunded),
	string(pay.StatusCancelled), string(pay.StatusExpired),
}

var statusCode = regexp.MustCompile(`^[0-9]{2}$`)

// maxStatusText is the standard's length of transactionStatusDesc.
const maxStatusText = 50

func checkWord(at place, w dialect.Word) error {
	switch {
	case w.Code == "" || w.Text == "":
		return at.fault(`it needs both, as in {"code": "00", "text": "Success"}`)
	case !statusCode.MatchString(w.Code):
		return at.fault("%q is no latestTransactionStatus, which is two digits", w.Code)
	case utf8.RuneCountInString(w.Text) > maxStatusText:
		return at.fault("transactionStatusDesc has at most %d characters", maxStatusText)
	}
	return nil
}
