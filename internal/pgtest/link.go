package pgtest

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// errDropped ends a link on purpose.
var errDropped = errors.New("pgtest: connection dropped")

// link is one connection through the proxy: one goroutine carries the
// client's messages up to the server, another the answers down.
type link struct {
	proxy      *Proxy
	client     net.Conn
	fromClient *bufio.Reader
	toClient   *bufio.Writer
	fromServer *bufio.Reader
	toServer   *bufio.Writer
	ended      chan struct{} // closed when nothing comes from the server any more
	holds      bool          // a COMMIT, and has no client; guarded by proxy.mu

	mu      sync.Mutex
	server  net.Conn
	closed  bool
	cutOff  bool     // the client was dropped, the server not
	answers []answer // to come, each up to its ReadyForQuery
	key     []byte   // by which the client may ask to cancel what runs here

	// The client's side, which only the goroutine up knows.
	statements map[string]verb // prepared, by name
	portals    map[string]verb
	fresh      bool // the last statement was BEGIN
	skips      bool // all messages up to the next Sync, as a server does after an error
	announced  bool // the answer that the next Sync asks for is in answers already

	erred bool // an error was answered since the last ReadyForQuery; goroutine down
}

// answer is what becomes of a server's answer on its way down.
type answer struct {
	withheld   bool // nothing of it passes, and when it has come the link ends
	noComplete bool // without the CommandComplete
	noReady    bool // without the ReadyForQuery
}

func newLink(p *Proxy, client net.Conn) *link {
	return &link{
		proxy: p, client: client, fromClient: bufio.NewReader(client), toClient: bufio.NewWriter(client),
		ended: make(chan struct{}), statements: map[string]verb{}, portals: map[string]verb{},
	}
}

// greet declines encryption and gives the packet that opens the connection,
// and the key of the connection to cancel if it asks for that.
func (l *link) greet() (packet, cancels []byte, err error) {
	for {
		packet, asks, err := readStartup(l.fromClient)
		switch {
		case err != nil:
			return nil, nil, err
		case asks == cancelRequest:
			return packet, packet[startupHeader:], nil
		case asks != sslRequest && asks != gssRequest:
			return packet, nil, nil
		}
		if _, err := l.client.Write([]byte{'N'}); err != nil {
			return nil, nil, err
		}
	}
}

// run carries until either side ends or a fault drops both.
func (l *link) run(server net.Conn, startup []byte) {
	if !l.join(server) {
		return
	}
	l.fromServer, l.toServer = bufio.NewReader(server), bufio.NewWriter(server)
	l.expect(answer{}) // to the startup
	if err := l.send(startup); err != nil {
		return
	}
	go func() {
		defer close(l.ended)
		defer l.close()
		l.down()
	}()
	l.up()
	l.close()
	<-l.ended
}

func (l *link) join(server net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = server.Close() // nothing was sent yet
		return false
	}
	l.server = server
	return true
}

// close ends both sides. What they say to that is of no interest: they are to
// be dropped.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

// up ends with the client's connection, the server's, or a fault. The two
// sides learn of it by the end of theirs.
func (l *link) up() {
	for {
		m, err := readMessage(l.fromClient)
		if err != nil {
			return
		}
		if err := l.carry(m); err != nil {
			return
		}
		if l.fromClient.Buffered() > 0 {
			continue
		}
		if err := l.toServer.Flush(); err != nil {
			return
		}
	}
}

// notes are what is learned of a client's message before it is sent on.
var notes = map[byte]func(*link, message) error{
	parseMessage: (*link).noteParse,
	bindMessage:  (*link).noteBind,
	closeMessage: (*link).noteClose,
	syncMessage:  (*link).noteSync,
	callMessage:  func(l *link, _ message) error { l.expect(answer{}); return nil },
}

func (l *link) carry(m message) error {
	if l.skips && m.kind() != syncMessage && m.kind() != terminateMessage {
		return nil
	}
	switch m.kind() {
	case queryMessage, executeMessage:
		return l.statement(m)
	}
	if note, ok := notes[m.kind()]; ok {
		if err := note(l, m); err != nil {
			return err
		}
	}
	return l.pass(m)
}

func (l *link) noteParse(m message) error {
	var p pgproto3.Parse
	if err := p.Decode(m.body()); err != nil {
		return err
	}
	l.statements[p.Name] = verbOf(p.Query)
	return nil
}

func (l *link) noteBind(m message) error {
	var b pgproto3.Bind
	if err := b.Decode(m.body()); err != nil {
		return err
	}
	l.portals[b.DestinationPortal] = l.statements[b.PreparedStatement]
	return nil
}

func (l *link) noteClose(m message) error {
	var c pgproto3.Close
	if err := c.Decode(m.body()); err != nil {
		return err
	}
	if c.ObjectType == 'S' {
		delete(l.statements, c.Name)
	} else {
		delete(l.portals, c.Name)
	}
	return nil
}

func (l *link) noteSync(message) error {
	if !l.announced {
		l.expect(answer{})
	}
	l.skips, l.announced = false, false
	return nil
}

