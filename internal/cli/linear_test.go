package cli

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
)

// histories is how many are checked on each engine.
var histories = flag.Int("histories", 520, "how many histories TestLinearizable checks on each engine; a few hundred meet every answer")

// player is what one client does, one act after the other.
type player func(*caller)

// play makes an object and says what each of its clients does.
type play func(s *site, dice *rand.Rand) (*history, []player)

// partition is a kind of object, for which the server must look as if each
// act on it took place at one moment between its call and its answer.
type partition struct {
	name  string
	share int // of the histories
	play  play
}

var partitions = []partition{
	{"code", 4, playCode},
	{"key", 3, playKey},
	{"payer", 3, playPayer},
	{"grant", 1, playGrant},
}

// atOnce is how many histories are played at the same time.
const atOnce = 6

// TestLinearizable lets clients at codes, idempotency keys, payers and grants,
// many of each at once, and looks for an order of what they did that explains
// what they saw. Some of their requests are never answered.
func TestLinearizable(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := prepare(t, e).open(t, nil)
			found := &findings{t: t, seen: map[string]int{}}
			var shares []*partition
			for i := range partitions {
				shares = append(shares, slices.Repeat([]*partition{&partitions[i]}, partitions[i].share)...)
			}
			inParallel(*histories, func(i int) {
				p := shares[i%len(shares)]
				found.add(p.name, s.run(p.play, uint64(i)))
			})
			for _, h := range s.runExpiring(expiring) {
				found.add("expiry", h)
			}
			s.late.Wait()
			s.nodes[0].books()
			s.close()
			found.report()
		})
	}
}

// inParallel calls f with 0 to n-1, a few at a time.
func inParallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}

// run plays one history with the dice of a seed.
func (s *site) run(p play, seed uint64) *history {
	dice := rand.New(rand.NewPCG(seed, 0))
	h, players := p(s, dice)
	s.let(h, players, seed)
	return h
}

// let lets the clients begin together and waits for them.
func (s *site) let(h *history, players []player, seed uint64) {
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i, act := range players {
		c := &caller{site: s, h: h, id: h.join(), dice: rand.New(rand.NewPCG(seed, uint64(i)+1))}
		wg.Go(func() {
			<-gate
			act(c)
		})
	}
	s.armed.Store(true)
	defer s.armed.Store(false)
	close(gate)
	wg.Wait()
}

// findings are the histories of a server that must do right.
type findings struct {
	t  *testing.T
	mu sync.Mutex

	histories, acts, open int
	seen                  map[string]int // how often each verb of a partition was answered with a code
}

// add checks a history and prints it if no order explains it.
func (f *findings) add(partition string, h *history) {
	result := h.check()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.histories++
	for _, op := range h.ops {
		f.acts++
		if s := op.Output.(*seen); s != nil {
			f.seen[fmt.Sprintf("%s/%s/%s", partition, op.Input.(*act).verb, s.code)]++
		} else {
			f.open++
		}
	}
	if result == porcupine.Ok {
		return
	}
	picture, err := h.draw()
	f.t.Errorf("%s: no order explains this (%s); drawn in %s %v\n%v", partition, result, picture, err, h)
}

// wanted are answers, by partition and verb, without which the histories would
// say little.
var wanted = strings.Fields(`
	code/cancel/2007700 code/cancel/4047700 code/decode/2004800 code/decode/4044804 code/decode/4044814
	code/lookup/2005100 code/lookup/4045101 code/query/2005100
	code/pay/2005000 code/pay/4035014 code/pay/4045004 code/pay/4045014 code/pay/4095001
	code/refund/2007800 code/refund/4037802 code/refund/4047800 code/refund/4047818
	key/generate/2004700 key/generate/4044718 key/generate/4094700 key/generate/4094701 key/query/2005100
	key/payment/2005000 key/payment/4045014 key/payment/4095000 key/payment/4095001
	payer/balance/200 payer/fund/200 payer/lookup/2005100 payer/lookup/4045101
	payer/pay/2005000 payer/pay/4035014 payer/pay/4035023 payer/pay/4095001
	payer/refund/2007800 payer/refund/4037802 payer/refund/4047800 payer/refund/4047801
	grant/exchange/2007400 grant/exchange/4017400 grant/refresh/2007400 grant/refresh/4017400
	expiry/pay/2005000 expiry/pay/4035000 expiry/decode/4034800 expiry/cancel/4037700`)

func (f *findings) report() {
	f.t.Logf("%d histories of %d acts, %d of them open", f.histories, f.acts, f.open)
	for _, answer := range wanted {
		if f.seen[answer] == 0 {
			f.t.Errorf("no history has the answer %s", answer)
		}
	}
}
