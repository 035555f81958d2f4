package faultdisk

import (
	"fmt"
	"os"
	"syscall"
)

// File is one that is not SQLite's.
type File struct {
	disk *Disk
	path string
	real *os.File
}

// OpenFile opens a file as its disk has it, or gives nil if its folder is on
// none.
func OpenFile(path string) (*File, error) {
	d := diskOf(path)
	if d == nil {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("faultdisk: open a file: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.images, path)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("faultdisk: read a file: %w", err)
	}
	d.image(path).write(content, 0)
	d.image(path).sync(true)
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
	f.disk.image(f.path).write(b, at)
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
	f.disk.image(f.path).sync(fault == None)
	if fault != None {
		return failure(fault)
	}
	return nil
}

// Close closes the real file.
func (f *File) Close() error { return f.real.Close() }
