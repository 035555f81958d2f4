package storage

import (
	"errors"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var leases = table[pay.Lease]{
	name:    "lease",
	columns: strings.Fields("name holder token until"),
	fields: func(l *pay.Lease) []any {
		return []any{&l.Name, &l.Holder, &l.Token, moment{&l.Until}}
	},
}

var (
	leasesOf = leases.find("WHERE substr(name, 1, length(CAST($1 AS TEXT))) = $1 ORDER BY name")
	// A holder keeps its token; whoever comes after it gets the next. A lease
	// that was dropped begins again at the time, which is beyond its last.
	takeLease = `INSERT INTO lease (name, holder, token, until) VALUES ($1, $2, $4, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
			token = lease.token + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END
		WHERE lease.holder = excluded.holder OR lease.until <= $4
		RETURNING token`
	// It writes, so that the lease stays what it is until the commit.
	fence     = "UPDATE lease SET token = token WHERE name = $1 AND token = $2"
	dropLease = "DELETE FROM lease WHERE name = $1 AND token = $2"

	takeQuota = `INSERT INTO quota (name, slot, used) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET
			slot = CASE WHEN quota.slot >= excluded.slot THEN quota.slot ELSE excluded.slot END,
			used = excluded.used + CASE WHEN quota.slot >= excluded.slot THEN quota.used ELSE 0 END
		WHERE quota.slot < excluded.slot OR quota.used + excluded.used <= $4`

	takeGuard = `INSERT INTO guard (name, taken) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET taken = guard.taken + 1`
)

func (r reader) Leases(prefix string) ([]pay.Lease, error) {
	return leases.all(r.q, leasesOf, prefix)
}

func (t tx) TakeLease(name, holder string, now, until time.Time) (pay.Lease, error) {
	if holder == "" || !now.Before(until) {
		return pay.Lease{}, errors.New("storage: take lease " + name + ": it needs a holder and an end after now")
	}
	l := pay.Lease{Name: name, Holder: holder, Until: until}
	err := pay.ErrExists
	failed := t.db.returning(takeLease, []any{name, holder, micros(until), micros(now)}, func(r row) error {
		err = r.Scan(&l.Token)
		return err
	})
	if failed != nil {
		err = failed
	}
	return l, err
}

func (t tx) Fence(l pay.Lease) error { return t.update(fence, l.Name, l.Token) }

func (t tx) DropLease(l pay.Lease) error {
	_, err := t.db.exec(dropLease, []any{l.Name, l.Token})
	return err
}

// TakeQuota of more than the limit at once is never granted.
func (t tx) TakeQuota(name string, slot, n, limit int64) error {
	if n > limit {
		return pay.ErrNotFound
	}
	return t.update(takeQuota, name, slot, n, limit)
}

func (t tx) Guard(name string) error {
	if err := t.db.lock("guard "+name, false); err != nil {
		return err
	}
	_, err := t.db.exec(takeGuard, []any{name})
	return err
}
