package storage

import (
	"math/bits"
	"sync"
)

// Stats counts what a Store wrote since it was opened.
type Stats struct {
	Commits      uint64              // commits that had something to write
	Failed       uint64              // groups that failed as a whole, with every transaction in them
	Transactions uint64              // transactions kept, including those that only read
	Refused      uint64              // transactions whose function returned an error or panicked
	Batches      [BatchBuckets]Batch // how many transactions shared a group
}

// BatchBuckets is how many sizes of batch Stats tells apart.
const BatchBuckets = 9

// Batch counts the groups of up to UpTo transactions and more than the
// previous bucket's. The last bucket holds everything larger too.
type Batch struct {
	UpTo   int
	Groups uint64
}

// counts are the Stats under a lock: the writer adds, anyone reads.
type counts struct {
	mu    sync.Mutex
	stats Stats
}

func (c *counts) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	for i := range s.Batches {
		s.Batches[i].UpTo = 1 << i
	}
	return s
}

// add records a group whose fate is known.
func (c *counts) add(jobs []*job, wrote bool, failed error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if failed != nil {
		c.stats.Failed++
		return
	}
	if wrote {
		c.stats.Commits++
	}
	for _, j := range jobs {
		if j.err == nil {
			c.stats.Transactions++
		} else {
			c.stats.Refused++
		}
	}
	c.stats.Batches[bucket(len(jobs))].Groups++
}

// bucket is the index of the smallest power of two that holds n.
func bucket(n int) int { return min(bits.Len(uint(n-1)), BatchBuckets-1) }
