package pay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// listed is a whole list, as references.
func listed(core *pay.Core, req pay.ListRequest) (refs []string, next string, err error) {
	list, err := core.List(context.Background(), req)
	if err != nil {
		return nil, "", err
	}
	next, err = list.Each(context.Background(), func(c pay.ListedCode) error {
		refs = append(refs, c.Ref)
		return nil
	})
	return refs, next, err
}

// stored writes codes of the counter's day, a second apart, and gives their
// references, newest first.
func (c *counter) stored(n int) []string {
	c.t.Helper()
	pattern := c.code(pay.Rp(1))
	refs := []string{pattern.Ref}
	must(c.t, c.store.Update(c.ctx(), func(tx pay.Tx) error {
		refs = refs[:1]
		for i := 1; i < n; i++ {
			code := pattern
			code.ID, code.Ref, code.CreatedAt = fmt.Sprintf("%s-%d", pattern.ID, i), fmt.Sprintf("%s%05d", pattern.Ref, i), pattern.CreatedAt.Add(time.Duration(i)*time.Second)
			if err := tx.InsertCode(code, pay.Day(c.now)); err != nil {
				return err
			}
			refs = append(refs, code.Ref)
		}
		return nil
	}))
	slices.Reverse(refs)
	return refs
}

func TestList(t *testing.T) {
	c := newCounter(t)
	first, second := c.code(pay.Rp(1)), c.code(0)
	list := func(day string, marks []pay.Mark) ([]string, error) {
		refs, next, err := listed(c.Core, pay.ListRequest{Partner: c.partner, Day: day, Marks: marks})
		if next != "" {
			t.Errorf("a list without a limit goes on behind %s", next)
		}
		return refs, err
	}
	for _, marks := range [][]pay.Mark{nil, c.marks("l")} {
		refs, err := list("2026-01-31", marks)
		if err != nil || len(refs) != 2 || refs[0] != max(first.Ref, second.Ref) {
			t.Errorf("listed %v, %v", refs, err)
		}
	}
	var repeated *pay.Repeated
	if _, err := list("2026-01-31", c.marks("l")); !errors.As(err, &repeated) || !repeated.SameBody() || !strings.Contains(err.Error(), `external-id "l"`) {
		t.Errorf("listed twice: %v", err)
	}
	if _, err := list("2026-02-01", nil); pay.KindOf(err) != pay.NothingOnDate {
		t.Errorf("a day without codes: %v", err)
	}
	if _, err := list("2026-02-01", c.marks("l")); !errors.As(err, &repeated) {
		t.Errorf("a refused request that was made before: %v", err)
	}
	if _, err := c.List(t.Context(), pay.ListRequest{Partner: c.partner, MerchantID: "x", Marks: c.marks("l")}); !errors.As(err, &repeated) {
		t.Errorf("a refused request that was made before: %v", err)
	}
}

