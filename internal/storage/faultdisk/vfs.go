package faultdisk

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite's VFS and its files are tables of C functions. Ours are copies of the
// real ones in which a few functions are replaced; a file stays the real
// VFS's own, and only points to our table.

// file is one that is open on a Disk.
type file struct {
	disk *Disk
	path string
	real *sqlite3.Tsqlite3_io_methods
}

var (
	files sync.Map // *file, by the address of SQLite's

	tablesMu sync.Mutex
	tables   = make(map[uintptr]uintptr) // ours, by the real one's address

	realVFS  *sqlite3.Tsqlite3_vfs
	realAddr uintptr
)

// at reads an address of C's memory as a pointer.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// address is that of a function which C may call.
func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is the reverse of address.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

// The C signatures of what is replaced.
type (
	openFunc     = func(tls *libc.TLS, vfs, name, f uintptr, flags int32, out uintptr) int32
	deleteFunc   = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
	closeFunc    = func(tls *libc.TLS, f uintptr) int32
	transferFunc = func(tls *libc.TLS, f, buffer uintptr, n int32, offset int64) int32
	truncateFunc = func(tls *libc.TLS, f uintptr, size int64) int32
	syncFunc     = func(tls *libc.TLS, f uintptr, flags int32) int32
)

// register makes our VFS the default, once.
var register = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if realAddr = sqlite3.Xsqlite3_vfs_find(tls, 0); realAddr == 0 {
		return errors.New("faultdisk: there is no VFS to stand before")
	}
	realVFS = at[sqlite3.Tsqlite3_vfs](realAddr)
	name, err := libc.CString("faultdisk")
	if err != nil {
		return fmt.Errorf("faultdisk: name the VFS: %w", err)
	}
	ours := allocate(tls)
	v := at[sqlite3.Tsqlite3_vfs](ours)
	*v = *realVFS
	v.FzName, v.FxOpen, v.FxDelete = name, address[openFunc](openFile), address[deleteFunc](deleteFile)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 1); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("faultdisk: register the VFS: %d", rc)
	}
	return nil
})

func openFile(tls *libc.TLS, _, name, f uintptr, flags int32, out uintptr) int32 {
	rc := function[openFunc](realVFS.FxOpen)(tls, realAddr, name, f, flags, out)
	if rc != sqlite3.SQLITE_OK || name == 0 {
		return rc
	}
	path := libc.GoString(name)
	d := diskOf(path)
	if d == nil {
		return rc
	}
	methods := &at[sqlite3.Tsqlite3_file](f).FpMethods
	files.Store(f, &file{disk: d, path: path, real: at[sqlite3.Tsqlite3_io_methods](*methods)})
	*methods = table(tls, *methods)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.load(path); err != nil {
		return sqlite3.SQLITE_CANTOPEN
	}
	return rc
}

// table is our copy of a real table.
func table(tls *libc.TLS, realTable uintptr) uintptr {
	tablesMu.Lock()
	defer tablesMu.Unlock()
	if ours, ok := tables[realTable]; ok {
		return ours
	}
	ours := allocate(tls)
	m := at[sqlite3.Tsqlite3_io_methods](ours)
	*m = *at[sqlite3.Tsqlite3_io_methods](realTable)
	m.FxClose, m.FxRead, m.FxWrite = address[closeFunc](closeFile), address[transferFunc](readFile), address[transferFunc](writeFile)
	m.FxTruncate, m.FxSync = address[truncateFunc](truncateFile), address[syncFunc](syncFile)
	tables[realTable] = ours
	return ours
}

// allocate gives zeroed memory of C's that is never freed, enough for either
// table.
func allocate(tls *libc.TLS) uintptr {
	p := libc.Xcalloc(tls, 1, 512)
	if p == 0 {
		panic("faultdisk: out of memory")
	}
	return p
}

func opened(f uintptr) *file {
	found, _ := files.Load(f)
	return found.(*file)
}

func closeFile(tls *libc.TLS, f uintptr) int32 {
	o := opened(f)
	files.Delete(f)
	return function[closeFunc](o.real.FxClose)(tls, f)
}

func readFile(tls *libc.TLS, f, buffer uintptr, n int32, offset int64) int32 {
	o := opened(f)
	o.disk.mu.Lock()
	fault := o.disk.decide(Read, o.path)
	o.disk.mu.Unlock()
	if fault != None {
		return int32(fault)
	}
	return function[transferFunc](o.real.FxRead)(tls, f, buffer, n, offset)
}

// writeFile fails halfway, as a disk that fills up does.
func writeFile(tls *libc.TLS, f, buffer uintptr, n int32, offset int64) int32 {
	o := opened(f)
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	fault := o.disk.decide(Write, o.path)
	if fault != None {
		n /= 2
	}
	if n > 0 {
		o.disk.images[o.path].write(unsafe.Slice(at[byte](buffer), n), offset)
		if rc := function[transferFunc](o.real.FxWrite)(tls, f, buffer, n, offset); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return int32(fault)
}

func truncateFile(tls *libc.TLS, f uintptr, size int64) int32 {
	o := opened(f)
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	if fault := o.disk.decide(Truncate, o.path); fault != None {
		return int32(fault)
	}
	o.disk.images[o.path].truncate(size)
	return function[truncateFunc](o.real.FxTruncate)(tls, f, size)
}

// syncFile leaves the real disk in peace: what it would keep is modelled.
func syncFile(_ *libc.TLS, f uintptr, _ int32) int32 {
	o := opened(f)
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	fault := o.disk.decide(Sync, o.path)
	o.disk.images[o.path].sync(fault == None)
	return int32(fault)
}

func deleteFile(tls *libc.TLS, _, name uintptr, syncDir int32) int32 {
	path := libc.GoString(name)
	if d := diskOf(path); d != nil {
		d.mu.Lock()
		delete(d.images, path)
		d.mu.Unlock()
	}
	return function[deleteFunc](realVFS.FxDelete)(tls, realAddr, name, syncDir)
}
