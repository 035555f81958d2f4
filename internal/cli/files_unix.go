//go:build unix

package cli

import (
	"math"
	"syscall"
)

// mostFiles is how many connections a listener may have at most, so that the
// process has files left for its store and for those whom it calls.
func mostFiles() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return max(int(l.Cur)/4*3, 16)
}
