package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPostmanCollections runs the collection of every dialect with Postman's own
// runner against a server: each request signs itself, and a payment goes through
// its whole life. With another secret or another partner's key nothing does.
func TestPostmanCollections(t *testing.T) {
	dir := installPackages(t, "postman")
	h := start(t)
	for _, d := range h.dialects {
		t.Run(d.Name, func(t *testing.T) {
			t.Logf("%s", runClient(t, newman(t, dir, h.collection(t, d.Name))))
			h.books()
		})
	}
	partners := h.node.file.Partners
	for name, wrong := range map[string][2]string{
		"midtrans": {partners["midtrans"].ClientSecret, partners["qoin"].ClientSecret},
		"dana":     {partners["dana"].PrivateKey, partners["qoin"].PrivateKey},
	} {
		t.Run(name+" with another's secret", func(t *testing.T) {
			right, other := mustJSON(t, wrong[0]), mustJSON(t, wrong[1])
			collection := bytes.Replace(h.collection(t, name), right, other, 1)
			if out, err := newman(t, dir, collection).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("Invalid Signature")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// collection is what qrisd openapi --postman prints of the server's sandbox.
func (h *harness) collection(t *testing.T, dialectName string) []byte {
	t.Helper()
	f := openAPIFlags{postman: true, data: h.dir}
	text, err := f.print(dialectName)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// newman runs a collection and fails with the first of its assertions.
func newman(t *testing.T, dir string, collection []byte) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "collection.json")
	if err := os.WriteFile(file, collection, 0o600); err != nil {
		t.Fatal(err)
	}
	c := clientCommand(t, dir, "node", filepath.Join("node_modules", "newman", "bin", "newman.js"), "run", file, "--color", "off", "--bail")
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	return c
}
