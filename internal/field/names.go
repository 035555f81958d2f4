package field

import (
	"iter"
	"strings"
	"unicode"
)

// fewNames is how many members are compared one by one; a larger object keeps
// a set, so that a hostile one costs no more than linear time.
const fewNames = 16

// names finds a name given twice within one object, in any case.
type names struct {
	parent int               // the object's node
	folded map[string]string // fold(name) to name, once there are more than fewNames
}

// add answers an earlier name that equals name when case is ignored.
func (n *names) add(doc *document, name string) (twin string, found bool) {
	if doc.nodes[n.parent].count < fewNames {
		return n.compare(doc, name)
	}
	if n.folded == nil {
		n.folded = make(map[string]string, 2*fewNames)
		for earlier := range n.all(doc) {
			n.folded[fold(earlier)] = earlier
		}
	}
	folded := fold(name)
	if twin, found = n.folded[folded]; !found {
		n.folded[folded] = name
	}
	return twin, found
}

func (n *names) compare(doc *document, name string) (twin string, found bool) {
	for earlier := range n.all(doc) {
		if strings.EqualFold(earlier, name) {
			return earlier, true
		}
	}
	return "", false
}

// all yields the names read so far.
func (n *names) all(doc *document) iter.Seq[string] {
	return func(yield func(string) bool) {
		for member := (Value{doc, int32(n.parent)}).first(); member.doc != nil; member = member.next() {
			if !yield(member.key()) {
				return
			}
		}
	}
}

// fold maps two strings to one exactly when strings.EqualFold holds for them.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}
