// Package logfile opens the file in which a store keeps its log.
package logfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// File is what a log needs of its file.
type File interface {
	io.ReaderAt
	io.WriterAt
	Sync() error // brings what was written to the disk
	Close() error
}

// Open opens or makes a file, so that it is there after a loss of power. A disk
// that fails for a test takes its place.
var Open = func(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file{f}, nil
}

// file syncs what it holds, and of what is told of it only what is needed to
// find that.
type file struct{ *os.File }

func (f file) Sync() error { return syncContent(f.File) }
