package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"sync"
	"time"
)

// sessions are those who have signed in on this node. They are kept in memory
// alone: a node that starts again asks everybody to sign in again.
type sessions struct {
	mu     sync.Mutex
	byHash map[[32]byte]*session
}

// session is one browser that somebody has signed in with.
type session struct {
	who      string
	password string // of the user as it was kept; a new one ends the session
	form     string // token of this session's forms
	began    time.Time

	mu    sync.Mutex
	used  time.Time
	flash *flash
}

// flash is what the next page says once.
type flash struct {
	Bad  bool
	Text string // a word, or a refusal in the words of whoever refused
}

const (
	sessionCookie = "qrisd_session"
	sessionIdle   = 30 * time.Minute
	sessionLife   = 12 * time.Hour
	// maxSessions bounds the memory; the one that was unused longest makes room.
	maxSessions = 10_000
)

// draw gives 256 random bits as text.
func draw() string {
	var b [32]byte
	rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// begin signs somebody in and gives the browser its secret.
func (s *sessions) begin(w http.ResponseWriter, r *http.Request, who, password string, now time.Time) *session {
	secret := draw()
	made := &session{who: who, password: password, form: draw(), began: now, used: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byHash == nil {
		s.byHash = make(map[[32]byte]*session)
	}
	s.makeRoom(now)
	s.byHash[sha256.Sum256([]byte(secret))] = made
	http.SetCookie(w, cookie(r, sessionCookie, secret, 0))
	return made
}

// makeRoom forgets sessions that are over, and if need be the least used.
func (s *sessions) makeRoom(now time.Time) {
	var oldest [32]byte
	var least time.Time
	for hash, known := range s.byHash {
		used := known.lastUsed()
		if known.over(now) {
			delete(s.byHash, hash)
		} else if least.IsZero() || used.Before(least) {
			oldest, least = hash, used
		}
	}
	if len(s.byHash) >= maxSessions {
		delete(s.byHash, oldest)
	}
}

// of is the session of a request; nil: there is none.
func (s *sessions) of(r *http.Request, now time.Time) *session {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha256.Sum256([]byte(c.Value))
	known := s.byHash[hash]
	if known == nil || known.over(now) {
		delete(s.byHash, hash)
		return nil
	}
	if r.Header.Get(liveHeader) == "" && r.URL.Path != root+"/events" { // a page that renews itself is no person
		known.touch(now)
	}
	return known
}

func (s *sessions) end(r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byHash, sha256.Sum256([]byte(c.Value)))
	}
}

func (s *session) touch(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = now
}

func (s *session) lastUsed() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

func (s *session) over(now time.Time) bool {
	return now.Sub(s.lastUsed()) > sessionIdle || now.Sub(s.began) > sessionLife
}

// say leaves a message for the next page.
func (s *session) say(f flash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flash = &f
}

// said takes the message that was left.
func (s *session) said() *flash {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.flash
	s.flash = nil
	return f
}

// cookie is one that no script reads and that no other site's request
// carries. An age of 0 ends with the browser.
func cookie(r *http.Request, name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: root + "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
}

// origin is the network address that a request came from.
func origin(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
