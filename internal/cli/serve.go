package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
)

type serveOptions struct {
	data, store, listen, admin, publicURL, logLevel string
	dialects                                        []string // files that describe more of them
	sandbox, notifyPrivate, noJournal               bool
	skew                                            time.Duration
	overlap                                         time.Duration                 // of rotated keys; negative: the default
	drain                                           time.Duration                 // before requests are refused; negative: the default
	wrap                                            func(pay.Storage) pay.Storage // a test's own faults; nil: none
	among                                           *storage.Store                // a test's own, for several nodes; nil: the location's
	lease                                           time.Duration                 // how long a node's leases live; 0: leaseLife
	patience                                        time.Duration                 // with a writer that does not go on; 0: stalledAfter
	exposure
	signals
	keyFlags
}

func serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server on an embedded store, or on a PostgreSQL database that it may
share with other nodes (--store). It brings the schema up to date by itself.

With --sandbox on an empty data folder it creates a partner, a merchant with a
store and a payer with money for each dialect, and writes their credentials to
sandbox.json in that folder (mode 0600) before it says that it is ready.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			memory := easedHeap()
			return serve(c.Context(), o, func(n *node) {
				memory.follow(c.Context())
				fmt.Fprintf(c.OutOrStdout(), "ready: API %s, admin %s%s\n", n.apiURL, n.adminURL, n.leversOn())
			})
		},
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "qrisd-data", "folder of the embedded store, credentials and settlement files")
	f.StringVar(&o.store, "store", os.Getenv(storeVariable), "another store: a file, or the postgres:// URL of a database that nodes share (or $"+storeVariable+")")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "host and port of the public API")
	f.StringVar(&o.admin, "admin", "127.0.0.1:8081", "host and port of the management API")
	f.StringVar(&o.publicURL, "public-url", "", "scheme and host under which clients reach the API (default: the listener's)")
	f.BoolVar(&o.sandbox, "sandbox", false, "sandbox mode: seeded parties, a movable clock, triggers, debug messages")
	f.DurationVar(&o.skew, "skew", -1, "how far X-TIMESTAMP may be off the clock (default: any in a sandbox, 5m otherwise; 0: any)")
	f.DurationVar(&o.drain, "drain", -1, "how long requests are still taken after SIGTERM while /readyz says so to balancers, up to 5s (default: 2s, none in a sandbox)")
	f.StringArrayVar(&o.dialects, "dialect", nil, "file that describes another provider's dialect (may be repeated)")
	f.BoolVar(&o.notifyPrivate, "notify-private", true, "in a sandbox: notifications may go to loopback and private networks; never outside one")
	f.DurationVar(&o.overlap, "key-overlap", -1, "how long rotated secrets and keys go on beside the new ones (default: they end at once in a sandbox, 24h otherwise)")
	for _, name := range []string{"skew", "drain", "key-overlap"} {
		f.Lookup(name).DefValue = "0s" // their help says what is meant by default
	}
	f.BoolVar(&o.noJournal, "no-journal", false, "in a sandbox: do not keep requests for looking at (to measure what a server does without); never kept outside one")
	o.exposure.bind(f)
	o.bindKey(f)
	f.StringVar(&o.logLevel, "log", "warn", "debug, info, warn or error; info has a line for each request")
	o.signals.bind(f)
	return c
}

// storeVariable names the environment variable of a store's location, which
// may hold a password.
const storeVariable = "QRISD_STORE"

// location is where the books are.
func (o serveOptions) location() string {
	return cmp.Or(o.store, filepath.Join(o.data, "qrisd.db"))
}

// shared reports whether other nodes may use the same books.
func (o serveOptions) shared() bool { return o.among != nil || storage.IsPostgres(o.location()) }

// node is a running server.
type node struct {
	apiURL, adminURL string
	file             sandbox.File // in sandbox mode
	core             *pay.Core
	store            *storage.Store
	files            string // folder of the settlement files
	clock            *sandbox.Clock
	signing          signing
	member           *member // nil: no other node uses the store
	events           *sandbox.Events
	tell             *instruments
	journal          *sandbox.Journal // nil: calls are not kept
	levers           *sandbox.Levers  // nil outside a sandbox
	resets           resets
	traffic          *console.Traffic
	pages            *console.Console
	sandbox          bool
	sandboxFile      string     // where file is written to
	rewriting        sync.Mutex // one rewrites it at a time
}

// serve runs until the context ends, then drains.
func serve(ctx context.Context, o serveOptions, ready func(*node)) error {
	log, err := o.signals.log(o.logLevel)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return fmt.Errorf("creating the data folder: %w", err)
	}
	if err := o.fitToOpen(); err != nil {
		return err
	}
	store := o.among
	if store == nil {
		if store, err = o.openStore(ctx); err != nil {
			return fmt.Errorf("opening the store: %w", err)
		}
		defer store.Close()
	}
	if err := o.fit(ctx, store); err != nil {
		return err
	}
	n, handlers, err := wire(ctx, o, store, log)
	if err != nil {
		return err
	}
	defer n.tell.close()
	return run(ctx, n, handlers, log, ready)
}

