package sbom

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	mit    = "MIT License\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of this software"
	bsd2   = "Redistribution and use in source and  binary forms, with or without modification"
	bsd3   = bsd2 + "\nNeither the name of the author nor"
	apache = "  Apache License\n  Version 2.0, January 2004"
)

var build = &debug.BuildInfo{
	GoVersion: "go1.26.8 X:nothing",
	Main:      debug.Module{Path: "example.org/shop/v2", Version: "v2.1.0"},
	Deps: []*debug.Module{
		{Path: "example.org/zeta", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1+incompatible", Sum: "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}},
		{Path: "example.org/Alpha", Version: "v0.1.0"},
	},
}

var release = fstest.MapFS{"LICENSE": {Data: []byte(bsd3)}}

func cache() fstest.MapFS {
	return fstest.MapFS{
		"example.org/!alpha@v0.1.0/LICENSE.txt":          {Data: []byte(mit)},
		"example.org/!alpha@v0.1.0/NOTICE":               {Data: []byte("Alpha, by its authors")},
		"example.org/!alpha@v0.1.0/license.go":           {Data: []byte(apache)},
		"example.org/!alpha@v0.1.0/LICENSE-3RD-PARTY.md": {Data: []byte(apache)},
		"example.org/fork@v1.0.1+incompatible/COPYING":   {Data: []byte(bsd2)},
		"example.org/fork@v1.0.1+incompatible/license/x": {Data: []byte(apache)},
	}
}

func TestLicencesAreFound(t *testing.T) {
	p := describe(build)
	if err := p.FindLicences(cache(), release); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range p.Modules {
		got = append(got, strings.Join(append([]string{m.Path, m.Version}, m.Licences...), " "))
	}
	want := []string{"example.org/Alpha v0.1.0 MIT", "example.org/fork v1.0.1+incompatible BSD-2-Clause", "std 1.26.8 BSD-3-Clause"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules (-want +got):\n%s", diff)
	}
	var notices bytes.Buffer
	if err := p.WriteNotices(&notices); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"shop v2.1.0 contains", "Alpha, by its authors", "--- LICENSE-3RD-PARTY.md", mit, bsd2} {
		if !strings.Contains(notices.String(), text) {
			t.Errorf("the notices lack %q", text)
		}
	}
}

func TestNothingShipsUnread(t *testing.T) {
	for name, spoil := range map[string]func(fstest.MapFS){
		"no licence": func(c fstest.MapFS) { delete(c, "example.org/fork@v1.0.1+incompatible/COPYING") },
		"no folder": func(c fstest.MapFS) {
			maps.DeleteFunc(c, func(name string, _ *fstest.MapFile) bool { return strings.Contains(name, "fork") })
		},
		"unknown words": func(c fstest.MapFS) {
			c["example.org/fork@v1.0.1+incompatible/COPYING"].Data = []byte("All rights reserved.")
		},
	} {
		files := cache()
		spoil(files)
		if err := describe(build).FindLicences(files, release); err == nil || !strings.Contains(err.Error(), "example.org/fork") {
			t.Errorf("%s: %v does not name the module", name, err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string][]string{
		mit: {"MIT"}, bsd2: {"BSD-2-Clause"}, bsd3: {"BSD-3-Clause"}, apache: {"Apache-2.0"}, "": nil,
		"Apache License, Version 2.0":    {"Apache-2.0"},
		mit + "\n" + bsd3:                {"MIT", "BSD-3-Clause"},
		"Mozilla Public License, v. 3.0": nil,
	} {
		if diff := cmp.Diff(want, recognise(text)); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", text, diff)
		}
	}
}

// TestCycloneDX holds a document to what the schema of CycloneDX 1.6 requires
// of the members that are used.
func TestCycloneDX(t *testing.T) {
	p := describe(build)
	p.Digest, p.Built = strings.Repeat("ab", 32), time.Date(2026, 1, 31, 7, 0, 0, 0, time.UTC)
	if err := p.FindLicences(cache(), release); err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := p.WriteCycloneDX(&first); err != nil {
		t.Fatal(err)
	}
	p.WriteCycloneDX(&second)
	if first.String() != second.String() {
		t.Error("the same program gives two documents")
	}
	var d document
	decoder := json.NewDecoder(&first)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	checkDocument(t, d)
	fork := d.Components[1]
	if fork.URL != "pkg:golang/example.org/fork@v1.0.1%2Bincompatible" || len(fork.Hashes) != 1 {
		t.Errorf("the fork is %+v", fork)
	}
	if d.Metadata.Component.Name != "shop" || d.Metadata.Timestamp != "2026-01-31T07:00:00Z" {
		t.Errorf("metadata %+v", d.Metadata)
	}
}

var (
	serial = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	digest = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func checkDocument(t *testing.T, d document) {
	t.Helper()
	if d.Format != "CycloneDX" || d.SpecVersion != "1.6" || d.Version < 1 || !serial.MatchString(d.SerialNumber) {
		t.Errorf("the head is %s %s %d %s", d.Format, d.SpecVersion, d.Version, d.SerialNumber)
	}
	refs := []string{d.Metadata.Component.Ref}
	for _, c := range append(slices.Clone(d.Components), d.Metadata.Component) {
		if c.Name == "" || c.Version == "" || !slices.Contains([]string{"application", "library"}, c.Type) || len(c.Licences) == 0 {
			t.Errorf("a component lacks something: %+v", c)
		}
		for _, h := range c.Hashes {
			if h.Algorithm != "SHA-256" || !digest.MatchString(h.Content) {
				t.Errorf("%s: hash %+v", c.Name, h)
			}
		}
		refs = append(refs, c.Ref)
	}
	if refs = slices.Compact(slices.Sorted(slices.Values(refs))); len(refs) != len(d.Components)+1 {
		t.Errorf("%d references for %d components", len(refs), len(d.Components)+1)
	}
	if len(d.Dependencies) != 1 || len(d.Dependencies[0].On) != len(d.Components) {
		t.Errorf("dependencies are %+v", d.Dependencies)
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{"github.com/jackc/pgx/v5": "pgx", "rsc.io/qr": "qr", "std": "std", "example.org/vat": "vat"} {
		m := Module{Path: path}
		if got := m.Name(); got != want {
			t.Errorf("%s is called %s", path, got)
		}
	}
}

// TestReadFile reads the running test itself.
func TestReadFile(t *testing.T) {
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadFile(itself)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name() != "qrisd" || !digest.MatchString(p.Digest) || len(p.Modules) == 0 {
		t.Errorf("the test is %s, %s, of %d modules", p.Name(), p.Digest, len(p.Modules))
	}
	if _, err := ReadFile("sbom_test.go"); err == nil {
		t.Error("a source file was taken for a program")
	}
}
