package notify

import (
	"cmp"
	"time"
)

// Backoff says when a delivery that was not acknowledged is tried again. Its
// waits are business time, so a sandbox's clock that is moved ahead makes
// retries due.
type Backoff struct {
	First  time.Duration // the wait after the first try; 2 s
	Factor float64       // of each wait to the one before; 3
	Cap    time.Duration // the longest wait; 6 h
	Over   time.Duration // all waits together, at most; 72 h
}

func (b Backoff) orDefault() Backoff {
	return Backoff{
		First:  cmp.Or(b.First, 2*time.Second),
		Factor: cmp.Or(b.Factor, 3),
		Cap:    cmp.Or(b.Cap, 6*time.Hour),
		Over:   cmp.Or(b.Over, 72*time.Hour),
	}
}

// wait is the pause after a number of tries, or false after the last. It
// counts tries and not days, so that a server that was down does not give up
// what it never tried.
func (b Backoff) wait(tries int) (time.Duration, bool) {
	wait := b.First
	for total := wait; total <= b.Over; total += wait {
		if tries--; tries <= 0 {
			return wait, true
		}
		wait = time.Duration(min(float64(wait)*b.Factor, float64(b.Cap)))
	}
	return 0, false
}

// spread moves a wait by up to a quarter either way, so that deliveries that
// failed together do not come back together.
func spread(wait time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(wait) * (0.75 + jitter/2))
}
