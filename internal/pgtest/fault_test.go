package pgtest

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDiceRepeat(t *testing.T) {
	draw := func() (all []Fault) {
		f := &fate{counts: Counts{Faults: map[Fault]int{}}, plan: Plan{
			Dice: rand.New(rand.NewPCG(7, 7)), Rates: map[Fault]float64{LoseCommit: .3, RefuseCommit: .3, Deadlock: .5},
		}}
		for i := range 200 {
			all = append(all, f.choose(i%2 == 0))
		}
		return all
	}
	first := draw()
	if !slices.Equal(first, draw()) {
		t.Error("the same dice fall otherwise")
	}
	for i, fault := range first {
		if fault != None && fault.suits(true) != (i%2 == 0) {
			t.Errorf("%v befell the wrong statement", fault)
		}
	}
}

func TestScriptGoesBeforeDice(t *testing.T) {
	f := &fate{counts: Counts{Faults: map[Fault]int{}}, plan: Plan{
		Dice: rand.New(rand.NewPCG(1, 1)), Rates: map[Fault]float64{LoseCommit: 1},
	}}
	f.script([]Fault{Deadlock, None, LoseAnswer})
	got := []Fault{f.choose(true), f.choose(true), f.choose(false), f.choose(false), f.choose(true)}
	if want := []Fault{None, LoseAnswer, Deadlock, None, LoseCommit}; !slices.Equal(got, want) {
		t.Errorf("chosen %v, not %v", got, want)
	}
}

func TestPlanChecked(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for name, p := range map[string]Plan{
		"no dice":   {Rates: map[Fault]float64{LoseCommit: .1}},
		"too much":  {Rates: map[Fault]float64{LoseCommit: .6, LoseAnswer: .6}, Dice: dice},
		"negative":  {Rates: map[Fault]float64{Deadlock: -1}, Dice: dice},
		"not known": {Rates: map[Fault]float64{faults: .1}, Dice: dice},
	} {
		if p.check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (Plan{Rates: map[Fault]float64{LoseCommit: 1, Deadlock: 1}, Dice: dice}).check(); err != nil {
		t.Error(err)
	}
}
