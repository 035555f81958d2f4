package settlement

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/qrisd/qrisd/snap"
)

// FileError says where a file is not as it must be.
type FileError struct {
	Line   int    // from 1
	Column string // its name; empty when the whole line is meant
	Cause  error
}

func (e *FileError) Error() string {
	where := "settlement: line " + strconv.Itoa(e.Line)
	if e.Column != "" {
		where += ", column " + e.Column
	}
	return where + ": " + e.Cause.Error()
}

func (e *FileError) Unwrap() error { return e.Cause }

// Mismatch is an amount or the count of a total line that is wrong.
type Mismatch struct {
	Column string
	Sum    string // of the lines
	Stated string // by the total line
}

// TotalError says that the total line of a file does not sum up the others.
type TotalError struct {
	Line  int
	Wrong []Mismatch
}

func (e *TotalError) Error() string {
	parts := make([]string, len(e.Wrong))
	for i, m := range e.Wrong {
		parts[i] = fmt.Sprintf("%s says %s but the lines come to %s", m.Column, m.Stated, m.Sum)
	}
	return fmt.Sprintf("settlement: line %d, the total: %s", e.Line, strings.Join(parts, "; "))
}

// Read reads a file that [Write] wrote, or a counterparty's: its columns may
// stand in any order among others, as long as those that a comparison needs
// have the names they have here (type, payment_reference_no, refund_no, rrn,
// gross, mdr, refund, net) and its last line is the total. What is wrong ends
// the sequence with a *FileError, or with a *TotalError after the last line.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		p, err := newParser(r)
		for err == nil {
			var line row
			if line, err = p.next(); err != nil {
				break
			}
			if line.Type == total {
				if err = p.end(&line); err == nil {
					return
				}
				break
			}
			if err = p.total.add(&line.Line); err != nil {
				err = &FileError{Line: line.Number, Cause: err}
			} else if !yield(line.Line, nil) {
				return
			}
		}
		yield(Line{}, err)
	}
}

// maxRecord bounds one line: a quotation mark that is never closed must not
// take the whole file into memory.
const maxRecord = 64 << 10

var errLong = errors.New("it is over 64 KiB long: is a quotation mark not closed?")

// leash reads up to a limit that its holder sets afresh.
type leash struct {
	source io.Reader
	left   int
}

func (l *leash) Read(b []byte) (int, error) {
	if l.left == 0 {
		return 0, errLong
	}
	n, err := l.source.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

type parser struct {
	source *leash
	csv    *csv.Reader
	layout []*column // of each field of a line; nil for a column of another's
	total  Total
	lines  int // read so far
}

var byteOrderMark = []byte("\uFEFF")

func newParser(r io.Reader) (*parser, error) {
	source := &leash{r, maxRecord}
	buffered := bufio.NewReader(source)
	if mark, err := buffered.Peek(len(byteOrderMark)); err == nil && slices.Equal(mark, byteOrderMark) {
		buffered.Discard(len(mark)) // spreadsheets begin with one
	}
	p := &parser{source: source, csv: csv.NewReader(buffered)}
	p.csv.ReuseRecord = true
	header, err := p.record()
	if errors.Is(err, io.EOF) {
		return nil, &FileError{Line: 1, Cause: errors.New("the file is empty: it begins with the names of its columns")}
	}
	if err != nil {
		return nil, err
	}
	return p, p.lay(header)
}

// lay finds the column of each name in the header.
func (p *parser) lay(header []string) error {
	seen := make(map[string]bool)
	for _, name := range header {
		if seen[name] {
			return &FileError{1, name, errors.New("the header names it twice")}
		}
		seen[name] = true
		var found *column
		if i := slices.IndexFunc(columns, func(c column) bool { return c.name == name }); i >= 0 {
			found = &columns[i]
		}
		p.layout = append(p.layout, found)
	}
	for _, c := range columns {
		if c.needed && !seen[c.name] {
			return &FileError{1, c.name, errors.New("the header does not name it, and nothing can be compared without it")}
		}
	}
	return nil
}

// record reads one line of the file.
func (p *parser) record() ([]string, error) {
	p.source.left = maxRecord
	fields, err := p.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, errLong):
		return nil, &FileError{Line: p.lines + 1, Cause: err}
	case errors.As(err, &syntax):
		return nil, &FileError{Line: syntax.Line, Cause: fmt.Errorf("at character %d: %w", syntax.Column, syntax.Err)}
	case err == nil:
		p.lines, _ = p.csv.FieldPos(0)
	}
	return fields, err
}

func (p *parser) next() (row, error) {
	fields, err := p.record()
	if errors.Is(err, io.EOF) {
		return row{}, &FileError{Line: p.lines, Cause: errors.New("the file ends here without its total line: it may be cut short")}
	}
	if err != nil {
		return row{}, err
	}
	r := row{Line: Line{Number: p.lines}, count: uncounted}
	for i, c := range p.layout {
		if c == nil {
			continue
		}
		if err := c.read(&r, fields[i]); err != nil {
			return row{}, &FileError{p.lines, c.name, err}
		}
	}
	switch {
	case r.Type == total:
	case r.key() == "":
		return row{}, &FileError{p.lines, keyColumn[r.Type], errors.New("it is empty, so the " + string(r.Type) + " has no name")}
	case r.count != uncounted:
		return row{}, &FileError{p.lines, "count", errors.New("only the total line has one")}
	}
	return r, nil
}

var keyColumn = map[Type]string{Payment: "payment_reference_no", Refund: "refund_no"}

// end checks the total line, and that it is the last.
func (p *parser) end(r *row) error {
	switch _, err := p.record(); {
	case err == nil:
		return &FileError{Line: p.lines, Cause: errors.New("the total line must be the last")}
	case !errors.Is(err, io.EOF):
		return err
	}
	var wrong []Mismatch
	for _, sum := range []struct {
		column      string
		got, stated int64
	}{
		{"gross", int64(p.total.Gross), int64(r.Gross)}, {"mdr", int64(p.total.MDR), int64(r.MDR)},
		{"refund", int64(p.total.Refund), int64(r.Refund)}, {"net", int64(p.total.Net), int64(r.Net)},
	} {
		if sum.got != sum.stated {
			wrong = append(wrong, Mismatch{sum.column, snap.FormatAmount(sum.got), snap.FormatAmount(sum.stated)})
		}
	}
	if r.count != uncounted && r.count != p.total.Count {
		wrong = append(wrong, Mismatch{"count", strconv.FormatInt(p.total.Count, 10), strconv.FormatInt(r.count, 10)})
	}
	if wrong == nil {
		return nil
	}
	return &TotalError{r.Number, wrong}
}
