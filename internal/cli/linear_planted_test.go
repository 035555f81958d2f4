package cli

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/qrisd/qrisd/internal/pay"
)

// planted are faults that the checker must catch, each with the object on
// which it shows.
var planted = []struct {
	name  string
	flaw  flaw
	shows play
}{
	{"a dropped UNIQUE", changing(func(tx pay.Tx) pay.Tx { return noUnique{tx} }), playKey},
	{"an answer before its commit", answerEarly(commitLate), playPayer},
	{"an answer before a commit that fails", answerEarly(neverCommit), playCode},
	{"a check outside the transaction", beforehand(func(tx pay.Tx, r pay.Reader) pay.Tx { return earlyCheck{tx, r} }), playCode},
	{"a code that closes twice", changing(func(tx pay.Tx) pay.Tx { return openCode{tx} }), playCode},
	{"a debit without its condition", changing(func(tx pay.Tx) pay.Tx { return noFunds{tx} }), playPayer},
	{"a refund counter without its condition", changing(func(tx pay.Tx) pay.Tx { return noCounter{tx} }), playCode},
	{"a stale read", readStale, playCode},
	{"a read of two snapshots", readTorn, playCode},
	{"a read of what is not committed", readDirty, playCode},
	{"a transaction run twice", updatingBy(runTwice), playKey},
	{"a lost insert", changing(func(tx pay.Tx) pay.Tx { return lostPayment{tx} }), playCode},
	{"a lost credit", changing(func(tx pay.Tx) pay.Tx { return lostCredit{tx} }), playPayer},
	{"a lost update", beforehand(func(tx pay.Tx, r pay.Reader) pay.Tx { return earlyBalance{tx, r} }), playPayer},
	{"a mark after its effect", updatingBy(markAfter), playKey},
	{"a mark without its effect", updatingBy(markBefore), playPayer},
	{"a rollback that keeps a part", updatingBy(keepRefused), playCode},
	{"a grant that is good twice", changing(func(tx pay.Tx) pay.Tx { return twiceUsable{tx} }), playGrant},
	{"a limit checked without isolation", beforehand(func(tx pay.Tx, r pay.Reader) pay.Tx { return earlyLimit{tx, r} }), playPayer},
}

// attempts is how many histories a fault may survive.
const attempts = 400

// TestPlantedFaults holds the checker against servers that do wrong: for each
// of them there must soon be a history that no order explains.
func TestPlantedFaults(t *testing.T) {
	for _, e := range engines {
		ground := prepare(t, e)
		for _, fault := range planted {
			t.Run(e.name+"/"+fault.name, func(t *testing.T) {
				s := ground.open(t, fault.flaw)
				defer s.close()
				for i := range attempts {
					if h := s.run(fault.shows, uint64(i)); h.check() == porcupine.Illegal {
						t.Logf("caught by history %d:\n%v", i+1, h)
						return
					}
				}
				t.Errorf("no history of %d shows the fault", attempts)
			})
		}
	}
}
