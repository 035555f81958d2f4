package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// newBenchTarget reads the sandbox, sets what the benchmark needs, and keeps
// one real answer.
func newBenchTarget(ctx context.Context, dir string, o benchOptions) (*benchTarget, error) {
	text, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
	if err != nil {
		return nil, err
	}
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &benchTarget{credentials: file.Partners[o.dialect], sampleFile: filepath.Join(dir, "answer.json")}
	for _, d := range dialects() {
		if d.Name == o.dialect {
			t.dialect, t.operation = &d, d.Operation("generate")
		}
	}
	if t.operation == nil {
		return nil, fmt.Errorf("--dialect %s: there is no generate operation to measure", o.dialect)
	}
	if t.key, err = snap.ParsePrivateKey(t.credentials.PrivateKey); err != nil {
		return nil, err
	}
	t.address = file.APIURL[len("http://"):]
	settings := fmt.Sprintf(`{"urlOnly": %v, "tokenLife": %d}`, !o.images, 24*time.Hour)
	if err := manage(ctx, file, "PUT", "/v1/partners/"+t.credentials.PartnerID+"/settings", settings); err != nil {
		return nil, err
	}
	if t.operation.Auth != dialect.AuthAsymmetric {
		if err := t.fetchToken(); err != nil {
			return nil, err
		}
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

// benchBodies are bodies of the documents' size; %s is the reference, the
// second %s of Qoin's the validity.
var benchBodies = map[string]string{
	"midtrans": `{"partnerReferenceNo":"%[1]s","amount":{"value":"12345.00","currency":"IDR"},"merchantId":"00007100010926","terminalId":"213141251124","additionalInfo":{"acquirer":"gopay","items":[{"id":"susumaniskaleng","price":{"value":"5000","currency":"IDR"},"quantity":"1","name":"HOLYCOW 1KG T-bone","brand":"Makan makan 1OMS ","category":"Food","merchantName":""}],"customerDetails":{"email":"budi@contoh.id","firstName":"Budi","lastName":"Utomo","phone":"081223323423"},"metadata":{},"countryCode":"ID","locale":"id_ID"}}`,
	"qoin":     `{"partnerReferenceNo":"%[1]s","amount":{"value":"10000.00","currency":"IDR"},"merchantId":"","storeId":"","validityPeriod":"%[2]s","additionalInfo":{"acquirer":3,"items":[{"id":"idasd1239aks001","name":"Qris","quantity":"1","price":{"value":10,"currency":"IDR"}}],"customerDetails":{"email":"budi@contoh.id","firstName":"John.","lastName":"Doe","phone":"085688983935"}}}`,
	"dana":     `{"merchantId":"00007100010926","subMerchantId":"310928924949487","storeId":"abcd","partnerReferenceNo":"%[1]s","amount":{"value":"12345.00","currency":"IDR"},"feeAmount":{"value":"100.00","currency":"IDR"},"additionalInfo":{"terminalSource":"MER","envInfo":{"sessionId":"8EU6mLl5mUpUBgyRFT4v7DjfQ3fcauthcenter","tokenId":"a8d359d6-ca3d-4048-9295-bbea5f6715a6","websiteLanguage":"en_US","clientIp":"10.15.8.189","osType":"Windows.PC","appVersion":"1.0","sdkVersion":"1.0","sourcePlatform":"IPG","terminalType":"SYSTEM","orderTerminalType":"APP","orderOsType":"IOS","merchantAppVersion":"1.0"}}}`,
}

// request renders one signed generate request with a fresh random reference.
func (t *benchTarget) request() ([]byte, error) {
	var random [12]byte
	rand.Read(random[:])
	ref := hex.EncodeToString(random[:])
	now := time.Now()
	body := fmt.Sprintf(benchBodies[t.dialect.Name]+"%.0[2]s", ref, snap.FormatTimestamp(now.Add(time.Hour)))
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
	signature, err := snap.Sign(scheme, credentials, m)
	if err != nil {
		return nil, err
	}
	return render(m.Path, body, append(headers, [2]string{snap.HeaderSignature, signature})), nil
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

// once generates one code and gives the answer.
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

// benchRun is one round.
type benchRun struct {
	latencies []time.Duration
	took      time.Duration
}

func (r benchRun) perSecond() float64 { return float64(len(r.latencies)) / r.took.Seconds() }

// signAhead is how many requests are signed before a round, for each second
// of it. A round that runs out ends early.
const signAhead = 25_000

// load sends pre-signed requests for a round.
func (t *benchTarget) load(ctx context.Context, address string, o benchOptions) (benchRun, error) {
	requests, err := t.signed(int(o.round.Seconds() * float64(t.signAhead())))
	if err != nil {
		return benchRun{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.round)
	defer cancel()
	var next atomic.Int64
	var mu sync.Mutex
	var run benchRun
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for range o.connections {
		wg.Add(1)
		go func() {
			defer wg.Done()
			latencies, err := sendAll(ctx, address, requests, &next)
			mu.Lock()
			defer mu.Unlock()
			run.latencies = append(run.latencies, latencies...)
			failed = errors.Join(failed, err)
		}()
	}
	wg.Wait()
	run.took = time.Since(began)
	return run, failed
}

// signAhead is less where signing takes a millisecond.
func (t *benchTarget) signAhead() int {
	if t.operation.Auth == dialect.AuthAsymmetric {
		return signAhead / 4
	}
	return signAhead
}

// signed prepares requests on all processors.
func (t *benchTarget) signed(n int) ([][]byte, error) {
	requests := make([][]byte, n)
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	const workers = 4
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < n; i += workers {
				request, err := t.request()
				if err != nil {
					failed.Store(&err)
					return
				}
				requests[i] = request
			}
		}()
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return requests, nil
}

func sendAll(ctx context.Context, address string, requests [][]byte, next *atomic.Int64) ([]time.Duration, error) {
	c, err := dialBench(address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var latencies []time.Duration
	for ctx.Err() == nil {
		i := next.Add(1) - 1
		if i >= int64(len(requests)) {
			break
		}
		began := time.Now()
		status, body, err := c.do(requests[i])
		if err != nil {
			return latencies, err
		}
		if status != http.StatusOK {
			return latencies, fmt.Errorf("answered %d %s", status, body)
		}
		latencies = append(latencies, time.Since(began))
	}
	return latencies, nil
}

// benchConn is a connection that reads answers with as little work as their
// framing allows.
type benchConn struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dialBench(address string) (*benchConn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &benchConn{Conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

// do sends a request and reads the status and the body, which is valid until
// the next call.
func (c *benchConn) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if status == 0 {
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, nil, fmt.Errorf("status line %q", line)
			}
		} else if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, nil, fmt.Errorf("header %q", line)
			}
		}
	}
	if length < 0 {
		return status, nil, errors.New("an answer without Content-Length")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}
