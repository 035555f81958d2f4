package dialect

import (
	"context"
	"io"
)

// Stream is a reply that is too long to be held: it writes the JSON of the
// answer's body as it reads it. After an error what was written is no answer.
type Stream func(ctx context.Context, w io.Writer) error
