package pay

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
)

// Jakarta is the business time zone: "the same day" is a date here.
var Jakarta = time.FixedZone("WIB", 7*60*60)

// Day is the Jakarta date of a moment, as 2006-01-02.
func Day(t time.Time) string {
	local := t.In(Jakarta)
	year, month, day := local.Date()
	if d := asked.Load(); d != nil && d.day == day && d.month == month && d.year == year {
		return d.text
	}
	text := local.Format(time.DateOnly)
	asked.Store(&date{year, month, day, text})
	return text
}

// asked is the date that was asked for last: nearly always today's.
var asked atomic.Pointer[date]

type date struct {
	year  int
	month time.Month
	day   int
	text  string
}

// Policy holds the numbers an operator may set.
type Policy struct {
	MaxAmount Rupiah // of one transaction (PADG 24/1/PADG/2022: Rp 10,000,000)
	Fees      FeeTable
}

// DefaultPolicy is what the regulations say today.
func DefaultPolicy() Policy { return Policy{MaxAmount: Rp(10_000_000), Fees: DefaultFees()} }

// Switch finds the account that receives an off-us payment.
type Switch interface {
	// Route gives the clearing account of the institution with this NNS, or
	// an Unroutable error.
	Route(nns string) (ledger.Account, error)
}

// NationalSwitch routes every Indonesian institution, 9360 and four digits,
// to its own clearing account.
type NationalSwitch struct{}

// Route implements Switch.
func (NationalSwitch) Route(nns string) (ledger.Account, error) {
	if len(nns) != 8 || nns[:4] != "9360" {
		return "", Refuse(Unroutable, "the payload's account carries no Indonesian NNS (9360xxxx), so no switch can reach its acquirer")
	}
	return ledger.Clearing(nns), nil
}

// Core carries out the verbs on a Storage. It is safe for concurrent use.
type Core struct {
	store     Storage
	now       func() time.Time
	dice      io.Reader
	ids       *sequence
	policy    Policy
	routes    Switch
	directory directory
	tokens    tokenCache
	outbox    func()      // called when a delivery became due
	told      func(Event) // called with what was committed

	membership atomic.Pointer[Lease] // of this node among others; nil: it is alone
}

// New makes a Core. The clock and the dice are handed in: now gives the
// business time (a sandbox moves it), dice random bytes, normally
// crypto/rand.Reader.
func New(store Storage, now func() time.Time, dice io.Reader, policy Policy, routes Switch) *Core {
	return &Core{store: store, now: now, dice: dice, ids: new(sequence), policy: policy, routes: routes}
}

// OnOutbox names a function to call whenever a delivery has become due. It is
// set before the Core is used, must not block, and may be called for nothing.
func (c *Core) OnOutbox(f func()) { c.outbox = f }

func (c *Core) wakeOutbox() {
	if c.outbox != nil {
		c.outbox()
	}
}

// Now is the business time in UTC, to the microsecond that storage keeps.
func (c *Core) Now() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// Policy gives the limits and fees in force.
func (c *Core) Policy() Policy { return c.policy }

// digits appends n random decimal digits, at most 9.
func (c *Core) digits(dst []byte, n int) ([]byte, error) {
	var b [8]byte
	if _, err := io.ReadFull(c.dice, b[:]); err != nil {
		return nil, fmt.Errorf("pay: drawing digits: %w", err)
	}
	limit := uint64(1)
	for range n {
		limit *= 10
	}
	return appendDigits(dst, binary.BigEndian.Uint64(b[:])%limit, n), nil
}

// appendDigits writes a number with n digits, zeros before it.
func appendDigits(dst []byte, number uint64, n int) []byte {
	dst = append(dst, "000000000"[:n]...)
	for i := len(dst) - 1; number > 0; i-- {
		dst[i] = byte('0' + number%10)
		number /= 10
	}
	return dst
}

// newRef makes a reference of 22 digits: Jakarta date, millisecond of the day
// and eight random digits. It sorts by time, fits the 25 characters of a
// payload's reference label and packs well as a numeric QR segment.
func (c *Core) newRef(now time.Time) (string, error) {
	local := now.In(Jakarta)
	hour, minute, second := local.Clock()
	ms := 1000*((60*hour+minute)*60+second) + local.Nanosecond()/1_000_000
	var space [22]byte
	ref, err := c.digits(appendDigits(local.AppendFormat(space[:0], "060102"), uint64(ms), 8), 8)
	return string(ref), err
}

// newRRN makes a retrieval reference number of 12 digits: last digit of the
// year, day of the year, hour and six random digits (ISO 8583 field 37).
func (c *Core) newRRN(now time.Time) (string, error) {
	local := now.In(Jakarta)
	var space [12]byte
	rrn := appendDigits(space[:0], uint64(local.Year()%10), 1)
	rrn = appendDigits(rrn, uint64(local.YearDay()), 3)
	rrn, err := c.digits(appendDigits(rrn, uint64(local.Hour()), 2), 6)
	return string(rrn), err
}

// newSecret draws 256 bits and gives them as 43 characters of base64url.
func (c *Core) newSecret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(c.dice, b[:]); err != nil {
		return "", fmt.Errorf("pay: drawing a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func hashSecret(secret string) [32]byte {
	var space [64]byte // as long as our own are, and more
	return sha256.Sum256(append(space[:0], secret...))
}

// Recall looks for what a mark remembers. It gives nil when the identifier
// is new.
func (c *Core) Recall(ctx context.Context, m Mark) (*Repeated, error) {
	var found *Repeated
	err := c.store.View(ctx, func(r Reader) error {
		prior, err := r.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil {
			found = &Repeated{Mark: m, Prior: prior}
		}
		return err
	})
	return found, err
}

// firstRepeat answers a refused request: an identifier that was used before
// takes precedence over what is wrong with the request now.
func (c *Core) firstRepeat(ctx context.Context, marks []Mark, refusal error) error {
	for _, m := range marks {
		repeated, err := c.Recall(ctx, m)
		if err != nil {
			return err
		}
		if repeated != nil {
			return repeated
		}
	}
	return refusal
}

// remember writes the marks of a request, or answers with the first that
// exists.
func remember(tx Tx, marks []Mark, ref string) error {
	for _, m := range marks {
		m.Ref = ref
		err := tx.InsertMark(m)
		if errors.Is(err, ErrExists) {
			prior, err := tx.Mark(m.PartnerID, m.Scope, m.Kind, m.Key, m.Day)
			if err != nil {
				return err
			}
			return &Repeated{Mark: m, Prior: prior}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// retry runs a transaction again in the rare cases that another way of it
// may go well: with a newly drawn reference, or on newly read rows.
func retry(try func() error) error {
	var err error
	for range 16 {
		if err = try(); !errors.Is(err, errRefTaken) && !errors.Is(err, errRaced) {
			return err
		}
	}
	return err
}

var (
	errRefTaken = errors.New("pay: the drawn reference exists")
	errRaced    = errors.New("pay: a row has changed since the transaction read it")
)
