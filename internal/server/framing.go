package server

import (
	"bytes"
	"math"
	"strconv"
)

// The bounds of a request's head.
const (
	mostHead   = 64 << 10 // bytes
	mostLines  = 128
	mostTarget = 8 << 10 // bytes of the request line
)

// Fault is what is wrong with the form of a request: it is refused before
// anything of it is acted on.
type Fault struct {
	Status int // 400, 403, 408, 414, 417 or 431
	Why    string
}

func (f *Fault) Error() string { return f.Why }

func malformed(why string) *Fault { return &Fault{400, why} }

// head follows the lines of a request's head as they come.
type head struct {
	seen  int // bytes whose lines were looked at
	line  int // where the present line begins
	lines int
}

// end gives the length of the head in b with its empty line, and 0 while that
// has not come. What can be refused early is, so that nobody waits for the
// rest of it.
func (h *head) end(b []byte) (int, *Fault) {
	for h.seen < len(b) {
		i := bytes.IndexByte(b[h.seen:], '\n')
		if i < 0 {
			h.seen = len(b)
			break
		}
		i += h.seen
		if i == 0 || b[i-1] != '\r' {
			return 0, malformed("a line of the head ends with LF alone, not CR LF")
		}
		if h.seen = i + 1; i-1 == h.line {
			return i + 1, h.bounded(i + 1)
		}
		h.line = i + 1
		h.lines++
	}
	return 0, h.early(b)
}

// early looks at a head that is not whole.
func (h *head) early(b []byte) *Fault {
	switch {
	case len(b) > 0 && !isToken[b[0]]:
		return malformed("the request begins with no method; is it TLS on a port of plain HTTP?")
	case h.lines == 0 && len(b) > mostTarget:
		return &Fault{414, "the request line is longer than 8 KiB"}
	}
	return h.bounded(len(b))
}

func (h *head) bounded(size int) *Fault {
	switch {
	case size > mostHead:
		return &Fault{431, "the head is larger than 64 KiB"}
	case h.lines > mostLines:
		return &Fault{431, "the head has more than 128 lines"}
	}
	return nil
}

// framing is what a head says about itself and the body after it.
type framing struct {
	old     bool  // HTTP/1.0
	reads   bool  // GET or HEAD
	hosts   int   // how many Host lines
	length  int64 // of the body; -1: not said
	chunked bool
}

// readHead reads a whole head, strictly: everything that two readers could
// understand in two ways is refused, so that no proxy before this server sees
// other requests than it does.
func readHead(b []byte) (framing, *Fault) {
	line, rest := cutLine(b)
	f, fault := readRequestLine(line)
	for fault == nil {
		if line, rest = cutLine(rest); len(line) == 0 {
			return f, f.whole()
		}
		fault = f.readField(line)
	}
	return f, fault
}

// cutLine takes a line off a head that is known to be whole.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	return b[:i-1], b[i+1:]
}

func readRequestLine(line []byte) (framing, *Fault) {
	f := framing{length: -1}
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	switch string(version) {
	case "HTTP/1.0":
		f.old = true
	case "HTTP/1.1":
	default:
		return f, malformed("the request line is to be a method, a path and HTTP/1.1, with one space between them")
	}
	f.reads = string(method) == "GET" || string(method) == "HEAD"
	switch {
	case !token(method) || string(method) == "CONNECT":
		return f, malformed("the method is none that is served")
	case len(line) > mostTarget:
		return f, &Fault{414, "the request line is longer than 8 KiB"}
	case !legibleTarget(target):
		return f, malformed("the target is to be a path that begins with /, percent-encoded where needed")
	}
	return f, nil
}

// legibleTarget takes a path with a query: visible ASCII, whose path decodes.
func legibleTarget(target []byte) bool {
	if len(target) == 0 || target[0] != '/' {
		return false
	}
	query := false
	for i, c := range target {
		switch {
		case c <= ' ', c >= 0x7f, c == '#':
			return false
		case c == '?':
			query = true
		case c == '%' && !query && (i+2 >= len(target) || !isHex[target[i+1]] || !isHex[target[i+2]]):
			return false
		}
	}
	return true
}

// framers are the fields that say where a request ends or what is to be done
// before it does.
var framers = []struct {
	name []byte
	read func(*framing, []byte) *Fault
}{
	{[]byte("host"), (*framing).readHost},
	{[]byte("content-length"), (*framing).readLength},
	{[]byte("transfer-encoding"), (*framing).readCoding},
	{[]byte("expect"), readExpect},
}

