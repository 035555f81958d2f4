// Package faultdisk is a disk for SQLite that fails when a test says so. It
// stands between SQLite and the real files, whose contents it also models: what
// the page cache holds, and what would be left after a loss of power.
package faultdisk

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"
)

// Op is what SQLite asks of a file.
type Op int

// The operations that can fail.
const (
	Read Op = iota
	Write
	Sync
	Truncate
)

// Fault is the way in which an operation fails.
type Fault int

// The faults, as SQLite's own VFS would report them.
const (
	None           Fault = sqlite3.SQLITE_OK
	Full           Fault = sqlite3.SQLITE_FULL
	ReadFailed     Fault = sqlite3.SQLITE_IOERR_READ
	WriteFailed    Fault = sqlite3.SQLITE_IOERR_WRITE
	SyncFailed     Fault = sqlite3.SQLITE_IOERR_FSYNC
	TruncateFailed Fault = sqlite3.SQLITE_IOERR_TRUNCATE
)

// Rule decides what becomes of an operation on a file, given by the end of its
// path. Calls come one at a time.
type Rule func(op Op, file string) Fault

// Disk holds the files of one folder.
type Disk struct {
	folder string
	mu     sync.Mutex
	rule   Rule
	images map[string]*image // by path
}

var (
	disksMu sync.Mutex
	disks   []*Disk
)

// New puts an empty folder on a disk that works. From then on every database
// of this process is opened through this package; only this folder's are on
// the disk.
func New(folder string) (*Disk, error) {
	if err := register(); err != nil {
		return nil, err
	}
	openLogs()
	d := &Disk{folder: filepath.Clean(folder) + string(filepath.Separator), images: make(map[string]*image)}
	disksMu.Lock()
	defer disksMu.Unlock()
	disks = append(disks, d)
	return d, nil
}

// Remove takes the disk away. What is opened in its folder from then on is no
// more on it.
func (d *Disk) Remove() {
	disksMu.Lock()
	defer disksMu.Unlock()
	disks = slices.DeleteFunc(disks, func(other *Disk) bool { return other == d })
}

// diskOf is the disk that a path is on; nil: none.
func diskOf(path string) *Disk {
	disksMu.Lock()
	defer disksMu.Unlock()
	for _, d := range disks {
		if strings.HasPrefix(path, d.folder) {
			return d
		}
	}
	return nil
}

// Fail sets the rule by which operations fail; nil: none does.
func (d *Disk) Fail(rule Rule) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rule = rule
}

// decide is what becomes of an operation.
func (d *Disk) decide(op Op, path string) Fault {
	if d.rule == nil {
		return None
	}
	return d.rule(op, strings.TrimPrefix(path, d.folder))
}

// Kill writes into an empty folder what is in the files when the process is
// killed now: all that was written.
func (d *Disk) Kill(into string) error {
	return d.copy(into, func(i *image) []byte { return i.cache })
}

// Crash writes into an empty folder what is in the files when the power fails
// now: what an fsync that worked has covered, and nothing else.
func (d *Disk) Crash(into string) error {
	return d.copy(into, func(i *image) []byte { return i.kept })
}

func (d *Disk) copy(into string, content func(*image) []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for path, i := range d.images {
		name := filepath.Join(into, strings.TrimPrefix(path, d.folder))
		if err := os.WriteFile(name, content(i), 0o600); err != nil {
			return fmt.Errorf("faultdisk: copy a file: %w", err)
		}
	}
	return nil
}

// pageSize is the unit in which a kernel writes back.
const pageSize = 4096

// image is the content of a file.
type image struct {
	cache []byte         // as the page cache has it
	kept  []byte         // as the disk has it
	dirty map[int64]bool // numbers of the cache's pages to be written back
}

// load takes over a file that nothing has open yet, with what is in it.
func (d *Disk) load(path string) error {
	if d.images[path] != nil {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("faultdisk: read a file: %w", err)
	}
	d.images[path] = &image{cache: content, kept: slices.Clone(content), dirty: make(map[int64]bool)}
	return nil
}

// write puts bytes into the cache.
func (i *image) write(b []byte, at int64) {
	end := at + int64(len(b))
	i.cache = resized(i.cache, max(len(i.cache), int(end)))
	copy(i.cache[at:], b)
	for page := at / pageSize; page*pageSize < end; page++ {
		i.dirty[page] = true
	}
}

func (i *image) truncate(size int64) {
	i.cache = i.cache[:min(size, int64(len(i.cache)))]
}

// sync writes the dirty pages back. When it fails none arrives, and yet all
// are clean after it, as on Linux: only another write makes a page dirty
// again.
func (i *image) sync(works bool) {
	defer clear(i.dirty)
	if !works {
		return
	}
	i.kept = resized(i.kept, len(i.cache))
	for page := range i.dirty {
		if from := page * pageSize; from < int64(len(i.kept)) {
			to := min(from+pageSize, int64(len(i.kept)))
			copy(i.kept[from:to], i.cache[from:to])
		}
	}
}

// resized is b with another length; what is new is zero.
func resized(b []byte, size int) []byte {
	if size <= len(b) {
		return b[:size]
	}
	was := len(b)
	if size > cap(b) {
		b = slices.Grow(b, max(size-was, was))
	}
	b = b[:size]
	clear(b[was:])
	return b
}
