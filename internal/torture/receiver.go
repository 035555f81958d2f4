package torture

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/qrisd/qrisd/snap"
)

// notice is a notification as it was heard.
type notice struct {
	Partner  string // dialect
	Delivery string // X-EXTERNAL-ID, one for each payment
	Ref      string // of the code
	Mine     string // the same, as its client calls it
	Payment  string // the payment's reference, where the dialect tells it
	Amount   int64
	State    state
	Fault    string // why its signature or form is wrong
	Body     string
}

// receiver is the partners' servers, each at an address of its own, for a
// provider sends few notifications at once to one. It acknowledges as the
// dialects document, and now and then refuses, so that it must be told again.
type receiver struct {
	urls    map[string]string // by dialect
	servers []*http.Server
	key     *rsa.PublicKey // the provider's
	secrets map[string]string

	mu      sync.Mutex
	dice    *rand.Rand
	refused map[string]bool // deliveries, each at most once
	notices []notice
}

// acknowledgements are the documented ones, where they are not the standard's.
var acknowledgements = map[string]string{"dana": "2005600"}

const (
	standardAck = "2005200"
	merchantKey = "heard" // the access token of the partners' server
	deafness    = 50      // one in so many notifications is refused
)

func newReceiver(c contract, dice *rand.Rand) (*receiver, error) {
	key, err := snap.ParsePublicKey(c.ProviderPublicKey)
	if err != nil {
		return nil, fmt.Errorf("sandbox.json: %w", err)
	}
	r := &receiver{key: key, urls: map[string]string{}, secrets: map[string]string{}, refused: map[string]bool{}, dice: dice}
	for name := range acquirers {
		r.secrets[name] = c.Partners[name].ClientSecret
		if err := r.listen(name); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *receiver) listen(name string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: r, ReadHeaderTimeout: patience}
	r.urls[name], r.servers = "http://"+l.Addr().String()+"/"+name, append(r.servers, s)
	go s.Serve(l)
	return nil
}

func (r *receiver) close() {
	for _, s := range r.servers {
		_ = s.Close()
	}
}

// at is where a dialect's partner is notified.
func (r *receiver) at(name string) string { return r.urls[name] }

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		return // the node died while it told
	}
	w.Header().Set("Content-Type", "application/json")
	name := strings.TrimPrefix(req.URL.Path, "/")
	if _, ok := acquirers[name]; !ok { // where a provider that wants a token fetches it
		fmt.Fprintf(w, `{"responseCode":"2007300","responseMessage":"Successful","accessToken":%q,"tokenType":"Bearer","expiresIn":"900"}`, merchantKey)
		return
	}
	if !r.keep(r.hear(name, req, body)) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ack, ok := acknowledgements[name]
	if !ok {
		ack = standardAck
	}
	fmt.Fprintf(w, `{"responseCode":%q,"responseMessage":"Successful"}`, ack)
}

// keep notes what was heard, and reports whether to acknowledge it.
func (r *receiver) keep(n notice) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dice.IntN(deafness) == 0 && !r.refused[n.Delivery] {
		r.refused[n.Delivery] = true
		return false
	}
	r.notices = append(r.notices, n)
	return true
}

// heard gives all notifications so far that were acknowledged.
func (r *receiver) heard() []notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]notice{}, r.notices...)
}

// hear reads and verifies a notification.
func (r *receiver) hear(name string, req *http.Request, body []byte) notice {
	n := notice{Partner: name, Delivery: req.Header.Get(snap.HeaderExternalID), Body: string(body)}
	var told struct {
		standing
		AdditionalInfo struct{ PaymentReferenceNo string }
	}
	err := json.Unmarshal(body, &told)
	if err == nil {
		err = r.verify(name, req, body)
	}
	if err != nil {
		n.Fault = err.Error()
	}
	n.Ref, n.Mine, n.Payment = told.OriginalReferenceNo, told.OriginalPartnerReferenceNo, told.AdditionalInfo.PaymentReferenceNo
	n.Amount, n.State = sen(told.Amount), told.state()
	return n
}

func (r *receiver) verify(name string, req *http.Request, body []byte) error {
	m := snap.Message{Method: req.Method, Path: req.URL.RequestURI(), Body: body, Timestamp: req.Header.Get(snap.HeaderTimestamp)}
	signature := req.Header.Get(snap.HeaderSignature)
	if token, ok := strings.CutPrefix(req.Header.Get(snap.HeaderAuthorization), "Bearer "); ok {
		m.AccessToken = token
		return snap.VerifySymmetric(r.secrets[name], m, signature)
	}
	return snap.VerifyAsymmetric(r.key, m, false, signature)
}
