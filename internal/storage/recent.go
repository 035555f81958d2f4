package storage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/qrisd/qrisd/internal/pay"
)

// maxRecent is how many marks are kept in memory before they go over to the
// index, about 150 bytes each; while they go, as many again may come.
const maxRecent = 1 << 16

// stepsAhead is how many marks go over for each new one. The old ones are
// through long before there are too many new ones.
const stepsAhead = 4

// recent keeps the marks of an embedded store that the index of mark does not
// hold yet. Their ids are digests: in the order in which they come, nearly each
// would change a page of the index of its own. So they are appended to
// mark_new, found here, and put into the index by the thousand, in its order.
//
// The writer alone changes it, and only what is committed is in it.
type recent struct {
	sieve  *sieve // of the index
	most   int    // marks of live before they go over
	mu     sync.RWMutex
	live   map[string]markRow
	moving map[string]markRow // go over to the index; nil: none do
	epoch  int64              // counts how often marks have left the memory

	next  int64    // seq of the next row of mark_new
	order []string // ids of moving that are not in the index yet
	gone  int64    // rows of mark_new below are deleted
	until int64    // rows of mark_new below are those of moving
	ahead bool     // order and gone are so by what SQLite has not committed
}

var (
	recentMarks = "SELECT seq, id, body, ref FROM mark_new ORDER BY seq"
	appendMark  = "INSERT INTO mark_new (id, body, ref, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
	dropRecent  = "DELETE FROM mark_new WHERE seq < $1"
)

// loadRecent reads what was not in the index when the store was last closed,
// or killed.
func loadRecent(db *session) (*recent, error) {
	newest, err := scalar[int64](db, newestMark)
	if err != nil {
		return nil, err
	}
	r := &recent{most: maxRecent, sieve: newSieve(newest)}
	return r, r.reload(db)
}

// reload takes what is in mark_new for all there is. What readers find stays
// the same.
func (r *recent) reload(db *session) error {
	live, next, gone := make(map[string]markRow), int64(0), int64(0)
	err := db.query(recentMarks, nil, func(row row) error {
		var m markRow
		var seq int64
		if err := row.Scan(append([]any{&seq}, marks.fields(&m)...)...); err != nil {
			return fmt.Errorf("storage: read a row of mark_new: %w", err)
		}
		if len(live) == 0 {
			gone = seq
		}
		live[m.ID] = m
		next = seq + 1
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live, r.moving, r.order, r.until, r.ahead = live, nil, nil, 0, false
	r.next, r.gone = max(r.next, next), gone
	return nil
}

// find looks for a mark that the index may not hold.
func (r *recent) find(id string) (m markRow, ok bool) {
	if m, ok = r.live[id]; !ok {
		m, ok = r.moving[id]
	}
	return m, ok
}

// look is find for anyone but the writer.
func (r *recent) look(id string) (m markRow, epoch int64, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m, ok = r.find(id)
	return m, r.epoch, ok
}

func (r *recent) era() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.epoch
}

// fresh are the marks of a transaction that is not committed yet.
type fresh struct {
	of   *recent
	rows []markRow
	at   map[string]int // in rows
	none bool           // the earlier ones were all deleted

}

func newFresh(of *recent) *fresh {
	return &fresh{of: of, at: make(map[string]int)}
}

func (f *fresh) find(id string) (markRow, bool) {
	if i, ok := f.at[id]; ok {
		return f.rows[i], true
	}
	if f.none {
		return markRow{}, false
	}
	return f.of.find(id)
}

// forget takes all marks for deleted, and gives what undoes that.
func (f *fresh) forget() (undo func()) {
	before := *f
	f.rows, f.at, f.none = nil, make(map[string]int), true
	return func() { *f = before }
}

// add keeps a mark and gives its place in mark_new.
func (f *fresh) add(m markRow) (seq int64) {
	f.at[m.ID] = len(f.rows)
	f.rows = append(f.rows, m)
	seq = f.of.next
	f.of.next++ // also if it is undone: places are not used twice
	return seq
}

// rewind forgets all marks but the first n.
func (f *fresh) rewind(n int) {
	for _, m := range f.rows[n:] {
		delete(f.at, m.ID)
	}
	f.rows = f.rows[:n]
}

// move puts some of the older marks into the index, once those of the
// transaction are kept and inserted.
func (f *fresh) move(db *session) error {
	if !f.mayMove() {
		return nil
	}
	r, rows := f.of, stepsAhead*len(f.rows)
	if r.moving == nil {
		r.begin()
	}
	r.ahead = true
	if len(r.order) > 0 {
		return r.index(db, min(rows, len(r.order)))
	}
	gone := min(r.gone+int64(rows), r.until)
	_, err := db.exec(dropRecent, []any{gone})
	if err == nil {
		r.gone = gone
	}
	return err
}

func (f *fresh) mayMove() bool {
	return len(f.rows) > 0 && (f.of.moving != nil || len(f.of.live) >= f.of.most)
}

// begin chooses what goes over: all that there is.
func (r *recent) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moving, r.live = r.live, make(map[string]markRow)
	r.order, r.until = slices.Sorted(maps.Keys(r.moving)), r.next
}

