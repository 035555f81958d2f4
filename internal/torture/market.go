package torture

import (
	"math/rand/v2"
	"sync"
	"time"
)

// code is a generated code that clients know of.
type code struct {
	partner *partner
	original
	payload string
	amount  int64 // sen; 0: static
	expires time.Time
}

// market is where clients find codes to work on. The lists are short and their
// oldest are dropped, so that clients meet over the same codes.
type market struct {
	mu     sync.Mutex
	static []*code
	open   []*code // not known to be paid or cancelled
	paid   []*code
	recent []*code // of whatever state, to ask about
}

// stalls is the length of each list.
const stalls = 512

func push(list []*code, c *code) []*code {
	if len(list) >= stalls {
		list = append(list[:0], list[len(list)-stalls/2:]...)
	}
	return append(list, c)
}

func (m *market) offer(c *code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.amount == 0 {
		m.static = append(m.static, c)
		return
	}
	m.open, m.recent = push(m.open, c), push(m.recent, c)
}

func (m *market) sold(c *code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paid = push(m.paid, c)
}

// again puts a code back, whose payment nobody knows of.
func (m *market) again(c *code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = push(m.open, c)
}

// pick draws from a list, mostly of its newest, and may take it away.
func (m *market) pick(list *[]*code, dice *rand.Rand, take bool) *code {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(*list)
	if n == 0 {
		return nil
	}
	i := n - 1 - dice.IntN(min(n, stalls/8))
	if dice.IntN(8) == 0 {
		i = dice.IntN(n)
	}
	c := (*list)[i]
	if take {
		(*list)[i] = (*list)[n-1]
		*list = (*list)[:n-1]
	}
	return c
}
