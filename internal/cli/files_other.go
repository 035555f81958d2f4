//go:build !unix

package cli

import "math"

// mostFiles is how many connections a listener may have at most.
func mostFiles() int { return math.MaxInt32 }
