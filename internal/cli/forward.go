package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/server"
)

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// forwarder takes notifications and hands them on as they came.
type forwarder struct {
	to     *url.URL
	at     net.Addr
	out    *printer
	server *http.Server
	client http.Client
}

// newForwarder listens from then on.
func newForwarder(listen string, to *url.URL, out *printer) (*forwarder, error) {
	socket, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("--receive: %w", err)
	}
	f := &forwarder{to: to, at: socket.Addr(), out: out, client: http.Client{
		Timeout:       callTime,
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	f.server = httpServer(f, slog.New(slog.DiscardHandler))
	f.server.ConnContext = server.Tapped
	go f.server.Serve(server.Tap(socket))
	return f, nil
}

// address is where the server is to send notifications: this receiver, with
// the path of the local URL, so that the path that is signed is the one that
// the local URL sees.
func (f *forwarder) address() string {
	u := url.URL{Scheme: "http", Host: f.at.String(), Path: f.to.Path, RawPath: f.to.RawPath, RawQuery: f.to.RawQuery}
	return u.String()
}

// close ends when what is under way has been answered.
func (f *forwarder) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		f.server.Close()
	}
	f.client.CloseIdleConnections()
}

// maxNotice bounds a notification and its answer.
const maxNotice = 1 << 20

// handed is a notification that went to the local URL.
type handed struct {
	Kind     string `json:"kind"` // notification.forwarded
	Path     string `json:"path"`
	Request  string `json:"request"`
	Status   int    `json:"status"` // 0: there was no answer
	Response string `json:"response"`
	Millis   int64  `json:"millis"`
}

func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		http.Error(w, "qrisd listen: reading the notification: "+err.Error(), http.StatusBadRequest)
		return
	}
	h := handed{Kind: "notification.forwarded", Path: r.URL.RequestURI(), Request: string(body)}
	resp, answer, err := f.pass(r, body)
	if err != nil {
		answer = []byte("qrisd listen: no answer from the local URL: " + err.Error())
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
	} else {
		h.Status = resp.StatusCode
		for name, values := range resp.Header {
			if !ofConnection[name] {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(resp.StatusCode)
	}
	w.Write(answer)
	h.Response, h.Millis = string(answer), time.Since(began).Milliseconds()
	f.out.handed(h, f.to)
}

// ofConnection are headers about one connection, which the next has its own of.
var ofConnection = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Transfer-Encoding": true, "Content-Length": true, "Host": true, "Accept-Encoding": true,
}

// pass sends a request on and reads the answer.
func (f *forwarder) pass(r *http.Request, body []byte) (*http.Response, []byte, error) {
	to := *r.URL
	to.Scheme, to.Host = f.to.Scheme, f.to.Host
	req, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = spelled(r)
	resp, err := f.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // it repeats the method and the address
		}
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxNotice))
	return resp, answer, err
}

// spelled are the headers of a request with their names as they came.
func spelled(r *http.Request) http.Header {
	header := make(http.Header)
	for line := range strings.Lines(string(server.Head(r))) {
		name, value, found := strings.Cut(line, ":")
		if found && !ofConnection[http.CanonicalHeaderKey(name)] {
			header[name] = append(header[name], strings.TrimSpace(value))
		}
	}
	return header
}

// handed prints a notification with its answer.
func (p *printer) handed(h handed, to *url.URL) {
	if p.json {
		if line, err := json.Marshal(h); err == nil {
			p.out.Write(append(line, '\n'))
		}
		return
	}
	answered := fmt.Sprintf("HTTP %d", h.Status)
	if h.Status == 0 {
		answered = "no answer"
	}
	fmt.Fprintf(p.out, "%s  %-22s %s://%s%s: %s in %d ms\n  sent    %s\n  answer  %s\n", time.Now().In(pay.Jakarta).Format(time.TimeOnly),
		"forwarded", to.Scheme, to.Host, h.Path, answered, h.Millis, h.Request, strings.TrimSpace(h.Response))
}

// redirected are partners whose notifications go elsewhere for a while.
type redirected struct {
	admin *adminClient
	to    string
	was   map[string]string // their own addresses, by partner
}

// redirect sends the notifications of partners to an address; of none, of all.
func redirect(ctx context.Context, a *adminClient, partners []string, to string) (redirected, error) {
	r := redirected{a, to, make(map[string]string)}
	var all struct {
		Partners []struct{ ID, NotifyURL string }
	}
	if err := a.send(ctx, "GET", path("partners"), nil, &all); err != nil {
		return r, err
	}
	own := make(map[string]string, len(all.Partners))
	for _, p := range all.Partners {
		own[p.ID] = p.NotifyURL
		if len(partners) == 0 && !pay.HoldsPassword(p.NotifyURL) {
			r.was[p.ID] = p.NotifyURL
		}
	}
	for _, name := range partners {
		id := a.partnerID(name)
		address, known := own[id]
		if !known {
			return r, fmt.Errorf("--partner %s: there is no such partner (qrisd partner list)", name)
		}
		if pay.HoldsPassword(address) {
			return r, fmt.Errorf("--partner %s: its address holds a password, which is not shown: it could not be restored", name)
		}
		r.was[id] = address
	}
	for id := range r.was {
		if err := r.set(ctx, id, to); err != nil {
			return r, errors.Join(err, r.restore(context.WithoutCancel(ctx)))
		}
	}
	return r, nil
}

func (r redirected) set(ctx context.Context, id, address string) error {
	return r.admin.send(ctx, "PUT", path("partners", id, "notify"), map[string]string{"url": address}, new(json.RawMessage))
}

// back restores the addresses though what they were replaced for has ended.
func (r redirected) back(ctx context.Context) error {
	if err := r.restore(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the partners' addresses could not be restored (qrisd partner notify sets them): %w", err)
	}
	return nil
}

// restore gives each partner its address back, unless somebody has given it
// another in the meantime.
func (r redirected) restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var failed []error
	for id, address := range r.was {
		var now struct{ NotifyURL string }
		err := r.admin.send(ctx, "GET", path("partners", id), nil, &now)
		if err == nil && now.NotifyURL == r.to {
			err = r.set(ctx, id, address)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}
