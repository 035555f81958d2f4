package storage

// checkpoints copy what SQLite has committed from its write-ahead log into the
// file, beside the writer: a checkpoint writes pages all over the file and waits
// for the disk twice, which would be the slowest commits of all.
//
// A checkpoint that fails has done nothing: the frames stay in the log, and the
// next one copies them again. So its error has no one to go to. A disk that
// fails shows in the writer's own commits.
type checkpoints struct {
	db     *session
	frames int           // in the write-ahead log after the last commit
	many   int           // frames that are worth a checkpoint
	most   int           // frames with which the writer waits for it
	within bool          // the writer always waits
	ended  chan struct{} // closed when the one that runs has ended; nil: none was begun
	retire func()        // has idle readers give up their snapshots
}

// SQLite begins its log anew with the first commit after all of it was copied.
// Commits may come so fast that there are always new ones: the log then grows
// until the writer waits.
const (
	manyFrames    = 4_000
	tooManyFrames = 32_000
)

func newCheckpoints(books *sqliteFile, writer *session, within bool) (*checkpoints, error) {
	db, err := books.session("PRAGMA cache_size = 10")
	if err != nil {
		return nil, err
	}
	c := &checkpoints{db: db, many: manyFrames, most: tooManyFrames, within: within}
	writer.conn.OnWAL(func(frames int) { c.frames = frames })
	return c, nil
}

// heed is called by the writer after a commit.
func (c *checkpoints) heed() {
	if c.frames >= c.many && !c.running() {
		c.begin()
	}
	if c.within || c.frames >= c.most {
		c.wait()
	}
}

func (c *checkpoints) running() bool {
	if c.ended == nil {
		return false
	}
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

func (c *checkpoints) begin() {
	ended := make(chan struct{})
	c.ended = ended
	go func() {
		defer close(ended)
		c.db.reset()
		c.retire()
		_, _ = c.db.exec("PRAGMA wal_checkpoint(PASSIVE)", nil)
		c.retire() // who reads from the file alone does not keep the log from beginning anew
	}()
}

// wait returns when none runs.
func (c *checkpoints) wait() {
	if c.ended != nil {
		<-c.ended
	}
}
