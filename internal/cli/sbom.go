package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/sbom"
)

type sbomOptions struct {
	modules, release, version string
	notices                   bool
}

func sbomCommand() *cobra.Command {
	var o sbomOptions
	c := &cobra.Command{
		Use:   "sbom [BINARY]",
		Short: "List what the program is built from",
		Long: `List the modules that a binary is built from, itself by default, as a CycloneDX
1.6 document (JSON): names, versions, checksums, and with --modules licences. It
reads what the linker wrote into the binary, so it lists what is in it and
nothing else. The same binary gives the same bytes.

With --notices it prints the licences and notices themselves, which have to go
with copies of the binary. The time in the document is $SOURCE_DATE_EPOCH.`,
		Example: `  qrisd sbom
  qrisd sbom dist/qrisd --modules ~/go/pkg/mod --go /usr/local/go
  qrisd sbom --notices --modules ~/go/pkg/mod --go /usr/local/go`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := writeSBOM(c.OutOrStdout(), args, o); err != nil {
				return fmt.Errorf("sbom: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.modules, "modules", "", "module cache to read licences from, as go env GOMODCACHE names it (default: no licences)")
	f.StringVar(&o.release, "go", "", "folder of the Go release, as go env GOROOT names it, with the standard library's licence")
	f.StringVar(&o.version, "as", "", "version of the binary (default: this program's own)")
	f.BoolVar(&o.notices, "notices", false, "print the licences and notices in full")
	c.MarkFlagsRequiredTogether("modules", "go")
	return c
}

func writeSBOM(w io.Writer, args []string, o sbomOptions) error {
	p, err := readProgram(args)
	if err != nil {
		return err
	}
	p.Version = cmp.Or(o.version, releaseVersion, p.Version)
	if p.Built, err = sourceDate(); err != nil {
		return err
	}
	switch {
	case o.modules != "":
		if err := p.FindLicences(os.DirFS(o.modules), os.DirFS(o.release)); err != nil {
			return err
		}
	case o.notices:
		return fmt.Errorf("--notices needs to know where the licences are: give --modules and --go")
	}
	if o.notices {
		return p.WriteNotices(w)
	}
	return p.WriteCycloneDX(w)
}

func readProgram(args []string) (*sbom.Program, error) {
	if len(args) > 0 {
		return sbom.ReadFile(args[0])
	}
	itself, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's file: %w", err)
	}
	return sbom.ReadFile(itself)
}

// sourceDate is the time that reproducible builds put in place of now; zero:
// none is set (https://reproducible-builds.org/specs/source-date-epoch/).
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("$SOURCE_DATE_EPOCH is not a number of seconds: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
