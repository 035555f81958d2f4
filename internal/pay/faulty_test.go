package pay_test

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

var errBroken = errors.New("the disk is broken")

// faults lets one call fail, of all that a core makes of its storage and its
// dice.
type faults struct {
	at    int    // how many calls go well before it; less than zero: all do
	call  string // or the first of this name
	with  error
	fired bool
	name  string // of the call that failed
}

// failing is a fault of every call in turn, named one of all those.
func failing(at int) *faults { return &faults{at: at, with: errBroken} }

func failingAt(call string, with error) *faults { return &faults{at: -1, call: call, with: with} }

func (f *faults) err(call string) error {
	if f.fired {
		return nil
	}
	if f.at == 0 || f.call == call {
		f.fired, f.name = true, call
		return f.with
	}
	f.at--
	return nil
}

// through makes a call unless it is the one to fail.
func through[T any](f *faults, call string, do func() (T, error)) (T, error) {
	if err := f.err(call); err != nil {
		var none T
		return none, err
	}
	return do()
}

func (f *faults) do(call string, do func() error) error {
	if err := f.err(call); err != nil {
		return err
	}
	return do()
}

// faulty is a storage with faults.
type faulty struct {
	*faults
	sound pay.Storage
}

func (s faulty) View(ctx context.Context, f func(pay.Reader) error) error {
	return s.do("View", func() error {
		return s.sound.View(ctx, func(r pay.Reader) error { return f(faultyTx{readerAsTx{Reader: r}, s.faults}) })
	})
}

func (s faulty) Update(ctx context.Context, f func(pay.Tx) error) error {
	return s.do("Update", func() error {
		return s.sound.Update(ctx, func(tx pay.Tx) error { return f(faultyTx{tx, s.faults}) })
	})
}

// readerAsTx lets one type stand before both; nobody can write through it.
type readerAsTx struct {
	pay.Reader
	noWrites
}

type noWrites struct{ pay.Tx }

// faultyDice are dice with faults.
type faultyDice struct {
	*faults
	sound io.Reader
}

func (d faultyDice) Read(p []byte) (int, error) {
	return through(d.faults, "dice", func() (int, error) { return d.sound.Read(p) })
}

// faultyTx has every call that a core makes.
type faultyTx struct {
	pay.Tx
	*faults
}

func (f faultyTx) Partner(id string) (pay.Partner, error) {
	return through(f.faults, "Partner", func() (pay.Partner, error) { return f.Tx.Partner(id) })
}

func (f faultyTx) PartnerByClientKey(key string) (pay.Partner, error) {
	return through(f.faults, "PartnerByClientKey", func() (pay.Partner, error) { return f.Tx.PartnerByClientKey(key) })
}

func (f faultyTx) Merchant(partnerID, id string) (pay.Merchant, error) {
	return through(f.faults, "Merchant", func() (pay.Merchant, error) { return f.Tx.Merchant(partnerID, id) })
}

func (f faultyTx) MerchantByMPAN(mpan string) (pay.Merchant, error) {
	return through(f.faults, "MerchantByMPAN", func() (pay.Merchant, error) { return f.Tx.MerchantByMPAN(mpan) })
}

func (f faultyTx) Merchants(partnerID string) ([]pay.Merchant, error) {
	return through(f.faults, "Merchants", func() ([]pay.Merchant, error) { return f.Tx.Merchants(partnerID) })
}

func (f faultyTx) Outlet(partnerID, merchantID string, kind pay.OutletKind, id string) (pay.Outlet, error) {
	return through(f.faults, "Outlet", func() (pay.Outlet, error) { return f.Tx.Outlet(partnerID, merchantID, kind, id) })
}

func (f faultyTx) Payer(id string) (pay.Payer, error) {
	return through(f.faults, "Payer", func() (pay.Payer, error) { return f.Tx.Payer(id) })
}

