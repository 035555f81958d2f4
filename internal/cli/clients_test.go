package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRealClients runs the providers' own clients for Node, as published,
// against a server: the lock file has the digests of what is installed. Each
// script goes through a payment's life and ends at the first surprise.
func TestRealClients(t *testing.T) {
	dir := installPackages(t, "clients")
	for _, dialectName := range []string{"midtrans", "dana"} {
		t.Run(dialectName, func(t *testing.T) {
			h := start(t)
			script := clientCommand(t, dir, "node", dialectName+".mjs")
			script.Env = append(h.clientEnv(dialectName), "PATH="+os.Getenv("PATH"))
			t.Logf("%s", runClient(t, script))
			h.books()
		})
	}
}

// clientTime bounds a whole run of npm or of a script.
const clientTime = 5 * time.Minute

// installPackages gives a folder like one of testdata, with the packages of its
// lock file in it.
func installPackages(t *testing.T, folder string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", folder))); err != nil {
		t.Fatal(err)
	}
	version := strings.TrimPrefix(runClient(t, clientCommand(t, dir, "node", "--version")), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < 18 {
		t.Fatalf("node is of version %q; %s", strings.TrimSpace(version), needNode)
	}
	runClient(t, clientCommand(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"))
	return dir
}

const needNode = "the providers' clients need Node.js 18 or later and npm (Debian: apt-get install nodejs npm)"

func clientCommand(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; %s", err, needNode)
	}
	ctx, cancel := context.WithTimeout(context.Background(), clientTime)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, path, args...)
	c.Dir = dir
	return c
}

func runClient(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(c.Path), strings.Join(c.Args[1:], " "), err, out)
	}
	return string(out)
}

// clientEnv is all that a script knows of the server. It has nothing else of
// this process's environment, where a proxy may be set.
func (h *harness) clientEnv(dialectName string) []string {
	c := h.node.file.Partners[dialectName]
	return []string{
		"API_URL=" + h.node.apiURL, "ADMIN_URL=" + h.node.adminURL, "ADMIN_TOKEN=" + h.node.file.AdminToken,
		"PROVIDER_PUBLIC_KEY=" + h.node.file.ProviderPublicKey,
		"PARTNER_ID=" + c.PartnerID, "CLIENT_KEY=" + c.ClientKey, "CLIENT_SECRET=" + c.ClientSecret,
		"PRIVATE_KEY=" + c.PrivateKey, "CHANNEL_ID=" + c.ChannelID, "MERCHANT_ID=" + c.MerchantID, "STORE_ID=" + c.StoreID,
	}
}
