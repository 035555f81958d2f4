package dialecttest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/snap"
)

// Read gives a file of the dialect's testdata.
func Read(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Digest is the SHA-256 of a body's minified form, in hex: what clients sign.
func Digest(t *testing.T, body []byte) string {
	t.Helper()
	compact, err := snap.Compact(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(compact)
	return hex.EncodeToString(sum[:])
}

func parse(t *testing.T, body []byte) field.Value {
	t.Helper()
	v, err := field.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// at follows a row's path; "[]" is the first element.
func at(v field.Value, path string) field.Value {
	for step := range strings.SplitSeq(path, ".") {
		name, element := strings.CutSuffix(step, "[]")
		if v = v.Get(name); element {
			v = v.Index(0)
		}
	}
	return v
}

// Edited is a JSON object with the value at a row's path set, or taken away
// when it is nil. "[]" in the path is an array's first element, which is null
// when taken away.
func Edited(t *testing.T, body []byte, path string, value any) []byte {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	put(root, strings.Split(path, "."), value)
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(object map[string]any, path []string, value any) {
	name, element := strings.CutSuffix(path[0], "[]")
	if element {
		object[name] = []any{edited(first(object[name]), path[1:], value)}
		return
	}
	if object[name] = edited(object[name], path[1:], value); object[name] == nil {
		delete(object, name)
	}
}

// edited is value, or what was there before with value at the rest of the path.
func edited(before any, rest []string, value any) any {
	if len(rest) == 0 {
		return value
	}
	child, ok := before.(map[string]any)
	if !ok {
		child = make(map[string]any)
	}
	put(child, rest, value)
	return child
}

func first(list any) any {
	if elements, ok := list.([]any); ok && len(elements) > 0 {
		return elements[0]
	}
	return nil
}
