package cli

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What make release tells the linker. A build that is the same wherever it is
// made cannot ask version control, which it may not have beside it.
var releaseVersion, releaseCommit, releaseDate string

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    `Print the version of the program, the commit that it was built from and the Go release that built it.`,
		Example: `  qrisd version`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			build, ok := debug.ReadBuildInfo()
			if !ok {
				return fmt.Errorf("version: this program was built without module support and does not know its version")
			}
			printPairs(c.OutOrStdout(), describeBuild(build))
			return nil
		},
	}
}

func describeBuild(build *debug.BuildInfo) [][2]string {
	settings := make(map[string]string)
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	if settings["vcs.modified"] == "true" {
		commit += " and uncommitted changes"
	}
	return [][2]string{
		{"qrisd", cmp.Or(releaseVersion, build.Main.Version)},
		{"commit", cmp.Or(releaseCommit, commit)}, {"date", cmp.Or(releaseDate, settings["vcs.time"])},
		{"built with", build.GoVersion}, {"for", settings["GOOS"] + "/" + settings["GOARCH"]},
	}
}
