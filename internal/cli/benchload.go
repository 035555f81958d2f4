package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// benchRun is one round.
type benchRun struct {
	latencies []time.Duration
	took      time.Duration
	usage     usage // of the side's process
}

func (r benchRun) perSecond() float64 { return float64(len(r.latencies)) / r.took.Seconds() }

// load sends pre-signed requests for a round.
func (s *benchSide) load(ctx context.Context, requests [][]byte, o benchOptions) (benchRun, error) {
	before := s.process.usage()
	run, err := sendRound(ctx, s.address(), requests, o)
	run.usage = s.process.usage().since(before)
	return run, err
}

func sendRound(ctx context.Context, address string, requests [][]byte, o benchOptions) (run benchRun, failed error) {
	ctx, cancel := context.WithTimeout(ctx, o.round)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	s := &sending{address: address, requests: requests, began: time.Now(), rate: o.rate}
	for range o.connections {
		wg.Go(func() {
			latencies, err := s.sendAll(ctx)
			mu.Lock()
			defer mu.Unlock()
			run.latencies = append(run.latencies, latencies...)
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	run.took = time.Since(s.began)
	return run, failed
}

// sending is a round under way.
type sending struct {
	address  string
	requests [][]byte
	next     atomic.Int64
	began    time.Time
	rate     float64 // requests a second, answered or not; 0: as they are answered
}

// sendAll sends over one connection until the round or its requests are over.
func (s *sending) sendAll(ctx context.Context) ([]time.Duration, error) {
	c, err := dialBench(s.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var latencies []time.Duration
	for ctx.Err() == nil {
		i := s.next.Add(1) - 1
		if i >= int64(len(s.requests)) {
			break
		}
		began := s.begin(i)
		status, body, err := c.do(s.requests[i])
		if err != nil {
			return latencies, err
		}
		if status != http.StatusOK {
			return latencies, fmt.Errorf("answered %d %s", status, body)
		}
		latencies = append(latencies, time.Since(began))
	}
	return latencies, nil
}

// begin waits until a request is due, and gives the moment from which its
// latency counts: that at which it was due if all connections were busy then,
// so that a server that stands still is charged for all who would have come.
// That a sleeper wakes late is no fault of the server's.
func (s *sending) begin(i int64) time.Time {
	now := time.Now()
	if s.rate == 0 {
		return now
	}
	due := s.began.Add(time.Duration(float64(i) / s.rate * float64(time.Second)))
	if wait := due.Sub(now); wait > 0 {
		time.Sleep(wait)
		return time.Now()
	}
	return due
}

// benchConn is a connection that reads answers with as little work as their
// framing allows.
type benchConn struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dialBench(address string) (*benchConn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &benchConn{Conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

// do sends a request and reads the status and the body, which is valid until
// the next call.
func (c *benchConn) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if status == 0 {
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, nil, fmt.Errorf("status line %q", line)
			}
		} else if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, nil, fmt.Errorf("header %q", line)
			}
		}
	}
	if length < 0 {
		return status, nil, errors.New("an answer without Content-Length")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}
