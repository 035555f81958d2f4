package settlement

import (
	"encoding/csv"
	"io"
	"iter"
)

// Writer writes one file. It keeps no lines.
type Writer struct {
	csv    *csv.Writer
	total  Total
	fields []string
	err    error // the first; nothing is written after it
}

// NewWriter begins a file with its header.
func NewWriter(w io.Writer) *Writer {
	f := &Writer{csv: csv.NewWriter(w), fields: make([]string, len(columns))}
	for i, c := range columns {
		f.fields[i] = c.name
	}
	f.err = f.csv.Write(f.fields)
	return f
}

// Add writes a line. The order of the lines is the caller's.
func (f *Writer) Add(l Line) error {
	if f.err == nil {
		f.err = f.total.add(&l)
	}
	f.put(&row{Line: l})
	return f.err
}

func (f *Writer) put(r *row) {
	if f.err != nil {
		return
	}
	for i, c := range columns {
		f.fields[i] = c.show(r)
	}
	f.err = f.csv.Write(f.fields)
}

// Close writes the total line and gives what it says.
func (f *Writer) Close() (Total, error) {
	f.put(&row{Line: Line{Type: total, Sums: f.total.Sums}, count: f.total.Count})
	if f.csv.Flush(); f.err == nil {
		f.err = f.csv.Error()
	}
	return f.total, f.err
}

// Write writes a whole file: a header, the lines as they come, and a line of
// type total with their sums and how many they are. Amounts are rupiah with
// two decimals, times RFC 3339 at +07:00.
func Write(w io.Writer, lines iter.Seq2[Line, error]) error {
	f := NewWriter(w)
	for l, err := range lines {
		if err == nil {
			err = f.Add(l)
		}
		if err != nil {
			return err
		}
	}
	_, err := f.Close()
	return err
}