// handlers are the two listeners and what they serve.
type handlers struct {
	api, admin             http.Handler
	apiSocket, adminSocket net.Listener
	departure              *departure
	notifier               *notify.Notifier
	entrance               entrance
	direct                 *server.Direct // of the API
}

// wire puts the parts together.
func wire(ctx context.Context, o serveOptions, store *storage.Store, log *slog.Logger) (*node, handlers, error) {
	grace, err := o.grace()
	h := handlers{departure: &departure{grace: grace}}
	if err == nil {
		h.entrance, err = o.exposure.open()
	}
	if err != nil {
		return nil, h, err
	}
	if h.apiSocket, err = net.Listen("tcp", o.listen); err != nil {
		return nil, h, fmt.Errorf("listening for the API: %w", err)
	}
	if h.adminSocket, err = net.Listen("tcp", o.admin); err != nil {
		h.apiSocket.Close()
		return nil, h, fmt.Errorf("listening for the management API: %w", err)
	}
	n := &node{
		apiURL: h.entrance.api.address(h.apiSocket), adminURL: h.entrance.admin.address(h.adminSocket),
		store: store, files: filepath.Join(o.data, "settlement"), clock: sandbox.NewClock(time.Now, 0),
		sandbox: o.sandbox, sandboxFile: filepath.Join(o.data, "sandbox.json"), traffic: console.NewTraffic(time.Now),
	}
	if n.tell, err = o.instruments(store, log); err != nil {
		return nil, h, err
	}
	if err := n.open(ctx, o, log); err != nil {
		return nil, h, err
	}
	n.observe(o)
	settings := server.Options{Ready: n.ready(), Live: n.live(), Instruments: n.tell.forServer(), PublicURL: o.publicURL, Sandbox: o.sandbox, Skew: o.skew, Log: log, Draining: h.departure.leaving.Load, Journal: n.journal, Events: n.events, Observe: n.traffic.Observe, Roots: h.entrance.api.clientRoots}
	if settings.PublicURL == "" {
		settings.PublicURL = n.apiURL
	}
	if settings.Skew < 0 {
		settings.Skew = defaultSkew(o.sandbox)
	}
	own, err := n.prepare(ctx, o)
	if err != nil {
		return nil, h, err
	}
	all, err := offered(o.dialects)
	if err != nil {
		return nil, h, err
	}
	management := admin.Options{Token: own.token, Overlap: o.keyOverlap(), Provider: provider{n}, Keeper: keeper{store, o.ownFile(o.data)}, Backup: o.backup, Log: log, Journal: n.journal, Events: n.events}
	for _, d := range all {
		management.Dialects = append(management.Dialects, d.Name)
	}
	if n.member != nil {
		settings.Shared, management.Spread = time.Now, n.member.spread
	}
	if o.sandbox {
		n.signing.told = func(*rsa.PrivateKey) { go n.republish(log) }
		if err := n.arm(ctx, all, log); err != nil {
			return nil, h, err
		}
		management.Clock, management.Rotated, management.Begin = n.clock, n.rotated, n.reset
	}
	settings.Levers, management.Levers = n.levers, n.levers
	s := server.New(n.core, all, settings)
	h.api, h.direct = s.Handler(), s.Direct(idleWithin, answerWithin)
	if h.admin, err = n.observed(s, n.withConsole(admin.New(n.core, management), own.token, all, settings), own.token, o.data); err != nil {
		return nil, h, err
	}
	h.entrance.before(&h, s)
	h.notifier = notify.New(n.core, notify.Options{
		Holder: n.holder(), Dialects: all, Provider: n.signing.key, ClientKey: providerClientKey, AllowPrivate: o.sandbox && o.notifyPrivate, Now: time.Now, Log: log, Tried: n.tellTry, Trace: n.tell.try(), Levers: n.disturb,
	})
	n.core.OnOutbox(h.notifier.Kick)
	return n, h, nil
}

// providerClientKey is the X-CLIENT-KEY under which this server asks
// merchants' servers for tokens (Qoin's flow).
const providerClientKey = "QoinSnap"

// offered are the dialects built in and those described in files.
func offered(files []string) ([]dialect.Dialect, error) {
	all := dialects()
	for _, name := range files {
		d, err := described.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("--dialect: %w", err)
		}
		if slices.ContainsFunc(all, func(other dialect.Dialect) bool { return other.Name == d.Name }) {
			return nil, fmt.Errorf("--dialect %s: the name %q is taken", name, d.Name)
		}
		all = append(all, d)
	}
	return all, nil
}

func defaultSkew(sandbox bool) time.Duration {
	if sandbox {
		return 0
	}
	return 5 * time.Minute
}

func withHealth(s *server.Server, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.Healthz)
	mux.HandleFunc("GET /readyz", s.Readyz)
	mux.Handle("/", next)
	return mux
}

