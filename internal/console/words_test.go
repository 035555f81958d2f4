package console

import (
	"html/template"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// visitNodes walks a template.
func visitNodes(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b *parse.BranchNode) {
		visitNodes(b.Pipe, visit)
		visitNodes(b.List, visit)
		if b.ElseList != nil {
			visitNodes(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			visitNodes(child, visit)
		}
	case *parse.ActionNode:
		visitNodes(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			visitNodes(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			visitNodes(c, visit)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			visitNodes(a, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}

// eachNode walks all templates, as they were before they were made safe for
// HTML.
func eachNode(t *testing.T, visit func(parse.Node)) {
	t.Helper()
	files, err := fs.Glob(templateFiles, "template/*.html")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d templates, error %v", len(files), err)
	}
	for _, file := range files {
		set := template.Must(template.New("").Funcs(functions("en")).ParseFS(templateFiles, file))
		for _, one := range set.Templates() {
			if one.Tree != nil {
				visitNodes(one.Tree.Root, visit)
			}
		}
	}
}

// writtenWords are all words of templates, and of the tables that templates
// show.
func writtenWords(t *testing.T) map[string]bool {
	words := map[string]bool{}
	eachNode(t, func(n parse.Node) {
		c, ok := n.(*parse.CommandNode)
		if !ok || len(c.Args) < 2 {
			return
		}
		if name, ok := c.Args[0].(*parse.IdentifierNode); !ok || name.Ident != "t" {
			return
		}
		if text, ok := c.Args[1].(*parse.StringNode); ok {
			words[text.Text] = true
		}
	})
	for _, p := range append(slices.Clone(pages), errorPage, signInPage) {
		words[p.title], words[p.menu] = true, true
	}
	for _, a := range acts {
		words[a.done] = true
	}
	for _, w := range spoken() {
		words[w] = true
	}
	delete(words, "")
	return words
}

// spoken are words that stand in code: of states, of events and of refusals
// that are the console's own.
func spoken() []string {
	words := []string{
		"Created", "Paid", "Refunded", "Notified", "Notification not taken", "Expired", "Cancelled",
		"%s answered, %s refused, %s failed", "Nothing has this reference", "There is no such thing any more", "done",
		"That was not right", "Too many attempts: wait a moment", "The form was too old: sign in once more",
		"It did not work on our side; the log says more", "it exists already", errForbidden.Error(), errForm.Error(),
		pay.ErrDayOpen.Error(),
		string(pay.PaymentPaid), string(pay.Store), string(pay.Terminal), string(pay.SubMerchant),
		string(ledger.Funding), string(ledger.OnUs), string(ledger.OffUs), string(ledger.Refund), string(ledger.Settling),
	}
	words = append(words, referenceWords()...)
	words = append(words, outsidePayer, seededWallet, plainWallet, errTooLarge.Message, errNoFile.Message, errWhichLever.Message)
	for _, err := range []error{qrread.ErrNoImage, qrread.ErrTooLarge, qrread.ErrNoSymbol} {
		words = append(words, err.Error())
	}
	for _, row := range sandbox.LeverRows() {
		words = append(words, row.About)
	}
	for _, s := range codeStates {
		words = append(words, string(s))
	}
	for _, s := range deliveryStates {
		words = append(words, string(s))
	}
	for _, s := range slices.Concat(operate.PartnerStandings, operate.MerchantStandings, operate.PayerStandings) {
		words = append(words, string(s))
	}
	for _, r := range pay.Roles() {
		words = append(words, string(r))
	}
	return words
}

// TestWords: each language has every word, and none that nothing says.
func TestWords(t *testing.T) {
	written := writtenWords(t)
	for _, word := range slices.Sorted(maps.Keys(written)) {
		there, ok := indonesian[word]
		if !ok {
			t.Errorf("there is no Indonesian for %q", word)
		}
		if strings.Count(there, "%") != strings.Count(word, "%") {
			t.Errorf("%q and %q differ in what is filled in", word, there)
		}
	}
	for word := range indonesian {
		if !written[word] {
			t.Errorf("nothing says %q", word)
		}
	}
}

var (
	action    = regexp.MustCompile(`\{\{[^}]*\}\}`)
	tag       = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(`(?:placeholder|aria-label|alt|title)="([^"]*)"`)
	letter    = regexp.MustCompile(`\pL{2,}`)
)

// unspoken are names that no language translates.
var unspoken = []string{"qrisd", "Rp", "WIB", "NNS", "NMID", "MPAN", "CSV", "HTTP", "ms", "https"}

// TestNoBareWords: no template has words that are not of a language.
func TestNoBareWords(t *testing.T) {
	files, err := fs.Glob(templateFiles, "template/*.html")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d templates, error %v", len(files), err)
	}
	for _, file := range files {
		text, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bare := action.ReplaceAllString(string(text), "")
		read := tag.ReplaceAllString(bare, " ")
		for _, a := range attribute.FindAllStringSubmatch(bare, -1) {
			read += " " + a[1]
		}
		for _, word := range letter.FindAllString(read, -1) {
			if !slices.Contains(unspoken, word) {
				t.Errorf("%s: %q stands bare", file, word)
			}
		}
	}
}
