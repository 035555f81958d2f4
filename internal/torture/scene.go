package torture

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// scene is one run: who takes part, and what they go through.
type scene struct {
	Options
	fleet    *fleet
	log      *journal
	load     *load
	receiver *receiver
	before   books
}

// set starts the nodes and prepares partners and payers. What nodes may
// remember of a partner is settled before the others start.
func (s *scene) set(ctx context.Context, folder string) error {
	api, admin, err := s.fleet.launch(ctx, s.Options, folder)
	if err != nil {
		return err
	}
	c, err := readContract(filepath.Join(s.fleet.nodes[0].folder, "sandbox.json"))
	if err != nil {
		return err
	}
	if s.receiver, err = newReceiver(c, dice(s.Seed, streamOfReceiver)); err != nil {
		return err
	}
	s.load = &load{log: s.log, pause: s.Pause, seed: s.Seed}
	if s.load.front, err = newFront(api, admin, c, s.Clients); err != nil {
		return err
	}
	if err := s.preparePartners(ctx); err != nil {
		return err
	}
	if err := s.preparePayers(ctx); err != nil {
		return err
	}
	if s.before, err = s.load.front.books(ctx); err != nil {
		return err
	}
	return s.fleet.join(ctx)
}

func (s *scene) close() {
	if s.receiver != nil {
		s.receiver.close()
	}
}

// streamOfReceiver is the receiver's stream of random numbers, beyond those of
// all clients.
const streamOfReceiver = 1 << 32

// preparePartners gives each its address for notifications, and spares the
// load the images.
func (s *scene) preparePartners(ctx context.Context) error {
	for name, p := range s.load.front.partners {
		path := "/v1/partners/" + p.at.PartnerID
		if err := s.load.front.must(ctx, http.MethodPut, path+"/settings", object{"urlOnly": true}, nil); err != nil {
			return err
		}
		if err := s.load.front.must(ctx, http.MethodPut, path+"/notify", object{"url": s.receiver.at(name)}, nil); err != nil {
			return err
		}
	}
	return nil
}

// wallets are the payers' balances in rupiah. Few payers pay often at once;
// the last runs out of money now and then.
var wallets = []string{"10000000000.00", "10000000000.00", "10000000000.00", "10000000000.00", "10000000000.00", "100000.00"}

func (s *scene) preparePayers(ctx context.Context) error {
	f := s.load.front
	for i, balance := range wallets {
		id := "torture-" + s.log.run + "-" + strconv.Itoa(i+1)
		if err := f.must(ctx, http.MethodPost, "/v1/payers", object{"id": id, "name": id, "balance": balance}, nil); err != nil {
			return err
		}
		var grant struct{ CustomerToken string }
		ask := object{"partnerID": f.partners[issuer].at.PartnerID, "life": "720h"}
		if err := f.must(ctx, http.MethodPost, "/v1/payers/"+id+"/token", ask, &grant); err != nil {
			return err
		}
		s.load.payers = append(s.load.payers, payer{id, grant.CustomerToken, i == len(wallets)-1})
	}
	return nil
}

// statics is how many static codes each dialect that has them makes.
const statics = 2

// prepareCodes makes the static codes.
func (s *scene) prepareCodes(ctx context.Context) error {
	w := &worker{load: s.load, dice: dice(s.Seed, streamOfReceiver+1), ctx: ctx}
	for _, name := range slices.Sorted(maps.Keys(s.load.front.partners)) {
		p := s.load.front.partners[name]
		for range statics {
			if p.static && w.generate(p, 0, time.Time{}) == nil {
				return fmt.Errorf("%s generated no static code", name)
			}
		}
	}
	return nil
}

// play runs the load, and kills meanwhile.
func (s *scene) play(ctx context.Context, report *Report) error {
	if err := s.prepareCodes(ctx); err != nil {
		return err
	}
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- s.load.storm(loaded, s.Clients) }()
	kills, err := s.strikes(ctx)
	stop()
	loadErr := <-done
	report.Kills, report.Seconds = kills, time.Since(began).Seconds()
	if err != nil {
		return err
	}
	return loadErr
}

// strikes kills until it was often and long enough, and lets the load run on
// for a moment after the last recovery.
func (s *scene) strikes(ctx context.Context) (kills int, err error) {
	began := time.Now()
	for s.goesOn(kills, time.Since(began)) && ctx.Err() == nil {
		wait(ctx, s.interval())
		n, err := s.strike(ctx)
		kills += n
		if err != nil {
			return kills, err
		}
		s.Progress(fmt.Sprintf("%d kills", kills))
	}
	wait(ctx, s.Every)
	return kills, ctx.Err()
}

func (s *scene) strike(ctx context.Context) (kills int, err error) {
	if s.Strike != nil {
		return 1, s.Strike(ctx)
	}
	return s.fleet.strike(ctx)
}

func (s *scene) goesOn(kills int, running time.Duration) bool {
	if s.For > 0 && running >= s.For {
		return false
	}
	return s.Kills == 0 || kills < s.Kills
}

// interval is a random time whose mean is Every, never very long.
func (s *scene) interval() time.Duration {
	return time.Duration(min(s.fleet.dice.ExpFloat64(), 3) * float64(s.Every))
}

// quiet is how long a database may still be busy with what a killed node asked
// of it.
const quiet = time.Second

// inquire restarts everything once more, so that nothing is answered from
// memory, waits for the notifications, and asks.
func (s *scene) inquire(ctx context.Context) (*evidence, error) {
	s.Progress("the last restart")
	wait(ctx, quiet)
	if err := s.fleet.restart(ctx); err != nil {
		return nil, err
	}
	s.Progress("asking for everything")
	e, err := s.load.look(ctx, s.before)
	if err != nil {
		return nil, err
	}
	s.Progress("waiting for notifications")
	for deadline := time.Now().Add(s.Patience); ; wait(ctx, 200*time.Millisecond) {
		e.notices = s.receiver.heard()
		if ctx.Err() != nil || time.Now().After(deadline) || len(newJudge(s.log, e).untold()) == 0 {
			break
		}
	}
	e.nodes = s.fleet.faults()
	return e, ctx.Err()
}
