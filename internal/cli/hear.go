package cli

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// hearer is a merchant's server for one payment: it takes the notification of
// one code and checks its signature.
type hearer struct {
	notice *dialect.Notice
	key    *rsa.PublicKey // the provider's
	secret string         // the partner's, where notifications are signed with it
	token  string         // that this server gives the provider
	ref    string         // the code's referenceNo
	heard  chan notified
	at     net.Addr
	server *http.Server
}

// notified is a notification, and what is wrong with its signature.
type notified struct {
	Path         string `json:"path"`
	Timestamp    string `json:"timestamp"`
	StringToSign string `json:"stringToSign"`
	Signature    string `json:"signature"` // by what it was verified; empty: it was not
	Body         string `json:"body"`
	Answer       string `json:"answer"`
	err          error
}

// newHearer listens from then on.
func newHearer(listen string, d *dialect.Dialect, file sandbox.File, at sandbox.Credentials, ref string) (*hearer, error) {
	h := &hearer{notice: d.Notice, secret: at.ClientSecret, ref: ref, heard: make(chan notified, 1)}
	var err error
	if h.key, err = snap.ParsePublicKey(file.ProviderPublicKey); err != nil {
		return nil, fmt.Errorf("sandbox.json: providerPublicKey: %w", err)
	}
	if h.token, err = newToken(); err != nil {
		return nil, err
	}
	socket, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("--receive: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+d.Notice.Path, h.hear)
	if d.Notice.TokenPath != "" {
		mux.HandleFunc("POST "+d.Notice.TokenPath, h.giveToken)
	}
	h.at, h.server = socket.Addr(), httpServer(mux, slog.New(slog.DiscardHandler))
	go h.server.Serve(socket)
	return h, nil
}

// address has no path: the provider's documented one is called.
func (h *hearer) address() string { return "http://" + h.at.String() }

// close ends when what is under way has been answered.
func (h *hearer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if h.server.Shutdown(ctx) != nil {
		h.server.Close()
	}
}

// giveToken lets the provider have the token with which it then signs, as
// service 73 does with the roles swapped.
func (h *hearer) giveToken(w http.ResponseWriter, r *http.Request) {
	err := snap.VerifyToken(h.key, r.Header.Get(snap.HeaderClientKey), r.Header.Get(snap.HeaderTimestamp), r.Header.Get(snap.HeaderSignature))
	if err != nil {
		h.tell(notified{Path: r.RequestURI, err: fmt.Errorf("the provider asked for a token, and its signature does not verify: %w", err)})
		envelope(w, http.StatusUnauthorized, snap.CaseUnauthorized.Code(snap.ServiceTokenB2B), nil)
		return
	}
	envelope(w, http.StatusOK, snap.CaseSuccessful.Code(snap.ServiceTokenB2B), map[string]string{
		"accessToken": h.token, "tokenType": "Bearer", "expiresIn": "900",
	})
}

// hear takes a notification. One of another code is not acknowledged: it is
// sent again later, when the partner's address is its own.
func (h *hearer) hear(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	var of struct{ OriginalReferenceNo string }
	if err != nil || json.Unmarshal(body, &of) != nil || of.OriginalReferenceNo != h.ref {
		envelope(w, http.StatusNotFound, snap.CaseTransactionNotFound.Code(h.notice.Service), nil)
		return
	}
	n := h.examine(r, body)
	status := http.StatusOK
	if n.Answer = h.notice.Acks[0]; n.err != nil {
		status, n.Answer = http.StatusUnauthorized, snap.CaseUnauthorized.Code(h.notice.Service)
	}
	envelope(w, status, n.Answer, nil)
	h.tell(n)
}

// tell passes the first on.
func (h *hearer) tell(n notified) {
	select {
	case h.heard <- n:
	default:
	}
}

// examine checks a signature over the bytes that came.
func (h *hearer) examine(r *http.Request, body []byte) notified {
	m := snap.Message{Method: r.Method, Path: r.RequestURI, Body: body, Timestamp: r.Header.Get(snap.HeaderTimestamp)}
	n := notified{Path: r.RequestURI, Timestamp: m.Timestamp, Body: string(body)}
	signature := r.Header.Get(snap.HeaderSignature)
	if h.notice.TokenPath == "" {
		n.StringToSign = snap.StringToSign(snap.Asymmetric, m)
		n.err = snap.VerifyAsymmetric(h.key, m, false, signature)
		n.Signature = "verified, RSA by providerPublicKey"
	} else {
		m.AccessToken = strings.TrimPrefix(r.Header.Get(snap.HeaderAuthorization), "Bearer ")
		n.StringToSign = snap.StringToSign(snap.Symmetric, m)
		n.err = snap.VerifySymmetric(h.secret, m, signature)
		n.Signature = "verified, HMAC by clientSecret"
		if m.AccessToken != h.token {
			n.err = errors.New("the token is not the one that was given")
		}
	}
	if n.err != nil {
		n.Signature = ""
		n.err = fmt.Errorf("the notification's signature does not verify: %w", n.err)
	}
	return n
}

// envelope answers with a response code and what else there is to say.
func envelope(w http.ResponseWriter, status int, code string, with map[string]string) {
	body := map[string]string{"responseCode": code, "responseMessage": http.StatusText(status)}
	for name, value := range with {
		body[name] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// wait gives the notification, or says why there is none.
func (h *hearer) wait(ctx context.Context) (notified, error) {
	timer := time.NewTimer(callTime)
	defer timer.Stop()
	select {
	case n := <-h.heard:
		return n, n.err
	case <-ctx.Done():
		return notified{}, ctx.Err()
	case <-timer.C:
		return notified{}, fmt.Errorf("it is paid, but no notification came to %s within %s: qrisd delivery list says where it went", h.address(), callTime)
	}
}
