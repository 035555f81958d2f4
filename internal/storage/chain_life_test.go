package storage

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// open opens the store of the books, for the program's own work.
func (v *vandal) open() *fair {
	v.t.Helper()
	s := mustOpen(v.t, v.location, Options{Keys: fairKeys})
	v.store = s
	f := &fair{t: v.t, store: s, now: time.Now(), orders: 1000}
	f.core = newCore(s)
	return f
}

// fund moves money under an id that was drawn some time ago.
func (f *fair) fund(ago time.Duration) (id string) {
	f.t.Helper()
	f.orders++
	ms := time.Now().Add(-ago).UnixMilli()
	id = fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, f.orders)
	t := ledger.Transfer{ID: id, Kind: ledger.Funding, Ref: "budi", At: f.now}
	t.Move(ledger.External, ledger.Wallet("budi"), 100)
	f.must(f.store.Update(context.Background(), func(tx pay.Tx) error {
		return errors.Join(tx.Credit("budi", 100), tx.InsertTransfer(t, pay.Day(f.now)))
	}))
	return id
}

// sealSince seals with a look back for what came late.
func (f *fair) sealSince(since time.Time) {
	f.t.Helper()
	_, err := f.core.Under(pay.Lease{}).Seal(context.Background(), pay.Sealing{Now: time.Now(), Since: since})
	f.must(err)
}

func (v *vandal) waits() int64 {
	v.t.Helper()
	var h ChainHead
	v.read(func(s *Snapshot) (err error) { h, err = s.ChainHead(); return err })
	return h.Waits
}

// TestLateTransfer commits transfers whose ids the chain has passed.
func TestLateTransfer(t *testing.T) {
	onVandals(t, func(v *vandal) {
		f := v.open()
		f.fund(0)
		f.seal()
		if n := v.waits(); n != 0 {
			v.t.Errorf("%d wait", n)
		}
		late := f.fund(30 * time.Second)
		v.whole("with one that has just been committed")
		f.sealSince(time.Now())
		f.sealSince(time.Now().Add(-time.Minute))
		v.whole("with one that was late")
		v.exec("UPDATE posting SET amount = amount - 1 WHERE transfer_id = $1 AND amount < 0", late)
		v.wants("altered in its block", "transfer "+late, "amount")
		v.exec("UPDATE posting SET amount = amount + 1 WHERE transfer_id = $1 AND amount < 0", late)

		strange := f.fund(time.Hour) // by a node whose clock is wrong
		v.wants("far behind the chain", "transfer "+strange)
		f.sealSince(time.Now())
		v.wants("where nobody looks", "transfer "+strange)
		f.sealSince(time.Time{})
		v.whole("once somebody has looked")
		f.sealSince(time.Time{})
		var blocks, lates int
		if err := v.db.QueryRow("SELECT COUNT(*), COUNT(*) FILTER (WHERE late <> '') FROM block WHERE transfers = 0 AND number > 3").Scan(&blocks, &lates); err != nil {
			v.t.Fatal(err)
		}
		if blocks != 2 || lates != 2 {
			v.t.Errorf("%d blocks for 2 late transfers, %d of them say so", blocks, lates)
		}
	})
}

// TestClearedChain: the chain goes on over books that were cleared, and what
// was there before may not come back.
func TestClearedChain(t *testing.T) {
	onVandals(t, func(v *vandal) {
		e := evidences[0]
		before, columns := v.rows(e)
		f := v.open()
		f.must(f.core.Clear(context.Background()))
		v.whole("cleared")
		f.open()
		f.pay("budi", f.generate("P", 5000, nil).Payload, 0)
		v.whole("paid again, and nothing sealed")
		f.seal()
		v.whole("sealed")
		f.pay("budi", f.generate("P", 6000, nil).Payload, 0)
		f.seal()
		v.whole("and on")
		if n := v.waits(); n != 0 {
			v.t.Errorf("%d wait", n)
		}
		old := with(before[0], "id", "0"+fmt.Sprint(before[0]["id"])[1:9]+"-0000-7000-8000-000000000000")
		old["id"] = "01000000-0000-7000-8000-000000000000"
		v.insert(e, columns, old)
		v.wants("come back", "transfer 01000000-0000-7000-8000-000000000000")
		v.remove(e, old)
		sealed, _ := v.rows(e)
		v.remove(e, sealed[0])
		v.wants("deleted behind it", "transfer "+e.id(sealed[0]))
		v.insert(e, columns, sealed[0])
		v.exec("DELETE FROM block WHERE kind = 'cleared'")
		v.wants("without the block that says so", "block")
	})
}

