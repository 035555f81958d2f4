package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/seal"
	"github.com/qrisd/qrisd/internal/storage"
)

// known are all secrets of a sandbox that its store holds, by their names.
func (h *harness) known() map[string]string {
	h.t.Helper()
	all := map[string]string{"the admin token": h.node.file.AdminToken}
	for name, c := range readSandbox(h.t, h.dir).Partners {
		all["the client secret of "+name] = c.ClientSecret
		all["the private key of "+name] = keyLine(c.PrivateKey)
	}
	for _, p := range h.node.file.Payers {
		all["the customer token of "+p.Dialect] = p.CustomerToken
		all["the authorisation code of "+p.Dialect] = p.AuthCode
	}
	text, err := h.node.core.Setting(context.Background(), settingProviderKey)
	if err != nil {
		h.t.Fatal(err)
	}
	keys, err := readSigningKeys(text)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, k := range keys {
		all["the server's own key"] = keyLine(k.Key)
	}
	if exists(filepath.Join(h.dir, ownKey)) {
		all["the master key"] = masterOf(h.t, h.dir)
	}
	return all
}

// masterOf is the master key in a data folder.
func masterOf(t *testing.T, dir string) string {
	t.Helper()
	keys, err := ownKeys(filepath.Join(dir, ownKey), true)
	if err != nil {
		t.Fatal(err)
	}
	return keys[0].Text()
}

// keyLine is a line from the middle of a private key, which is in it however
// its line ends are written.
func keyLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)/2]
}

// free wants none of the secrets in a text.
func free(t *testing.T, where string, text []byte, secrets map[string]string) {
	t.Helper()
	for name, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("%s, %q, is too short to look for", name, secret)
		}
		if at := bytes.Index(text, []byte(secret)); at >= 0 {
			t.Errorf("%s holds %s: ...%s", where, name, text[max(0, at-80):min(len(text), at+20)])
		}
	}
}

