package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one small change of a package.
type mutant struct {
	at       token.Position
	within   string // what is declared there: "Encode", "(*Core).Pay"
	key      string // the same as long as that declaration is
	was, now string // the lines where it is
}

// mutator makes the mutants of a file. What it changes:
//
//   - conditions, comparisons and operands of && and ||: negated
//   - < and <=, > and >=: each into the other; && and ||: each into the other
//   - + and -, * and /: each into the other, also in += and -=; % into *
//   - constants that are numbers: one more, one less; of a type with a name
//     one more; of a time.Duration a second more; true and false: the other
//   - assignments, increments and calls without a result: left out
//   - results: the last error nil; everything else zero; but not a zero that is
//     returned beside an error
//
// A changed expression is a function that looks which mutant is on, and gives
// the one or the other; a changed statement is an if. So a mutant is the text
// that stood there with one difference, and may hold no further one.
type mutator struct {
	pack    *pack
	file    *file
	edits   edits
	found   *[]mutant
	around  ast.Decl
	negated map[ast.Expr]bool
	fixed   map[ast.Expr]bool // constants that must stay constants
	results []*ast.FuncType   // of the functions around, the innermost last
}

// chosen is what the changed files of a package call. A mutant that is come by
// is noted as a branch is. One that is on may use no more of the processor, in
// seconds, than QRISD_MUTANT_SECONDS, and no more than 4 GiB of memory: what
// does not end or grows without end is killed by the system. What waits without
// end exits with 99, after three minutes in which it was let run.
const chosen = `import (
	"syscall"
	"time"
)
` + noted + `
var mutantOn = chooseMutant()

func chooseMutant() int {
	n, _ := strconv.Atoi(os.Getenv("QRISD_MUTANT"))
	if seconds, err := strconv.ParseUint(os.Getenv("QRISD_MUTANT_SECONDS"), 10, 64); err == nil {
		atMost(syscall.RLIMIT_CPU, seconds)
		atMost(syscall.RLIMIT_DATA, 4<<30)
		go watch()
	}
	return n
}

func watch() {
	for range 1800 { // on a busy machine each takes longer
		time.Sleep(100 * time.Millisecond)
	}
	os.Exit(99)
}

func atMost(resource int, limit uint64) {
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		panic(err)
	}
}

func mutate(n int) bool {
	if branchesFile != "" {
		branchTaken(n)
	}
	return mutantOn == n
}
`

// mutants gives all mutants of a package, of which the number is the place in
// the list, and its files with all of them. Number 0 is none.
func mutants(p *pack) ([]mutant, map[*file][]byte) {
	found := make([]mutant, 1)
	changed := map[*file][]byte{}
	for _, f := range p.files {
		m := &mutator{pack: p, file: f, found: &found, negated: map[ast.Expr]bool{}, fixed: map[ast.Expr]bool{}}
		for _, m.around = range f.tree.Decls {
			m.walk(m.around)
		}
		changed[f] = m.edits.apply(f.text)
	}
	return found, changed
}

// add counts one more mutant, in which a node has another text.
func (m *mutator) add(at ast.Node, now string) int {
	from, to := m.pack.offset(at.Pos()), m.pack.offset(at.End())
	key := sha256.New()
	fmt.Fprintf(key, "%s\n%s\n%d %d %s", filepath.Base(m.file.path), m.text(m.around), at.Pos()-m.around.Pos(), to-from, now)
	before, after := lineAround(m.file.text, from, to)
	*m.found = append(*m.found, mutant{
		at: m.pack.fset.Position(at.Pos()), within: m.declared(), key: hex.EncodeToString(key.Sum(nil)[:8]),
		was: before + m.text(at) + after, now: before + now + after,
	})
	return len(*m.found) - 1
}

// lineAround gives what stands before and behind a range on its lines.
func lineAround(text []byte, from, to int) (before, after string) {
	start := bytes.LastIndexByte(text[:from], '\n') + 1
	end := bytes.IndexByte(text[to:], '\n')
	return string(text[start:from]), string(text[to : to+end])
}

// declared names what is declared around.
func (m *mutator) declared() string {
	switch d := m.around.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		return "(" + m.text(d.Recv.List[0].Type) + ")." + d.Name.Name
	case *ast.GenDecl:
		if v, ok := d.Specs[0].(*ast.ValueSpec); ok {
			return v.Names[0].Name
		}
	}
	return ""
}

func (m *mutator) text(n ast.Node) string { return m.pack.source(m.file, n) }

// walk visits a node and all within, outer ones first.
func (m *mutator) walk(n ast.Node) {
	var stack []ast.Node
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			m.leave(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			return true
		}
		if m.skips(n) {
			return false
		}
		stack = append(stack, n)
		m.visit(n)
		return true
	})
}

// skips reports whether nothing within a node may change: constants must be
// known when the package is compiled.
func (m *mutator) skips(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.CONST || n.Tok == token.IMPORT || n.Tok == token.TYPE
	case *ast.ArrayType:
		return true
	}
	return false
}

func (m *mutator) leave(n ast.Node) {
	switch n.(type) {
	case *ast.FuncDecl, *ast.FuncLit:
		m.results = m.results[:len(m.results)-1]
	}
}

