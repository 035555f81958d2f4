package torture

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/qrisd/qrisd/snap"
)

// evidence is what the front door says after the last restart. The checker
// reads nothing else but the log.
type evidence struct {
	at, until time.Time        // between these all questions were asked
	codes     map[string]shown // by the partner's reference
	payments  map[string]shown // customers', by their reference
	before    books            // before the load
	after     books
	poor      map[string]bool // payers that may have run out of money
	notices   []notice
	nodes     []string // what is wrong with the processes
}

// shown is how a transaction stands in the answer to a query.
type shown struct {
	State    state
	Ref      string // the server's
	Mine     string // the partner's
	Amount   int64
	Returned int64            // all refunds together; -1: the dialect does not tell
	Refunds  map[string]int64 // each, by partnerRefundNo; nil: the dialect does not tell
	Answer   string
}

// books are the counts, the balances and the verdict of the ledger's own check.
type books struct {
	Balanced        bool
	Codes, Payments int64
	Wallets         map[string]int64 // by payer
	Funding         int64            // what came from outside, all payers together
	Answer          string
}

// seen reads the answer to a query.
func seen(a answer) shown {
	var s standing
	a.read(&s)
	v := shown{State: s.state(), Ref: s.OriginalReferenceNo, Mine: s.OriginalPartnerReferenceNo, Amount: sen(s.Amount), Answer: fmt.Sprintf("%d %s", a.http, a.body)}
	switch c, ok := snap.ResponseCode(a.code).Case(); {
	case ok && c == snap.CaseTransactionNotFound:
		return shown{State: missing, Answer: v.Answer}
	case a.outcome != acknowledged:
		return shown{State: state("no answer: " + a.fault), Answer: v.Answer}
	}
	if detail := s.AdditionalInfo.AmountDetail; detail != nil {
		v.Returned = sen(detail.RefundAmount)
		return v
	}
	v.Refunds = map[string]int64{}
	for _, r := range s.AdditionalInfo.RefundHistory {
		v.Refunds[r.PartnerRefundNo] += sen(r.RefundAmount)
		v.Returned += sen(r.RefundAmount)
	}
	return v
}

// askers is how many questions are asked at once.
const askers = 16

// look asks for everything that the log says there may be.
func (l *load) look(ctx context.Context, before books) (*evidence, error) {
	e := &evidence{at: time.Now(), codes: map[string]shown{}, payments: map[string]shown{}, before: before, poor: map[string]bool{}}
	for _, p := range l.payers {
		e.poor[p.id] = p.poor
	}
	tokens := l.tokens()
	questions := make(chan *op)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			for o := range questions {
				s := l.question(ctx, o, tokens)
				mu.Lock()
				if o.Kind == generate {
					e.codes[o.Ref] = s
				} else {
					e.payments[o.Ref] = s
				}
				mu.Unlock()
			}
		})
	}
	for _, o := range l.log.ops {
		if askable(o) {
			questions <- o
		}
	}
	close(questions)
	wg.Wait()
	e.until = time.Now()
	var err error
	e.after, err = l.front.books(ctx)
	return e, err
}

func (l *load) tokens() map[string]string {
	tokens := map[string]string{}
	for _, p := range l.payers {
		tokens[p.id] = p.token
	}
	return tokens
}

// askable are codes and customers' payments that a server may have seen, of
// whatever outcome. Some dialects can be asked only by the server's reference.
func askable(o *op) bool {
	switch {
	case !o.sent():
		return false
	case o.Kind == generate:
		return o.Outcome != refused && (o.Given != "" || !acquirers[o.Way].byRef)
	}
	return o.Kind == payment && o.Way == issuer
}

// question asks about one operation, again if no answer comes.
func (l *load) question(ctx context.Context, o *op, tokens map[string]string) shown {
	p := l.front.partners[o.Way]
	operation, body, customer := opQuery, object(nil), ""
	if o.Kind == generate {
		body = p.query(original{o.Given, o.Ref}, p.at)
	} else {
		operation, customer = opPaid, tokens[o.Payer]
		body = object{"originalPartnerReferenceNo": o.Ref, "serviceCode": string(snap.ServicePayment)}
	}
	var a answer
	for range 5 {
		a = l.front.call(ctx, p, operation, body, customer, "")
		if a.outcome == acknowledged || a.outcome == refused || ctx.Err() != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return seen(a)
}

// books reads the ledger's check and the payers' balances.
func (f *front) books(ctx context.Context) (books, error) {
	b := books{Wallets: map[string]int64{}}
	var check struct {
		Balanced        bool
		Codes, Payments int64
		Accounts        []struct{ Account, Balance string }
	}
	a := f.manage(ctx, http.MethodGet, "/v1/ledger/check", nil)
	a.read(&check)
	b.Answer = fmt.Sprintf("%d %.2000s", a.http, a.body)
	b.Balanced, b.Codes, b.Payments = check.Balanced, check.Codes, check.Payments
	for _, account := range check.Accounts {
		if account.Account == "external:funding" {
			b.Funding = -signed(account.Balance)
		}
	}
	return b, f.wallets(ctx, b.Wallets)
}

// wallets reads the balance of every payer, page by page.
func (f *front) wallets(ctx context.Context, into map[string]int64) error {
	for from := ""; ; {
		var page struct {
			Payers []struct{ ID, Balance string }
			Next   string
		}
		if err := f.must(ctx, http.MethodGet, "/v1/payers?from="+url.QueryEscape(from), nil, &page); err != nil {
			return err
		}
		for _, p := range page.Payers {
			into[p.ID] = signed(p.Balance)
		}
		if from = page.Next; from == "" {
			return nil
		}
	}
}

// signed reads a balance, in sen.
func signed(text string) int64 {
	if len(text) > 0 && text[0] == '-' {
		return -sen(snap.Amount{Value: text[1:], Currency: "IDR"})
	}
	return sen(snap.Amount{Value: text, Currency: "IDR"})
}
