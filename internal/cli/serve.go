package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/described"
	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/snap"
)

type serveOptions struct {
	data, store, listen, admin, publicURL, logLevel string
	dialects                                        []string // files that describe more of them
	sandbox, notifyPrivate                          bool
	skew                                            time.Duration
	wrap                                            func(pay.Storage) pay.Storage // a test's own faults; nil: none
}

func serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server on an embedded store.

With --sandbox on an empty data folder it creates a partner, a merchant with a
store and a payer with money for each dialect, and writes their credentials to
sandbox.json in that folder (mode 0600) before it says that it is ready.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), o, func(n *node) { fmt.Fprintf(c.OutOrStdout(), "ready: API %s, admin %s\n", n.apiURL, n.adminURL) })
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
	f.StringArrayVar(&o.dialects, "dialect", nil, "file that describes another provider's dialect (may be repeated)")
	f.BoolVar(&o.notifyPrivate, "notify-private", true, "in a sandbox: notifications may go to loopback and private networks; never outside one")
	f.StringVar(&o.logLevel, "log", "warn", "debug, info, warn or error")
	return c
}

// storeVariable names the environment variable of a store's location, which
// may hold a password.
const storeVariable = "QRISD_STORE"

// location is where the books are.
func (o serveOptions) location() string {
	return cmp.Or(o.store, filepath.Join(o.data, "qrisd.db"))
}

// easeCollector lets the heap grow to five times what lives before it is
// collected, unless GOGC says otherwise. A server's live heap is a few
// megabytes, so the default would collect many times a second: that cost a
// sixth of the rate at which codes are made.
func easeCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// node is a running server.
type node struct {
	apiURL, adminURL string
	file             sandbox.File // in sandbox mode
	core             *pay.Core
	store            *storage.Store
	files            string // folder of the settlement files
}

// serve runs until the context ends, then drains.
func serve(ctx context.Context, o serveOptions, ready func(*node)) error {
	log, err := logger(o.logLevel)
	if err != nil {
		return err
	}
	easeCollector()
	store, err := storage.Open(ctx, o.location(), storage.Options{})
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	defer store.Close()
	n, handlers, err := wire(ctx, o, store, log)
	if err != nil {
		return err
	}
	return run(ctx, n, handlers, log, ready)
}

// handlers are the two listeners and what they serve.
type handlers struct {
	api, admin             http.Handler
	apiSocket, adminSocket net.Listener
	notifier               *notify.Notifier
}

