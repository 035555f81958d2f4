package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// child is a process of this program that listens.
type child struct {
	cmd     *exec.Cmd
	address string        // host:port
	took    time.Duration // until it said that it was ready
}

var announced = regexp.MustCompile(`http://([0-9.:]+)`)

// startChild runs this program and waits for the line that names its address.
func startChild(ctx context.Context, program string, args ...string) (*child, error) {
	c := &child{cmd: exec.CommandContext(ctx, program, args...)}
	c.cmd.Stderr = os.Stderr
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = 10 * time.Second
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := announced.FindStringSubmatch(lines.Text()); found != nil {
			c.address, c.took = found[1], time.Since(began)
			return c, nil
		}
	}
	return nil, fmt.Errorf("%v ended before it listened: %w", args, c.cmd.Wait())
}

// stop ends the process in order. One that the end of the context has ended
// before is no error.
func (c *child) stop() error {
	err := c.cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	var exit *exec.ExitError
	if waited := c.cmd.Wait(); !errors.As(waited, &exit) && !errors.Is(waited, context.Canceled) {
		err = errors.Join(err, waited)
	}
	return err
}

// usage is what the process has taken so far.
func (c *child) usage() usage { return usageOf(c.cmd.Process.Pid) }
