package storage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/qrisd/qrisd/internal/ledger"
	"github.com/qrisd/qrisd/internal/pay"
)

// childTask names what the test binary does instead of testing, when another
// test runs it as a process of its own.
const childTask = "QRISD_STORAGE_TEST"

var childTasks = map[string]func(path string) error{"open": openOnly, "write": writeForever}

func TestMain(m *testing.M) {
	task, ok := childTasks[os.Getenv(childTask)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := task(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(t *testing.T, task, path string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, path)
	c.Env = append(os.Environ(), childTask+"="+task)
	return c
}

func openOnly(path string) error {
	s, err := OpenSQLite(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// writeForever makes payments from many callers and prints the reference of
// each that was acknowledged.
func writeForever(path string) error {
	s, err := OpenSQLite(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	life := fmt.Sprintf("%x", rand.Uint64()) // tells this process's references from its forerunners'
	errs := make(chan error)
	for caller := range 16 {
		go func() {
			for n := 0; ; n++ {
				ref := fmt.Sprintf("%s-%d-%d", life, caller, n)
				if err := s.Update(context.Background(), func(tx pay.Tx) error { return payOnce(tx, ref) }); err != nil {
					errs <- err
				}
				if _, err := os.Stdout.WriteString(ref + "\n"); err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}

// payOnce is all that one payment writes, in the tables that it touches.
func payOnce(tx pay.Tx, ref string) error {
	transfer := ledger.Transfer{ID: ref, Kind: ledger.OnUs, Ref: ref}
	transfer.Move(ledger.Wallet("budi"), ledger.Payable("p", "m"), 3)
	return errors.Join(
		tx.InsertMark(pay.Mark{PartnerID: "p", Kind: pay.ByReference, Key: ref, Ref: ref}),
		tx.InsertCode(pay.Code{Ref: ref, PartnerID: "p", PartnerRef: ref, State: pay.CodeActive}, "2026-01-02"),
		tx.Debit("budi", 3),
		tx.InsertTransfer(transfer, "2026-01-02"),
		tx.InsertPayment(pay.Payment{Ref: ref, PartnerID: "p", PartnerRef: ref, CodeRef: ref, Amount: 3, State: pay.PaymentPaid}, "2026-01-02"),
		tx.InsertDelivery(pay.Delivery{ID: ref, PartnerID: "p", CodeRef: ref, PaymentRef: ref, State: pay.DeliveryPending}),
	)
}

// TestKilled kills a process that writes, again and again. What it had
// acknowledged is there, and nothing is there by half.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	fundBudi(t, path)
	var acknowledged []string
	for round := range 6 {
		acknowledged = append(acknowledged, killAfter(t, path, 50+400*round)...)
		checkKilled(t, path, acknowledged)
	}
}

func fundBudi(t *testing.T, path string) {
	s := mustOpen(t, path, Options{})
	transfer := ledger.Transfer{ID: "fund", Kind: ledger.Funding}
	transfer.Move(ledger.External, ledger.Wallet("budi"), 1e12)
	err := s.Update(t.Context(), func(tx pay.Tx) error {
		return errors.Join(tx.InsertPayer(pay.Payer{ID: "budi"}), tx.Credit("budi", 1e12), tx.InsertTransfer(transfer, "2026-01-02"))
	})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
}

// killAfter lets a child acknowledge some payments, kills it in the midst of
// more, and gives all that it acknowledged.
func killAfter(t *testing.T, path string, lines int) (acknowledged []string) {
	c := child(t, "write", path)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break // a line that is cut off was not acknowledged
		}
		if acknowledged = append(acknowledged, strings.TrimSpace(line)); len(acknowledged) >= lines {
			once.Do(func() { err = c.Process.Kill() })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Wait(); err == nil || len(acknowledged) < lines {
		t.Fatalf("the child ended by itself after %d lines: %v %s", len(acknowledged), err, &complaint)
	}
	return acknowledged
}

func checkKilled(t *testing.T, path string, acknowledged []string) {
	s := mustOpen(t, path, Options{})
	defer mustClose(t, s)
	err := s.View(t.Context(), func(r pay.Reader) error {
		for _, ref := range acknowledged {
			if err := paidWhole(r, ref); err != nil {
				t.Errorf("acknowledged %s: %v", ref, err)
			}
		}
		return errors.Join(allOrNothing(r, len(acknowledged)), soundBooks(r), intact(r))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func paidWhole(r pay.Reader, ref string) error {
	_, noCode := r.Code(ref)
	_, noMark := r.Mark("p", "", pay.ByReference, ref, "")
	_, noPayment := r.LatestPayment(ref)
	_, noDelivery := r.Delivery(ref)
	transfer, noTransfer := r.Transfer(ref)
	return errors.Join(noCode, noMark, noPayment, noDelivery, noTransfer, transfer.Check())
}

// allOrNothing: what was kept without being acknowledged was kept whole.
func allOrNothing(r pay.Reader, acknowledged int) error {
	c, err := r.Counts()
	if err != nil {
		return err
	}
	marked, err := scalar[int64](r.(reader).q, "SELECT COUNT(*) FROM "+everyMark)
	if err != nil {
		return err
	}
	n := c.Codes
	if n < int64(acknowledged) || marked != n || (c != pay.Counts{Codes: n, Payments: n, Transfers: n + 1, Postings: 2 * (n + 1)}) {
		return fmt.Errorf("%d acknowledged, %d marks, %+v", acknowledged, marked, c)
	}
	return nil
}

func soundBooks(r pay.Reader) error {
	unbalanced, err := r.UnbalancedTransfers(9)
	if err != nil {
		return err
	}
	wrong, err := r.WrongWallets(9)
	if err != nil {
		return err
	}
	if len(unbalanced)+len(wrong) > 0 {
		return fmt.Errorf("unbalanced transfers %v, wrong wallets %v", unbalanced, wrong)
	}
	return nil
}

func intact(r pay.Reader) error {
	verdict, err := scalar[string](r.(reader).q, "PRAGMA integrity_check")
	if err == nil && verdict != "ok" {
		err = errors.New("the file is damaged: " + verdict)
	}
	return err
}
