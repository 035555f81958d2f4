package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// pack is a package, read and typed.
type pack struct {
	path  string // import path
	dir   string
	name  string
	files []*file
	fset  *token.FileSet
	info  *types.Info
}

// file is one file of a package that is not a test.
type file struct {
	path string
	text []byte
	tree *ast.File
}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Dir, Name, Export string
	GoFiles                       []string
}

// list asks the go command about a package and, last first, all that it needs,
// compiled for the type checker.
func list(pattern string) ([]listed, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,GoFiles", pattern)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pattern, err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", pattern, err)
		}
		all = append(all, l)
	}
}

// load reads the one package that a pattern names.
func load(pattern string) (*pack, error) {
	all, err := list(pattern)
	if err != nil {
		return nil, err
	}
	own := all[len(all)-1]
	p := &pack{path: own.ImportPath, dir: own.Dir, name: own.Name, fset: token.NewFileSet()}
	for _, name := range own.GoFiles {
		f, err := p.parse(filepath.Join(own.Dir, name))
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	return p, p.check(all)
}

func (p *pack) parse(path string) (*file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(p.fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	return &file{path: path, text: text, tree: tree}, err
}

// check gives every expression its type, out of what was compiled.
func (p *pack) check(all []listed) error {
	compiled := map[string]string{}
	for _, l := range all {
		compiled[l.ImportPath] = l.Export
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) }
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", lookup)}
	var trees []*ast.File
	for _, f := range p.files {
		trees = append(trees, f.tree)
	}
	if _, err := config.Check(p.path, p.fset, trees, p.info); err != nil {
		return fmt.Errorf("typing %s: %w", p.path, err)
	}
	return nil
}

func (p *pack) offset(pos token.Pos) int { return p.fset.Position(pos).Offset }

// source is the text of a node as it was written.
func (p *pack) source(f *file, n ast.Node) string {
	return string(f.text[p.offset(n.Pos()):p.offset(n.End())])
}

// isBool reports whether an expression is a plain truth value that is not
// known when it is compiled.
func (p *pack) isBool(e ast.Expr) bool {
	t, ok := p.info.Types[e]
	if !ok || t.Value != nil || t.Type == nil {
		return false
	}
	basic, ok := t.Type.(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}
