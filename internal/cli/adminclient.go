package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/sandbox"
)

// adminFlags say which server a command is about and how it answers.
type adminFlags struct {
	data, url, token, ca string
	json                 bool
}

func (f *adminFlags) bind(c *cobra.Command) {
	p := c.PersistentFlags()
	p.StringVar(&f.data, "data", "qrisd-data", "folder of the server's store, for its address and token")
	p.StringVar(&f.url, "admin", "", "address of the management API, as in http://127.0.0.1:8081 (default: the sandbox of --data)")
	p.StringVar(&f.ca, "ca", os.Getenv("QRISD_ADMIN_CA"), "PEM file of the authority of the management API's certificate (or $QRISD_ADMIN_CA; default: those of this machine)")
	p.StringVar(&f.token, "token", "", "admin token (default: QRISD_ADMIN_TOKEN, else that of --data)")
	p.BoolVar(&f.json, "json", false, "print the server's answer as JSON")
}

// adminClient calls the management API of one server.
type adminClient struct {
	url, token string
	json       bool
	file       sandbox.File // empty where the server is known by its address only
	http       http.Client
}

// callTime bounds one request.
const callTime = 30 * time.Second

// client finds the server: what the flags say, else what its folder says.
func (f *adminFlags) client() (*adminClient, error) {
	a := &adminClient{url: f.url, token: f.token, json: f.json, http: http.Client{Timeout: callTime}}
	if err := a.trust(f.ca); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(f.data, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &a.file)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading sandbox.json: %w", err)
	}
	if a.url == "" {
		a.url = a.file.AdminURL
	}
	for _, token := range []string{os.Getenv("QRISD_ADMIN_TOKEN"), a.file.AdminToken, f.storedToken()} {
		if a.token == "" {
			a.token = token
		}
	}
	switch {
	case a.url == "":
		return nil, fmt.Errorf("no server is known: %s has no sandbox.json; start qrisd serve --sandbox --data %s, or give --admin and --token", f.data, f.data)
	case a.token == "":
		return nil, errors.New("no admin token is known: give --token, QRISD_ADMIN_TOKEN, or the server's folder with --data")
	}
	a.url = strings.TrimRight(a.url, "/")
	return a, nil
}

// trust takes the authority in a file for that of the server's certificate.
func (a *adminClient) trust(file string) error {
	if file == "" {
		return nil
	}
	roots, err := authorities(file)
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	a.http.Transport = transport
	return nil
}

// storedToken is what a server outside a sandbox leaves in its folder.
func (f *adminFlags) storedToken() string {
	text, err := os.ReadFile(filepath.Join(f.data, "admin.token"))
	if err != nil {
		return "" // client says what is missing
	}
	return strings.TrimSpace(string(text))
}

// run makes a command of an action on the server.
func (f *adminFlags) run(do func(c *cobra.Command, a *adminClient, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		a, err := f.client()
		if err == nil {
			err = do(c, a, args)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", strings.TrimPrefix(c.CommandPath(), "qrisd "), err)
		}
		return nil
	}
}

// path puts ids into a path of the management API.
func path(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/v1/" + strings.Join(parts, "/")
}

// send makes one request and reads the answer into out. A refusal is given in
// the server's words.
func (a *adminClient) send(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("--admin %s: %w", a.url, err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("calling the management API, is the server running? %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the answer of the management API: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.Status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s does not answer as the management API does, is it the address of --admin? %w", a.url, err)
	}
	return nil
}

// refusal is the message of a refused request.
func refusal(status string, text []byte) error {
	var answer struct{ Error struct{ Message string } }
	if json.Unmarshal(text, &answer) != nil || answer.Error.Message == "" {
		return fmt.Errorf("the server answered %s, which the management API does not; check --admin", status)
	}
	return errors.New(answer.Error.Message)
}

// request is one call of the management API.
type request struct {
	method, path string
	body         any
}

func get(path string) request            { return request{http.MethodGet, path, nil} }
func put(path string, body any) request  { return request{http.MethodPut, path, body} }
func post(path string, body any) request { return request{http.MethodPost, path, body} }
func patch(path string, body any) request {
	return request{http.MethodPatch, path, body}
}

// perform sends a request and prints the answer, as JSON or as say words it.
func perform[T any](c *cobra.Command, a *adminClient, r request, say func(io.Writer, T)) error {
	var raw json.RawMessage
	if err := a.send(c.Context(), r.method, r.path, r.body, &raw); err != nil {
		return err
	}
	return show(c, a, raw, say)
}

// performList is perform for a list that the server gives a page at a time: the
// rows of all pages are one answer, under the list's name.
func performList[T any](c *cobra.Command, a *adminClient, where, name string, say func(io.Writer, T)) error {
	rows := []json.RawMessage{}
	for from := ""; ; {
		var page map[string]json.RawMessage
		if err := a.send(c.Context(), http.MethodGet, where+"?"+url.Values{"from": {from}}.Encode(), nil, &page); err != nil {
			return err
		}
		var some []json.RawMessage
		if err := json.Unmarshal(page[name], &some); err != nil {
			return fmt.Errorf("reading the %s in the answer of the management API: %w", name, err)
		}
		rows = append(rows, some...)
		next, more := page["next"]
		if !more {
			break
		}
		if err := json.Unmarshal(next, &from); err != nil {
			return fmt.Errorf("reading where the list of %s goes on: %w", name, err)
		}
	}
	var whole bytes.Buffer
	if err := printJSON(&whole, map[string][]json.RawMessage{name: rows}); err != nil {
		return err
	}
	return show(c, a, whole.Bytes(), say)
}

// show prints an answer, as JSON or as say words it.
func show[T any](c *cobra.Command, a *adminClient, raw json.RawMessage, say func(io.Writer, T)) error {
	if a.json {
		return printJSON(c.OutOrStdout(), raw)
	}
	var answer T
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("reading the answer of the management API: %w", err)
	}
	say(c.OutOrStdout(), answer)
	return nil
}

// partnerID is the id of a partner, who in a sandbox goes by the name of its
// dialect too.
func (a *adminClient) partnerID(name string) string {
	if credentials, ok := a.file.Partners[name]; ok {
		return credentials.PartnerID
	}
	return name
}

// payerID is the id of a payer, who in a sandbox goes by the name of its
// dialect too.
func (a *adminClient) payerID(name string) string {
	for _, wallet := range a.file.Payers {
		if wallet.Dialect == name {
			return wallet.ID
		}
	}
	return name
}
