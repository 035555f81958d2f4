package console

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/qrisd/qrisd/internal/sandbox"
)

// command is a call as a command line of curl that repeats it.
type command struct {
	Text   string
	Masked []string // headers whose secrets are not in the journal; "body" for the body
	// Lacking says that the body is not whole: it was too large, or the client
	// went away.
	Lacking bool
}

// maskedBody is what Masked calls the body.
const maskedBody = "body"

// veiled is how the journal masks a secret.
var veiled = regexp.MustCompile(`\*\*\* \(\d+ characters\)`)

// ofConnection are headers that curl makes itself, and the one by which it
// would be answered in a packed form, which it shows as such.
var ofConnection = []string{"accept-encoding", "host", "content-length", "connection", "keep-alive", "transfer-encoding", "expect", "te", "trailer", "upgrade"}

// header is a line of a request's head.
type header struct{ name, value string }

// curlOf gives the command for a call to the server at base.
func curlOf(c *sandbox.Call, base string) command {
	head, sent := split(c.Request)
	headers := headersOf(head)
	cmd := command{Masked: masked(headers, sent)}
	cmd.Lacking = !slices.Contains(cmd.Masked, maskedBody) && announced(headers) > len(sent)
	args := append([]string{"curl -sS -i " + method(c.Method)}, target(c, base)...)
	typed := false
	for _, h := range headers {
		name := strings.ToLower(h.name)
		typed = typed || name == "content-type"
		if !slices.Contains(ofConnection, name) {
			args = append(args, "-H "+argument(h.line()))
		}
	}
	if len(sent) > 0 || c.Method == http.MethodPost {
		if !typed {
			args = append(args, "-H 'Content-Type:'") // or curl would say that it is a form
		}
		args = append(args, "--data-raw "+argument(string(sent)))
	}
	cmd.Text = strings.Join(args, " \\\n  ")
	if !pastable(string(sent)) {
		last := len(args) - 1
		args[last] = "--data-binary @-" // no argument holds a NUL, and $() loses line breaks at the end
		cmd.Text = "printf " + format(string(sent)) + " |\n" + strings.Join(args, " \\\n  ")
	}
	return cmd
}

// letters are what a shell needs no quotes for.
var letters = regexp.MustCompile(`^[A-Za-z]+$`)

func method(name string) string {
	switch {
	case name == http.MethodHead:
		return "--head" // or curl would wait for a body
	case letters.MatchString(name):
		return "-X " + name
	}
	return "-X " + argument(name)
}

// target are the arguments for the address. What curl would change in a path
// is given to it apart.
func target(c *sandbox.Call, base string) []string {
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, "[]{}#\\") || strings.Contains(c.Path, "/.") {
		return []string{"--request-target " + argument(c.Path), argument(base + "/")}
	}
	return []string{argument(base + c.Path)}
}

// line is the header as curl takes it, to which one without a value is written
// otherwise.
func (h header) line() string {
	if h.value == "" {
		return h.name + ";"
	}
	return h.name + ": " + h.value
}

// headersOf reads the lines of a head behind the first.
func headersOf(head []byte) []header {
	var all []header
	_, rest, _ := bytes.Cut(head, []byte("\n"))
	for line := range strings.Lines(string(rest)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") { // it goes on
			if len(all) > 0 {
				all[len(all)-1].value += " " + strings.TrimSpace(line)
			}
			continue
		}
		all = append(all, header{name, strings.TrimSpace(value)})
	}
	return all
}

func masked(headers []header, sent []byte) []string {
	var names []string
	for _, h := range headers {
		if veiled.MatchString(h.value) && !slices.Contains(names, h.name) {
			names = append(names, h.name)
		}
	}
	if veiled.Match(sent) {
		names = append(names, maskedBody)
	}
	return names
}

// announced is the length that the request's head gives its body.
func announced(headers []header) int {
	for _, h := range headers {
		if strings.EqualFold(h.name, "Content-Length") {
			n, _ := strconv.Atoi(h.value) // what is no number was refused long before
			return n
		}
	}
	return 0
}

// pastable reports whether a text can be shown, marked and pasted as it is.
// Terminals complete a word at a tab.
func pastable(s string) bool {
	for i, c := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if c == '\t' || !plain(c, size) {
			return false
		}
	}
	return true
}

// argument quotes a text for a POSIX shell.
func argument(s string) string {
	if !pastable(s) {
		return `"$(printf ` + format(s) + `)"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// format is the quoted format by which printf gives a text.
func format(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		b.WriteString(conversion(s[i:i+size], c, i == 0))
		i += size
	}
	return "'" + strings.ReplaceAll(b.String(), "'", `'\''`) + "'"
}

var conversions = map[rune]string{'\n': `\n`, '\r': `\r`, '\t': `\t`, '\\': `\\`, '%': `%%`}

// conversion writes a character for printf, which takes a first hyphen for an
// option.
func conversion(text string, c rune, first bool) string {
	if short, ok := conversions[c]; ok {
		return short
	}
	if plain(c, len(text)) && !(first && c == '-') {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, `\%03o`, text[i])
	}
	return b.String()
}
