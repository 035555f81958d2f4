package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/emv"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

// benchBooks are the codes that were stored before the first round. They are
// made of their numbers, so that ten million of them need no memory here.
type benchBooks struct {
	patterns  []pay.Code // one real code of each merchant
	codes     int
	seed      uint64
	day       time.Time // midnight in Jakarta of the day before
	ascending bool
	customers []string // texts of the payers' tokens
	taken     atomic.Int64
}

// code is the number i of them: the pattern of its merchant under its own
// references. Its Ref has the form of every other, a date, the millisecond of
// the day and eight digits.
func (b *benchBooks) code(i int) pay.Code {
	c := b.patterns[i%len(b.patterns)]
	random := scatter(b.seed + uint64(i))
	at := b.day.Add(time.Duration(i) * time.Millisecond)
	ref := fmt.Sprintf("%s%08d%08d", b.day.Format("060102"), i, random%100_000_000)
	c.Payload = relabel(c.Payload, c.Ref, ref)
	c.ID = fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, random>>52, random>>40&0xfff, random&0xffff_ffff_ffff)
	c.Ref, c.CreatedAt = ref, at
	c.PartnerRef = fmt.Sprintf("%016x%08x", random, uint32(b.seed))
	if b.ascending {
		c.PartnerRef = fmt.Sprintf("%016x%08x", i, uint32(b.seed))
	}
	return c
}

// any is the number of one of the codes.
func (b *benchBooks) any() int { return mathrand.IntN(b.codes) }

// relabel puts another reference of the same length into a payload.
func relabel(payload, old, ref string) string {
	body := strings.Replace(payload[:len(payload)-4], old, ref, 1)
	return fmt.Sprintf("%s%04X", body, emv.CRC(body))
}

// scatter is SplitMix64: neighbours become unlike each other, and no two
// numbers the same.
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// filler stores what must be there before the first round.
type filler struct {
	store    *storage.Store
	core     *pay.Core
	dialect  *dialect.Dialect
	partner  *pay.Partner
	progress *benchProgress
	o        benchOptions
	books    *benchBooks
}

// fillBooks stores codes, and payers with money and tokens, in books of a
// seeded sandbox that nobody serves.
func fillBooks(ctx context.Context, location string, o benchOptions, receiver string, progress *benchProgress) (books *benchBooks, err error) {
	keys, err := keyFlags{}.keys(filepath.Dir(location), location, true)
	if err != nil {
		return nil, err
	}
	store, err := storage.Open(ctx, location, storage.Options{Keys: keys})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	f := &filler{
		store: store, core: pay.New(store, time.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{}),
		dialect: dialectNamed(o.dialect), progress: progress, o: o,
	}
	yesterday := time.Now().In(pay.Jakarta).AddDate(0, 0, -1)
	f.books = &benchBooks{
		codes: o.codes, ascending: o.ascending,
		day: time.Date(yesterday.Year(), yesterday.Month(), yesterday.Day(), 0, 0, 0, 0, pay.Jakarta),
	}
	var seed [8]byte
	rand.Read(seed[:])
	f.books.seed = binary.BigEndian.Uint64(seed[:])
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return f.findPartner(ctx, receiver) }, f.addPatterns, f.addPayers, f.addCodes,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return f.books, nil
}

// findPartner reads the partner, and names the receiver of its notifications.
func (f *filler) findPartner(ctx context.Context, receiver string) error {
	text, err := f.core.Setting(ctx, settingParties)
	if err != nil {
		return err
	}
	parties, err := readParties(text)
	if err != nil {
		return err
	}
	p, err := f.core.EditPartner(ctx, parties.Partners[f.o.dialect].PartnerID, func(p *pay.Partner) error {
		p.NotifyURL = receiver
		return nil
	})
	f.partner = &p
	return err
}

// benchAmount is what each stored code asks for.
var benchAmount = pay.Rp(10_000)

// codeLife is how long stored codes stay payable.
const codeLife = 24 * time.Hour