func (f faultyTx) Code(ref string) (pay.Code, error) {
	return through(f.faults, "Code", func() (pay.Code, error) { return f.Tx.Code(ref) })
}

func (f faultyTx) CodesOn(partnerID, merchantID, day string, behind pay.ListedCode, limit int, visit func(pay.ListedCode) error) error {
	return f.faults.do("CodesOn", func() error { return f.Tx.CodesOn(partnerID, merchantID, day, behind, limit, visit) })
}

func (f faultyTx) DueCodes(now time.Time, limit int) ([]pay.Code, error) {
	return through(f.faults, "DueCodes", func() ([]pay.Code, error) { return f.Tx.DueCodes(now, limit) })
}

func (f faultyTx) Payment(ref string) (pay.Payment, error) {
	return through(f.faults, "Payment", func() (pay.Payment, error) { return f.Tx.Payment(ref) })
}

func (f faultyTx) LatestPayment(codeRef string) (pay.Payment, error) {
	return through(f.faults, "LatestPayment", func() (pay.Payment, error) { return f.Tx.LatestPayment(codeRef) })
}

func (f faultyTx) PaidToMerchant(partnerID, merchantID, day string) (pay.Rupiah, error) {
	return through(f.faults, "PaidToMerchant", func() (pay.Rupiah, error) { return f.Tx.PaidToMerchant(partnerID, merchantID, day) })
}

func (f faultyTx) PaidByPayerSince(payerID, day string) (pay.Rupiah, error) {
	return through(f.faults, "PaidByPayerSince", func() (pay.Rupiah, error) { return f.Tx.PaidByPayerSince(payerID, day) })
}

func (f faultyTx) Refund(ref string) (pay.Refund, error) {
	return through(f.faults, "Refund", func() (pay.Refund, error) { return f.Tx.Refund(ref) })
}

func (f faultyTx) RefundsOf(paymentRef string) ([]pay.Refund, error) {
	return through(f.faults, "RefundsOf", func() ([]pay.Refund, error) { return f.Tx.RefundsOf(paymentRef) })
}

func (f faultyTx) Token(hash [32]byte) (pay.Token, error) {
	return through(f.faults, "Token", func() (pay.Token, error) { return f.Tx.Token(hash) })
}

func (f faultyTx) Mark(partnerID, scope string, kind pay.MarkKind, key, day string) (pay.Mark, error) {
	return through(f.faults, "Mark", func() (pay.Mark, error) { return f.Tx.Mark(partnerID, scope, kind, key, day) })
}

func (f faultyTx) Balances(visit func(ledger.Account, pay.Rupiah) error) error {
	return f.do("Balances", func() error { return f.Tx.Balances(visit) })
}

func (f faultyTx) UnbalancedTransfers(limit int) ([]string, error) {
	return through(f.faults, "UnbalancedTransfers", func() ([]string, error) { return f.Tx.UnbalancedTransfers(limit) })
}

func (f faultyTx) WrongWallets(limit int) ([]string, error) {
	return through(f.faults, "WrongWallets", func() ([]string, error) { return f.Tx.WrongWallets(limit) })
}

func (f faultyTx) Counts() (pay.Counts, error) {
	return through(f.faults, "Counts", func() (pay.Counts, error) { return f.Tx.Counts() })
}

func (f faultyTx) Delivery(id string) (pay.Delivery, error) {
	return through(f.faults, "Delivery", func() (pay.Delivery, error) { return f.Tx.Delivery(id) })
}

func (f faultyTx) Unsettled(day string) ([]pay.Settlement, error) {
	return through(f.faults, "Unsettled", func() ([]pay.Settlement, error) { return f.Tx.Unsettled(day) })
}

func (f faultyTx) CountOutlets(partnerID, merchantID string, kind pay.OutletKind) (int, error) {
	return through(f.faults, "CountOutlets", func() (int, error) { return f.Tx.CountOutlets(partnerID, merchantID, kind) })
}