// wire puts the parts together.
func wire(ctx context.Context, o serveOptions, store *storage.Store, log *slog.Logger) (*node, handlers, error) {
	var h handlers
	var err error
	if h.apiSocket, err = net.Listen("tcp", o.listen); err != nil {
		return nil, h, fmt.Errorf("listening for the API: %w", err)
	}
	if h.adminSocket, err = net.Listen("tcp", o.admin); err != nil {
		h.apiSocket.Close()
		return nil, h, fmt.Errorf("listening for the management API: %w", err)
	}
	n := &node{apiURL: "http://" + h.apiSocket.Addr().String(), adminURL: "http://" + h.adminSocket.Addr().String(), store: store, files: filepath.Join(o.data, "settlement")}
	clock := sandbox.NewClock(time.Now, 0)
	var books pay.Storage = store
	if o.wrap != nil {
		books = o.wrap(store)
	}
	n.core = pay.New(books, clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	settings := server.Options{PublicURL: o.publicURL, Sandbox: o.sandbox, Skew: o.skew, Log: log}
	if settings.PublicURL == "" {
		settings.PublicURL = n.apiURL
	}
	if settings.Skew < 0 {
		settings.Skew = defaultSkew(o.sandbox)
	}
	own, err := n.prepare(ctx, o, clock)
	if err != nil {
		return nil, h, err
	}
	all, err := offered(o.dialects)
	if err != nil {
		return nil, h, err
	}
	management := admin.Options{Token: own.token, Log: log}
	for _, d := range all {
		management.Dialects = append(management.Dialects, d.Name)
	}
	if o.sandbox {
		management.Clock = clock
		management.Rotated = func(c sandbox.Credentials) error { return rotated(filepath.Join(o.data, "sandbox.json"), c) }
	}
	s := server.New(n.core, all, settings)
	h.api, h.admin = s.Handler(), withHealth(s, admin.New(n.core, management).Handler())
	h.notifier = notify.New(n.core, notify.Options{
		Dialects: all, Provider: own.key, ClientKey: providerClientKey, AllowPrivate: o.sandbox && o.notifyPrivate, Now: time.Now, Log: log,
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
	mux.HandleFunc("GET /healthz", server.Healthz)
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
	key   *rsa.PrivateKey
}

// prepare reads or makes the server's own secrets, and in a sandbox its
// parties and sandbox.json.
func (n *node) prepare(ctx context.Context, o serveOptions, clock *sandbox.Clock) (own secrets, err error) {
	if own.token, err = n.setting(ctx, settingToken, newToken); err != nil {
		return own, err
	}
	private, err := n.setting(ctx, settingProviderKey, newProviderKey)
	if err != nil {
		return own, err
	}
	if own.key, err = snap.ParsePrivateKey(private); err != nil {
		return own, fmt.Errorf("reading the provider's key: %w", err)
	}
	if !o.sandbox {
		return own, writeSecret(filepath.Join(o.data, "admin.token"), []byte(own.token+"\n"))
	}
	if err := n.restoreClock(ctx, clock); err != nil {
		return own, err
	}
	return own, n.writeSandbox(ctx, filepath.Join(o.data, "sandbox.json"), own)
}

// restoreClock moves the clock as it was moved before.
func (n *node) restoreClock(ctx context.Context, clock *sandbox.Clock) error {
	offset, err := n.setting(ctx, admin.ClockSetting, func() (string, error) { return "0s", nil })
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(offset)
	if err != nil {
		return fmt.Errorf("setting %s: %w", admin.ClockSetting, err)
	}
	clock.Advance(d)
	return nil
}

// setting reads a setting, or makes and keeps it.
func (n *node) setting(ctx context.Context, name string, make func() (string, error)) (string, error) {
	value, err := n.core.Setting(ctx, name)
	if err != nil || value != "" {
		return value, err
	}
	if value, err = make(); err != nil {
		return "", err
	}
	return value, n.core.PutSetting(ctx, name, value)
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

// writeSandbox writes sandbox.json, seeding an empty store first. The secrets
// of an existing sandbox are in the file already; only addresses change.
func (n *node) writeSandbox(ctx context.Context, path string, own secrets) error {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if n.file.Partners, n.file.Payers, err = sandbox.Seed(ctx, n.core); err != nil {
			return fmt.Errorf("seeding the sandbox (a store that was no sandbox before cannot become one): %w", err)
		}
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(old, &n.file); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
	}
	n.file.APIURL, n.file.AdminURL, n.file.AdminToken = n.apiURL, n.adminURL, own.token
	n.file.ProviderPublicKey = snap.MarshalPublicKey(&own.key.PublicKey)
	return writeFile(path, n.file)
}

func writeFile(path string, file sandbox.File) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return writeSecret(path, append(text, '\n'))
}

// rotated puts a partner's new credentials into sandbox.json, where clients
// and tools look for them. A partner that is not there is an operator's own.
func rotated(path string, c sandbox.Credentials) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	for name, old := range file.Partners {
		if old.PartnerID == c.PartnerID {
			c.MerchantID, c.StoreID, c.TerminalID = old.MerchantID, old.StoreID, old.TerminalID
			file.Partners[name] = c
			return writeFile(path, file)
		}
	}
	return nil
}

// writeSecret replaces a file whole, readable by its owner only.
func writeSecret(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// drainTime is how long accepted requests may take to finish.
const drainTime = 10 * time.Second

// run serves both listeners until the context ends or one fails.
func run(ctx context.Context, n *node, h handlers, log *slog.Logger, ready func(*node)) error {
	api, management := httpServer(h.api, log), httpServer(h.admin, log)
	failed := make(chan error, 2)
	go func() { failed <- api.Serve(h.apiSocket) }()
	go func() { failed <- management.Serve(h.adminSocket) }()
	work, stop := context.WithCancel(context.Background())
	wait := background(work, n.core, h.notifier, n.files, log)
	defer func() { stop(); wait() }()
	ready(n)
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	return errors.Join(err, api.Shutdown(drain), management.Shutdown(drain))
}

func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func logger(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l})), nil
}
