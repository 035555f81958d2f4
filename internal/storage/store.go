// Package storage keeps the books: it implements pay.Storage in hand-written
// SQL, one text for SQLite and PostgreSQL. What only one engine has stands in
// that engine's file.
//
// Text is UTF-8 without NUL. Times are kept as microseconds since the Unix
// epoch; the zero time is 0, so the epoch itself reads back as the zero time.
package storage

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// ErrClosed is the answer of a Store that was closed.
var ErrClosed = errors.New("storage: closed")

// Options tune a Store. The zero value is the default.
type Options struct {
	MaxBatch int  // transactions that share one commit; 0: 64
	Readers  int  // connections that View may use at a time; 0: one per processor, at least 4, on PostgreSQL 16
	Keys     Keys // of the secrets in it
	InTurn   bool // nothing is asked of the disk beside a transaction: for who decides what each meets there

	// On PostgreSQL:
	Writers  int           // connections that Update may use at a time; 0: 1
	Patience time.Duration // how long a transaction waits for a database that is away; 0: 5 s
}

// orDefault fills in what is not set; readers is the least number of them.
func (o Options) orDefault(readers int) Options {
	o.MaxBatch = cmp.Or(max(o.MaxBatch, 0), 64)
	o.Readers = cmp.Or(max(o.Readers, 0), max(readers, runtime.GOMAXPROCS(0)))
	o.Writers = cmp.Or(max(o.Writers, 0), 1)
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	return o
}

// Open opens the books at a location: the file of an embedded store, or the
// postgres:// or postgresql:// URL of a database that several nodes share.
// Either is brought up to this program's schema, and the secrets in it are
// sealed if Options name keys. Without the key of a store that was sealed it
// answers ErrNoKey or ErrWrongKey.
func Open(ctx context.Context, location string, o Options) (*Store, error) {
	if IsPostgres(location) {
		return OpenPostgres(ctx, location, o)
	}
	return OpenSQLite(ctx, location, o)
}

// IsPostgres reports whether a location is the URL of a PostgreSQL database.
func IsPostgres(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// Store is a pay.Storage on one database. It is safe for concurrent use.
//
// A function handed to Update must not call Update, nor one handed to View
// call View, nor one handed to Update read through a View around it: they would
// wait for themselves. A visit function must not use its
// Reader, because PostgreSQL's protocol carries one answer at a time.
type Store struct {
	writer  *writer
	readers viewer
	vault   *vault // nil: its secrets are not sealed
	health  health
	probe   func(context.Context, *Store) error // commits something, to see whether that works again
	release func() error                        // closes the database once nothing uses it

	once     sync.Once
	closeErr error
}

var _ pay.Storage = (*Store)(nil)

// viewer runs what only reads.
type viewer interface {
	view(ctx context.Context, f func(pay.Reader) error) error
	drain() // refuses new views and waits for those that run
}

// View implements pay.Storage. It answers ErrClosed after Close, and the
// context's error when that ends before f or between two rows that f reads.
func (s *Store) View(ctx context.Context, f func(pay.Reader) error) error {
	return s.readers.view(ctx, s.vault.reading(f))
}

// Update implements pay.Storage. It answers ErrClosed after Close, the
// context's error when that ended before f began (and then f never runs), a
// *Panic when f panicked, and else what became of the transaction.
//
// A statement that fails for another reason than pay.ErrExists or
// pay.ErrNotFound fails the whole transaction, even if f returns nil.
func (s *Store) Update(ctx context.Context, f func(pay.Tx) error) error {
	return s.writer.update(ctx, s.vault.writing(f))
}

// Stats counts what was written since the Store was opened.
func (s *Store) Stats() Stats { return s.writer.counts.snapshot() }

// Close waits for all that was accepted, then closes the database. What comes
// later is answered with ErrClosed.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.writer.drain()
		s.readers.drain()
		s.closeErr = s.release()
	})
	return s.closeErr
}
