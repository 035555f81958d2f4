package simulate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"
)

// journal is what happened in a world: a line for each thing, with the step and
// the business time.
type journal struct {
	text bytes.Buffer
	step int
	now  func() time.Time
}

const stamp = "2006-01-02T15:04:05.000000000Z07:00"

func (j *journal) note(format string, args ...any) {
	fmt.Fprintf(&j.text, "%05d %s ", j.step, j.now().Format(stamp))
	fmt.Fprintf(&j.text, format, args...)
	j.text.WriteByte('\n')
}

// digest is short for a text of any length.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:6])
}
