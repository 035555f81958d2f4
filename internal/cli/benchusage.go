package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has taken of its machine. Where the system has no
// /proc all of it is zero.
type usage struct {
	cpu         time.Duration // of all its threads, user and system
	written     int64         // bytes to storage
	rss, maxRSS int64         // bytes
}

// clockTick is the unit of times in /proc/PID/stat: USER_HZ, which Linux fixes
// at 100 for programs on every architecture that Go runs on.
const clockTick = time.Second / 100

func usageOf(pid int) usage {
	return usage{
		cpu:     processTime(procFile(pid, "stat")),
		written: procValue(procFile(pid, "io"), "write_bytes:"),
		rss:     procValue(procFile(pid, "status"), "VmRSS:") << 10,
		maxRSS:  procValue(procFile(pid, "status"), "VmHWM:") << 10,
	}
}

func (u usage) since(before usage) usage {
	u.cpu -= before.cpu
	u.written -= before.written
	return u
}

func procFile(pid int, name string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// processTime sums utime and stime, fields 14 and 15 of stat (proc(5)). The
// program's name, field 2, is in brackets and may hold anything.
func processTime(stat string) time.Duration {
	const first, utime, stime = 3, 14, 15
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= stime-first {
		return 0
	}
	var ticks int64
	for _, field := range []int{utime, stime} {
		n, err := strconv.ParseInt(fields[field-first], 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

// procValue is the number behind a name at the beginning of a line; kB in
// status.
func procValue(text, name string) int64 {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}
