// Package torture proves that nothing acknowledged is ever lost. It runs real
// servers, lets many clients make, pay, refund, cancel and query codes over
// signed HTTP, kills servers in the midst of it and starts them again. After
// the last restart a checker holds the clients' own log against what the front
// door says. It knows the servers only from outside, as their clients do.
package torture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Options are what a run may be told. The zero value of a field but Program is
// its default.
type Options struct {
	Program  string             // an executable that understands "serve --sandbox"
	Nodes    int                // 1
	Store    string             // postgres:// URL of an empty database; empty: the embedded store of one node
	Data     string             // an empty folder, which is kept; empty: a temporary one
	Clients  int                // 64
	Kills    int                // 25, or with For as many as there are
	For      time.Duration      // how long; 0: until the kills are done
	Every    time.Duration      // mean time between a node's readiness and the next kill; 1.5 s
	Pause    time.Duration      // mean pause of a client between operations; 50 ms
	Patience time.Duration      // how long notifications may take in the end; 2 min: a dead node's are free after a while only
	Seed     uint64             // of the choices; 0: drawn
	Progress func(stage string) // is told what is done next

	// Strike does something to the store instead of killing a node.
	Strike func(context.Context) error
}

func (o Options) orDefault() (Options, error) {
	o.Nodes, o.Clients = cmp.Or(o.Nodes, 1), cmp.Or(o.Clients, 64)
	o.Every, o.Pause = cmp.Or(o.Every, 1500*time.Millisecond), cmp.Or(o.Pause, 50*time.Millisecond)
	o.Patience, o.Seed = cmp.Or(o.Patience, 2*time.Minute), cmp.Or(o.Seed, uint64(time.Now().UnixNano()))
	if o.For == 0 {
		o.Kills = cmp.Or(o.Kills, 25)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	switch {
	case o.Nodes < 1 || o.Clients < 1 || o.Kills < 0:
		return o, errors.New("there must be at least one node and one client, and no fewer kills than none")
	case o.Nodes > 1 && o.Store == "":
		return o, fmt.Errorf("%d nodes need a store that they can share: the postgres:// URL of an empty database", o.Nodes)
	}
	return o, nil
}

// Run tortures servers and reports what is wrong with them. An error is a run
// that could not be made or judged.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.orDefault()
	if err != nil {
		return nil, err
	}
	folder, err := folderFor(o.Data)
	if err != nil {
		return nil, err
	}
	report, err := runIn(ctx, o, folder)
	if err != nil {
		return nil, fmt.Errorf("%w (the data is in %s)", err, folder)
	}
	if o.Data == "" && len(report.Findings) == 0 {
		return report, os.RemoveAll(folder)
	}
	report.Data = folder
	return report, nil
}

// folderFor is a new temporary folder, or the one that was named, which may
// not be there yet but must be empty.
func folderFor(data string) (string, error) {
	if data == "" {
		return os.MkdirTemp("", "qrisd-torture-")
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", err
	}
	old, err := os.ReadDir(data)
	if err == nil && len(old) > 0 {
		err = fmt.Errorf("%s is not empty: it holds %s", data, old[0].Name())
	}
	return data, err
}

// runIn does it all in a folder: nodes, load, kills, and the judgement.
func runIn(ctx context.Context, o Options, folder string) (*Report, error) {
	log, err := newJournal(filepath.Join(folder, "clients.log"), strconv.FormatInt(time.Now().Unix(), 36))
	if err != nil {
		return nil, err
	}
	defer log.close()
	f := &fleet{dice: dice(o.Seed, 0)}
	defer f.close()
	s := &scene{Options: o, fleet: f, log: log}
	defer s.close()
	if err := s.set(ctx, folder); err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	report := &Report{Store: embedded, Nodes: o.Nodes, Clients: o.Clients, Seed: o.Seed}
	if o.Store != "" {
		report.Store = database
	}
	if err := s.play(ctx, report); err != nil {
		return nil, err
	}
	e, err := s.inquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking in the end: %w", err)
	}
	report.tally(log, e)
	report.recovered(f.recoveries)
	report.Logged = f.logged()
	report.Notifications = len(e.notices)
	report.Findings = append([]Finding{}, verdict(log, e)...)
	return report, ctx.Err()
}
