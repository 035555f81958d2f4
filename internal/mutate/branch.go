package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// branch is one way that the control flow can take.
type branch struct {
	at  token.Position
	way string // "true", "false", "case", "no case", "entered", "not entered"
}

// brancher finds the branches of a file and makes it note them. Counted are:
//
//   - of every condition of an if and a for, of every case of a switch without
//     a tag, and of every operand of && and || wherever it stands: that it was
//     true, and that it was false. A condition of several operands counts as a
//     whole besides;
//   - of every other switch and every select: each clause, and of a switch that
//     has no default also that none of its clauses was taken;
//   - of every range: that its body was entered, and that it was not once,
//     unless it goes over an array, a number or a list that is written there.
//
// Not counted are functions without branches, and panics of the runtime.
type brancher struct {
	pack  *pack
	file  *file
	edits edits
	found *[]branch // of the whole package: the index is the branch's number
	taken map[ast.Expr]bool
}

// noted is what the changed files of a package call: the first time that a
// branch is taken its number goes to the end of the file that is named.
const noted = `
import (
	"os"
	"strconv"
	"sync/atomic"
)

var (
	branchesFile  = os.Getenv("QRISD_BRANCHES")
	branchesTaken [1 << 14]atomic.Bool
)

func branchTaken(n int) bool {
	if branchesFile != "" && !branchesTaken[n].Swap(true) {
		f, err := os.OpenFile(branchesFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		if _, err := f.WriteString(strconv.Itoa(n) + "\n"); err != nil {
			panic(err)
		}
	}
	return true
}

func branchBy(n int, v bool) bool {
	if v {
		branchTaken(n)
	} else {
		branchTaken(n + 1)
	}
	return v
}
`

// branches gives all branches of a package and its files, changed to note them.
func branches(p *pack) ([]branch, map[*file][]byte) {
	var found []branch
	changed := map[*file][]byte{}
	for _, f := range p.files {
		b := &brancher{pack: p, file: f, found: &found, taken: map[ast.Expr]bool{}}
		ast.Inspect(f.tree, b.visit)
		changed[f] = b.edits.apply(f.text)
	}
	return found, changed
}

func (b *brancher) add(at token.Pos, way string) int {
	*b.found = append(*b.found, branch{b.pack.fset.Position(at), way})
	return len(*b.found) - 1
}

func (b *brancher) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		b.condition(n.Cond)
	case *ast.ForStmt:
		b.condition(n.Cond)
	case *ast.BinaryExpr:
		if n.Op == token.LAND || n.Op == token.LOR {
			b.condition(n.X)
			b.condition(n.Y)
		}
	case *ast.SwitchStmt:
		b.choice(n)
	case *ast.TypeSwitchStmt:
		b.clauses(n.Body)
	case *ast.SelectStmt:
		b.clauses(n.Body)
	case *ast.LabeledStmt:
		if loop, ok := n.Stmt.(*ast.RangeStmt); ok {
			b.loop(n, loop)
		}
	case *ast.BlockStmt:
		b.loops(n.List)
	case *ast.CaseClause:
		b.loops(n.Body)
	}
	return true
}

// condition counts both outcomes; what stands in parentheses or behind a
// negation is the same condition.
func (b *brancher) condition(e ast.Expr) {
	for {
		switch inner := e.(type) {
		case *ast.ParenExpr:
			e = inner.X
			continue
		case *ast.UnaryExpr:
			if inner.Op == token.NOT {
				e = inner.X
				continue
			}
		}
		break
	}
	if e == nil || b.taken[e] || !b.pack.isBool(e) {
		return
	}
	b.taken[e] = true
	yes := b.add(e.Pos(), "true")
	b.add(e.Pos(), "false")
	b.edits.wrap(b.pack.offset(e.Pos()), b.pack.offset(e.End()), fmt.Sprintf("branchBy(%d, ", yes), ")")
}

func (b *brancher) choice(n *ast.SwitchStmt) {
	if n.Tag != nil {
		b.clauses(n.Body)
		return
	}
	for _, s := range n.Body.List {
		for _, e := range s.(*ast.CaseClause).List {
			b.condition(e)
		}
	}
}

func (b *brancher) clauses(body *ast.BlockStmt) {
	complete, cases := false, false
	for _, s := range body.List {
		var colon token.Pos
		switch s := s.(type) {
		case *ast.CaseClause:
			colon, cases = s.Colon, true
			complete = complete || s.List == nil
		case *ast.CommClause:
			colon = s.Colon
		}
		b.edits.insert(b.pack.offset(colon)+1, fmt.Sprintf(" branchTaken(%d); ", b.add(s.Pos(), "case")))
	}
	if cases && !complete {
		b.edits.insert(b.pack.offset(body.Rbrace), fmt.Sprintf("; default: branchTaken(%d)\n", b.add(body.Pos(), "no case")))
	}
}

func (b *brancher) loops(list []ast.Stmt) {
	for _, s := range list {
		if loop, ok := s.(*ast.RangeStmt); ok {
			b.loop(loop, loop)
		}
	}
}

// loop counts a range; whole is the loop with its label.
func (b *brancher) loop(whole ast.Stmt, loop *ast.RangeStmt) {
	in := b.add(loop.Pos(), "entered")
	if b.neverEmpty(loop.X) {
		b.edits.insert(b.pack.offset(loop.Body.Lbrace)+1, fmt.Sprintf(" branchTaken(%d); ", in))
		return
	}
	out := b.add(loop.Pos(), "not entered")
	b.edits.wrap(b.pack.offset(whole.Pos()), b.pack.offset(whole.End()),
		fmt.Sprintf("{ entered%d := false; ", in), fmt.Sprintf("; if !entered%d { branchTaken(%d) } }", in, out))
	b.edits.insert(b.pack.offset(loop.Body.Lbrace)+1, fmt.Sprintf(" entered%d = branchTaken(%d); ", in, in))
}

func (b *brancher) neverEmpty(e ast.Expr) bool {
	if list, ok := e.(*ast.CompositeLit); ok {
		return len(list.Elts) > 0
	}
	t := b.pack.info.Types[e]
	if t.Value != nil {
		return constant.Sign(t.Value) > 0
	}
	array, ok := t.Type.Underlying().(*types.Array)
	return ok && array.Len() > 0
}
