package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// readmeBlock are the commands of the first code block in a section of the
// README, without their remarks.
func readmeBlock(t *testing.T, section string) (commands []string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "\n## "+section+"\n")
	if !found {
		t.Fatalf("the README has no section %q", section)
	}
	for line := range strings.Lines(rest) {
		command, code := strings.CutPrefix(line, "    ")
		switch {
		case code:
			command, _, _ = strings.Cut(command, " #")
			commands = append(commands, strings.TrimSpace(command))
		case len(commands) > 0 || strings.HasPrefix(line, "## "):
			return commands
		}
	}
	return commands
}

// TestFirstUse runs the README's first payment as it stands there: build, serve
// in the background, and one command to a verified notification. make first-use
// times the same in a clean clone.
func TestFirstUse(t *testing.T) {
	commands := readmeBlock(t, "The first payment")
	if len(commands) != 3 || commands[0] != "make build" {
		t.Fatalf("the README's first payment is %q", commands)
	}
	serve, behind := strings.CutSuffix(commands[1], " &")
	if !behind {
		t.Fatalf("%q is not in the background", commands[1])
	}
	script := fmt.Sprintf(`%s --listen 127.0.0.1:0 --admin 127.0.0.1:0 &
%s
stdout '^qrContent +000201'
stdout '^paid Rp 15,000$'
stdout '^signature +verified'
`, strings.TrimPrefix(serve, "bin/"), strings.TrimPrefix(commands[2], "bin/"))
	file := filepath.Join(t.TempDir(), "first-use.txtar")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Files: []string{file}, Setup: scriptStore(t)})
}
