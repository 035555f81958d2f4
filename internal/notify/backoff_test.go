package notify

import (
	"fmt"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	b := Backoff{}.orDefault()
	want := []string{"2s", "6s", "18s", "54s", "2m42s", "8m6s", "24m18s", "1h12m54s", "3h38m42s", "6h0m0s", "6h0m0s"}
	var total time.Duration
	tries := 1
	for ; ; tries++ {
		wait, again := b.wait(tries)
		if !again {
			break
		}
		if tries <= len(want) && wait.String() != want[tries-1] {
			t.Errorf("after try %d: %s, expected %s", tries, wait, want[tries-1])
		}
		total += wait
	}
	if tries != 21 || total.Round(time.Hour) != 71*time.Hour {
		t.Errorf("%d tries over %s", tries, total)
	}
	if _, again := b.wait(1000); again {
		t.Error("a delivery that was sent again and again has another try")
	}
}

func TestBackoffOfOneTry(t *testing.T) {
	if wait, again := (Backoff{First: time.Hour, Factor: 2, Cap: time.Hour, Over: time.Minute}).wait(1); again {
		t.Errorf("again after %s", wait)
	}
}

func TestSpread(t *testing.T) {
	for jitter, want := range map[float64]time.Duration{0: 75, 0.5: 100, 1: 125} {
		if got := spread(100, jitter); got != want {
			t.Errorf("jitter %v gives %d, expected %d", jitter, got, want)
		}
	}
}

// Without dice the id decides: differently for each, within the bounds, and
// for the next try differently again.
func TestJitterWithoutDice(t *testing.T) {
	var n Notifier
	var low, high int
	for i := range 1000 {
		id := fmt.Sprintf("0190a0b1-0000-7000-8000-%012x", i)
		j := n.jitter(id, 1)
		if j < 0 || j >= 1 || j == n.jitter(id, 2) {
			t.Fatalf("%s: %v", id, j)
		}
		if j < 0.5 {
			low++
		} else {
			high++
		}
	}
	if low < 300 || high < 300 {
		t.Errorf("%d below the middle, %d above", low, high)
	}
}

func TestJitterWithDice(t *testing.T) {
	n := Notifier{options: Options{Jitter: func() float64 { return 0.25 }}}
	if j := n.jitter("id", 1); j != 0.25 {
		t.Errorf("drawn %v", j)
	}
}
