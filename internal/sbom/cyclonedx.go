package sbom

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The shapes of CycloneDX 1.6, as far as they are used here
// (https://cyclonedx.org/docs/1.6/json/).
type document struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp,omitempty"`
	Component component `json:"component"`
}

type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Scope    string    `json:"scope,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licences []licence `json:"licenses,omitempty"`
	URL      string    `json:"purl"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licence struct {
	Licence struct {
		ID string `json:"id"`
	} `json:"license"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// WriteCycloneDX writes the program's bill of materials. The same program
// gives the same bytes.
func (p *Program) WriteCycloneDX(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(p.document())
}

func (p *Program) document() document {
	program := p.component("application")
	program.Name = p.Name()
	program.Hashes = []hash{{"SHA-256", p.Digest}}
	d := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		SerialNumber: uuid.NewSHA1(uuid.NameSpaceURL, []byte(program.URL+"#"+p.Digest)).URN(),
		Metadata:     metadata{Component: program},
	}
	if !p.Built.IsZero() {
		d.Metadata.Timestamp = p.Built.UTC().Format(time.RFC3339)
	}
	all := dependency{Ref: program.Ref}
	for i := range p.Modules {
		c := p.Modules[i].component("library")
		c.Scope = "required"
		d.Components = append(d.Components, c)
		all.On = append(all.On, c.Ref)
	}
	d.Dependencies = []dependency{all}
	return d
}

func (m *Module) component(kind string) component {
	c := component{Type: kind, Ref: m.url(), URL: m.url(), Name: m.Path, Version: m.Version}
	// A module's sum is a SHA-256 over the names and digests of its files.
	if sum, ok := strings.CutPrefix(m.Sum, "h1:"); ok {
		if digest, err := base64.StdEncoding.DecodeString(sum); err == nil {
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(digest)}}
		}
	}
	for _, id := range m.Licences {
		var l licence
		l.Licence.ID = id
		c.Licences = append(c.Licences, l)
	}
	return c
}

// url is the module's package URL, whose type golang is written in small
// letters.
func (m *Module) url() string {
	return "pkg:golang/" + strings.ToLower(m.Path) + "@" + url.QueryEscape(m.Version)
}