func (f faultyTx) Setting(name string) (string, error) {
	return through(f.faults, "Setting", func() (string, error) { return f.Tx.Setting(name) })
}

func (f faultyTx) Draft(v pay.Drafting) (pay.Draft, error) {
	return through(f.faults, "Draft", func() (pay.Draft, error) { return f.Tx.Draft(v) })
}

func (f faultyTx) Leases(prefix string) ([]pay.Lease, error) {
	return through(f.faults, "Leases", func() ([]pay.Lease, error) { return f.Tx.Leases(prefix) })
}

func (f faultyTx) PutPartner(v pay.Partner) error {
	return f.do("PutPartner", func() error { return f.Tx.PutPartner(v) })
}

func (f faultyTx) PutMerchant(v pay.Merchant) error {
	return f.do("PutMerchant", func() error { return f.Tx.PutMerchant(v) })
}

func (f faultyTx) PutOutlet(v pay.Outlet) error {
	return f.do("PutOutlet", func() error { return f.Tx.PutOutlet(v) })
}

func (f faultyTx) InsertPayer(v pay.Payer) error {
	return f.do("InsertPayer", func() error { return f.Tx.InsertPayer(v) })
}

func (f faultyTx) InsertCode(c pay.Code, day string) error {
	return f.do("InsertCode", func() error { return f.Tx.InsertCode(c, day) })
}

func (f faultyTx) CloseCode(c pay.Code, to pay.CodeState) error {
	return f.do("CloseCode", func() error { return f.Tx.CloseCode(c, to) })
}

func (f faultyTx) EndCode(c pay.Code) error {
	return f.do("EndCode", func() error { return f.Tx.EndCode(c) })
}

func (f faultyTx) ExpireCodes(now time.Time, limit int) (int, error) {
	return through(f.faults, "ExpireCodes", func() (int, error) { return f.Tx.ExpireCodes(now, limit) })
}

func (f faultyTx) HoldCode(ref string) error {
	return f.do("HoldCode", func() error { return f.Tx.HoldCode(ref) })
}

func (f faultyTx) InsertPayment(p pay.Payment, day string) error {
	return f.do("InsertPayment", func() error { return f.Tx.InsertPayment(p, day) })
}

func (f faultyTx) AddRefunded(paymentRef string, was, amount pay.Rupiah) error {
	return f.do("AddRefunded", func() error { return f.Tx.AddRefunded(paymentRef, was, amount) })
}

func (f faultyTx) InsertRefund(r pay.Refund, day string) error {
	return f.do("InsertRefund", func() error { return f.Tx.InsertRefund(r, day) })
}

func (f faultyTx) Debit(payerID string, amount pay.Rupiah) error {
	return f.do("Debit", func() error { return f.Tx.Debit(payerID, amount) })
}

func (f faultyTx) Credit(payerID string, amount pay.Rupiah) error {
	return f.do("Credit", func() error { return f.Tx.Credit(payerID, amount) })
}

func (f faultyTx) InsertTransfer(t ledger.Transfer, day string) error {
	return f.do("InsertTransfer", func() error { return f.Tx.InsertTransfer(t, day) })
}

func (f faultyTx) InsertToken(v pay.Token) error {
	return f.do("InsertToken", func() error { return f.Tx.InsertToken(v) })
}

func (f faultyTx) RevokeToken(t pay.Token) error {
	return f.do("RevokeToken", func() error { return f.Tx.RevokeToken(t) })
}

func (f faultyTx) RevokeBinding(partnerID, payerID string, at time.Time) (int, error) {
	return through(f.faults, "RevokeBinding", func() (int, error) { return f.Tx.RevokeBinding(partnerID, payerID, at) })
}

func (f faultyTx) UseToken(t pay.Token) error {
	return f.do("UseToken", func() error { return f.Tx.UseToken(t) })
}

