package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A state of PostgreSQL that does not come within patience does not come.
const (
	patience = time.Minute
	pause    = 5 * time.Millisecond
)

// process is one life of a server.
type process struct {
	pid    int
	exited chan struct{} // closed when it has ended
}

func spawn(c *exec.Cmd) (*process, error) {
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("pgtest: start %s: %w", c.Path, err)
	}
	p := &process{pid: c.Process.Pid, exited: make(chan struct{})}
	go func() {
		_ = c.Wait() // its log tells why it ended, if anybody needs to know
		close(p.exited)
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// end signals the process and waits for its end.
func (p *process) end(s syscall.Signal) error {
	if err := p.signal(s); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("pgtest: the server (process %d) does not end on %v", p.pid, s)
	}
}

func (p *process) signal(s syscall.Signal) error {
	if err := syscall.Kill(p.pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("pgtest: %v to the server (process %d): %w", s, p.pid, err)
	}
	return nil
}

// kill ends the server and its children as a power cut would. It is stopped
// first, that it may neither fork nor mourn while its children die; each child
// is a session of its own, so no process group holds them all.
func (p *process) kill() error {
	if p.ended() {
		return nil
	}
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	children := childrenOf(p.pid)
	for _, child := range children {
		// One that is gone already is as dead as it should be.
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	if err := p.end(syscall.SIGKILL); err != nil {
		return err
	}
	return poll("the end of the server's children", func() (bool, error) {
		for _, child := range children {
			if state, _ := status(child); state != "" && state != "Z" && state != "X" {
				return false, nil
			}
		}
		return true, nil
	})
}

// childrenOf reads /proc. Where there is none, the children still follow
// their server as soon as they next wait for anything.
func childrenOf(parent int) (children []int) {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if _, its := status(pid); its == parent {
			children = append(children, pid)
		}
	}
	return children
}

// status is a process's state, a letter of proc(5) or "" when it is gone, and
// its parent.
func status(pid int) (state string, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	// PID (PROGRAM) STATE PARENT ..., where PROGRAM may hold anything
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return "", 0
	}
	return fields[0], parent
}

// poll asks until it is so.
func poll(what string, is func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		if ok, err := is(); ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("pgtest: waited %v in vain for %s", patience, what)
		}
	}
}

// lastWill waits for the end of its input, which comes when the test process
// lets go of it or ends, in whatever way: then the server goes without a
// shutdown, and its folder with it.
const lastWill = `
cat >/dev/null
if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid"; then
	for wait in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
		[ -e "$1/data/postmaster.pid" ] || break
		sleep 0.$((wait / 10))$((wait % 10))
	done
	[ -e "$1/data/postmaster.pid" ] && kill -KILL "$pid"
fi
rm -rf "$1"
`

// guard is the process that removes a cluster when the tests are done with it
// or killed. It is a process because nothing else outlives them.
type guard struct {
	process *process
	leash   io.Closer
	once    sync.Once
}

func newGuard(p programs, folder string) (*guard, error) {
	c := p.command(filepath.Dir(folder), "/bin/sh", "-c", lastWill, "sh", folder)
	leash, err := c.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	process, err := spawn(c)
	if err != nil {
		return nil, err
	}
	return &guard{process: process, leash: leash}, nil
}

// remove lets go of the leash and waits until server and folder are gone.
func (g *guard) remove() (err error) {
	g.once.Do(func() { err = g.leash.Close() })
	<-g.process.exited
	return err
}
