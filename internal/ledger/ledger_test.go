package ledger

import (
	"errors"
	"math"
	"testing"
)

func TestCheck(t *testing.T) {
	a, b := Wallet("p"), Payable("dana", "m")
	for _, tc := range []struct {
		name     string
		postings []Posting
		want     error
	}{
		{"balanced", []Posting{{a, -100}, {b, 93}, {FeeRevenue, 7}}, nil},
		{"off by one", []Posting{{a, -100}, {b, 99}}, ErrUnbalanced},
		{"one leg", []Posting{{a, -100}}, ErrEmpty},
		{"nothing", nil, ErrEmpty},
		{"zero leg", []Posting{{a, -100}, {b, 100}, {FeeRevenue, 0}}, ErrZeroPosting},
		{"nameless", []Posting{{"", -100}, {b, 100}}, ErrNoAccount},
		{"overflow", []Posting{{a, math.MaxInt64}, {b, 1}, {FeeRevenue, math.MinInt64}}, ErrOverflow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := (Transfer{ID: "t", Postings: tc.postings}).Check(); !errors.Is(err, tc.want) {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestMoveMergesAndBalances(t *testing.T) {
	var tr Transfer
	tr.Move(Wallet("p"), Payable("dana", "m"), 9930)
	tr.Move(Wallet("p"), FeeRevenue, 70)
	tr.Move(Wallet("p"), FeeRevenue, 0)
	if len(tr.Postings) != 3 || tr.Postings[0] != (Posting{Wallet("p"), -10000}) {
		t.Fatalf("postings %v", tr.Postings)
	}
	if err := tr.Check(); err != nil {
		t.Fatal(err)
	}
}
