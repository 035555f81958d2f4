package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/snap"
)

// printJSON writes a value for programs.
func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// printTable writes rows in columns, each two spaces from the next.
func printTable(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
}

// printPairs writes a name and a value a line, without the values that are
// empty.
func printPairs(w io.Writer, pairs [][2]string) {
	var rows [][]string
	for _, p := range pairs {
		if p[1] != "" {
			rows = append(rows, p[:])
		}
	}
	printTable(w, rows)
}

// rupiah words a SNAP amount for people: "15000.00" is "Rp 15,000".
func rupiah(amount string) string {
	whole, sen, _ := strings.Cut(amount, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if strings.Trim(sen, "0") != "" {
		whole += "." + sen
	}
	return "Rp " + whole
}

// parseRupiah reads an amount of a flag, "15000" or "15000.00", in sen.
func parseRupiah(text string) (int64, error) {
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	return snap.ParseAmount(text)
}

// readInput reads a file, or standard input where the name is "-".
func readInput(c *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.InOrStdin())
	}
	return os.ReadFile(name)
}

// readText is an argument itself, or standard input where it is "-". The end
// of the last line is no part of the text.
func readText(c *cobra.Command, arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	text, err := io.ReadAll(c.InOrStdin())
	if err != nil {
		return "", fmt.Errorf("reading standard input: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
