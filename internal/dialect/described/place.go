package described

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/field"
)

// place is a value of the file and where it stands.
type place struct {
	path  string // "operations.generate.body[2].max"; empty for the whole file
	value field.Value
}

// reader takes what one key holds.
type reader func(place) error

// keys are all that an object may hold.
type keys map[string]reader

// fault is a mistake at a place of the file, with a hint at the cure.
func fault(path, format string, args ...any) error {
	if path == "" {
		path = "the file"
	}
	return fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
}

func (p place) fault(format string, args ...any) error { return fault(p.path, format, args...) }

// under is the path of a key.
func under(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// object reads an object key by key, in the order of the file.
func (p place) object(known keys) error {
	return p.members(func(key string, at place) error {
		read, ok := known[key]
		if !ok {
			return at.fault("%s", unknown("key", key, slices.Sorted(maps.Keys(known))))
		}
		return read(at)
	})
}

// members reads an object whose keys are names.
func (p place) members(read func(key string, at place) error) error {
	if p.value.Kind() != field.Object {
		return p.fault("expected an object in braces, not %v", p.value.Kind())
	}
	for key, value := range p.value.Members() {
		if err := read(key, place{under(p.path, key), value}); err != nil {
			return err
		}
	}
	return nil
}

// list reads an array element by element.
func (p place) list(read reader) error {
	if p.value.Kind() != field.Array {
		return p.fault("expected a list in brackets, not %v", p.value.Kind())
	}
	for i, value := range p.value.Items() {
		if err := read(place{p.path + "[" + strconv.Itoa(i) + "]", value}); err != nil {
			return err
		}
	}
	return nil
}

func object(known keys) reader { return func(p place) error { return p.object(known) } }

// pointer reads what is nil where the file does not say it.
func pointer[T any](into **T, read func(*T) reader) reader {
	return func(p place) error {
		*into = new(T)
		return read(*into)(p)
	}
}

func (p place) text() (string, error) {
	if p.value.Kind() != field.String {
		return "", p.fault("expected text in quotes, not %v", p.value.Kind())
	}
	if p.value.Text() == "" {
		return "", p.fault("it is empty; leave the key out for what the standard has")
	}
	return p.value.Text(), nil
}

func text(into *string) reader {
	return func(p place) (err error) {
		*into, err = p.text()
		return err
	}
}

func texts(into *[]string) reader {
	return func(p place) error {
		*into = []string{}
		return p.list(func(p place) error {
			s, err := p.text()
			*into = append(*into, s)
			return err
		})
	}
}

func flag(into *bool) reader {
	return func(p place) error {
		if p.value.Kind() != field.Bool {
			return p.fault("expected true or false, not %v", p.value.Kind())
		}
		*into = p.value.Raw() == "true"
		return nil
	}
}

// maxCount bounds every number of a description.
const maxCount = 1_000_000

func count(into *int) reader {
	return func(p place) error {
		n, err := strconv.Atoi(p.value.Text())
		if p.value.Kind() != field.Number || err != nil || n < 0 || n > maxCount {
			return p.fault("expected a whole number from 0 to %d, without quotes", maxCount)
		}
		*into = n
		return nil
	}
}

const day = 24 * time.Hour

// mostDays keeps a span of days within what a Duration holds.
const mostDays = 36500

// span reads a length of time, such as "20s", "15m", "3h" or "92d".
func span(into *time.Duration) reader {
	return func(p place) error {
		s, err := p.text()
		if err != nil {
			return err
		}
		d, err := time.ParseDuration(s)
		if days, inDays := strings.CutSuffix(s, "d"); inDays {
			var n int
			n, err = strconv.Atoi(days)
			if n > mostDays {
				return p.fault("at most %d days", mostDays)
			}
			d = time.Duration(n) * day
		}
		if err != nil || d <= 0 {
			return p.fault(`expected a length of time such as "20s", "15m", "3h" or "92d", not %q`, s)
		}
		*into = d
		return nil
	}
}

// choice reads one of a table's names.
func choice[T any](what string, table map[string]T, into *T) reader {
	return func(p place) error {
		s, err := p.text()
		if err != nil {
			return err
		}
		chosen, ok := table[s]
		if !ok {
			return p.fault("%s", unknown(what, s, slices.Sorted(maps.Keys(table))))
		}
		*into = chosen
		return nil
	}
}

// unknown says that nothing has a name, and which one was meant.
func unknown(what, name string, names []string) string {
	s := fmt.Sprintf("there is no %s %q; ", what, name)
	for _, other := range names {
		if alike(name, other) {
			return s + fmt.Sprintf("did you mean %q?", other)
		}
	}
	return s + "choose one of " + strings.Join(names, ", ")
}

// alike reports whether one name is the other but for case, hyphens and two
// mistyped letters.
func alike(a, b string) bool {
	a, b = plain(a), plain(b)
	return distance(a, b) <= min(2, len(b)/4)
}

func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the least number of letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
