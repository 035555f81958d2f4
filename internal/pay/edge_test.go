package pay

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestAccessEdges: what a partner may be given at most, and one more.
func TestAccessEdges(t *testing.T) {
	network, digest := netip.MustParsePrefix("10.0.0.0/8"), strings.Repeat("ab", 32)
	rules := func(networks, certificates, subject int) AccessRules {
		a := AccessRules{Subject: strings.Repeat("x", subject)}
		for range networks {
			a.Networks = append(a.Networks, network)
		}
		for range certificates {
			a.Certificates = append(a.Certificates, digest)
		}
		return a
	}
	for _, fits := range []AccessRules{rules(64, 16, 500), rules(0, 1, 0)} {
		if got, err := fits.Tidy(); err != nil || !reflect.DeepEqual(got, fits) || !got.Mutual() {
			t.Errorf("%+v: %v", got, err)
		}
	}
	for _, more := range []AccessRules{rules(65, 0, 0), rules(0, 17, 0), rules(0, 0, 501)} {
		got, err := more.Tidy()
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Field != "access" || !reflect.DeepEqual(got, more) {
			t.Errorf("%+v: %v", got, err)
		}
	}
}

func TestRecordedEdges(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("x", 1000):       strings.Repeat("x", 1000),
		strings.Repeat("x", 1001):       strings.Repeat("x", 1000),
		"a\x00b\xff":                    "a?b",
		strings.Repeat("x", 999) + "é":  strings.Repeat("x", 999),
		strings.Repeat("x", 998) + "éy": strings.Repeat("x", 998) + "é",
	} {
		if got := recorded(text); got != want {
			t.Errorf("%q is recorded as %q", text, got)
		}
	}
}

func TestDraftIsDue(t *testing.T) {
	for _, row := range []struct {
		draft Draft
		due   bool
	}{
		{Draft{Block: Block{Kind: BlockPlain}}, false},
		{Draft{Block: Block{Kind: BlockPlain}, Waiting: true}, true},
		{Draft{Block: Block{Kind: BlockPlain, Leaves: "a"}}, true},
		{Draft{Block: Block{Kind: BlockCleared}}, true},
	} {
		if row.draft.due() != row.due {
			t.Errorf("%+v is due: %v", row.draft, !row.due)
		}
	}
}

func TestFirstID(t *testing.T) {
	if got := firstID(time.Time{}); got != "" {
		t.Errorf("the zero time has %s", got)
	}
	if got := firstID(time.UnixMilli(0x0123456789ab)); got != "01234567-89ab-7000-8000-000000000000" {
		t.Errorf("it is %s", got)
	}
}

// drawn is a core whose dice always show the same byte.
func drawn(b byte) *Core { return &Core{dice: bytes.NewReader(bytes.Repeat([]byte{b}, 64))} }

// TestReferences: every digit of a reference and of a retrieval reference
// number, at moments with and without a rest below the millisecond.
func TestReferences(t *testing.T) {
	for at, ms := range map[time.Time]string{
		time.Date(2026, 1, 31, 10, 0, 0, 123_000_000, Jakarta):    "36000123",
		time.Date(2026, 1, 31, 10, 0, 0, 123_999_999, Jakarta):    "36000123",
		time.Date(2026, 1, 30, 17, 0, 0, 0, time.UTC):             "00000000",
		time.Date(2026, 1, 31, 16, 59, 59, 999_999_999, time.UTC): "86399999",
	} {
		// 0x0101010101010101 is 72340172838076673.
		if got, err := drawn(1).newRef(at); err != nil || got != "260131"+ms+"38076673" {
			t.Errorf("at %v the reference is %s, %v", at, got, err)
		}
	}
	if got, err := drawn(0).newRef(time.Date(2026, 1, 31, 0, 0, 0, 0, Jakarta)); err != nil || got != "2601310000000000000000" {
		t.Errorf("drawn of zeros it is %s, %v", got, err)
	}
	if got, err := drawn(1).newRRN(time.Date(2026, 1, 31, 10, 0, 0, 0, Jakarta)); err != nil || got != "603110076673" {
		t.Errorf("the retrieval reference number is %s, %v", got, err)
	}
}

func TestRetryEnds(t *testing.T) {
	for err, want := range map[error]int{errRaced: 16, errRefTaken: 16, ErrNotFound: 1, nil: 1} {
		tries := 0
		if got := retry(func() error { tries++; return err }); got != err || tries != want {
			t.Errorf("%v was tried %d times: %v", err, tries, got)
		}
	}
}

func TestJakartaIsSevenHoursAhead(t *testing.T) {
	if _, offset := time.Now().In(Jakarta).Zone(); offset != 25_200 {
		t.Errorf("it is %d s ahead", offset)
	}
	if p := DefaultPolicy(); p.MaxAmount != 1_000_000_000 {
		t.Errorf("the most is %s", p.MaxAmount)
	}
}

// TestDirectoryStartsAfresh: nothing is lost before it is full, and what was
// read before a change does not come in after it.
func TestDirectoryStartsAfresh(t *testing.T) {
	d := directory{entries: make(map[directoryKey]any, maxDirectory)}
	for i := range maxDirectory - 1 {
		d.entries[directoryKey{kind: "k", id: string(rune(i + 0xE0000))}] = nil
	}
	d.put(directoryKey{kind: "last"}, 1, 0)
	if len(d.entries) != maxDirectory {
		t.Errorf("it has %d entries where %d fit", len(d.entries), maxDirectory)
	}
	d.put(directoryKey{kind: "more"}, 1, 0)
	if len(d.entries) != 1 {
		t.Errorf("it has %d entries after one too many", len(d.entries))
	}
	d.forget()
	if d.put(directoryKey{kind: "late"}, 1, 0); len(d.entries) != 0 {
		t.Error("what was read before a change is remembered after it")
	}
}

