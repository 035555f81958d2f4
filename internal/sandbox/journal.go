package sandbox

import (
	"strings"
	"sync"
	"time"
)

// Call is one request as it came and as it was answered.
type Call struct {
	Serial    uint64 // of this journal, from 1; Add sets it
	ID        string // X-Request-Id: a client's own, which may repeat, or a drawn one
	At        time.Time
	Took      time.Duration
	Dialect   string
	Operation string
	PartnerID string // empty: nobody known
	Service   string // of the response code, as in "47"
	Method    string
	Path      string // as called, with its query
	Remote    string // host and port of the client

	Request, Response []byte // start line, headers and body; tokens are masked

	Status  int
	Code    string // responseCode
	Message string // responseMessage

	Steps   []Step   // the checks in their order, up to the one that refused
	Verdict *Verdict // why the signature was refused; nil otherwise
	Levers  []string // that were on for it

	Reference        string // referenceNo of what it made or asked for
	PartnerReference string // partnerReferenceNo of the same
}

// size is about how many bytes a call keeps in memory.
func (c *Call) size() int { return len(c.Request) + len(c.Response) + 1<<10 }

// Step is one check of a request.
type Step struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"`
}

// Verdict says why a signature was refused, in English and in Indonesian.
type Verdict struct {
	Sentence string `json:"sentence"`
	Cure     string `json:"cure"`
	Kalimat  string `json:"kalimat,omitempty"` // the sentence in Indonesian
	Solusi   string `json:"solusi,omitempty"`  // the cure in Indonesian
	Facts    []Fact `json:"facts,omitempty"`
}

// Fact is something that was found out about a request, to compare with.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// maxJournal bounds what a journal's calls keep in memory, in bytes.
const maxJournal = 32 << 20

// Journal keeps the latest calls of this node in memory. A nil Journal keeps
// nothing. It is safe for concurrent use.
type Journal struct {
	mu    sync.Mutex
	most  int     // calls
	calls []*Call // oldest first: their serials ascend without a gap
	last  uint64  // serial
	bytes int
	byID  map[string]*Call // the newest of each id
}

// NewJournal makes a journal of so many calls, of fewer when their bodies are
// large.
func NewJournal(size int) *Journal { return &Journal{most: size, byID: make(map[string]*Call)} }

// Add keeps a call, whose slices belong to the journal from then on.
func (j *Journal) Add(c Call) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	c.Serial = j.last
	j.calls = append(j.calls, &c)
	j.byID[c.ID] = &c
	j.bytes += c.size()
	for len(j.calls) > j.most || (j.bytes > maxJournal && len(j.calls) > 1) {
		j.forgetOldest()
	}
}

func (j *Journal) forgetOldest() {
	oldest := j.calls[0]
	j.calls[0] = nil // the array outlives the slice's beginning
	j.calls = j.calls[1:]
	j.bytes -= oldest.size()
	if j.byID[oldest.ID] == oldest {
		delete(j.byID, oldest.ID)
	}
}

// Filter says which calls are wanted. Its zero value is all.
type Filter struct {
	PartnerID, Dialect, Operation string
	Code                          string // response codes that begin so: "401", "4014700"
	Reference                     string // referenceNo or partnerReferenceNo
	Refused                       bool   // only those whose answer was no success
	Before                        uint64 // only calls older than the one of this serial; 0: all
}

func (f Filter) takes(c *Call) bool {
	return (f.PartnerID == "" || f.PartnerID == c.PartnerID) &&
		(f.Dialect == "" || f.Dialect == c.Dialect) &&
		(f.Operation == "" || f.Operation == c.Operation) &&
		strings.HasPrefix(c.Code, f.Code) &&
		(f.Reference == "" || f.Reference == c.Reference || f.Reference == c.PartnerReference) &&
		(!f.Refused || c.Status < 200 || c.Status > 299)
}

// List gives up to limit calls, newest first. What they point to is shared and
// not to be changed.
func (j *Journal) List(filter Filter, limit int) []Call {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []Call
	for i := j.newest(filter.Before); i >= 0 && len(found) < limit; i-- {
		if filter.takes(j.calls[i]) {
			found = append(found, *j.calls[i])
		}
	}
	return found
}

// newest is the index of the newest call before a serial; 0 is before none.
func (j *Journal) newest(before uint64) int {
	end := len(j.calls)
	if before > 0 && end > 0 {
		end = int(min(uint64(end), max(before, j.calls[0].Serial)-j.calls[0].Serial))
	}
	return end - 1
}

// At gives the call of a serial.
func (j *Journal) At(serial uint64) (Call, bool) {
	found := j.List(Filter{Before: serial + 1}, 1)
	if len(found) == 0 || found[0].Serial != serial {
		return Call{}, false
	}
	return found[0], true
}

// Held is how many calls are kept, and how many are at most.
func (j *Journal) Held() (calls, most int) {
	if j == nil {
		return 0, 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.calls), j.most
}

// Get gives the newest call with an id.
func (j *Journal) Get(id string) (Call, bool) {
	if j == nil {
		return Call{}, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	c, ok := j.byID[id]
	if !ok {
		return Call{}, false
	}
	return *c, true
}

// Clear forgets all calls.
func (j *Journal) Clear() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls, j.bytes = nil, 0
	clear(j.byID)
}