// addPatterns generates one code for each merchant, of which the first is the
// sandbox's own.
func (f *filler) addPatterns(ctx context.Context) error {
	merchants, err := f.merchants(ctx)
	if err != nil {
		return err
	}
	f.books.patterns = make([]pay.Code, f.o.merchants)
	f.progress.next("merchants", int64(f.o.merchants))
	return sideBySide(f.o.merchants, func(i int) (err error) {
		defer f.progress.add(1)
		m := merchants[0]
		if i > 0 {
			m.ID, m.MPAN = fmt.Sprintf("BENCH%08d", i), fmt.Sprintf("93600999%010d", 1_000_000+i)
			if err := f.core.AddMerchant(ctx, m); err != nil {
				return err
			}
		}
		f.books.patterns[i], err = f.core.Generate(ctx, pay.GenerateRequest{
			Partner: f.partner, MerchantID: m.ID, Amount: benchAmount, ExpiresAt: f.core.Now().Add(codeLife),
		})
		return err
	})
}

func (f *filler) merchants(ctx context.Context) (all []pay.Merchant, err error) {
	err = f.store.View(ctx, func(r pay.Reader) error {
		all, err = r.Merchants(f.partner.ID)
		return err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("the sandbox's partner %s has no merchant", f.partner.ID)
	}
	return all, err
}

// addPayers makes those who will pay, with money for every code.
func (f *filler) addPayers(ctx context.Context) error {
	if f.o.operation != verbPay {
		return nil
	}
	f.books.customers = make([]string, f.o.payers)
	f.progress.next("payers", int64(f.o.payers))
	return sideBySide(f.o.payers, func(i int) error {
		defer f.progress.add(1)
		payer := pay.Payer{ID: fmt.Sprintf("bench-%016x-%08d", f.books.seed, i), Name: "Payer", Standing: pay.Active, CreatedAt: f.core.Now()}
		if err := f.core.AddPayer(ctx, payer, benchAmount*pay.Rupiah(f.o.codes)); err != nil {
			return err
		}
		token, err := f.core.IssueCustomer(ctx, f.partner, payer.ID, codeLife)
		f.books.customers[i] = token.Text
		return err
	})
}

// codesAtOnce share one transaction, of which many share one commit.
const codesAtOnce = 100

func (f *filler) addCodes(ctx context.Context) error {
	f.progress.next("codes", int64(f.o.codes))
	day := pay.Day(f.books.day)
	return sideBySide((f.o.codes+codesAtOnce-1)/codesAtOnce, func(chunk int) error {
		from, to := chunk*codesAtOnce, min((chunk+1)*codesAtOnce, f.o.codes)
		defer f.progress.add(to - from)
		return f.store.Update(ctx, func(tx pay.Tx) error {
			for i := from; i < to; i++ {
				if err := f.addCode(tx, f.books.code(i), day); err != nil {
					return fmt.Errorf("code %d (is the store empty but for the sandbox?): %w", i, err)
				}
			}
			return nil
		})
	})
}

// addCode writes what the request of a partner would have.
func (f *filler) addCode(tx pay.Tx, c pay.Code, day string) error {
	reference := pay.Mark{PartnerID: c.PartnerID, Scope: pay.ScopeCode, Kind: pay.ByReference, Key: c.PartnerRef, Ref: c.Ref}
	marks := []pay.Mark{reference}
	if rule := f.dialect.ExternalID; rule.Remember {
		external := pay.Mark{PartnerID: c.PartnerID, Kind: pay.ByExternalID, Key: c.PartnerRef, Ref: c.Ref}
		if rule.Daily {
			external.Day = day
		}
		marks = append(marks, external)
	}
	for _, m := range marks {
		if err := tx.InsertMark(m); err != nil {
			return err
		}
	}
	return tx.InsertCode(c, day)
}

// sideBySide calls f with every number below n, of which as many at a time as fill
// a writer's groups twice. It gives the first error, after which it calls f no
// more.
func sideBySide(n int, f func(int) error) error {
	const workers = 128
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for failed.Load() == nil {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// customer is the token of one of the payers.
func (b *benchBooks) customer() string { return b.customers[mathrand.IntN(len(b.customers))] }

// credentialsOf reads the credentials of a dialect's partner.
func credentialsOf(file sandbox.File, name string) (sandbox.Credentials, error) {
	c, ok := file.Partners[name]
	if !ok {
		return c, fmt.Errorf("the sandbox has no partner of %s", name)
	}
	return c, nil
}
