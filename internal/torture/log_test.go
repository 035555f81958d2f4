package torture

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/qrisd/qrisd/client"
)

func TestTriesConclude(t *testing.T) {
	slow := try{Outcome: unknown, Timeout: true}
	for name, c := range map[string]struct {
		tries []try
		want  outcome
	}{
		"nothing was sent":                  {nil, unsent},
		"a success":                         {[]try{{Outcome: acknowledged}}, acknowledged},
		"silence":                           {[]try{{Outcome: unknown}}, unknown},
		"silence, then success":             {[]try{{Outcome: unknown}, {Outcome: acknowledged}}, acknowledged},
		"silence, then a duplicate":         {[]try{{Outcome: unknown}, {Outcome: repeated}}, acknowledged},
		"silence, then a refusal":           {[]try{{Outcome: unknown}, {Outcome: refused}}, refused},
		"a slow server, then a refusal":     {[]try{slow, {Outcome: refused}}, unknown},
		"a success, then a silent repeat":   {[]try{{Outcome: acknowledged}, {Outcome: unknown}}, acknowledged},
		"a duplicate that overtook success": {[]try{{Outcome: repeated}, {Outcome: acknowledged}}, acknowledged},
	} {
		o := op{Tries: c.tries}
		if o.conclude(); o.Outcome != c.want {
			t.Errorf("%s comes to %s, want %s", name, o.Outcome, c.want)
		}
	}
}

func TestErrorsAreJudged(t *testing.T) {
	dial := fmt.Errorf("calling: %w", &net.OpError{Op: "dial", Err: errors.New("refused")})
	for name, c := range map[string]struct {
		err  error
		want outcome
	}{
		"success":          {nil, acknowledged},
		"no connection":    {dial, unsent},
		"broken off":       {fmt.Errorf("%w: EOF", client.ErrUncertain), unknown},
		"no token":         {errors.New("it needs an access token"), unsent},
		"no token, 503":    {&client.Error{HTTPStatus: 503, Code: "5037300"}, unsent},
		"no node":          {&client.Error{HTTPStatus: 503, Code: noNode}, unsent},
		"a duplicate":      {&client.Error{HTTPStatus: 409, Code: "4094701"}, repeated},
		"a refusal":        {&client.Error{HTTPStatus: 404, Code: "4045001"}, refused},
		"a token's refuse": {&client.Error{HTTPStatus: 401, Code: "4014701"}, refused},
	} {
		if got := outcomeOf(c.err); got != c.want {
			t.Errorf("%s is %s, want %s", name, got, c.want)
		}
	}
}