// TestListWithALimit: a list says whether there are more, and comes behind a
// code of the same merchant and date only. The limits are those around what is
// read at a time.
func TestListWithALimit(t *testing.T) {
	c := newCounter(t)
	made := c.stored(2001)
	for _, limit := range []int{1, 999, 1000, 1001, 2000, 2001, 2002} {
		var all []string
		for behind := ""; limit > 1 || len(all) < 3; {
			refs, next, err := listed(c.Core, pay.ListRequest{Partner: c.partner, Day: "2026-01-31", Behind: behind, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, refs...); next == "" {
				break
			}
			if len(refs) != limit || next != refs[limit-1] {
				t.Fatalf("a list of %d has %d and goes on behind %s", limit, len(refs), next)
			}
			behind = next
		}
		if want := made[:len(all)]; !slices.Equal(all, want) || limit > 1 && len(all) != len(made) {
			t.Errorf("%d at a time are %d codes, not in their order or not all", limit, len(all))
		}
	}
	other := &pay.Partner{ID: "q", ClientKey: "q", Dialect: "dana", Standing: pay.Active}
	theirs := toko("m", "936000140000000098")
	theirs.PartnerID = other.ID
	must(t, errors.Join(c.PutPartner(t.Context(), *other), c.PutMerchant(t.Context(), theirs)))
	foreign, err := c.Generate(t.Context(), pay.GenerateRequest{Partner: other, Amount: pay.Rp(1), ExpiresAt: c.now.Add(time.Hour)})
	must(t, err)
	for behind, want := range map[[2]string]pay.Kind{
		{foreign.Ref, "2026-01-31"}: pay.InvalidFormat,
		{made[2000], "2026-01-31"}:  pay.NothingOnDate, {"nothing", "2026-01-31"}: pay.InvalidFormat, {made[0], "2026-02-01"}: pay.InvalidFormat,
	} {
		if _, err := c.List(t.Context(), pay.ListRequest{Partner: c.partner, Day: behind[1], Behind: behind[0], Limit: 1}); pay.KindOf(err) != want {
			t.Errorf("behind %s of %s: %v", behind[0], behind[1], err)
		}
	}
}

// TestListWhileCodesAreMade: what was there before the list is in it once,
// whatever is generated, paid and cancelled before its end.
func TestListWhileCodesAreMade(t *testing.T) {
	c := newCounter(t)
	made := c.stored(2500)
	c.now = c.now.Add(time.Hour - time.Second)
	list, err := c.List(t.Context(), pay.ListRequest{Partner: c.partner, Day: "2026-01-31"})
	must(t, err)
	var refs []string
	_, err = list.Each(t.Context(), func(code pay.ListedCode) error {
		if refs = append(refs, code.Ref); len(refs)%500 == 0 {
			c.code(pay.Rp(2))
			_, err := c.Cancel(t.Context(), c.partner, pay.Original{Ref: made[len(refs)+10-500]}, nil)
			return err
		}
		return nil
	})
	if err != nil || !slices.Equal(refs, made) {
		t.Errorf("the list has %d codes of %d: %v", len(refs), len(made), err)
	}
}

// TestListedCode: a list tells what a payer is asked for.
func TestListedCode(t *testing.T) {
	c := newCounter(t)
	for _, amount := range []pay.Rupiah{0, pay.Rp(1)} {
		made := c.code(amount)
		list, err := c.List(t.Context(), pay.ListRequest{Partner: c.partner, Day: "2026-01-31", Limit: 1})
		must(t, err)
		_, err = list.Each(t.Context(), func(code pay.ListedCode) error {
			if code.Ref != made.Ref || code.Amount != amount || code.Static() != (amount == 0) || !code.CreatedAt.Equal(made.CreatedAt) || !code.ExpiresAt.Equal(made.ExpiresAt) {
				t.Errorf("listed %+v, made %+v", code, made)
			}
			return nil
		})
		must(t, err)
		c.now = c.now.Add(time.Second)
	}
}

// TestListBehindWhatCannotBeRead: a code that storage cannot read is not taken
// for one that is not there.
func TestListBehindWhatCannotBeRead(t *testing.T) {
	c := newCounter(t)
	behind := c.code(pay.Rp(1)).Ref
	_, err := c.with(failingAt("Code", errBroken)).List(t.Context(), pay.ListRequest{Partner: c.partner, Day: "2026-01-31", Behind: behind})
	if !errors.Is(err, errBroken) {
		t.Errorf("answered %v", err)
	}
}

// TestListThatBreaks: a list whose end cannot be read says so, and one that
// nobody takes reads no further.
func TestListThatBreaks(t *testing.T) {
	c := newCounter(t)
	c.stored(1500)
	f := failing(-1)
	list, err := c.with(f).List(t.Context(), pay.ListRequest{Partner: c.partner, Day: "2026-01-31"})
	must(t, err)
	f.call = "CodesOn"
	n := 0
	next, err := list.Each(t.Context(), func(pay.ListedCode) error { n++; return nil })
	if !errors.Is(err, errBroken) || n != 1000 || next != "" {
		t.Errorf("%d codes, on behind %q, %v", n, next, err)
	}
	list, err = c.List(t.Context(), pay.ListRequest{Partner: c.partner, Day: "2026-01-31"})
	must(t, err)
	enough := errors.New("enough")
	if _, err := list.Each(t.Context(), func(pay.ListedCode) error { return enough }); err != enough {
		t.Errorf("who has enough is told %v", err)
	}
}
