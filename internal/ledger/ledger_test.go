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
		{"off by much", []Posting{{a, -100}, {b, -100}}, ErrUnbalanced},
		{"the sum of all is more", []Posting{{a, 100}, {b, -50}, {FeeRevenue, -51}}, ErrUnbalanced},
		{"as low as it goes", []Posting{{a, math.MinInt64}, {b, math.MaxInt64}, {FeeRevenue, 1}}, nil},
		{"as high as it goes", []Posting{{a, math.MaxInt64 - 1}, {b, 1}, {FeeRevenue, -math.MaxInt64}}, nil},
		{"lower", []Posting{{a, math.MinInt64}, {b, -1}, {FeeRevenue, math.MaxInt64}}, ErrOverflow},
		{"as low in two", []Posting{{a, math.MinInt64 + 1}, {b, -1}, {FeeRevenue, math.MaxInt64}, {"x", 1}}, nil},
		{"all the way round", []Posting{{a, math.MaxInt64}, {b, 1}, {FeeRevenue, math.MaxInt64}, {"x", 1}}, ErrOverflow},
		{"and back", []Posting{{a, math.MinInt64}, {b, -1}, {FeeRevenue, math.MinInt64}, {"x", 1}}, ErrOverflow},
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

// TestAccounts: no two accounts have one name.
func TestAccounts(t *testing.T) {
	want := map[Account]string{
		Wallet("p"): "payer:p", Payable("p", "m"): "merchant:p/m", Clearing("93600899"): "clearing:93600899",
		Settlement("p", "m"): "settlement:p/m", External: "external:funding", FeeRevenue: "revenue:fee",
	}
	if len(want) != 6 {
		t.Fatalf("accounts %v", want)
	}
	for a, name := range want {
		if string(a) != name {
			t.Errorf("%s is called %s", name, a)
		}
	}
}

// TestSmallestMoves: a sen leaves postings either way, nothing leaves none.
func TestSmallestMoves(t *testing.T) {
	for sen, want := range map[int64]int{-1: 2, 0: 0, 1: 2} {
		var tr Transfer
		if tr.Move("a", "b", sen); len(tr.Postings) != want {
			t.Errorf("%d sen: %v", sen, tr.Postings)
		}
	}
}
