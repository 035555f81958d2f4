package server

import (
	"fmt"
	"slices"
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
)

// TestWardIsBounded uses more keys, tokens and partners than are remembered:
// the latest of a partner stay, and what was handed out does not change.
func TestWardIsBounded(t *testing.T) {
	var w ward
	var first past
	for i := range 10 {
		w.remember(&exchange{bearer: fmt.Sprint("token ", i/2), partner: &pay.Partner{ID: "a", ClientSecret: fmt.Sprint("secret ", i)}})
		if i == 3 {
			first = w.recall("a")
		}
	}
	got := w.recall("a")
	if want := []string{"secret 6", "secret 7", "secret 8", "secret 9"}; !slices.Equal(got.secrets, want) {
		t.Errorf("the secrets are %q, want %q", got.secrets, want)
	}
	if want := []string{"token 1", "token 2", "token 3", "token 4"}; !slices.Equal(got.tokens, want) || len(got.keys) != 0 {
		t.Errorf("the tokens are %q and the keys %q, want %q and none", got.tokens, got.keys, want)
	}
	if want := []string{"secret 0", "secret 1", "secret 2", "secret 3"}; !slices.Equal(first.secrets, want) {
		t.Errorf("what was recalled became %q", first.secrets)
	}
	for i := range 2 * maxWards {
		w.remember(&exchange{partner: &pay.Partner{ID: fmt.Sprint(i), ClientSecret: "s"}})
	}
	if len(w.past) > maxWards {
		t.Errorf("%d partners are remembered", len(w.past))
	}
}