func (f faultyTx) InsertMark(v pay.Mark) error {
	return f.do("InsertMark", func() error { return f.Tx.InsertMark(v) })
}

func (f faultyTx) InsertDelivery(v pay.Delivery) error {
	return f.do("InsertDelivery", func() error { return f.Tx.InsertDelivery(v) })
}

func (f faultyTx) ClaimDeliveries(holder string, now time.Time, limit int) ([]pay.Delivery, error) {
	return through(f.faults, "ClaimDeliveries", func() ([]pay.Delivery, error) { return f.Tx.ClaimDeliveries(holder, now, limit) })
}

func (f faultyTx) ReleaseDeliveries(holder string) error {
	return f.do("ReleaseDeliveries", func() error { return f.Tx.ReleaseDeliveries(holder) })
}

func (f faultyTx) SetDeliveryBody(id, body string) error {
	return f.do("SetDeliveryBody", func() error { return f.Tx.SetDeliveryBody(id, body) })
}

func (f faultyTx) SetDelivery(id string, state pay.DeliveryState, attempts int, next, at time.Time) error {
	return f.do("SetDelivery", func() error { return f.Tx.SetDelivery(id, state, attempts, next, at) })
}

func (f faultyTx) InsertAttempt(v pay.Attempt) error {
	return f.do("InsertAttempt", func() error { return f.Tx.InsertAttempt(v) })
}

func (f faultyTx) InsertSettlement(v pay.Settlement) error {
	return f.do("InsertSettlement", func() error { return f.Tx.InsertSettlement(v) })
}

func (f faultyTx) InsertSetting(name, value string) error {
	return f.do("InsertSetting", func() error { return f.Tx.InsertSetting(name, value) })
}

func (f faultyTx) PutSetting(name, value string) error {
	return f.do("PutSetting", func() error { return f.Tx.PutSetting(name, value) })
}

func (f faultyTx) Clear() error {
	return f.do("Clear", func() error { return f.Tx.Clear() })
}

func (f faultyTx) Guard(name string) error {
	return f.do("Guard", func() error { return f.Tx.Guard(name) })
}

func (f faultyTx) TakeLease(name, holder string, now, until time.Time) (pay.Lease, error) {
	return through(f.faults, "TakeLease", func() (pay.Lease, error) { return f.Tx.TakeLease(name, holder, now, until) })
}

func (f faultyTx) Fence(v pay.Lease) error {
	return f.do("Fence", func() error { return f.Tx.Fence(v) })
}

func (f faultyTx) DropLease(v pay.Lease) error {
	return f.do("DropLease", func() error { return f.Tx.DropLease(v) })
}

func (f faultyTx) TakeQuota(name string, slot, n, limit int64) error {
	return f.do("TakeQuota", func() error { return f.Tx.TakeQuota(name, slot, n, limit) })
}

func (f faultyTx) InsertUser(v pay.User) error {
	return f.do("InsertUser", func() error { return f.Tx.InsertUser(v) })
}

func (f faultyTx) SetUser(v pay.User) error {
	return f.do("SetUser", func() error { return f.Tx.SetUser(v) })
}

func (f faultyTx) SetPayer(v pay.Payer) error {
	return f.do("SetPayer", func() error { return f.Tx.SetPayer(v) })
}

func (f faultyTx) InsertAct(v pay.Act) error {
	return f.do("InsertAct", func() error { return f.Tx.InsertAct(v) })
}

func (f faultyTx) EndAct(id, outcome string) error {
	return f.do("EndAct", func() error { return f.Tx.EndAct(id, outcome) })
}

func (f faultyTx) AppendBlock(v pay.Block) error {
	return f.do("AppendBlock", func() error { return f.Tx.AppendBlock(v) })
}

func (f faultyTx) User(name string) (pay.User, error) {
	return through(f.faults, "User", func() (pay.User, error) { return f.Tx.User(name) })
}
