package storage

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// onBoth runs a test on an empty store of each engine.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{})) })
	t.Run("postgres", func(t *testing.T) { test(t, openShared(t)) })
}

// TestBacklog counts what waits, and what does not.
func TestBacklog(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		now := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
		if b, err := s.Backlog(t.Context(), now); err != nil || b.Pending != 0 || !b.PendingSince.IsZero() || b.Due != 0 || !b.DueSince.IsZero() || b.Schema == 0 {
			t.Errorf("empty books: %+v, %v", b, err)
		}
		err := s.Update(t.Context(), func(tx pay.Tx) error {
			var all error
			for i, expires := range []time.Time{{}, now.Add(-2 * time.Minute), now.Add(-time.Minute), now, now.Add(time.Second)} {
				c := benchCode(int64(i), "ours")
				c.ExpiresAt = expires
				all = errors.Join(all, tx.InsertCode(c, someDay))
			}
			for id, state := range map[string]pay.DeliveryState{"1": pay.DeliveryDone, "2": pay.DeliveryPending, "3": pay.DeliveryPending, "4": pay.DeliveryFailed} {
				made := now.Add(-time.Hour)
				if id == "3" {
					made = now
				}
				d := pay.Delivery{ID: id, CodeRef: benchCode(0, "ours").Ref, State: state, NextAt: now, CreatedAt: made}
				if state != pay.DeliveryPending {
					d.DoneAt = now
				}
				all = errors.Join(all, tx.InsertDelivery(d))
			}
			_, err := tx.TakeLease("expiry", "me", now, now.Add(time.Minute))
			return errors.Join(all, err)
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Backlog(t.Context(), now)
		if err != nil || b.Pending != 2 || !b.PendingSince.Equal(now.Add(-time.Hour)) || b.Failed != 1 || b.Due != 3 || !b.DueSince.Equal(now.Add(-2*time.Minute)) {
			t.Errorf("%+v, %v", b, err)
		}
		if len(b.Leases) != 1 || b.Leases[0].Holder != "me" {
			t.Errorf("the leases are %+v", b.Leases)
		}
	})
}

// TestFit: books whose schema is this program's, or a later one's, fit; those
// of an earlier one do not.
func TestFit(t *testing.T) {
	const later = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)"
	onBoth(t, func(t *testing.T, s *Store) {
		for _, c := range []struct {
			change string
			fits   bool
		}{
			{"", true}, {later, true}, {"DELETE FROM goose_db_version WHERE version_id > 60", false}, {"DELETE FROM goose_db_version", false},
		} {
			err := s.writer.update(t.Context(), func(u pay.Tx) error {
				if c.change == "" {
					return nil
				}
				_, err := u.(tx).db.exec(c.change, nil)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Fit(t.Context()); (err == nil) != c.fits || err != nil && !errors.Is(err, ErrOlder) {
				t.Errorf("after %q: %v", c.change, err)
			}
		}
	})
}

// TestBacklogPlans holds each look to an index, so that it costs no more than
// what it counts.
func TestBacklogPlans(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "books.db"), Options{Readers: 1})
	for _, c := range []struct{ text, index string }{
		{countPending, "delivery_open"}, {oldestPending, "delivery_open"}, {countGivenUp, "delivery_ended (state=?)"},
		{countDue, "code_due (expires_at>? AND expires_at<?)"}, {firstDue, "code_due (expires_at>? AND expires_at<?)"},
	} {
		if plan := planOf(t, s, c.text); !strings.Contains(plan, c.index) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n goes by %s, want %s", c.text, plan, c.index)
		}
	}
}
