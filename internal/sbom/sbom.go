// Package sbom says which modules a program is built from and under which
// licences: as a CycloneDX document, and as the notices that go with it.
package sbom

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Program is an executable and what it is built from.
type Program struct {
	Module
	Digest  string    // SHA-256 of the file, in hex
	Built   time.Time // zero: not said
	Modules []Module  // by their paths; the standard library is "std"
}

// Module is one of them.
type Module struct {
	Path, Version string
	Sum           string   // as go.sum has it; empty for the standard library and the program
	Licences      []string // SPDX identifiers, sorted; none: not looked for
	Texts         []Text   // what has to go with copies of it
}

// Text is a licence or a notice, whole.
type Text struct{ File, Text string }

// own is the licence of this repository.
const own = "Apache-2.0"

// standardLibrary is the path under which vulnerability databases have it.
const standardLibrary = "std"

// ReadFile reads what the linker wrote into an executable.
func ReadFile(name string) (*Program, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	build, err := buildinfo.Read(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s does not say what it is built from: %w", name, err)
	}
	p := describe(build)
	digest := sha256.Sum256(file)
	p.Digest = hex.EncodeToString(digest[:])
	return p, nil
}

func describe(build *debug.BuildInfo) *Program {
	p := &Program{Module: Module{Path: build.Main.Path, Version: build.Main.Version, Licences: []string{own}}}
	for _, d := range build.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		p.Modules = append(p.Modules, Module{Path: d.Path, Version: d.Version, Sum: d.Sum})
	}
	release, _, _ := strings.Cut(build.GoVersion, " ") // what follows are experiments
	p.Modules = append(p.Modules, Module{Path: standardLibrary, Version: strings.TrimPrefix(release, "go")})
	slices.SortFunc(p.Modules, func(a, b Module) int { return cmp.Compare(a.Path, b.Path) })
	return p
}

// Name is the last part of a module's path, without its major version.
func (m *Module) Name() string {
	dir, last := path.Split(m.Path)
	if major, ok := strings.CutPrefix(last, "v"); ok && dir != "" && strings.Trim(major, "0123456789") == "" {
		last = path.Base(dir)
	}
	return last
}
