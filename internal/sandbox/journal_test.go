package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func ids(calls []Call) (all []string) {
	for _, c := range calls {
		all = append(all, c.ID)
	}
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestJournalKeepsTheNewest(t *testing.T) {
	j := NewJournal(3)
	for i := range 5 {
		j.Add(Call{ID: fmt.Sprint(i)})
	}
	same(t, "all", ids(j.List(Filter{}, 10)), []string{"4", "3", "2"})
	same(t, "a page", ids(j.List(Filter{}, 2)), []string{"4", "3"})
	if _, found := j.Get("1"); found {
		t.Error("a call that was pushed out is found")
	}
	if c, found := j.Get("2"); !found || c.ID != "2" {
		t.Errorf("call 2 is lost: %+v", c)
	}
	j.Clear()
	if _, found := j.Get("4"); found || len(j.List(Filter{}, 10)) != 0 {
		t.Error("a cleared journal has calls")
	}
	j.Add(Call{ID: "new"})
	same(t, "after clearing", ids(j.List(Filter{}, 10)), []string{"new"})
}

// A client's own ids may repeat: the newest is found, and goes last.
func TestJournalOfRepeatedIDs(t *testing.T) {
	j := NewJournal(2)
	j.Add(Call{ID: "x", Code: "1"})
	j.Add(Call{ID: "x", Code: "2"})
	if c, _ := j.Get("x"); c.Code != "2" {
		t.Errorf("got %+v, want the newest", c)
	}
	j.Add(Call{ID: "y"}) // pushes the older x out
	if c, found := j.Get("x"); !found || c.Code != "2" {
		t.Errorf("the newer x is lost: %+v", c)
	}
}

func TestJournalIsBoundedByBytes(t *testing.T) {
	j := NewJournal(1000)
	for i := range 100 {
		j.Add(Call{ID: fmt.Sprint(i), Request: make([]byte, maxJournal/10)})
	}
	if n := len(j.List(Filter{}, 1000)); n == 0 || n > 10 || j.bytes > maxJournal {
		t.Errorf("%d calls of %d bytes are kept", n, j.bytes)
	}
	j.Add(Call{ID: "huge", Request: make([]byte, 2*maxJournal)})
	same(t, "a call over the bound", ids(j.List(Filter{}, 10)), []string{"huge"})
}

func TestJournalFilters(t *testing.T) {
	j := NewJournal(10)
	j.Add(Call{ID: "a", PartnerID: "p", Dialect: "dana", Operation: "generate", Status: 200, Code: "2004700", Reference: "R1", PartnerReference: "mine"})
	j.Add(Call{ID: "b", PartnerID: "q", Dialect: "qoin", Operation: "token", Status: 401, Code: "4017300"})
	j.Add(Call{ID: "c", PartnerID: "p", Dialect: "dana", Operation: "cancel", Status: 0})
	for want, f := range map[string]Filter{
		"c b a": {}, "c a": {PartnerID: "p"}, "b": {Dialect: "qoin"}, "a": {Operation: "generate"},
		"b ": {Code: "401"}, "a ": {Reference: "mine"}, " a": {Reference: "R1"}, "c b": {Refused: true}, "": {PartnerID: "p", Code: "401"},
	} {
		same(t, fmt.Sprintf("%+v", f), ids(j.List(f, 10)), strings.Fields(want))
	}
}

// TestJournalGoesBack walks from the newest to the oldest, and finds calls by
// serial whatever their id.
func TestJournalGoesBack(t *testing.T) {
	j := NewJournal(5)
	for i := range 8 {
		j.Add(Call{ID: "same", Code: fmt.Sprint(i % 2), Reference: fmt.Sprint(i)})
	}
	var walked []string
	for before := uint64(0); ; {
		page := j.List(Filter{Before: before}, 2)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			walked = append(walked, c.Reference)
		}
		before = page[len(page)-1].Serial
	}
	same(t, "all pages", walked, []string{"7", "6", "5", "4", "3"})
	if got := j.List(Filter{Before: 8, Code: "1"}, 1); len(got) != 1 || got[0].Reference != "5" {
		t.Errorf("with a filter, before 8: %+v", got)
	}
	if c, found := j.At(5); !found || c.Reference != "4" {
		t.Errorf("serial 5 is %+v, %v", c, found)
	}
	for _, serial := range []uint64{0, 3, 9} {
		if c, found := j.At(serial); found {
			t.Errorf("serial %d is %+v", serial, c)
		}
	}
	if calls, most := j.Held(); calls != 5 || most != 5 {
		t.Errorf("it holds %d of %d calls", calls, most)
	}
	j.Clear()
	j.Add(Call{})
	if c, found := j.At(9); !found {
		t.Errorf("after clearing, serial 9 is %+v", c)
	}
}

func TestNilKeepsNothing(t *testing.T) {
	var j *Journal
	j.Add(Call{ID: "a"})
	j.Clear()
	if calls, most := j.Held(); calls != 0 || most != 0 {
		t.Error("a nil journal holds calls")
	}
	if _, found := j.At(1); found {
		t.Error("a nil journal has a call")
	}
	if _, found := j.Get("a"); found || j.List(Filter{}, 1) != nil {
		t.Error("a nil journal keeps calls")
	}
	var e *Events
	e.Publish(Event{Kind: "a"})
	e.Close()
	if e.Last() != 0 || e.Since(0, 1) != nil {
		t.Error("a nil Events keeps events")
	}
	if _, open := <-e.Subscribe(t.Context(), 0); open {
		t.Error("a nil Events has an event to give")
	}
}