func (f *framing) readField(line []byte) *Fault {
	name, value, found := bytes.Cut(line, []byte(":"))
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return malformed("a field of the head is folded over two lines")
	case !found || !token(name):
		return malformed("a line of the head is no name, colon and value; there is no space before the colon")
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return malformed("a value in the head has a control character")
		}
	}
	for i := range framers {
		if r := &framers[i]; len(r.name) == len(name) && bytes.EqualFold(r.name, name) {
			return r.read(f, bytes.Trim(value, " \t"))
		}
	}
	return nil
}

func (f *framing) readHost(value []byte) *Fault {
	f.hosts++
	for _, c := range value {
		if !isHost[c] {
			return malformed("Host is no host")
		}
	}
	return nil
}

// readLength takes one length in digits. A list of equal ones is legal, and an
// invitation to read it differently.
func (f *framing) readLength(value []byte) *Fault {
	if f.length >= 0 {
		return malformed("Content-Length is given twice")
	}
	if len(value) == 0 || len(value) > 18 {
		return malformed("Content-Length is no number of bytes")
	}
	f.length = 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("Content-Length is no number of bytes")
		}
		f.length = f.length*10 + int64(c-'0')
	}
	return nil
}

func (f *framing) readCoding(value []byte) *Fault {
	if f.chunked || !bytes.EqualFold(value, []byte("chunked")) {
		return malformed("Transfer-Encoding is to be chunked, once")
	}
	f.chunked = true
	return nil
}

func readExpect(_ *framing, value []byte) *Fault {
	if !bytes.EqualFold(value, []byte("100-continue")) {
		return &Fault{417, "Expect is to be 100-continue"}
	}
	return nil
}

// whole holds a head's fields against each other.
func (f *framing) whole() *Fault {
	switch {
	case f.chunked && f.length >= 0:
		return malformed("both Transfer-Encoding and Content-Length are given")
	case f.chunked && f.old:
		return malformed("HTTP/1.0 has no Transfer-Encoding")
	case f.hosts > 1, f.hosts == 0 && !f.old:
		return malformed("Host is to be given once")
	}
	return nil
}

// chunks follows a chunked body. It takes neither extensions nor trailers:
// nobody here reads them, and they have been used to hide requests.
type chunks struct {
	at    chunkPart
	line  [18]byte // of the size, with CR LF
	n     int      // bytes of the line, or of the CR LF that must come
	left  int64    // bytes of data
	ended bool
}

type chunkPart int

const (
	chunkSize chunkPart = iota
	chunkBytes
	chunkEnd
	chunkLast // the empty line after the chunk of size 0
)

// take looks at what comes next and gives how much of it is well-formed.
func (c *chunks) take(b []byte) (n int, fault *Fault) {
	for n < len(b) && !c.ended {
		if c.at == chunkBytes {
			m := min(c.left, int64(len(b)-n))
			n += int(m)
			if c.left -= m; c.left == 0 {
				c.at, c.n = chunkEnd, 0
			}
			continue
		}
		if fault := c.step(b[n]); fault != nil {
			return n, fault
		}
		n++
	}
	return n, nil
}

func (c *chunks) step(b byte) *Fault {
	if c.at == chunkSize {
		return c.stepSize(b)
	}
	if b != "\r\n"[c.n] {
		return malformed("a chunk is not followed by CR LF, or the body by trailers")
	}
	if c.n++; c.n == 2 {
		c.ended = c.at == chunkLast
		c.at, c.n = chunkSize, 0
	}
	return nil
}

func (c *chunks) stepSize(b byte) *Fault {
	cr := c.n > 0 && c.line[c.n-1] == '\r'
	switch {
	case c.n < len(c.line)-2 && isHex[b] && !cr, b == '\r' && c.n > 0 && !cr:
		c.line[c.n] = b
		c.n++
		return nil
	case b == '\n' && cr:
		return c.sized(string(c.line[:c.n-1]))
	}
	return malformed("the size of a chunk is to be hexadecimal digits and CR LF, without extensions")
}

func (c *chunks) sized(digits string) *Fault {
	size, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || size > math.MaxInt64 {
		return malformed("a chunk is too large")
	}
	c.left, c.n, c.at = int64(size), 0, chunkBytes
	if size == 0 {
		c.at = chunkLast
	}
	return nil
}

// set is a set of bytes.
type set [256]bool

func setOf(texts ...string) (s set) {
	for _, text := range texts {
		for i := range len(text) {
			s[text[i]] = true
		}
	}
	return s
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var (
	isToken = setOf(digits, letters, "!#$%&'*+-.^_`|~")
	isHex   = setOf(digits, "abcdefABCDEF")
	isHost  = setOf(digits, letters, "!$%&'()*+,-.:;=[]_~")
)

func token(b []byte) bool {
	for _, c := range b {
		if !isToken[c] {
			return false
		}
	}
	return len(b) > 0
}