func (m *mutator) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		m.results = append(m.results, n.Type)
	case *ast.FuncLit:
		m.results = append(m.results, n.Type)
	case *ast.CompositeLit:
		m.fixKeys(n)
	case *ast.ReturnStmt:
		m.fixZeros(n)
	case *ast.IfStmt:
		m.negate(n.Cond)
	case *ast.ForStmt:
		m.negate(n.Cond)
	case *ast.BlockStmt:
		m.statements(n.List)
	case *ast.CaseClause:
		m.statements(n.Body)
	case ast.Expr:
		m.expression(n)
	}
}

// fixKeys keeps the keys of arrays and slices as they are.
func (m *mutator) fixKeys(n *ast.CompositeLit) {
	switch m.pack.info.Types[n].Type.Underlying().(type) {
	case *types.Array, *types.Slice:
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				m.fixed[kv.Key] = true
			}
		}
	}
}

// fixZeros keeps what is returned beside an error: nobody may look at it.
func (m *mutator) fixZeros(n *ast.ReturnStmt) {
	results := m.resultTypes()
	if last := len(n.Results) - 1; last < 1 || results[last] != "error" || isZero(n.Results[last]) {
		return
	}
	for _, e := range n.Results {
		m.fixed[e] = m.fixed[e] || isZero(e)
	}
}

var swaps = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&",
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "*",
}

func (m *mutator) expression(e ast.Expr) {
	t, ok := m.pack.info.Types[e]
	switch {
	case !ok || m.fixed[e]:
		return
	case t.Value != nil:
		m.constant(e, t)
		return
	}
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return
	}
	if now, ok := swaps[b.Op]; ok && !isText(t.Type) {
		text := m.text(b.X) + " " + now + " " + m.text(b.Y)
		if b.Op == token.LAND { // || binds less
			text = "(" + text + ")"
		}
		m.replace(e, t.Type, text)
	}
	switch b.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		m.negate(b)
	case token.LAND, token.LOR: // after the whole, so that they lie within it
		m.negate(b.X)
		m.negate(b.Y)
	}
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// negate makes a condition its opposite, unless its operands will be.
func (m *mutator) negate(e ast.Expr) {
	if e == nil || m.negated[e] || !m.pack.isBool(e) {
		return
	}
	m.negated[e] = true
	if b, ok := e.(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
		return
	}
	m.replace(e, types.Typ[types.Bool], "!("+m.text(e)+")")
}

// constant changes the largest expression that is constant as a whole.
func (m *mutator) constant(e ast.Expr, t types.TypeAndValue) {
	ast.Inspect(e, func(n ast.Node) bool {
		if inner, ok := n.(ast.Expr); ok {
			m.fixed[inner] = true
		}
		return true
	})
	typ := types.Default(t.Type)
	basic, ok := typ.Underlying().(*types.Basic)
	switch {
	case !ok:
	case basic.Info()&types.IsBoolean != 0:
		m.replace(e, typ, "!("+m.text(e)+")")
	case basic.Info()&types.IsInteger != 0:
		for _, by := range steps(typ) {
			if fits(basic, t.Value, by) {
				m.replace(e, typ, m.moved(e, by))
			}
		}
	}
}

func steps(t types.Type) []int64 {
	switch {
	case types.TypeString(t, nil) == "time.Duration":
		return []int64{1e9}
	case isNamed(t):
		return []int64{1}
	}
	return []int64{1, -1}
}

// moved writes a number that is so much more.
func (m *mutator) moved(e ast.Expr, by int64) string {
	if n, err := strconv.ParseInt(m.text(e), 10, 64); err == nil {
		return strconv.FormatInt(n+by, 10)
	}
	text := m.text(e)
	if _, compound := e.(*ast.BinaryExpr); compound {
		text = "(" + text + ")"
	}
	return fmt.Sprintf("(%s %+d)", text, by)
}

func isNamed(t types.Type) bool { _, ok := t.(*types.Named); return ok }

// fits reports whether a constant can be moved and still be of its type.
func fits(b *types.Basic, v constant.Value, by int64) bool {
	moved := constant.BinaryOp(v, token.ADD, constant.MakeInt64(by))
	if b.Info()&types.IsUnsigned != 0 && constant.Sign(moved) < 0 {
		return false
	}
	bits := map[types.BasicKind]int{types.Uint8: 8, types.Int8: 7, types.Uint16: 16, types.Int16: 15, types.Int32: 31, types.Uint32: 32, types.Int64: 63, types.Int: 63}[b.Kind()]
	return bits == 0 || constant.BitLen(moved) <= bits
}

// replace gives an expression another form when the mutant is on.
func (m *mutator) replace(e ast.Expr, t types.Type, now string) {
	name, ok := m.typeName(t)
	if !ok {
		return
	}
	n := m.add(e, now)
	m.edits.wrap(m.pack.offset(e.Pos()), m.pack.offset(e.End()),
		fmt.Sprintf("(func() %s { if mutate(%d) { return %s }; return ", name, n, now), "}())")
}

// typeName writes a type as the file would; ok is false where the file does
// not import what that takes.
func (m *mutator) typeName(t types.Type) (name string, ok bool) {
	ok = true
	name = types.TypeString(types.Default(t), func(other *types.Package) string {
		if other.Path() == m.pack.path {
			return ""
		}
		for _, i := range m.file.tree.Imports {
			if strings.Trim(i.Path.Value, `"`) == other.Path() && i.Name == nil {
				return other.Name()
			}
		}
		ok = false
		return ""
	})
	return name, ok
}
