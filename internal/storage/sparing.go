package storage

import "fmt"

// Sizes of a reading session's page cache, in KiB.
const (
	readerCache  = 16 << 10
	sparingCache = 1 << 10
)

// sparingly reads with a small page cache. The later pages of a long list are
// read once and by nobody else: kept, they would drive out what others ask for,
// and be nearly all of what the list holds in memory.
func (v *view) sparingly(read func() error) error {
	if err := v.db.cache(sparingCache); err != nil {
		return err
	}
	err := read()
	if restored := v.db.cache(readerCache); err == nil {
		err = restored
	}
	return err
}

// cache sets the size of the page cache. SQLite does that while it compiles the
// statement, so a prepared one would do it once; and it needs no sound session,
// as it reads no page.
func (s *session) cache(kib int) error {
	text := fmt.Sprintf("PRAGMA cache_size = -%d", kib)
	st, err := s.conn.Prepare(text)
	if err != nil {
		return stepFailed(text, explainSQLite(err))
	}
	return st.Close()
}