func (r *recent) index(db *session, rows int) error {
	for rows > 0 {
		many := atOnce(rows)
		args := make([]any, 0, 3*many)
		for _, id := range r.order[:many] {
			m := r.moving[id]
			r.sieve.put(id)
			args = append(args, marks.values(&m)...)
		}
		if _, err := db.exec(insertMany(insertMark, many)+" ON CONFLICT DO NOTHING", args); err != nil {
			return err
		}
		r.order, rows = r.order[many:], rows-many
	}
	return nil
}

// through reports whether all of moving is in the index and gone from mark_new.
// It is forgotten once readers can see that.
func (r *recent) through() bool {
	return r.moving != nil && len(r.order) == 0 && r.gone >= r.until
}

// keep takes over what was committed, and whether it was published.
func (f *fresh) keep(published bool) {
	r := f.of
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.none {
		clear(r.live)
		r.moving, r.order, r.until = nil, nil, 0
		r.epoch++
	}
	for _, m := range f.rows {
		r.live[m.ID] = m
	}
	if published && r.through() {
		r.moving = nil
		r.epoch++
	}
}

// moveAll empties mark_new, so that a store that was closed in order has all
// its marks in the index. What keeps it from that, keeps no mark from being
// there: the next one who opens the store reads them again.
func moveAll(db *session) {
	db.reset()
	if _, err := scalar[int64](db, "SELECT seq FROM mark_new LIMIT 1"); err != nil {
		return // there is none
	}
	for _, text := range []string{
		"BEGIN IMMEDIATE",
		"INSERT INTO mark (id, body, ref) SELECT id, body, ref FROM mark_new WHERE true ORDER BY id ON CONFLICT DO NOTHING",
		"DELETE FROM mark_new",
		"COMMIT",
	} {
		if _, err := db.exec(text, nil); err != nil {
			db.reset()
			_, _ = db.exec("ROLLBACK", nil)
			return
		}
	}
}

// mark refuses what is there.
func (u *unit) mark(m markRow) error {
	_, err := u.marked(m.ID)
	switch {
	case err == nil:
		return pay.ErrExists
	case !errors.Is(err, pay.ErrNotFound):
		return err
	}
	return u.add(appendMark, append(marks.values(&m), u.fresh.add(m)))
}

func (u *unit) marked(id string) (markRow, error) {
	if u.over {
		return markRow{}, errOver
	}
	if m, ok := u.fresh.find(id); ok {
		return m, nil
	}
	if u.fresh.of.sieve.lacks(id) {
		return markRow{}, pay.ErrNotFound
	}
	return markedBy(u, id)
}

func (u *unit) forgotMarks() { u.remember = u.fresh.forget() }

// errEarlier answers a View that asks for a mark after its snapshot has become
// too old to tell.
var errEarlier = errors.New("storage: marks have gone over to their index since this View began: ask for a mark before anything else")

func (v *view) marked(id string) (markRow, error) {
	if v.over {
		return markRow{}, errOver
	}
	m, epoch, ok := v.recent.look(id)
	switch {
	case ok && !v.read: // what came with the mark is to be seen as well
		v.late = v.pool.lane.held.Load() > 0
		return m, nil
	case ok:
		return m, nil
	case v.read && v.epoch != epoch:
		return markRow{}, errEarlier
	}
	return markedBy(v, id)
}
