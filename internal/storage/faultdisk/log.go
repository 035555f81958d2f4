package faultdisk

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/qrisd/qrisd/internal/storage/logfile"
)

// File is one that is not SQLite's.
type File struct {
	disk *Disk
	path string
	real *os.File
}

// openLogs has the logs of stores opened here if their folder is on a disk.
var openLogs = sync.OnceFunc(func() {
	elsewhere := logfile.Open
	logfile.Open = func(path string) (logfile.File, error) {
		if d := diskOf(path); d != nil {
			return d.open(path)
		}
		return elsewhere(path)
	}
})

func (d *Disk) open(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("faultdisk: open a file: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.images, path)
	if err := d.load(path); err != nil {
		return nil, err
	}
	return &File{d, path, f}, nil
}

// failure is a fault as Go's files tell it.
func failure(f Fault) error {
	if f == Full {
		return syscall.ENOSPC
	}
	return syscall.EIO
}

// ReadAt implements io.ReaderAt.
func (f *File) ReadAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	fault := f.disk.decide(Read, f.path)
	f.disk.mu.Unlock()
	if fault != None {
		return 0, failure(fault)
	}
	return f.real.ReadAt(b, at)
}

// WriteAt implements io.WriterAt. It fails halfway, as a disk that fills up
// does.
func (f *File) WriteAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	fault := f.disk.decide(Write, f.path)
	if fault != None {
		b = b[:len(b)/2]
	}
	f.disk.images[f.path].write(b, at)
	n, err := f.real.WriteAt(b, at)
	if err == nil && fault != None {
		err = failure(fault)
	}
	return n, err
}

// Sync leaves the real disk in peace: what it would keep is modelled.
func (f *File) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	fault := f.disk.decide(Sync, f.path)
	f.disk.images[f.path].sync(fault == None)
	if fault != None {
		return failure(fault)
	}
	return nil
}

// Close closes the real file.
func (f *File) Close() error { return f.real.Close() }
