package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/server"
)

// exposure is how a server meets the network.
type exposure struct {
	production      bool
	tls, adminTLS   identity
	proxies         []string // that end TLS before this server
	connections     int
	connectionsEach int // of one address
}

func (e *exposure) bind(f *pflag.FlagSet) {
	f.BoolVar(&e.production, "production", false, "refuse to start with anything that is not fit for real money, and say what")
	f.StringVar(&e.tls.cert, "tls-cert", "", "PEM file of the API's certificate and those between it and its authority; read anew when it changes, and on SIGHUP")
	f.StringVar(&e.tls.key, "tls-key", "", "PEM file of its private key")
	f.StringVar(&e.tls.clientCA, "client-ca", "", "PEM file of the authorities that partners' client certificates may be of")
	f.BoolVar(&e.tls.mutual, "mutual-tls", false, "ask clients for a certificate without --client-ca too, for partners bound to one by its digest")
	f.StringVar(&e.adminTLS.cert, "admin-tls-cert", "", "as --tls-cert, for the management API")
	f.StringVar(&e.adminTLS.key, "admin-tls-key", "", "as --tls-key, for the management API")
	f.StringSliceVar(&e.proxies, "behind-tls-proxy", nil, "addresses or networks of the proxies that end TLS before this server; only they are believed about clients (X-Forwarded-For, X-Forwarded-Proto, Client-Cert)")
	f.IntVar(&e.connections, "connections", 10_000, "most connections to the API at once; the one that waits longest for its client makes room for the next; 0: any")
	f.IntVar(&e.connectionsEach, "connections-per-address", 1000, "most of one address, but for --behind-tls-proxy; 0: any")
}

// Time that a client has.
const (
	headWithin    = 10 * time.Second // for the head of a request
	requestWithin = 30 * time.Second // for the whole of it
	answerWithin  = 30 * time.Second // to take the answer
	idleWithin    = 2 * time.Minute  // until the next request
)

// The connections of the management API, which few use.
const (
	adminConnections     = 1000
	adminConnectionsEach = 500
)

// entrance is what stands before the handlers of the two listeners.
type entrance struct {
	exposure
	api, admin *credentials // nil: plain HTTP
	trusted    []netip.Prefix
}

// open reads what the flags name.
func (e exposure) open() (entrance, error) {
	in := entrance{exposure: e}
	for _, text := range e.proxies {
		n, err := readNetwork(text)
		if err != nil {
			return in, fmt.Errorf("--behind-tls-proxy: %w", err)
		}
		in.trusted = append(in.trusted, n)
	}
	var err error
	if in.api, err = e.tls.open(); err != nil {
		return in, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	if in.admin, err = e.adminTLS.open(); err != nil {
		return in, fmt.Errorf("--admin-tls-cert, --admin-tls-key: %w", err)
	}
	if e.tls.asks() && !e.tls.on() {
		return in, errors.New("--client-ca, --mutual-tls: without --tls-cert nobody can be asked for a certificate")
	}
	return in, nil
}

// address is that of a listener, with the scheme it speaks.
func (c *credentials) address(socket net.Listener) string {
	if c == nil {
		return "http://" + socket.Addr().String()
	}
	return "https://" + socket.Addr().String()
}

// before puts the handlers behind the entrance.
func (in entrance) before(h *handlers, s *server.Server) {
	public := server.Arrival{
		Proxies: in.trusted, ProxiesOnly: in.production && len(in.trusted) > 0 && in.api == nil,
		Secure: in.api != nil || len(in.trusted) > 0, Refuse: s.RefuseFault,
	}
	management := server.Arrival{Proxies: in.trusted, Secure: in.admin != nil, Refuse: func(w http.ResponseWriter, f *server.Fault) {
		admin.RefuseFault(w, f.Status, f.Why)
	}}
	h.api, h.admin = public.Before(h.api), management.Before(h.admin)
}

// guard lets only whole and well-formed requests through to the two servers.
func (in entrance) guard(h *handlers) {
	public := server.Guard{HeadWithin: headWithin, TLS: in.api.server(), Direct: h.direct, Limits: server.Limits{
		Connections: min(in.connections, mostFiles()), PerAddress: in.connectionsEach, Exempt: in.trusted,
	}}
	management := server.Guard{HeadWithin: headWithin, TLS: in.admin.server(), Limits: server.Limits{
		Connections: min(adminConnections, mostFiles()), PerAddress: adminConnectionsEach, Exempt: in.trusted,
	}}
	h.apiSocket, h.adminSocket = public.Listen(h.apiSocket), management.Listen(h.adminSocket)
}

// follow keeps the certificates those of their files until the context ends.
// Once it has returned SIGHUP does not end the process, even where there is
// nothing to read anew.
func (in entrance) follow(ctx context.Context, log *slog.Logger) {
	for _, c := range []*credentials{in.api, in.admin} {
		if c != nil {
			go c.follow(ctx, hangups(ctx), log)
		}
	}
	if in.api == nil && in.admin == nil {
		go sayHangups(ctx, hangups(ctx), log)
	}
}

// hangups hears of each SIGHUP until the context ends.
func hangups(ctx context.Context) <-chan os.Signal {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { signal.Stop(heard) })
	return heard
}

// sayHangups is what SIGHUP does without TLS.
func sayHangups(ctx context.Context, hangup <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			log.Warn("SIGHUP changes nothing: no listener has a TLS certificate to read anew; SIGTERM ends the server")
		}
	}
}

// guardedServer is an http.Server for a guarded listener.
func guardedServer(h http.Handler, log *slog.Logger) *http.Server {
	s := httpServer(h, log)
	s.ConnContext, s.ConnState = server.Guarded, server.Occupied
	return s
}
