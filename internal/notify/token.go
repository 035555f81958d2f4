package notify

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// tokens remembers the tokens that merchants' servers gave the provider.
type tokens struct {
	mu      sync.Mutex
	entries map[tokenKey]*entry
}

// tokenKey is whose server gave a token, and where it is asked for.
type tokenKey struct{ partnerID, url string }

// entry is one token. The turn is held while it is read or fetched, so that
// many notifications to one server fetch one token.
type entry struct {
	turn  chan struct{}
	text  string
	until time.Time
}

// maxTokens bounds the memory: at this many it starts afresh.
const maxTokens = 10_000

func (t *tokens) entry(k tokenKey) *entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[k]
	if e == nil {
		if t.entries == nil || len(t.entries) >= maxTokens {
			t.entries = make(map[tokenKey]*entry)
		}
		e = &entry{turn: make(chan struct{}, 1)}
		t.entries[k] = e
	}
	return e
}

// drop forgets a token that was refused, unless it was replaced meanwhile.
func (t *tokens) drop(k tokenKey, text string) {
	e := t.entry(k)
	e.turn <- struct{}{}
	defer func() { <-e.turn }()
	if e.text == text {
		e.text = ""
	}
}

func (l *letter) tokenKey() tokenKey {
	u := url.URL{Scheme: l.url.Scheme, User: l.url.User, Host: l.url.Host, Path: l.notice.TokenPath}
	return tokenKey{l.partner.ID, u.String()}
}

// token gives a token of the merchant's server, the one it gave before while
// that lives.
func (n *Notifier) token(ctx context.Context, l *letter) (string, error) {
	k := l.tokenKey()
	e := n.tokens.entry(k)
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return "", n.unanswered(ctx.Err()) // another try waits for the same token
	}
	defer func() { <-e.turn }()
	if e.text != "" && n.options.Now().Before(e.until) {
		return e.text, nil
	}
	text, life, err := n.fetchToken(ctx, k.url)
	if err != nil {
		return "", err
	}
	e.text, e.until = text, n.options.Now().Add(life-min(life/10, time.Minute))
	return text, nil
}

// defaultTokenLife is the standard's, for servers that leave expiresIn out.
const defaultTokenLife = 15 * time.Minute

// fetchToken asks for a token as service 73 does: the provider is the client
// here, and signs "X-CLIENT-KEY|X-TIMESTAMP" with its RSA key.
func (n *Notifier) fetchToken(ctx context.Context, at string) (text string, life time.Duration, err error) {
	m := snap.Message{ClientKey: n.options.ClientKey, Timestamp: snap.FormatTimestamp(n.options.Now())}
	signature, err := snap.Sign(snap.TokenRequest, snap.Credentials{PrivateKey: n.options.Provider()}, m)
	if err != nil {
		return "", 0, err
	}
	to, err := url.Parse(at)
	if err != nil {
		return "", 0, fmt.Errorf("notify: %w", err)
	}
	a, err := n.post(ctx, to, http.Header{
		snap.HeaderClientKey: {m.ClientKey},
		snap.HeaderTimestamp: {m.Timestamp},
		snap.HeaderSignature: {signature},
	}, `{"grantType":"client_credentials"}`)
	if err != nil {
		return "", 0, err
	}
	return readToken(a)
}

// readToken takes a token from an answer that is held to the same strict JSON
// as an acknowledgement.
func readToken(a answer) (text string, life time.Duration, err error) {
	body, err := field.Parse(a.body)
	token := body.Get("accessToken")
	if a.status != http.StatusOK || err != nil || token.Kind() != field.String || token.Text() == "" {
		return "", 0, fmt.Errorf("notify: the merchant's server answered %d without an accessToken: %s", a.status, excerpt(a.body))
	}
	return token.Text(), tokenLife(body.Get("expiresIn")), nil
}

// tokenLife reads seconds: the standard's are a text, some give a number. What
// says nothing readable makes a token good for this once.
func tokenLife(v field.Value) time.Duration {
	if v.Kind() == field.Absent || v.Kind() == field.Null {
		return defaultTokenLife
	}
	seconds, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, 86400) * float64(time.Second))
}
