package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

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

// printTable writes rows of as many cells each in columns that are two spaces
// apart, without spaces at the end of a line.
func printTable(w io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		pad := 0
		for i, cell := range row {
			if cell != "" {
				line.WriteString(strings.Repeat(" ", pad) + cell)
				pad = 0
			}
			pad += widths[i] - utf8.RuneCountInString(cell) + 2
		}
		fmt.Fprintln(w, line.String())
	}
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
	snapped := text
	if !strings.Contains(text, ".") {
		snapped += ".00"
	}
	sen, err := snap.ParseAmount(snapped)
	if err != nil {
		return 0, fmt.Errorf("%q is no amount of rupiah; write it as 15000 or 15000.00, without separators", text)
	}
	return sen, nil
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
