package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// passing are the tables that belong to the processes that run, not to the
// books: they are not copied, and rows in them do not make a database full.
var passing = map[string]string{
	"mark_new": "its rows are copied as rows of mark, to which they go over",
	"redo":     "it tells how far a store has come in a log of its own",
	"lane":     "it counts the commits of connections, which end with their process",
}

// CopyOptions are what a copy may be asked besides.
type CopyOptions struct {
	// Check may refuse the books: those to be copied, before anything is
	// written, and the copy, before it counts as whole. nil: nothing does.
	Check func(*Snapshot) error
	// Progress is told how many rows of a table are copied.
	Progress func(table string, done, total int64)
}

// Contents says what a copy holds.
type Contents struct {
	At     time.Time   `json:"at"`
	Schema int64       `json:"schema"`
	Tables []TableRows `json:"tables"` // in the order in which they were made
}

// TableRows are the number of a table's rows and a sum over what they hold,
// the same in any order and on any engine.
type TableRows struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Sum   string `json:"sum"` // 32 hexadecimal digits
}

// Copy writes everything that a snapshot holds into an empty store at another
// location, of either engine, and makes the schema there. at is the moment
// that the copy is dated.
//
// It reads both sides again and compares them. Until that is done the target
// answers ErrIncomplete to whoever opens it; a file that the copy made is
// removed if it fails.
func Copy(ctx context.Context, from *Snapshot, to string, at time.Time, o CopyOptions) (Contents, error) {
	t, err := openTarget(ctx, to, true)
	if err != nil {
		return Contents{}, err
	}
	c := copying{from: from, to: t, at: at, CopyOptions: o}
	return c.end(c.run(ctx))
}

// Backup is Copy into a new file, which has its name only once it is whole and
// on disk. The file carries its Contents, so that it can be checked later.
func Backup(ctx context.Context, from *Snapshot, file string, at time.Time, o CopyOptions) (Contents, error) {
	if err := MustBeNew(file); err != nil {
		return Contents{}, err
	}
	unfinished := file + Unfinished
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Contents{}, fmt.Errorf("storage: remove what was left of an earlier backup: %w", err)
	}
	t, err := openTarget(ctx, unfinished, false)
	if err != nil {
		return Contents{}, err
	}
	c := copying{from: from, to: t, at: at, keep: true, CopyOptions: o}
	contents, err := c.end(c.run(ctx))
	if err != nil {
		return Contents{}, err
	}
	return contents, Finish(file)
}

// Unfinished ends the name of a backup that is being written.
const Unfinished = ".partial"

// MustBeNew refuses a file that is there.
func MustBeNew(file string) error {
	_, err := os.Lstat(file)
	switch {
	case err == nil:
		return fmt.Errorf("storage: %s exists: remove it, or name another file", file)
	case errors.Is(err, os.ErrNotExist):
		return nil
	}
	return err
}

// Finish gives a backup that is whole and on disk its name.
func Finish(file string) error {
	if err := MustBeNew(file); err != nil {
		return err
	}
	if err := os.Rename(file+Unfinished, file); err != nil {
		return fmt.Errorf("storage: name the backup: %w", err)
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("storage: sync the backup's folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// copying is one copy on its way.
type copying struct {
	from *Snapshot
	to   *target
	at   time.Time
	keep bool // the contents, in the copy
	CopyOptions
}

func (c *copying) run(ctx context.Context) (Contents, error) {
	tables, err := copied()
	if err != nil {
		return Contents{}, err
	}
	contents := Contents{At: c.at}
	if contents.Schema, err = c.from.version(ctx); err != nil {
		return contents, err
	}
	if err := c.check("the books to be copied", c.from); err != nil {
		return contents, err
	}
	if err := c.to.exec(ctx, insertSetting, settingUnfinished, "begun "+c.at.Format(time.RFC3339)); err != nil {
		return contents, err
	}
	for _, r := range tables {
		rows, err := c.table(ctx, r)
		if err != nil {
			return contents, err
		}
		contents.Tables = append(contents.Tables, rows)
	}
	if err := c.compare(ctx, contents.Tables); err != nil {
		return contents, err
	}
	return contents, c.release(ctx, contents)
}

// copied are the tables that a copy takes with it.
func copied() ([]relation, error) {
	all, err := schema()
	var kept []relation
	for _, r := range all {
		if passing[r.name] == "" {
			kept = append(kept, r)
		}
	}
	return kept, err
}

func (c *copying) check(which string, s *Snapshot) error {
	if c.Check == nil {
		return nil
	}
	if err := c.Check(s); err != nil {
		return fmt.Errorf("%s: %w", which, err)
	}
	return nil
}

// table copies the rows of one table.
func (c *copying) table(ctx context.Context, r relation) (TableRows, error) {
	total, err := scalar[int64](c.from, "SELECT COUNT(*) FROM "+r.source())
	if err != nil {
		return TableRows{}, err
	}
	f, err := newFilling(ctx, c.to.place, r)
	if err != nil {
		return TableRows{}, err
	}
	defer f.full.Close()
	var sum rowsSum
	err = c.from.rows(r, func(values []any) error {
		sum.add(values)
		if c.Progress != nil && sum.rows%progressRows == 0 {
			c.Progress(r.name, sum.rows, total)
		}
		return f.add(ctx, values)
	})
	if err == nil {
		err = f.end(ctx)
	}
	if err != nil {
		return TableRows{}, fmt.Errorf("storage: copy table %s: %w", r.name, err)
	}
	if c.Progress != nil {
		c.Progress(r.name, sum.rows, total)
	}
	return sum.of(r.name), nil
}

const progressRows = 1000

// compare reads the copy again, and holds it against what was read before.
func (c *copying) compare(ctx context.Context, want []TableRows) error {
	return c.to.read(ctx, func(s *Snapshot) error {
		if err := s.compare(want); err != nil {
			return err
		}
		return c.check("the copy", s)
	})
}

// release lets the copy be used.
func (c *copying) release(ctx context.Context, contents Contents) error {
	if err := c.to.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if c.keep {
		text, err := json.Marshal(contents)
		if err != nil {
			return fmt.Errorf("storage: write the backup's contents: %w", err)
		}
		if err := c.to.exec(ctx, insertSetting, settingContents, string(text)); err != nil {
			return err
		}
	}
	if err := c.to.exec(ctx, "DELETE FROM setting WHERE name = $1", settingUnfinished); err != nil {
		return err
	}
	return c.to.exec(ctx, "COMMIT")
}

// end closes the target.
func (c *copying) end(contents Contents, err error) (Contents, error) {
	err = errors.Join(err, c.to.close())
	if err == nil {
		return contents, nil
	}
	return Contents{}, errors.Join(err, c.to.discard())
}