// statement lets fate decide about a Query or Execute.
func (l *link) statement(m message) error {
	v, err := l.verb(m)
	if err != nil {
		return err
	}
	first := l.fresh && v == other
	l.fresh = v == begin
	if !first && v != commit {
		return l.spare(m)
	}
	return acts[l.proxy.fate.choose(v == commit)](l, m)
}

func (l *link) verb(m message) (verb, error) {
	if m.kind() == queryMessage {
		var q pgproto3.Query
		err := q.Decode(m.body())
		return verbOf(q.String), err
	}
	var e pgproto3.Execute
	err := e.Decode(m.body())
	return l.portals[e.Portal], err
}

// The server itself fails, so that it and the client agree about the
// transaction.
const (
	raise40001 = "DO $$ BEGIN RAISE EXCEPTION 'pgtest: a fault of the proxy' USING ERRCODE = '40001'; END $$"
	raise40P01 = "DO $$ BEGIN RAISE EXCEPTION 'pgtest: a fault of the proxy' USING ERRCODE = '40P01'; END $$"
)

var acts = [faults]func(*link, message) error{
	None:         (*link).spare,
	LoseCommit:   func(*link, message) error { return errDropped },
	LoseAnswer:   (*link).loseAnswer,
	DelayCommit:  (*link).delay,
	RefuseCommit: func(l *link, m message) error { return l.replace(m, "ROLLBACK; "+raise40001, answer{noComplete: true}) },
	FailStatement: func(l *link, m message) error {
		return l.replace(m, raise40001, answer{})
	},
	Deadlock: func(l *link, m message) error { return l.replace(m, raise40P01, answer{}) },
}

func (l *link) spare(m message) error {
	if m.kind() == queryMessage {
		l.expect(answer{})
	}
	return l.pass(m)
}

func (l *link) loseAnswer(m message) error {
	l.announced = m.kind() == executeMessage
	l.expect(answer{withheld: true})
	return l.pass(m)
}

// replace lets the server run something else. In place of an Execute that is
// a Query between two Syncs, the client's own and one before, after which the
// server listens again even if the client's messages had failed before.
func (l *link) replace(m message, sql string, a answer) error {
	if m.kind() == executeMessage {
		l.skips, a.noReady = true, true
		l.expect(answer{noReady: true})
		if err := l.pass(encode(&pgproto3.Sync{})); err != nil {
			return err
		}
	}
	l.expect(a)
	return l.pass(encode(&pgproto3.Query{String: sql}))
}

// delay drops the client, and sends its COMMIT to the server later.
func (l *link) delay(m message) error {
	if err := l.toServer.Flush(); err != nil {
		return err
	}
	deliver := l.proxy.hold(l)
	l.dropClient()
	select {
	case <-time.After(l.proxy.fate.plan.Delay):
	case <-deliver:
	case <-l.ended: // the server went first
	case <-l.proxy.ctx.Done():
		return errDropped
	}
	l.expect(answer{withheld: true})
	if m.kind() == executeMessage {
		m = append(m, encode(&pgproto3.Sync{})...)
	}
	if err := l.send(m); err != nil {
		return err
	}
	<-l.ended
	return errDropped
}

func (l *link) dropClient() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cutOff = true
	_ = l.client.Close() // dropped, whatever it says
}

func (l *link) pass(m message) error {
	_, err := l.toServer.Write(m)
	return err
}

func (l *link) send(m message) error {
	if err := l.pass(m); err != nil {
		return err
	}
	return l.toServer.Flush()
}

func (l *link) expect(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers = append(l.answers, a)
}

// down ends as up does.
func (l *link) down() {
	for {
		m, err := readMessage(l.fromServer)
		if err != nil {
			return
		}
		passes, err := l.judge(m)
		if err != nil {
			return
		}
		if err := l.tell(m, passes); err != nil {
			return
		}
	}
}

// judge tells whether a message of the server's passes.
func (l *link) judge(m message) (bool, error) {
	a := l.coming(m.kind() == readyForQuery)
	switch m.kind() {
	case commandComplete:
		if a.withheld && endsTransaction(m) {
			return false, errDropped
		}
		return !a.withheld && !a.noComplete, nil
	case errorResponse:
		passes := !l.erred && !a.withheld // a client expects one error up to its Sync
		l.erred = true
		return passes, nil
	case backendKeyData:
		l.remember(m.body())
		return true, nil
	case readyForQuery:
		if a.withheld {
			return false, errDropped
		}
		l.erred = l.erred && a.noReady
		return !a.noReady, nil
	}
	return !a.withheld, nil
}

func (l *link) remember(key []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.key = key
}

func (l *link) hasKey(key []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Equal(l.key, key)
}

// coming is the answer that a message belongs to; with its last message it is
// over. What the server says unasked belongs to none.
func (l *link) coming(last bool) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.answers) == 0 {
		return answer{}
	}
	a := l.answers[0]
	if last {
		l.answers = l.answers[1:]
	}
	return a
}

// tell writes to the client, who may have been dropped, and sends when nothing
// more waits.
func (l *link) tell(m message, passes bool) error {
	var err error
	if passes {
		_, err = l.toClient.Write(m)
	}
	if err == nil && l.fromServer.Buffered() == 0 {
		err = l.toClient.Flush()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cutOff {
		return nil
	}
	return err
}
