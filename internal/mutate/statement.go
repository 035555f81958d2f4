package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// statements leaves statements of a block out and changes what it returns.
func (m *mutator) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			m.assignment(s)
		case *ast.IncDecStmt:
			other := map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok]
			m.instead(s, m.text(s.X)+other)
			m.instead(s, "")
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && m.text(call.Fun) != "panic" {
				m.instead(s, "")
			}
		case *ast.DeferStmt:
			m.instead(s, "")
		case *ast.ReturnStmt:
			m.returned(s)
		}
	}
}

func (m *mutator) assignment(s *ast.AssignStmt) {
	if s.Tok == token.DEFINE {
		return
	}
	other := map[token.Token]string{token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*="}[s.Tok]
	if other != "" && !isText(m.pack.info.Types[s.Lhs[0]].Type) {
		m.instead(s, m.text(s.Lhs[0])+" "+other+" "+m.text(s.Rhs[0]))
	}
	if blank, ok := s.Lhs[0].(*ast.Ident); !ok || blank.Name != "_" {
		m.instead(s, "")
	}
}

// instead does something else than a statement when the mutant is on.
func (m *mutator) instead(s ast.Stmt, now string) {
	n := m.add(s, now)
	m.edits.wrap(m.pack.offset(s.Pos()), m.pack.offset(s.End()), fmt.Sprintf("if mutate(%d) { %s } else { ", n, now), "}")
}

// returned changes the results of a return: the last error into nil, and all
// that is not an error into its zero value.
func (m *mutator) returned(s *ast.ReturnStmt) {
	results := m.resultTypes()
	if len(s.Results) == 0 || len(results) == 0 {
		return
	}
	last := len(results) - 1
	if len(s.Results) == 1 && len(results) > 1 {
		m.returnedCall(s, results)
		return
	}
	if results[last] == "error" && !isZero(s.Results[last]) {
		m.before(s, fmt.Sprintf("_ = %s; return %s", m.text(s.Results[last]), m.list(s, results, func(i int) bool { return i == last })))
	}
	value := func(i int) bool { return results[i] != "error" }
	changes := func(i int) bool { return value(i) && !isZero(s.Results[i]) }
	if indices := slices.Collect(numbers(len(results))); slices.ContainsFunc(indices, changes) && !m.isTruth(s) {
		m.before(s, "return "+m.list(s, results, value))
	}
}

func numbers(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// isTruth reports whether a return gives one truth value, which is negated
// elsewhere.
func (m *mutator) isTruth(s *ast.ReturnStmt) bool {
	t, ok := m.pack.info.Types[s.Results[0]]
	if !ok || len(s.Results) != 1 {
		return false
	}
	b, ok := t.Type.Underlying().(*types.Basic)
	_, call := s.Results[0].(*ast.CallExpr)
	return ok && !call && b.Info()&types.IsBoolean != 0
}

// returnedCall does the same where one call gives all the results.
func (m *mutator) returnedCall(s *ast.ReturnStmt, results []string) {
	call, last := m.text(s.Results[0]), len(results)-1
	var names, zeros, blanks []string
	for i, r := range results {
		name := fmt.Sprintf("r%d", i)
		names, zeros, blanks = append(names, name), append(zeros, "*new("+r+")"), append(blanks, "_")
	}
	if results[last] != "error" {
		m.before(s, strings.Join(blanks, ", ")+" = "+call+"; return "+strings.Join(zeros, ", "))
		return
	}
	kept, lost := slices.Clone(names), slices.Clone(names)
	kept[last], lost[last] = "_", "nil"
	m.before(s, strings.Join(kept, ", ")+" := "+call+"; return "+strings.Join(lost, ", "))
	blanks[last], zeros[last] = names[last], names[last]
	m.before(s, strings.Join(blanks, ", ")+" := "+call+"; return "+strings.Join(zeros, ", "))
}

func (m *mutator) before(s ast.Stmt, now string) {
	n := m.add(s, now)
	m.edits.insert(m.pack.offset(s.Pos()), fmt.Sprintf("if mutate(%d) { %s }; ", n, now))
}

// list writes a return's results, of which some are zero.
func (m *mutator) list(s *ast.ReturnStmt, results []string, zero func(int) bool) string {
	var out []string
	for i, e := range s.Results {
		if zero(i) {
			out = append(out, "*new("+results[i]+")")
		} else {
			out = append(out, m.text(e))
		}
	}
	return strings.Join(out, ", ")
}

// resultTypes writes the types of the results of the function around.
func (m *mutator) resultTypes() []string {
	fields := m.results[len(m.results)-1].Results
	if fields == nil {
		return nil
	}
	var all []string
	for _, f := range fields.List {
		for range max(len(f.Names), 1) {
			all = append(all, m.text(f.Type))
		}
	}
	return all
}

// isZero reports whether an expression is written as a zero value.
func isZero(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return e.Value == "0" || e.Value == `""`
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	}
	return false
}
