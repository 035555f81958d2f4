package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

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
		{"qrisd", build.Main.Version}, {"commit", commit}, {"date", settings["vcs.time"]},
		{"built with", build.GoVersion}, {"for", settings["GOOS"] + "/" + settings["GOARCH"]},
	}
}
