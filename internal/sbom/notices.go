package sbom

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteNotices writes the licences and notices of everything in the program,
// which its licences ask to be shipped with it.
func (p *Program) WriteNotices(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s %s contains the following, each under its own terms.\n", p.Name(), p.Version)
	for _, m := range p.Modules {
		fmt.Fprintf(b, "\n%s\n%s %s (%s)\n", strings.Repeat("=", 78), m.Path, m.Version, strings.Join(m.Licences, ", "))
		for _, t := range m.Texts {
			fmt.Fprintf(b, "\n--- %s\n\n%s\n", t.File, strings.TrimSpace(t.Text))
		}
	}
	return b.Flush()
}
