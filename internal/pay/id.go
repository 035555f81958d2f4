package pay

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// sequence gives the times of a core's UUIDv7s, each later than the one before
// it. It is the core's own: a sequence of the whole process would let other
// cores, of a test for example, decide about this one's ids.
type sequence struct{ last atomic.Int64 }

// next is a moment in units of a millisecond's 4096th, the first 60 bits of an
// id (RFC 9562, section 6.2, method 3). It is real time: ids sort by age, and a
// sandbox may move the business time back.
func (s *sequence) next() int64 {
	now := time.Now()
	at := now.UnixMilli()<<12 | int64(now.Nanosecond()%1_000_000)>>8
	for {
		last := s.last.Load()
		if s.last.CompareAndSwap(last, max(at, last+1)) {
			return max(at, last+1)
		}
	}
}

// newID makes a UUIDv7.
func (c *Core) newID() (string, error) {
	var id uuid.UUID
	if _, err := io.ReadFull(c.dice, id[8:]); err != nil {
		return "", fmt.Errorf("pay: drawing an id: %w", err)
	}
	at := c.ids.next()
	for i := range 6 {
		id[i] = byte(at >> (52 - 8*i))
	}
	id[6] = 0x70 | byte(at>>8)&0x0f // version 7
	id[7] = byte(at)
	id[8] = 0x80 | id[8]&0x3f // RFC 9562's variant
	return id.String(), nil
}
