package pgtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"

	"github.com/jackc/pgx/v5/pgproto3"
)

// message is one of the protocol's, version 3, as it came: a letter, four
// bytes of length that count themselves, and the body.
type message []byte

const (
	headerSize = 5
	maxMessage = 1 << 30 // PostgreSQL's own limit

	startupHeader = 8      // of the packet that opens a connection: length, and what it asks for
	maxStartup    = 10_000 // PostgreSQL's limit
)

func (m message) kind() byte { return m[0] }

func (m message) body() []byte { return m[headerSize:] }

// Letters of the messages that matter. The others only pass through.
const (
	// from the client
	parseMessage     = 'P'
	bindMessage      = 'B'
	executeMessage   = 'E'
	closeMessage     = 'C'
	syncMessage      = 'S'
	queryMessage     = 'Q'
	callMessage      = 'F'
	terminateMessage = 'X'
	// from the server
	commandComplete = 'C'
	errorResponse   = 'E'
	backendKeyData  = 'K'
	readyForQuery   = 'Z'
)

func readMessage(r *bufio.Reader) (message, error) {
	header, err := r.Peek(headerSize)
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[1:])
	if size < 4 || size > maxMessage {
		return nil, fmt.Errorf("pgtest: a message %q of %d bytes is not PostgreSQL's protocol", header[0], size)
	}
	m := make(message, 1+size)
	_, err = io.ReadFull(r, m)
	return m, err
}

// What a packet without a letter asks for, in the place of a version.
const (
	cancelRequest = 80877102
	sslRequest    = 80877103
	gssRequest    = 80877104
)

// readStartup reads a packet without a letter: four bytes of length and four
// of what it asks for.
func readStartup(r *bufio.Reader) (packet []byte, asks uint32, err error) {
	header, err := r.Peek(startupHeader)
	if err != nil {
		return nil, 0, err
	}
	size := binary.BigEndian.Uint32(header)
	if size < startupHeader || size > maxStartup {
		return nil, 0, fmt.Errorf("pgtest: a startup packet of %d bytes is not PostgreSQL's protocol", size)
	}
	packet = make([]byte, size)
	_, err = io.ReadFull(r, packet)
	return packet, binary.BigEndian.Uint32(packet[4:]), err
}

// encode gives a message's bytes.
func encode(m pgproto3.Message) message {
	text, err := m.Encode(nil)
	if err != nil {
		panic(fmt.Sprintf("pgtest: %T: %v", m, err)) // ours are short
	}
	return text
}

// verb is what a statement does to a transaction.
type verb int

const (
	other verb = iota
	begin
	commit
	rollback
)

// verbs know a statement that stands alone; several in one Query are other.
var verbs = map[verb]*regexp.Regexp{
	begin:    regexp.MustCompile(`(?i)^\s*(BEGIN|START\s+TRANSACTION)\b[^;]*;?\s*$`),
	commit:   regexp.MustCompile(`(?i)^\s*(COMMIT|END)(\s+(WORK|TRANSACTION))?\s*;?\s*$`),
	rollback: regexp.MustCompile(`(?i)^\s*(ROLLBACK|ABORT)(\s+(WORK|TRANSACTION))?\s*;?\s*$`),
}

func verbOf(sql string) verb {
	for v, form := range verbs {
		if form.MatchString(sql) {
			return v
		}
	}
	return other
}

// endsTransaction tells whether a CommandComplete is a COMMIT's, which says
// ROLLBACK when the transaction had failed before.
func endsTransaction(m message) bool {
	tag := string(bytes.TrimRight(m.body(), "\x00"))
	return tag == "COMMIT" || tag == "ROLLBACK"
}
