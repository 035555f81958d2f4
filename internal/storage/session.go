package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/storage/lite"
)

// row is one row of an answer.
type row interface {
	Scan(dest ...any) error
}

// querier and conn are all that the SQL of this package needs of an engine.
type querier interface {
	// query calls scan for each row of the answer, as they come.
	query(text string, args []any, scan func(row) error) error
	// marked finds a mark by its id, or answers pay.ErrNotFound.
	marked(id string) (markRow, error)
}

type conn interface {
	querier
	// exec runs a statement and gives the number of rows it touched.
	exec(text string, args []any) (affected int64, err error)
	// returning runs a statement that writes and calls scan for each row that
	// it gives back.
	returning(text string, args []any, scan func(row) error) error
	// add inserts a row whose key is the program's own and nobody else's. It may
	// wait until something asks for the table, or for the commit; what is wrong
	// with it is then told to all whose commit it is. text is an insert
	// statement of a table.
	add(text string, args []any) error
	// mark inserts a mark, or answers pay.ErrExists.
	mark(m markRow) error
	// forgotMarks says that the rows of all marks were deleted.
	forgotMarks()
	// lock waits until no neighbour in the same commit has the name, and keeps
	// it until the transaction ends; those who share it have it together.
	lock(name string, shared bool) error
}

var errNested = errors.New("storage: a visit function used its Reader: collect first, then read")

// session is one connection with its prepared statements. A statement that
// fails leaves the session with a fault, and nothing else runs on it until
// reset: PostgreSQL behaves so by itself, and SQLite may have rolled the whole
// transaction back, after which a write would commit on its own.
type session struct {
	conn      *lite.Conn
	prepared  map[string]*lite.Stmt
	streaming bool // rows are being visited
	fault     error

	// Of a session that only reads: the snapshot that it keeps from one View to
	// the next, by the number of what was present then; 0: it has none.
	seen uint64
}

// newSession opens a connection and runs the setup statements on it.
func newSession(uri string, setup ...string) (*session, error) {
	c, err := lite.Open(uri)
	if err != nil {
		return nil, fmt.Errorf("storage: connect: %w", explainSQLite(err))
	}
	s := &session{conn: c, prepared: make(map[string]*lite.Stmt)}
	for _, text := range setup {
		if _, err := s.exec(text, nil); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// enter gives the session a snapshot that shows what is present, or more: the
// one that it has, if that does.
func (s *session) enter(present uint64) error {
	if s.seen == present {
		return nil
	}
	s.leave()
	_, err := s.exec("BEGIN", nil)
	if err == nil {
		s.seen = present
	}
	return err
}

// leave ends the snapshot, and with it what it keeps from being copied out of
// the write-ahead log. Its error has no one to go to: if the transaction is
// still there, the session's next BEGIN fails with it.
func (s *session) leave() {
	if s.seen == 0 {
		return
	}
	s.reset()
	_, _ = s.exec("ROLLBACK", nil)
	s.reset()
	s.seen = 0
}

func (s *session) reset() { s.fault, s.streaming = nil, false }

// statement gives the prepared form of a text.
func (s *session) statement(text string) (*lite.Stmt, error) {
	switch {
	case s.fault != nil:
		return nil, s.fault
	case s.streaming:
		return nil, errNested
	}
	if st, ok := s.prepared[text]; ok {
		return st, nil
	}
	st, err := s.conn.Prepare(text)
	if err != nil {
		return nil, s.failed(text, err)
	}
	s.prepared[text] = st
	return st, nil
}

// marked looks into the index alone.
func (s *session) marked(id string) (markRow, error) { return markedBy(s, id) }

func (s *session) exec(text string, args []any) (int64, error) {
	st, err := s.statement(text)
	if err != nil {
		return 0, err
	}
	if err := st.Bind(plain(args)); err != nil {
		return 0, s.failed(text, err)
	}
	row := true
	for row && err == nil {
		row, err = st.Step()
	}
	st.Reset()
	if err != nil {
		return 0, s.failed(text, err)
	}
	return s.conn.Changes(), nil
}

func (s *session) query(text string, args []any, scan func(row) error) error {
	st, err := s.statement(text)
	if err != nil {
		return err
	}
	if err := st.Bind(plain(args)); err != nil {
		return s.failed(text, err)
	}
	s.streaming = true
	defer func() {
		s.streaming = false
		st.Reset()
	}()
	for {
		row, err := st.Step()
		if err != nil {
			return s.failed(text, err)
		}
		if !row {
			return nil
		}
		if err := scan(st); err != nil {
			return err
		}
	}
}

// failed makes an engine's error the session's fault.
func (s *session) failed(text string, err error) error {
	s.fault = stepFailed(text, explainSQLite(err))
	return s.fault
}

func stepFailed(text string, err error) error {
	return fmt.Errorf("storage: %s: %w", step(text), err)
}

// step names a statement in an error: its verb and its table.
func step(text string) string {
	words := strings.Fields(text)
	for _, before := range []string{"INTO", "UPDATE", "FROM"} {
		if i := slices.Index(words, before); i >= 0 && i+1 < len(words) {
			verb := words[0]
			if verb == "WITH" {
				verb = before
			}
			return strings.ToLower(verb) + " " + words[i+1]
		}
	}
	return strings.ToLower(text)
}

// close ends the statements one by one: a connection with open statements
// would outlive its database, locks and all.
func (s *session) close() error {
	var errs []error
	for _, st := range s.prepared {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
