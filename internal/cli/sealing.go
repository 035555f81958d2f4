package cli

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// How the chain is kept up with what happens.
const (
	sealDuty  = "seal"
	sealEvery = 500 * time.Millisecond
	// sealAfter is how old a transfer is when it is sealed: most that began
	// before it are committed by then.
	sealAfter = 500 * time.Millisecond
	// Those that were not are looked for, so far back and so often. Only a clock
	// that is wrong makes one later than that; the whole chain is looked
	// through when a node takes the work over, and every hour.
	lateBack  = 2 * time.Minute
	lateEvery = 5 * time.Second
	allEvery  = time.Hour
	// sealRestWithin is how long a node that ends takes for what is left.
	sealRestWithin = 2 * time.Second
)

// sealer puts into the chain what happened, under one lease after the other.
type sealer struct {
	core   *pay.Core
	token  int64 // of the lease under which it last looked
	looked time.Time
	all    time.Time // when it last looked through the whole chain
}

func (s *sealer) look(ctx context.Context, under pay.Lease) error {
	now := time.Now()
	how := pay.Sealing{Now: now, Until: now.Add(-sealAfter), Since: now}
	switch {
	case under.Token != s.token || now.Sub(s.all) > allEvery:
		how.Since, s.token = time.Time{}, under.Token
		s.looked, s.all = now, now
	case now.Sub(s.looked) > lateEvery:
		how.Since, s.looked = now.Add(-lateBack), now
	}
	return sealBlocks(ctx, s.core.Under(under), how)
}

// sealBlocks appends blocks until there is nothing left for one.
func sealBlocks(ctx context.Context, l pay.Leader, how pay.Sealing) error {
	for {
		more, err := l.Seal(ctx, how)
		if !more || err != nil {
			return err
		}
		how.Since = how.Now // late ones are all in the first of these blocks
	}
}

// sealRest seals what is left when a node ends, unless another node is at it.
func (n *node) sealRest(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealRestWithin)
	defer cancel()
	var lease pay.Lease
	if n.member != nil {
		right := n.member.leadership(sealDuty)
		t, err := n.member.take(ctx, right)
		if errors.Is(err, pay.ErrExists) {
			return
		}
		if err != nil {
			log.Warn("what happened last is not sealed yet; the next node does it", "error", err)
			return
		}
		lease = t.lease
		defer right.drop(ctx, lease)
	}
	now := time.Now()
	if err := sealBlocks(ctx, n.core.Under(lease), pay.Sealing{Now: now, Since: now.Add(-lateBack)}); err != nil {
		log.Warn("what happened last is not sealed yet; the next start does it", "error", err)
	}
}