// TestAdoptedBooks are older than their chain: rows without digests are sealed
// as they are found, and none later.
func TestAdoptedBooks(t *testing.T) {
	onVandals(t, func(v *vandal) {
		tail, _ := v.rows(evidences[0])
		last := v.evidenceOf(tail)
		v.exec("UPDATE transfer SET digest = '' WHERE id = $1", last)
		v.wants("without a digest", "transfer "+last, "digest")
		for _, text := range []string{
			"UPDATE transfer SET digest = ''", "UPDATE payment SET digest = ''", "UPDATE refund SET digest = ''",
			"DELETE FROM block", "DELETE FROM leaf", "DELETE FROM setting WHERE name = '" + settingHead + "'",
		} {
			v.exec(text)
		}
		v.whole("older than the chain")
		f := v.open()
		f.seal()
		v.whole("adopted")
		f.pay("budi", f.foreign(), 0)
		f.act("payer.fund", "budi")
		f.seal()
		v.whole("and on")
		for _, e := range evidences[:6] {
			all, columns := v.rows(e)
			c := columns[len(columns)-2]
			v.set(e, all[0], c, alter(all[0][c], 0))
			v.wants("altered in "+e.table, e.id(all[0]))
			v.set(e, all[0], c, all[0][c])
		}
		v.exec("UPDATE block SET sealed_at = sealed_at + 1000000 WHERE number = 1")
		v.wants("its first block", "block 1", "sealed_at")
	})
}

func (v *vandal) evidenceOf(all []map[string]any) string { return fmt.Sprint(all[len(all)-1]["id"]) }

// TestTwoWhoSeal: of two blocks that follow the same one, one is appended, and
// who has lost its lease appends none.
func TestTwoWhoSeal(t *testing.T) {
	onVandals(t, func(v *vandal) {
		f := v.open()
		f.seal()
		f.fund(0)
		var d pay.Draft
		f.must(f.store.View(context.Background(), func(r pay.Reader) (err error) {
			d, err = r.Draft(pay.Drafting{Limit: 10})
			return err
		}))
		append := func() error {
			return f.store.Update(context.Background(), func(tx pay.Tx) error { return tx.AppendBlock(d.Block) })
		}
		f.must(append())
		if err := append(); !errors.Is(err, pay.ErrChainGrown) {
			v.t.Errorf("the same block again: %v", err)
		}
		f.fund(0)
		gone := pay.Lease{Name: "seal", Holder: "a", Token: 1}
		if _, err := f.core.Under(gone).Seal(context.Background(), pay.Sealing{Now: time.Now()}); !errors.Is(err, pay.ErrLeaseLost) {
			v.t.Errorf("without the lease: %v", err)
		}
		v.whole("after all")
		if n := v.waits(); n != 1 {
			v.t.Errorf("%d wait", n)
		}
	})
}

// TestManyBlocks seals more than one block takes, and looks for what is late
// over more than one stretch.
func TestManyBlocks(t *testing.T) {
	onVandals(t, func(v *vandal) {
		f := v.open()
		for range 30 {
			f.fund(0)
			for more, err := true, error(nil); more; {
				more, err = f.core.Under(pay.Lease{}).Seal(context.Background(), pay.Sealing{Now: time.Now(), Until: time.Now().Add(time.Second)})
				f.must(err)
			}
		}
		v.whole("many blocks")
		late := f.fund(time.Minute)
		v.read(func(s *Snapshot) error {
			for _, blocks := range []int{1, 3, 30, 1000} {
				last, err := lastOf(s)
				if err != nil {
					return err
				}
				found, err := reader{s}.lateTransfers(last, "", blocks)
				if err != nil || len(found) != 1 || found[0] != late {
					v.t.Errorf("by %d blocks: %v, %v", blocks, found, err)
				}
			}
			return nil
		})
	})
}
