package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // database/sql's, for migrations
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/qrisd/qrisd/internal/storage/lite"
)

// sqlitePragmas hold for every connection. synchronous=FULL makes a commit in
// WAL mode wait for the disk.
var sqlitePragmas = []string{
	"busy_timeout(5000)",
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(ON)",
	"temp_store(MEMORY)",
}

// sqliteHints are the cures of the errors that an operator can cure, each an
// Outage.
var sqliteHints = map[int]string{
	sqlite3.SQLITE_BUSY:     "another program holds the file: end it",
	sqlite3.SQLITE_CANTOPEN: "check the folder and its permissions",
	sqlite3.SQLITE_CORRUPT:  "the file is damaged: restore a backup",
	sqlite3.SQLITE_FULL:     "the disk is full: free some space",
	sqlite3.SQLITE_IOERR:    "the disk failed, or a quota or a limit on files is reached: look into the system's log",
	sqlite3.SQLITE_NOTADB:   "the file is something else: name another",
	sqlite3.SQLITE_READONLY: "the file cannot be written: check its owner and the mount",
}

func explainSQLite(err error) error {
	var e interface{ Code() int } // lite's, or that of database/sql's driver
	if errors.As(err, &e) {
		if hint := sqliteHints[e.Code()&0xff]; hint != "" {
			return &Outage{Err: err, cure: hint}
		}
	}
	return err
}

// sqliteReaders do not wait but for the processor, so a few are enough, and each
// has a page cache of its own.
const sqliteReaders = 4

// OpenSQLite opens the books in a file, which it creates with its folder if
// need be, readable by their owner only. It brings the schema up to date, and
// refuses a file whose schema is newer than the program (ErrNewer) or that is
// open already, here or in another process (ErrInUse).
func OpenSQLite(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("storage: the path of the file: %w", err)
	}
	lock, err := lockSQLite(ctx, path+".lock")
	if err != nil {
		return nil, err
	}
	books, err := openRecovered(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.close())
	}
	s, err := newStore(ctx, path, books, o.orDefault(sqliteReaders))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", err, path), books.close(), lock.close())
	}
	lane := s.writer.lanes[0].(*oneByOne)
	s.release = func() error {
		lane.recent.sieve.stop()
		err := lane.close()
		if err == nil {
			err = os.Remove(redoPath(path))
			_ = lane.recent.sieve.save(sievePath(path), lane.redo.store, lane.db) // without it the next start reads the index
		}
		moveAll(lane.db)
		return errors.Join(err, checkpoint(lane.db), books.close(), lock.close())
	}
	if err = s.unlock(ctx, o.Keys); err == nil {
		err = s.scrubFile(ctx, books)
	}
	return s.opened(err)
}

// openRecovered opens a file with all that its log says.
func openRecovered(ctx context.Context, path string) (*sqliteFile, error) {
	if err := recoverFile(ctx, path); err != nil {
		return nil, err
	}
	return openFile(path, sqlitePragmas...)
}

// newStore migrates a file that is this process's own and makes a Store of it.
func newStore(ctx context.Context, path string, books *sqliteFile, o Options) (*Store, error) {
	if err := migrate(ctx, books.db, goose.DialectSQLite3, migrations()); err != nil {
		return nil, explainSQLite(err)
	}
	w, err := books.session("PRAGMA cache_size = -32768") // pages that wait for their commit too
	if err != nil {
		return nil, err
	}
	if err := checkDurable(w); err != nil {
		return nil, err
	}
	recent, err := loadRecent(w)
	if err != nil {
		return nil, err
	}
	certain, err := newCertain(w)
	if err != nil {
		return nil, err
	}
	log, err := openRedo(w, path)
	if err != nil {
		return nil, err
	}
	copying, err := newCheckpoints(books, w, o.InTurn)
	if err != nil {
		return nil, err
	}
	filler, err := books.session("PRAGMA query_only = ON") // looks at each page once
	if err != nil {
		return nil, err
	}
	recent.sieve.load(sievePath(path), log.store, filler)
	go recent.sieve.fill(filler)
	s := &Store{probe: probeDisk}
	lane := &oneByOne{db: w, health: &s.health, recent: recent, certain: certain, redo: log, copying: copying, most: maxHeld}
	s.writer = newWriter(o.MaxBatch, lane)
	readers := newPool(o.Readers, books.reader, lane, s.writer)
	s.readers, copying.retire, s.health.retire = readers, readers.retire, readers.retire
	return s, nil
}

// lockSQLite takes the lock that one process may hold, with SQLite's own means
// because they work on every system: an exclusive transaction on an empty
// file beside the database. It ends with the process.
func lockSQLite(ctx context.Context, path string) (*sqliteFile, error) {
	f, err := openFile(path, "busy_timeout(0)", "journal_mode(MEMORY)")
	if err != nil {
		return nil, err
	}
	_, err = f.session("BEGIN EXCLUSIVE")
	if err == nil {
		return f, nil
	}
	var e *lite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		err = fmt.Errorf("%w: %s is held", ErrInUse, path)
	}
	return nil, errors.Join(err, f.close())
}

// checkDurable makes sure that the file system gave what was asked: SQLite
// keeps another journal where it cannot share memory, and says so only here.
func checkDurable(s *session) error {
	mode, err := scalar[string](s, "PRAGMA journal_mode")
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("storage: the journal is %q, not wal: put the file on a local disk", mode)
	}
	level, err := scalar[int](s, "PRAGMA synchronous")
	if err != nil {
		return err
	}
	if level != 2 {
		return fmt.Errorf("storage: synchronous is %d, not 2 (FULL): commits would not be durable", level)
	}
	return nil
}

// checkpoint moves what the log holds into the file, so that a copy of the
// file alone is a whole backup.
func checkpoint(s *session) error {
	s.reset()
	_, err := s.exec("PRAGMA wal_checkpoint(TRUNCATE)", nil)
	return err
}

// sqliteFile is an open file and the sessions on it.
type sqliteFile struct {
	db    *sql.DB // for migrations
	uri   string
	setup []string // of every session

	mu       sync.Mutex
	sessions []*session
}

// openFile opens a file that only its owner may read, as is what SQLite
// keeps beside it.
func openFile(path string, pragmas ...string) (*sqliteFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("storage: create the folder: %w", err)
	}
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("storage: create the file: %w", err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(path, pragmas...))
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	f := &sqliteFile{db: db, uri: sqliteDSN(path)}
	for _, p := range pragmas {
		f.setup = append(f.setup, "PRAGMA "+p)
	}
	return f, nil
}

// createFile does not open a file that is there: closing it would release the
// locks that POSIX gave this process on it.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN is a file URI, whose escapes allow any path.
func sqliteDSN(path string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

func (f *sqliteFile) session(setup ...string) (*session, error) {
	s, err := newSession(f.uri, slices.Concat(f.setup, setup)...)
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sessions = append(f.sessions, s)
	}
	return s, err
}

// reader opens a session that only reads.
func (f *sqliteFile) reader() (*session, error) {
	return f.session(fmt.Sprintf("PRAGMA cache_size = -%d", readerCache), "PRAGMA query_only = ON")
}

func (f *sqliteFile) close() error {
	var errs []error
	for _, s := range f.sessions {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, f.db.Close())...)
}
