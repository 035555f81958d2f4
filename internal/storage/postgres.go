package storage

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/qrisd/qrisd/internal/pay"
)

// postgresSettings hold for every connection unless the URL says otherwise.
// They bound how long a node that stands still can be in others' way.
var postgresSettings = map[string]string{
	"application_name":                    "qrisd",
	"idle_in_transaction_session_timeout": "15s",
	"lock_timeout":                        "5s",
	"timezone":                            "UTC",
}

// laneSettings hold for the connections that write. What a group asks names its
// rows by keys, however many it is: a plan that is made anew, or for what a table
// held at the time, can only be worse. Rows are then locked in the order of
// their keys.
var laneSettings = map[string]string{
	"enable_bitmapscan": "off",
	"enable_seqscan":    "off",
	"jit":               "off",
	"plan_cache_mode":   "force_generic_plan",
}

// OpenPostgres opens the books in a database that several nodes may share,
// named by a URL as libpq's, with several hosts if need be
// (postgres://user@a,b/qrisd?target_session_attrs=read-write). It brings the
// schema up to date, one node at a time, and refuses a database whose schema
// is newer than the program (ErrNewer).
//
// It needs a database in UTF-8 and the right to create tables. Transactions
// that write run at READ COMMITTED: no check of the domain rests on more.
func OpenPostgres(ctx context.Context, url string, o Options) (*Store, error) {
	o = o.orDefault(postgresReaders)
	config, err := postgresConfig(url, o)
	if err != nil {
		return nil, err
	}
	if err := preparePostgres(ctx, config.ConnConfig); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("storage: connect: %w", explainPostgres(err))
	}
	s := &Store{readers: &postgresViewer{pool: pool, patience: o.Patience}, probe: probeDatabase}
	laneConfig := config.ConnConfig.Copy()
	setUnless(laneConfig.RuntimeParams, laneSettings)
	lanes := make([]lane, o.Writers)
	for i := range lanes {
		lanes[i] = &postgresLane{
			dial:     func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, laneConfig.Copy()) },
			newID:    func() string { return uuid.Must(uuid.NewV7()).String() },
			patience: o.Patience, health: &s.health,
		}
	}
	s.writer = newWriter(o.MaxBatch, lanes...)
	s.release = func() error {
		for _, l := range lanes {
			l.(*postgresLane).drop()
		}
		pool.Close()
		return nil
	}
	return s.opened(s.unlock(ctx, o.Keys))
}

// postgresReaders wait for the network most of their time.
const postgresReaders = 16

func postgresConfig(url string, o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("storage: read the database's URL: %w", err)
	}
	config.MaxConns = int32(o.Readers)
	c := config.ConnConfig
	setUnless(c.RuntimeParams, postgresSettings)
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 3 * time.Second
	}
	// A server that has vanished is noticed within half a minute.
	c.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}).DialContext
	return config, nil
}

// setUnless sets what the URL does not.
func setUnless(parameters, settings map[string]string) {
	for name, value := range settings {
		if _, set := parameters[name]; !set {
			parameters[name] = value
		}
	}
}

// preparePostgres checks what commits rest on, and migrates.
func preparePostgres(ctx context.Context, c *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*c)
	defer db.Close()
	for _, check := range []struct{ setting, bad, cure string }{
		{"server_encoding", "SQL_ASCII", "create the database with ENCODING 'UTF8'"},
		{"synchronous_commit", "off", "set it to on: commits would not be durable"},
	} {
		var value string
		if err := db.QueryRowContext(ctx, "SHOW "+check.setting).Scan(&value); err != nil {
			return fmt.Errorf("storage: connect: %w", explainPostgres(err))
		}
		if value == check.bad {
			return fmt.Errorf("storage: the database's %s is %s: %s", check.setting, value, check.cure)
		}
	}
	return migratePostgres(ctx, db)
}

// migratePostgres lets one node at a time migrate, by a row with an end: a
// node that dies on the way holds up the others for half a minute.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	locker, err := lock.NewPostgresTableLocker()
	if err != nil {
		return fmt.Errorf("storage: migrate: %w", err)
	}
	return explainPostgres(migrate(ctx, db, goose.DialectPostgres, migrations(), goose.WithLocker(locker)))
}

func probeDatabase(ctx context.Context, s *Store) error {
	return s.Update(ctx, func(tx pay.Tx) error { return tx.PutSetting("storage.probe", "") })
}