func TestTokensStartAfresh(t *testing.T) {
	c := tokenCache{entries: make(map[[32]byte]Token, maxTokens)}
	for i := range maxTokens - 1 {
		c.entries[[32]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}] = Token{}
	}
	c.put(Token{}, 0)
	if len(c.entries) != maxTokens {
		t.Errorf("it has %d tokens where %d fit", len(c.entries), maxTokens)
	}
	c.put(Token{Hash: [32]byte{2}}, 0)
	if len(c.entries) != 1 {
		t.Errorf("it has %d tokens after one too many", len(c.entries))
	}
	c.forget()
	if c.put(Token{}, 0); len(c.entries) != 0 {
		t.Error("a token that was read before all were forgotten is remembered")
	}
}

// TestBelieved: alone a node believes what it remembers, among others until
// its last look is too long ago.
func TestBelieved(t *testing.T) {
	now := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	d := directory{}
	if !d.believed() {
		t.Error("a node that is alone believes nothing")
	}
	d.real = func() time.Time { return now }
	d.trusted = now.Add(1)
	if !d.believed() {
		t.Error("it is not believed before the end")
	}
	if d.trusted = now; d.believed() {
		t.Error("it is believed at the end")
	}
}

func TestAcquirerID(t *testing.T) {
	for mpan, want := range map[string]string{"936009150000000018": "0000000018", "123456789": "9", "12345678": "12345678", "1234567": "1234567"} {
		if got := acquirerID(mpan); got != want {
			t.Errorf("%s is %s at its acquirer", mpan, got)
		}
	}
}

func TestErrorsUnwrap(t *testing.T) {
	if err := error(&Error{Kind: Internal, Cause: ErrExists}); !errors.Is(err, ErrExists) || KindOf(ErrExists) != Internal {
		t.Errorf("%v has no cause", err)
	}
}

// TestSequence: the times of ids are those of the clock, in the fraction of a
// millisecond too, and go up where the clock does not.
func TestSequence(t *testing.T) {
	units := func(at time.Time) int64 { return at.UnixMilli()*4096 + int64(at.Nanosecond())%1_000_000/256 }
	for range 1000 {
		var s sequence
		before := time.Now()
		got := s.next()
		if after := time.Now(); got < units(before) || got > units(after) || s.last.Load() != got {
			t.Fatalf("%d is not between %v and %v", got, before, after)
		}
	}
	var s sequence
	ahead := units(time.Now().Add(time.Hour))
	s.last.Store(ahead)
	for i := range int64(3) {
		if got := s.next(); got != ahead+1+i {
			t.Errorf("%d follows %d", got, ahead+i)
		}
	}
}

// TestIDs: 48 bits of milliseconds, the version, 12 bits of their fraction, the
// variant and what was drawn.
func TestIDs(t *testing.T) {
	c := &Core{dice: bytes.NewReader([]byte{2, 2, 3, 4, 5, 6, 7, 8, 0xff, 9, 10, 11, 12, 13, 14, 15}), ids: new(sequence)}
	c.ids.last.Store(0xfedcba987654fff - 1) // far ahead of the clock
	for _, want := range []string{"fedcba98-7654-7fff-8202-030405060708", "fedcba98-7655-7000-bf09-0a0b0c0d0e0f"} {
		if id, err := c.newID(); err != nil || id != want {
			t.Errorf("drawn was %s, %v, want %s", id, err, want)
		}
	}
	c = drawn(0)
	c.ids = new(sequence)
	c.ids.last.Store(0xfedcba987654321 - 1)
	if id, err := c.newID(); err != nil || id != "fedcba98-7654-7321-8000-000000000000" {
		t.Errorf("drawn of zeros was %s, %v", id, err)
	}
}

// TestTogetherDrawsFromOneSequence: ids of verbs in one transaction are after
// those before it.
func TestTogetherDrawsFromOneSequence(t *testing.T) {
	outer, inner := New(nil, time.Now, nil, Policy{}, nil), New(nil, time.Now, nil, Policy{}, nil)
	if _, err := outer.gathered(inner, func(c *Core) error {
		if c != inner || c.ids != outer.ids {
			t.Error("it draws from another sequence")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestShares: what belongs to a part, in whole rupiah.
func TestShares(t *testing.T) {
	for _, tc := range []struct{ mdr, part, whole, want Rupiah }{
		{Rp(9900), Rp(1), Rp(2), Rp(4950)}, {Rp(198), Rp(99), Rp(198), Rp(99)}, {Rp(202), Rp(101), Rp(202), Rp(101)},
		{Rp(7), Rp(1), Rp(1), Rp(7)}, {Rp(1), 100, 150, Rp(1)}, {Rp(1), 50, 99, 0}, {Rp(7), 0, Rp(1000), 0}, {Rp(7), Rp(999), Rp(1000), Rp(6)},
	} {
		if got := share(tc.mdr, tc.part, tc.whole); got != tc.want {
			t.Errorf("of %s the part %s of %s is %s", tc.mdr, tc.part, tc.whole, got)
		}
	}
}