// storedBytes is all that is stored: every file beside an embedded store, or
// every row of a database.
func storedBytes(t *testing.T, o serveOptions) (all []byte) {
	t.Helper()
	if storage.IsPostgres(o.location()) {
		copied := filepath.Join(t.TempDir(), "copy.db")
		err := storage.Read(t.Context(), o.location(), func(s *storage.Snapshot) error {
			_, err := storage.Backup(t.Context(), s, copied, time.Now(), storage.CopyOptions{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o.store = copied
	}
	files, err := filepath.Glob(o.location() + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("the store's files are %v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// use has something of everything done with secrets, and gives those that were
// shown on the way.
func (h *harness) use() (shown map[string]string) {
	h.t.Helper()
	for name := range h.node.file.Partners {
		g := h.generated(name, h.body(name, "generate"))
		if ref, ok := g.body["referenceNo"].(string); ok {
			h.mustAdmin("POST", "/v1/sandbox/pay", object{"referenceNo": ref})
		}
	}
	h.call("aspi", "payment", h.body("aspi", "payment")).send().want(h.t, "2005000", "")
	shown = map[string]string{"an access token": h.token("midtrans")}
	for what, r := range map[string]reply{
		"of a new partner": h.mustAdmin("POST", "/v1/partners", object{"id": "shop", "name": "Shop", "dialect": "dana"}),
		"of a rotation":    h.mustAdmin("POST", "/v1/partners/"+h.node.file.Partners["dana"].PartnerID+"/rotate", object{"overlap": "24h"}),
	} {
		shown["the client secret "+what] = r.field("clientSecret").(string)
		shown["the private key "+what] = keyLine(r.field("privateKey").(string))
	}
	h.mustAdmin("POST", "/v1/provider/rotate", object{"overlap": "24h"})
	return shown
}

// onStores runs a test on each engine.
func onStores(t *testing.T, test func(t *testing.T, o serveOptions)) {
	t.Run("sqlite", func(t *testing.T) { test(t, serveOptions{data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) {
		test(t, serveOptions{data: t.TempDir(), store: pgtest.Shared(t).Database(t)})
	})
}

// TestStoreHoldsNoSecret looks for every secret in the bytes of the store, after
// real use of it: while it is open, when it was closed, after both keys were
// rotated, and in a backup.
func TestStoreHoldsNoSecret(t *testing.T) {
	onStores(t, func(t *testing.T, o serveOptions) {
		o.keyFile = filepath.Join(t.TempDir(), "master.key")
		command(t, "secret key "+o.keyFile, 0, "master key ")
		h := startWith(t, o)
		secrets := h.known()
		maps.Copy(secrets, h.use())
		maps.Copy(secrets, h.known())
		if len(secrets) < 2+2*len(dialects()) {
			t.Fatalf("only %d secrets are known", len(secrets))
		}
		at := "--data " + o.data + " --key-file " + o.keyFile
		if o.store != "" {
			at += " --store " + o.store
		}
		free(t, "the store while it is open", storedBytes(t, o), secrets)
		command(t, "secret rotate "+at, 0, "sealed anew  7 partners, 0 merchants' addresses, 3 settings")
		next := filepath.Join(t.TempDir(), "next.key")
		command(t, "secret key "+next, 0, "master key ")
		old := texts(t, o.keyFile) // the server's file has both for a while
		if err := os.WriteFile(o.keyFile, []byte(texts(t, o.keyFile, next)), 0o600); err != nil {
			t.Fatal(err)
		}
		command(t, "secret rotate --master --new-key-file "+next+" "+at, 0, "start the server with the new key from now on")
		h.use2()
		free(t, "the store after its keys were rotated", storedBytes(t, o), secrets)
		file := filepath.Join(t.TempDir(), "b.db")
		command(t, "backup "+strings.Replace(at, " --key-file "+o.keyFile, "", 1)+" "+file, 0, "data_key    1")
		free(t, "a backup", storedBytes(t, serveOptions{store: file}), secrets)
		h.stop()
		free(t, "the store after it was closed", storedBytes(t, o), secrets)
		if err := os.WriteFile(o.keyFile, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		err := serve(t.Context(), serveOptions{data: o.data, store: o.store, keyFlags: o.keyFlags, sandbox: true, listen: "127.0.0.1:0", admin: "127.0.0.1:0", logLevel: "error"}, nil)
		if err == nil || !strings.Contains(err.Error(), "this is not the key of the store's secrets") || !strings.Contains(err.Error(), "name the key that they were sealed with: --key-file") {
			t.Errorf("with the old key: %v", err)
		}
		o.keyFile = next
		startWith(t, o).use2()
	})
}

// texts are the texts of files, one after the other.
func texts(t *testing.T, names ...string) (all string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}

// use2 is what can be done again.
func (h *harness) use2() {
	h.t.Helper()
	h.generated("midtrans", h.body("midtrans", "generate"))
	h.mustAdmin("POST", "/v1/partners/shop/rotate", object{"overlap": "24h"})
}

// TestPlainStoreIsSealedAtStart serves a store that an earlier version wrote:
// its secrets go on to work, and are not plain any more.
func TestPlainStoreIsSealedAtStart(t *testing.T) {
	onStores(t, func(t *testing.T, o serveOptions) {
		partner := seededPlain(t, o)
		if !bytes.Contains(storedBytes(t, o), []byte(partner.ClientSecret)) {
			t.Fatal("nothing was plain to begin with")
		}
		h := startWith(t, o)
		c := h.call("dana", "generate", h.body("dana", "generate"))
		if c.credentials != partner {
			t.Fatalf("the sandbox has other credentials than before: %+v", c.credentials)
		}
		c.send().want(t, "2004700", "")
		secrets := h.known()
		h.stop()
		free(t, "the store", storedBytes(t, o), secrets)
	})
}

// seededPlain makes a sandbox's store as it was before secrets were sealed.
func seededPlain(t *testing.T, o serveOptions) sandbox.Credentials {
	t.Helper()
	store, err := storage.Open(t.Context(), o.location(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	seeded := o
	seeded.among = store
	h := startWith(t, seeded)
	defer h.stop()
	return h.node.file.Partners["dana"]
}

// TestKeySources opens one store by each way of naming its key.
func TestKeySources(t *testing.T) {
	dir := t.TempDir()
	h := startWith(t, serveOptions{data: dir})
	text := h.known()["the master key"]
	h.stop()
	elsewhere := filepath.Join(t.TempDir(), "moved.key")
	if err := os.Rename(filepath.Join(dir, ownKey), elsewhere); err != nil {
		t.Fatal(err)
	}
	data := "--data " + dir
	command(t, "secret status "+data, 1, "store.key is missing: bring it back from where it was kept, or name the key with --key-file, --key-command or QRISD_KEY")
	command(t, "serve --sandbox "+data, 1, "opening the store: storage: the secrets of this store are sealed and their key is not here")
	command(t, "secret status "+data+" --key-file "+elsewhere, 0, "master key  ")
	var out bytes.Buffer
	if Main([]string{"secret", "status", "--data", dir, "--key-command", "tail -n 1 < " + elsewhere + " | cat"}, nil, &out, &out) != 0 {
		t.Errorf("by a command: %s", out.String())
	}
	command(t, "secret status "+data+" --key-file x --key-command y", 1, "--key-file and --key-command both name the key")
	command(t, "secret status "+data+" --key-file "+filepath.Join(dir, "nowhere"), 1, "--key-file: reading the key: open ")
	command(t, "secret status "+data+" --key-command false", 1, "--key-command: running it: exit status 1")
	command(t, "secret status "+data+" --key-command date", 1, "--key-command: seal: a key is 32 random bytes in base64 or hexadecimal")
	command(t, "secret key "+elsewhere, 1, "file exists")
	command(t, "secret rotate "+data+" --key-file "+elsewhere+" --master", 1, "no new master key is named: make one with qrisd secret key FILE")
	command(t, "secret rotate "+data+" --key-file "+elsewhere+" --new-key-file "+elsewhere, 1, "but not --master")
	t.Setenv(keyVariable, text)
	command(t, "secret status "+data, 0, "master key  ")
	h = startWith(t, serveOptions{data: dir})
	t.Setenv(keyVariable, "")
	h.generated("dana", h.body("dana", "generate"))
	if _, err := os.Stat(filepath.Join(dir, ownKey)); err == nil {
		t.Error("a key was made although one was named")
	}
}

// TestRotateByAPI rotates both keys of a server that goes on.
func TestRotateByAPI(t *testing.T) {
	h := start(t)
	var before, after secretsView
	read := func(r reply, v *secretsView) {
		t.Helper()
		if err := json.Unmarshal(r.raw, v); err != nil {
			t.Fatal(err)
		}
	}
	read(h.mustAdmin("GET", "/v1/secrets", nil), &before)
	read(h.mustAdmin("POST", "/v1/secrets/rotate", nil), &after)
	if after.Data == before.Data || after.Master != before.Master || after.Anew == nil || after.Anew.Partners != len(dialects()) {
		t.Errorf("after %+v the keys are %+v", before, after)
	}
	if r := h.admin("POST", "/v1/secrets/rotate", object{"master": true, "masterKey": "short"}); r.status != http.StatusBadRequest {
		t.Errorf("what is no key: %v", r)
	}
	if r := h.admin("POST", "/v1/secrets/rotate", object{"masterKey": seal.Draw().Text()}); r.status != http.StatusBadRequest {
		t.Errorf("a key without master: %v", r)
	}
	next := seal.Draw()
	read(h.mustAdmin("POST", "/v1/secrets/rotate", object{"master": true, "masterKey": next.Text()}), &after)
	if after.Master != next.ID() || after.Kept {
		t.Errorf("the keys are %+v", after)
	}
	h.generated("dana", h.body("dana", "generate"))
	log := h.audit("")
	if !strings.Contains(log, "secret.rotate") || strings.Contains(log, next.Text()) {
		t.Errorf("the audit log says %s", log)
	}
	h.stop()
	t.Setenv(keyVariable, next.Text())
	h = startIn(t, h.dir)
	h.generated("dana", h.body("dana", "generate"))
}

// audit are the latest entries of the audit log.
func (h *harness) audit(who string) string {
	h.t.Helper()
	var acts []pay.Act
	err := h.node.core.Inspect(context.Background(), func(r pay.Reader) (err error) {
		acts, err = r.ActPage(who, "", 1000)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("%+v", acts)
}

// TestOwnKeyRotates: the data folder's own key is replaced in its file, of
// which one that was cut off leaves both keys.
func TestOwnKeyRotates(t *testing.T) {
	dir := t.TempDir()
	h := startWith(t, serveOptions{data: dir})
	own := filepath.Join(dir, ownKey)
	old := masterOf(t, dir)
	command(t, "secret rotate --master --data "+dir, 0, "master key  ")
	now := masterOf(t, dir)
	if now == old {
		t.Fatal("the key in the file is the old one")
	}
	h.stop()
	command(t, "secret rotate --master --data "+dir, 0, "master key  ") // without a server
	third := masterOf(t, dir)
	keys, err := seal.Parse(old + "\n" + third + "\n" + now)
	if err != nil || third == now {
		t.Fatal(err, "or the key is the same")
	}
	if err := writeKeys(own, keys...); err != nil {
		t.Fatal(err)
	}
	h = startWith(t, serveOptions{data: dir})
	h.generated("dana", h.body("dana", "generate"))
	st, err := os.Stat(own)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", st.Mode(), err)
	}
}
