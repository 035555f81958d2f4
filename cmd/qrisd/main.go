// Command qrisd is an open QRIS payment server.
package main

import (
	"os"

	"github.com/qrisd/qrisd/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
