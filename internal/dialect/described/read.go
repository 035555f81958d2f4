// Package described makes a dialect of a file: an operator writes down in JSON
// where a provider differs from the standard, and the server speaks it.
package described

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 20

// ReadFile makes a dialect of a file on disk, as Read does.
func ReadFile(path string) (dialect.Dialect, error) {
	f, err := os.Open(path)
	if err != nil {
		return dialect.Dialect{}, fmt.Errorf("opening the description of a dialect: %w", err)
	}
	defer f.Close()
	d, err := Read(f)
	if err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// Read makes a dialect of a description: the standard, package aspi, with the
// differences that docs/DIALECTS.md lists key by key. It is strict: unknown
// keys, names of nothing and contradictions are errors, which name the place
// in the file and hint at the cure.
func Read(r io.Reader) (dialect.Dialect, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return dialect.Dialect{}, fmt.Errorf("reading: %w", err)
	}
	if len(text) > maxFile {
		return dialect.Dialect{}, fmt.Errorf("larger than %d bytes; a description has a few thousand", maxFile)
	}
	root, err := field.Parse(text)
	if err != nil {
		return dialect.Dialect{}, syntax(text, err)
	}
	var d description
	if err := d.read(place{value: root}); err != nil {
		return dialect.Dialect{}, err
	}
	return d.dialect()
}

// syntax gives a mistake of JSON its line and column, counted from 1.
func syntax(text []byte, err error) error {
	var e *field.SyntaxError
	if !errors.As(err, &e) {
		return err
	}
	before := text[:min(e.Offset, len(text))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	return fmt.Errorf("line %d, column %d: %s; the file must be strict JSON, without comments", line, column, e.Reason)
}
