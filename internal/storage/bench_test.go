package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
)

// callers is how many requests a busy server has under way.
const callers = 64

// shapes are the ways of committing that are compared: one transaction a
// commit and groups, on either engine. Sixteen writers of one each are what a
// pool of connections does.
var shapes = []struct {
	name     string
	postgres bool
	options  Options
}{
	{"sqlite/single", false, Options{MaxBatch: 1}},
	{"sqlite/groups", false, Options{}},
	{"postgres/pool", true, Options{MaxBatch: 1, Writers: 16}},
	{"postgres/groups", true, Options{}},
	{"postgres/groups2", true, Options{Writers: 2}},
}

func eachShape(b *testing.B, run func(*testing.B, *Store)) {
	cluster := pgtest.Start(b, pgtest.Options{Durable: true})
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			if shape.postgres {
				run(b, mustOpen(b, cluster.Database(b), shape.options))
			} else {
				run(b, mustOpen(b, filepath.Join(b.TempDir(), "books.db"), shape.options))
			}
		})
	}
}

// BenchmarkGenerate commits what one generated code writes: the code and the
// mark of its reference, both under random keys.
func BenchmarkGenerate(b *testing.B) { eachShape(b, generate) }

func generate(b *testing.B, s *Store) {
	measure(b, s, func(n int64, dice *rand.Rand) func(pay.Tx) error {
		code := benchCode(n, randomRef(dice))
		mark := pay.Mark{PartnerID: code.PartnerID, Scope: "generate", Kind: pay.ByReference, Key: code.PartnerRef, Ref: code.Ref}
		return func(tx pay.Tx) error {
			if err := tx.InsertMark(mark); err != nil {
				return err
			}
			return tx.InsertCode(code, "2026-01-01")
		}
	})
}

// BenchmarkPay commits what one payment of a code writes, for one of a
// thousand payers to one of a hundred merchants.
func BenchmarkPay(b *testing.B) {
	eachShape(b, func(b *testing.B, s *Store) { pays(b, s, 100) })
}

// BenchmarkHotMerchant is the same with a single merchant.
func BenchmarkHotMerchant(b *testing.B) {
	eachShape(b, func(b *testing.B, s *Store) { pays(b, s, 1) })
}

func pays(b *testing.B, s *Store, merchants int) {
	for i := range 1000 {
		id := fmt.Sprintf("payer-%d", i)
		err := s.Update(context.Background(), func(tx pay.Tx) error {
			return errors.Join(tx.InsertPayer(pay.Payer{ID: id}), tx.Credit(id, 1e15))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	measure(b, s, func(n int64, dice *rand.Rand) func(pay.Tx) error {
		p := benchPayment(n, dice, merchants)
		transfer := ledger.Transfer{ID: p.ID, Kind: ledger.OnUs, Ref: p.Ref, At: p.At}
		transfer.Move(ledger.Wallet(p.PayerID), ledger.Payable(p.AcquirerID, p.MerchantID), int64(p.Amount-p.MDR))
		transfer.Move(ledger.Wallet(p.PayerID), ledger.FeeRevenue, int64(p.MDR))
		mark := pay.Mark{PartnerID: p.PartnerID, Scope: "pay", Kind: pay.ByReference, Key: p.PartnerRef, Ref: p.Ref}
		told := pay.Delivery{
			ID: p.ID, PartnerID: p.AcquirerID, MerchantID: p.MerchantID, CodeRef: p.CodeRef, PaymentRef: p.Ref,
			State: pay.DeliveryPending, NextAt: p.At, CreatedAt: p.At,
		}
		return func(tx pay.Tx) error {
			return errors.Join(tx.InsertMark(mark), tx.Debit(p.PayerID, p.Amount), tx.InsertTransfer(transfer, "2026-01-01"),
				tx.InsertPayment(p, "2026-01-01"), tx.InsertDelivery(told))
		}
	})
}

// measure commits from many callers what one makes of a serial number.
func measure(b *testing.B, s *Store, one func(n int64, dice *rand.Rand) func(pay.Tx) error) {
	var serial atomic.Int64
	before := s.Stats()
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		dice := rand.New(rand.NewPCG(uint64(serial.Add(1)), 1))
		for pb.Next() {
			if err := s.Update(context.Background(), one(serial.Add(1), dice)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	stats := s.Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	b.ReportMetric(float64(stats.Transactions-before.Transactions)/float64(max(1, stats.Commits-before.Commits)), "tx/commit")
}

func randomRef(dice *rand.Rand) string {
	return fmt.Sprintf("%016x%016x", dice.Uint64(), dice.Uint64())
}

func benchCode(n int64, partnerRef string) pay.Code {
	at := time.UnixMicro(1_767_225_600_000_000 + n).UTC()
	return pay.Code{
		ID:         fmt.Sprintf("019b7a00-0000-7000-8000-%012x", n),
		Ref:        fmt.Sprintf("260101%016d", n),
		PartnerID:  "partner-1",
		PartnerRef: partnerRef,
		MerchantID: "merchant-1", MerchantName: "Warung Bu Sri", StoreID: "store-1", TerminalID: "A01",
		Amount: pay.Rp(25_000), Payload: strings.Repeat("0002010102122670", 16), State: pay.CodeActive,
		CreatedAt: at, ExpiresAt: at.Add(15 * time.Minute),
	}
}

func benchPayment(n int64, dice *rand.Rand, merchants int) pay.Payment {
	code := benchCode(n, "")
	return pay.Payment{
		ID: code.ID, Ref: fmt.Sprintf("260102%016d", n), PartnerID: "issuer", PartnerRef: randomRef(dice),
		PayerID: fmt.Sprintf("payer-%d", dice.IntN(1000)), CodeRef: code.Ref,
		AcquirerID: code.PartnerID, MerchantID: fmt.Sprintf("merchant-%d", dice.IntN(merchants)),
		NNS: "93600001", Payload: code.Payload, Amount: code.Amount, MDR: pay.Rp(100), RRN: "600100000001",
		State: pay.PaymentPaid, At: code.CreatedAt,
	}
}
