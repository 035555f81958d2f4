package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// benchTarget knows how to ask a server for what is measured.
type benchTarget struct {
	verb         verb
	dialect      *dialect.Dialect
	operation    *dialect.Operation
	credentials  sandbox.Credentials
	address      string
	key          *rsa.PrivateKey
	token        string
	books        *benchBooks // nil: generate needs none
	byPartnerRef bool
	ascending    bool
	began        time.Time
	serial       atomic.Int64
	file         sandbox.File
	sampleFile   string // an answer of the server, for the bare handler to repeat
}

// newBenchTarget reads the sandbox, sets what the benchmark needs, and keeps
// one real answer.
func newBenchTarget(ctx context.Context, dir string, o benchOptions, books *benchBooks) (*benchTarget, error) {
	text, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
	if err != nil {
		return nil, err
	}
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &benchTarget{
		file: file, dialect: dialectNamed(o.dialect), books: books, byPartnerRef: o.byPartnerRef, ascending: o.ascending, began: time.Now(),
		address: strings.TrimPrefix(file.APIURL, "http://"), sampleFile: filepath.Join(dir, "answer.json"),
	}
	t.verb, _ = verbNamed(o.operation)
	t.operation = t.dialect.Operation(t.verb.operation)
	if t.credentials, err = credentialsOf(file, o.dialect); err != nil {
		return nil, err
	}
	if t.key, err = snap.ParsePrivateKey(t.credentials.PrivateKey); err != nil {
		return nil, err
	}
	settings := fmt.Sprintf(`{"urlOnly": %v, "tokenLife": %d}`, !o.images, 24*time.Hour)
	if err := manage(ctx, file, "PUT", "/v1/partners/"+t.credentials.PartnerID+"/settings", settings); err != nil {
		return nil, err
	}
	if t.operation.Auth != dialect.AuthAsymmetric {
		if err := t.fetchToken(); err != nil {
			return nil, err
		}
	}
	if t.verb.name == verbList {
		return t, nil // there is no bare handler, and the first list is measured
	}
	answer, err := t.once()
	if err != nil {
		return nil, err
	}
	return t, os.WriteFile(t.sampleFile, answer, 0o600)
}

func manage(ctx context.Context, file sandbox.File, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, file.AdminURL+path, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+file.AdminToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s %s: %s", method, path, text)
	}
	return nil
}

func (t *benchTarget) fetchToken() error {
	now := snap.FormatTimestamp(time.Now())
	signature, err := snap.SignRSA(t.key, snap.TokenStringToSign(t.credentials.ClientKey, now))
	if err != nil {
		return err
	}
	request := render(t.dialect.Operation("token").Paths[0], `{"grantType":"client_credentials"}`, [][2]string{
		{snap.HeaderClientKey, t.credentials.ClientKey}, {snap.HeaderTimestamp, now}, {snap.HeaderSignature, signature},
	})
	answer, err := t.exchange(request)
	if err != nil {
		return err
	}
	var reply struct{ AccessToken string }
	if err := json.Unmarshal(answer, &reply); err != nil || reply.AccessToken == "" {
		return fmt.Errorf("asking for a token: %s", answer)
	}
	t.token = reply.AccessToken
	return nil
}

// reference draws the reference of a request.
func (t *benchTarget) reference() string {
	if t.ascending {
		return fmt.Sprintf("%016x%08x", t.began.UnixNano(), t.serial.Add(1))
	}
	var random [12]byte
	rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// request renders one signed request under a reference of its own.
func (t *benchTarget) request() ([]byte, error) {
	ref, now := t.reference(), time.Now()
	body := t.verb.body(t, ref, now)
	m := snap.Message{Method: http.MethodPost, Path: t.operation.Paths[0], AccessToken: t.token, Body: []byte(body), Timestamp: snap.FormatTimestamp(now)}
	scheme, credentials := snap.Symmetric, snap.Credentials{Secret: t.credentials.ClientSecret}
	headers := [][2]string{
		{snap.HeaderTimestamp, m.Timestamp}, {snap.HeaderPartnerID, t.credentials.PartnerID},
		{snap.HeaderExternalID, ref}, {snap.HeaderChannelID, t.credentials.ChannelID},
	}
	if t.operation.Auth == dialect.AuthAsymmetric {
		scheme, credentials = snap.Asymmetric, snap.Credentials{PrivateKey: t.key}
	} else {
		headers = append(headers, [2]string{snap.HeaderAuthorization, "Bearer " + t.token})
	}
	if t.operation.Customer {
		headers = append(headers, [2]string{snap.HeaderAuthorizationCustomer, "Bearer " + t.books.customer()})
	}
	signature, err := snap.Sign(scheme, credentials, m)
	if err != nil {
		return nil, err
	}
	return render(m.Path, body, append(headers, [2]string{snap.HeaderSignature, signature})), nil
}

// signed prepares requests on all processors.
func (t *benchTarget) signed(n int) ([][]byte, error) {
	requests := make([][]byte, n)
	return requests, sideBySide(n, func(i int) (err error) {
		requests[i], err = t.request()
		return err
	})
}

// render writes an HTTP request as bytes, so that sending costs little.
func render(path, body string, headers [][2]string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, len(body))
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// once asks once and gives the answer.
func (t *benchTarget) once() ([]byte, error) {
	request, err := t.request()
	if err != nil {
		return nil, err
	}
	return t.exchange(request)
}

func (t *benchTarget) exchange(request []byte) ([]byte, error) {
	c, err := dialBench(t.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, body, err := c.do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answered %d %s", status, body)
	}
	return bytes.Clone(body), err
}