// The settings that a server keeps in its store.
const (
	settingToken       = "admin.token"
	settingProviderKey = "provider.key"
)

// secrets are the server's own.
type secrets struct {
	token string // of the management API
}

// open makes the core. On a shared store the node joins the others before it
// reads what it will remember.
func (n *node) open(ctx context.Context, o serveOptions, log *slog.Logger) (err error) {
	var books pay.Storage = n.store
	if o.wrap != nil {
		books = o.wrap(n.store)
	}
	books = n.tell.over(books)
	n.core = pay.New(books, n.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	if !o.shared() {
		// What is claimed is a dead process's: there is but one at a time.
		return n.core.ReleaseDeliveries(ctx, "")
	}
	n.core.Share(time.Now)
	if n.member, err = newMember(n.core, cmp.Or(o.lease, leaseLife), log); err != nil {
		return err
	}
	if _, err := n.member.take(ctx, n.member.membership()); err != nil {
		return fmt.Errorf("joining the nodes of the store: %w", err)
	}
	return nil
}

// holder is under which name the node claims deliveries; empty: any.
func (n *node) holder() string {
	if n.member == nil {
		return ""
	}
	return n.member.name
}

// prepare reads or makes the server's own secrets, and in a sandbox its
// parties and sandbox.json.
func (n *node) prepare(ctx context.Context, o serveOptions) (own secrets, err error) {
	if own.token, err = n.setting(ctx, settingToken, newToken); err != nil {
		return own, err
	}
	keys, err := n.setting(ctx, settingProviderKey, newProviderKey)
	if err != nil {
		return own, err
	}
	n.signing.now = n.core.Now
	if err := n.signing.follow(keys); err != nil {
		return own, err
	}
	if !o.sandbox {
		return own, writeSecret(filepath.Join(o.data, "admin.token"), []byte(own.token+"\n"))
	}
	if err := n.restoreClock(ctx); err != nil {
		return own, err
	}
	return own, n.writeSandbox(ctx, own)
}

// restoreClock moves the clock as it was moved before, or elsewhere.
func (n *node) restoreClock(ctx context.Context) error {
	return n.clock.Adjust(func(offset time.Duration) (time.Duration, error) {
		err := n.core.Inspect(ctx, func(r pay.Reader) (err error) {
			offset, err = readOffset(r)
			return err
		})
		return offset, err
	})
}

// catchUp follows what other nodes have changed.
func (n *node) catchUp(ctx context.Context) error {
	return n.clock.Adjust(func(offset time.Duration) (time.Duration, error) {
		err := n.core.CatchUp(ctx, func(r pay.Reader) (err error) {
			if n.sandbox {
				offset, err = n.followSandbox(r)
			}
			return errors.Join(err, n.followSigning(r))
		})
		return offset, err
	})
}

func readOffset(r pay.Reader) (time.Duration, error) {
	text, err := r.Setting(operate.ClockSetting)
	if errors.Is(err, pay.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	offset, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("setting %s: %w", operate.ClockSetting, err)
	}
	return offset, nil
}

// setting reads a setting, or makes and keeps it: whoever of several nodes is
// first makes it for all.
func (n *node) setting(ctx context.Context, name string, make func() (string, error)) (string, error) {
	value, err := n.core.Setting(ctx, name)
	if err != nil || value != "" {
		return value, err
	}
	if value, err = make(); err != nil {
		return "", err
	}
	return n.core.KeepSetting(ctx, name, value)
}

func newToken() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func newProviderKey() (string, error) {
	c, err := sandbox.NewCredentials("provider", "", "")
	return c.PrivateKey, err
}

// writeSecret replaces a file whole, readable by its owner only.
func writeSecret(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// run serves both listeners until the context ends or one fails, and leaves.
func run(ctx context.Context, n *node, h handlers, log *slog.Logger, ready func(*node)) error {
	h.entrance.guard(&h)
	api, management := guardedServer(h.departure.parting(h.api), log), guardedServer(h.departure.parting(h.admin), log)
	h.direct.Handler = api.Handler
	management.RegisterOnShutdown(n.events.Close) // readers of events would stay for ever
	management.RegisterOnShutdown(n.pages.Close)
	api.RegisterOnShutdown(n.levers.Close) // and what a lever holds up, for its time
	failed := make(chan error, 2)
	go func() { failed <- api.Serve(n.tapped(h.apiSocket)) }()
	go func() { failed <- management.Serve(h.adminSocket) }()
	leaving, left := context.WithCancel(context.Background())
	defer left() // a SIGHUP does not cut the departure short
	h.entrance.follow(leaving, log)
	work, stop := context.WithCancel(leaving)
	wait := n.beside(work, log, background(work, n, h.notifier, log))
	ready(n)
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stop()
	h.departure.leave(log, wait, h.direct, api, management)
	return err
}

func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headWithin,
		ReadTimeout:       requestWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
