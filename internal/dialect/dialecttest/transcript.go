// Package dialecttest is what dialects are held to. Its suite compares a
// dialect with its document: the rows are the document's lines and each refuses
// what it should, the list of response codes is the document's and each line of
// it is what the dialect answers, and the verbs run on real books. Its
// transcripts are requests as the documents print them and the answers that
// must come back, replayed against any server.
package dialecttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Transcript is a conversation: exchanges in order, from one file.
type Transcript struct {
	Name      string
	Dialect   string // folder of the dialect
	About     string
	Exchanges []Exchange
}

// Exchange is one request and its answer.
type Exchange struct {
	Clock  time.Time // zero: as it is
	Method string
	Path   string
	Header http.Header
	Body   []byte
	Status int
	Want   any // the answer, in which "<name>" stands for a pattern
}

// Load reads the transcripts of all dialects: folder/*/testdata/*.txtar. A
// file holds, for each exchange, the sections "clock" (optional), "request"
// and "response".
func Load(folder string) ([]Transcript, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*", "testdata", "*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []Transcript
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			return nil, err
		}
		t := Transcript{
			Name:    strings.TrimSuffix(filepath.Base(name), ".txtar"),
			Dialect: filepath.Base(filepath.Dir(filepath.Dir(name))),
			About:   string(archive.Comment),
		}
		if t.Exchanges, err = exchanges(archive); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, t)
	}
	return all, nil
}

func exchanges(archive *txtar.Archive) ([]Exchange, error) {
	var all []Exchange
	var x Exchange
	for _, section := range archive.Files {
		var err error
		switch section.Name {
		case "clock":
			x.Clock, err = time.Parse(time.RFC3339, strings.TrimSpace(string(section.Data)))
		case "request":
			err = x.readRequest(section.Data)
		case "response":
			if err = x.readResponse(section.Data); err == nil {
				all = append(all, x)
				x = Exchange{}
			}
		default:
			err = fmt.Errorf("section %q: it must be clock, request or response", section.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", section.Name, len(all)+1, err)
		}
	}
	return all, nil
}

// readRequest reads "METHOD path", header lines, an empty line and the body.
func (x *Exchange) readRequest(text []byte) error {
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(text)))
	line, err := reader.ReadLine()
	if err != nil {
		return err
	}
	var found bool
	if x.Method, x.Path, found = strings.Cut(line, " "); !found {
		return fmt.Errorf("%q is no method and path", line)
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return err
	}
	x.Header = http.Header(header)
	_, body, _ := bytes.Cut(text, []byte("\n\n"))
	x.Body = bytes.TrimSuffix(body, []byte("\n"))
	return nil
}

func (x *Exchange) readResponse(text []byte) (err error) {
	status, body, _ := strings.Cut(string(text), "\n")
	if x.Status, err = strconv.Atoi(strings.TrimSpace(status)); err != nil {
		return err
	}
	return json.Unmarshal([]byte(body), &x.Want)
}

// patterns are what stands for a value that differs from run to run.
var patterns = map[string]*regexp.Regexp{
	"<ref>":      regexp.MustCompile(`^\d{22}$`),
	"<uuid>":     regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`),
	"<payload>":  regexp.MustCompile(`^000201.{50,506}6304[0-9A-F]{4}$`),
	"<image>":    regexp.MustCompile(`^iVBORw0KGgo[A-Za-z0-9+/]+=*$`),
	"<url>":      regexp.MustCompile(`^http://\S{1,240}$`),
	"<time>":     regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00$`),
	"<micros>":   regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$`),
	"<datetime>": regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`),
	"<text>":     regexp.MustCompile(`^.+$`),
}

// Match compares an answer with what a transcript wants: the same keys, no
// others, and the same values or values that fit their pattern.
func Match(want, got any) error { return match("", want, got) }

func match(path string, want, got any) error {
	switch w := want.(type) {
	case map[string]any:
		return matchObject(path, w, got)
	case []any:
		return matchArray(path, w, got)
	case string:
		if p := patterns[w]; p != nil {
			if s, ok := got.(string); !ok || !p.MatchString(s) {
				return fmt.Errorf("%s: %v is no %s", path, got, w)
			}
			return nil
		}
	}
	if want != got {
		return fmt.Errorf("%s: %#v, want %#v", path, got, want)
	}
	return nil
}

func matchObject(path string, want map[string]any, got any) error {
	g, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %v is no object", path, got)
	}
	for name := range g {
		if _, ok := want[name]; !ok {
			return fmt.Errorf("%s.%s: not in the document's answer", path, name)
		}
	}
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value, ok := g[name]
		if !ok {
			return fmt.Errorf("%s.%s: missing", path, name)
		}
		if err := match(path+"."+name, want[name], value); err != nil {
			return err
		}
	}
	return nil
}

func matchArray(path string, want []any, got any) error {
	g, ok := got.([]any)
	if !ok || len(g) != len(want) {
		return fmt.Errorf("%s: %v, want %d elements", path, got, len(want))
	}
	for i := range want {
		if err := match(fmt.Sprintf("%s[%d]", path, i), want[i], g[i]); err != nil {
			return err
		}
	}
	return nil
}
