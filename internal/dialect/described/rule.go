package described

import (
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/pay"
)

// replay is the answer to a repeated identifier that is no refusal.
const replay = "replay"

func externalRule(into *dialect.Rule) reader {
	return func(p place) error { return readRule(p, into, keys{"daily": flag(&into.Daily)}) }
}

// referenceRule has no day: a partner's reference is good for ever.
func referenceRule(into *dialect.Rule) reader {
	return func(p place) error { return readRule(p, into, keys{}) }
}

func readRule(p place, into *dialect.Rule, known keys) error {
	var same, other *dialect.Repeat
	known["remember"] = flag(&into.Remember)
	known["same"] = pointer(&same, repeat)
	known["other"] = pointer(&other, repeat)
	if err := p.object(known); err != nil {
		return err
	}
	switch {
	case !p.value.Get("remember").Present():
		return p.fault(`"remember" is missing: true, or false where a repeated identifier means nothing`)
	case !into.Remember && p.value.Len() > 1:
		return p.fault("what is not remembered cannot be answered; set remember to true or leave the rest out")
	case !into.Remember:
		return nil
	case same == nil || other == nil:
		return p.fault(`it needs "same" and "other": %q or a kind of refusal such as %q`, replay, pay.ReferenceUsed)
	case other.Replay:
		return p.fault("another request cannot be answered with the first one's answer; \"other\" must be a kind of refusal")
	}
	into.Same, into.Other = *same, *other
	return nil
}

func repeat(into *dialect.Repeat) reader {
	return func(p place) error {
		s, err := p.text()
		if err != nil {
			return err
		}
		kind, ok := pay.ParseKind(s)
		if !ok && s != replay {
			return p.fault("%s", unknown("kind of refusal", s, append([]string{replay}, kindNames()...)))
		}
		*into = dialect.Repeat{Replay: s == replay, Kind: kind}
		return nil
	}
}
