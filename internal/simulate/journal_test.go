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
	text  bytes.Buffer
	step  int
	now   func() time.Time
	at    time.Time // of the last line
	stamp []byte    // that, as it is written
}

const stamp = "2006-01-02T15:04:05.000000000Z07:00"

func (j *journal) note(format string, args ...any) {
	if now := j.now(); j.stamp == nil || !now.Equal(j.at) {
		j.at, j.stamp = now, now.AppendFormat(j.stamp[:0], stamp)
	}
	fmt.Fprintf(&j.text, "%05d %s ", j.step, j.stamp)
	fmt.Fprintf(&j.text, format, args...)
	j.text.WriteByte('\n')
}

// digest is short for a text of any length.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%x", sum[:6])
}
