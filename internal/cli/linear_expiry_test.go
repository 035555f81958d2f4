package cli

import (
	"math/rand/v2"
	"sync"
)

// expiring is how many codes one move of the clock ends.
const expiring = 30

// runExpiring plays with codes that the clock ends while their clients are at
// them. The clock is everybody's, so these histories are played together and
// nothing else beside them.
func (s *site) runExpiring(n int) []*history {
	all := make([]*history, n)
	var begun, done sync.WaitGroup
	ended := make(chan struct{})
	for i := range all {
		dice := rand.New(rand.NewPCG(uint64(i), 1))
		p, h := newCode(s, dice, false, true)
		all[i] = h
		players := make([]player, 4)
		begun.Add(len(players))
		for j := range players {
			players[j] = func(c *caller) {
				p.one(c, beforeEnd)
				begun.Done()
				if j > 0 { // one goes on while the clock moves
					<-ended
				}
				p.one(c, atEnd)
				p.query(c)
			}
		}
		done.Go(func() { s.let(h, players, uint64(i)) })
	}
	begun.Wait()
	s.expire(all)
	close(ended)
	done.Wait()
	return all
}

// What the clients of a code do before it ends, and then.
var (
	beforeEnd = []deed{(*codePlay).query, (*codePlay).decode, (*codePlay).payPoor}
	atEnd     = []deed{(*codePlay).pay, (*codePlay).pay, (*codePlay).cancel, (*codePlay).decode, (*codePlay).payPoor}
)

// expire moves the clock past the end of the codes.
func (s *site) expire(all []*history) {
	called := make([]int64, len(all))
	for i, h := range all {
		called[i] = h.tick()
	}
	s.nodes[0].advance(pastLife.String())
	for i, h := range all {
		h.record(h.join(), &act{verb: "expire"}, called[i], &seen{})
	}
}
