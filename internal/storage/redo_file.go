package storage

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/qrisd/qrisd/internal/storage/logfile"
)

// redoPath is the log of the store at a path.
func redoPath(path string) string { return path + "-redo" }

var (
	redoPlace = "SELECT store, seq FROM redo"
	redoBegin = "INSERT INTO redo (store, seq) VALUES ($1, 0)"
	redoMove  = "UPDATE redo SET seq = $1"
)

// openRedo opens the log of a store whose schema is this program's, and gives
// the store a number if it has none.
func openRedo(db *session, path string) (*redo, error) {
	store, seq, err := redoPosition(db)
	if errors.Is(err, errNoPosition) {
		if store, err = drawStore(); err == nil {
			_, err = db.exec(redoBegin, []any{int64(store)})
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := logfile.Open(redoPath(path))
	if err != nil {
		return nil, fmt.Errorf("storage: open the log: %w", err)
	}
	return &redo{file: f, store: store, seq: seq, texts: make(map[string]uint64)}, nil
}

var errNoPosition = errors.New("storage: the store has no number yet")

func redoPosition(db *session) (store, seq uint64, err error) {
	err = errNoPosition
	fault := db.query(redoPlace, nil, func(r row) error {
		var s, q int64
		err = r.Scan(&s, &q)
		store, seq = uint64(s), uint64(q)
		return err
	})
	return store, seq, errors.Join(fault, err)
}

// drawStore draws a number that no other store has.
func drawStore() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("storage: draw the store's number: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// recoverFile brings into a file what its log says beyond it, as a process that
// was killed has left the two. The file's schema is still that of the program
// that wrote the log.
func recoverFile(ctx context.Context, path string) error {
	if _, err := os.Stat(redoPath(path)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	books, err := openFile(path, sqlitePragmas...)
	if err != nil {
		return err
	}
	defer books.close()
	db, err := books.session()
	if err != nil {
		return err
	}
	known, err := scalar[int](db, sqliteEngine.countTables, "redo")
	if err != nil || known == 0 {
		return err
	}
	r, err := openRedo(db, path)
	if err != nil {
		return err
	}
	defer r.file.Close()
	return r.recover(db)
}

// recoverUnused is recoverFile for books that no process has open. One that has
// is at work on them itself.
func recoverUnused(ctx context.Context, path string) error {
	if _, err := os.Stat(redoPath(path)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock, err := lockSQLite(ctx, path+".lock")
	if errors.Is(err, ErrInUse) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(recoverFile(ctx, path), lock.close())
}

// recover replays the log and lets SQLite commit.
func (r *redo) recover(db *session) error {
	db.reset()
	if _, err := db.exec("BEGIN IMMEDIATE", nil); err != nil {
		return err
	}
	last, _, err := r.replay(db, r.seq, math.MaxInt64)
	if err == nil {
		_, err = db.exec(redoMove, []any{int64(last)})
	}
	if err == nil {
		_, err = db.exec("COMMIT", nil)
	}
	if err != nil {
		db.reset()
		_, _ = db.exec("ROLLBACK", nil)
		return err
	}
	r.seq = last
	r.restart()
	return nil
}
