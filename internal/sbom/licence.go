package sbom

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// licences are told apart by what only they say, in small letters and with
// single spaces. One that says more than another stands before it.
var licences = []struct {
	id    string
	says  []string
	isNot string // a licence that says the same and more
}{
	{id: "Apache-2.0", says: []string{"apache license version 2.0"}},
	{id: "MPL-2.0", says: []string{"mozilla public license version 2.0"}},
	{id: "MIT", says: []string{"permission is hereby granted, free of charge, to any person obtaining a copy"}},
	{id: "ISC", says: []string{"permission to use, copy, modify, and", "distribute this software for any purpose with or without fee"}},
	{id: "BSD-3-Clause", says: []string{"redistribution and use in source and binary forms", "neither the name"}},
	{id: "BSD-2-Clause", says: []string{"redistribution and use in source and binary forms"}, isNot: "BSD-3-Clause"},
	{id: "Unlicense", says: []string{"this is free and unencumbered software released into the public domain"}},
}

// recognise gives the SPDX identifiers of the licences in a text.
func recognise(text string) (ids []string) {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	text = strings.ReplaceAll(text, "license, version", "license version")
	for _, l := range licences {
		missing := slices.ContainsFunc(l.says, func(phrase string) bool { return !strings.Contains(text, phrase) })
		if !missing && !slices.Contains(ids, l.isNot) {
			ids = append(ids, l.id)
		}
	}
	return ids
}

// terms are the files of a module that must go with copies of it.
var terms = regexp.MustCompile(`(?i)^(.+[-_])?(licen[cs]e|copying|notice|patents)([-_.].*)?$`)

// others are files about modules that a module used or uses itself. Those that
// are in the program are listed on their own.
var others = regexp.MustCompile(`(?i)3rd|third`)

// FindLicences reads the licences of all modules from a module cache, and the
// standard library's from the root of a Go release. A module whose licence is
// missing or unknown is an error: nobody may ship it unread.
func (p *Program) FindLicences(cache, release fs.FS) error {
	for i := range p.Modules {
		m, from := &p.Modules[i], cache
		folder := escape(m.Path) + "@" + escape(m.Version)
		if m.Path == standardLibrary {
			from, folder = release, "."
		}
		if err := m.findLicences(from, folder); err != nil {
			return fmt.Errorf("the licence of %s %s: %w", m.Path, m.Version, err)
		}
	}
	return nil
}

func (m *Module) findLicences(from fs.FS, folder string) error {
	files, err := fs.ReadDir(from, folder)
	if err != nil {
		return fmt.Errorf("%w (go mod download fetches it)", err)
	}
	for _, f := range files {
		if f.IsDir() || !terms.MatchString(f.Name()) || strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		text, err := fs.ReadFile(from, strings.TrimPrefix(folder+"/"+f.Name(), "./"))
		if err != nil {
			return err
		}
		m.Texts = append(m.Texts, Text{File: f.Name(), Text: string(text)})
		if !others.MatchString(f.Name()) {
			m.Licences = append(m.Licences, recognise(string(text))...)
		}
	}
	slices.Sort(m.Licences)
	if m.Licences = slices.Compact(m.Licences); len(m.Licences) == 0 {
		return fmt.Errorf("no licence that is known in %s: read what is there, and add it to the table of licences", folder)
	}
	return nil
}

// escape writes a module's path or version as the cache's folders are called:
// some file systems do not tell capitals from small letters.
func escape(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
