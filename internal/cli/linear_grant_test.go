package cli

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// grantState is an authorisation code, and the refresh token that its exchange
// gave.
type grantState struct{ exchanged, refreshed bool }

func (g grantState) step(a *act, s *seen) (state, bool) {
	used := &g.exchanged
	if a.verb == "refresh" {
		used = &g.refreshed
	}
	if *used {
		return g, s.is(a, pay.BadGrant)
	}
	*used = true
	return g, s.is(a, accepted)
}

// playGrant lets several clients exchange one authorisation code, and then the
// refresh token that one of them got.
func playGrant(s *site, dice *rand.Rand) (*history, []player) {
	partner := s.nodes[0].node.file.Partners["aspi"].PartnerID
	consent, ok := s.exchange(s.management(dice, "POST", "/v1/payers/"+sandbox.PayerOf("aspi")+"/auth-code", object{"partnerID": partner}))
	if !ok {
		s.t.Errorf("no authorisation code: %v", consent)
	}
	code := consent.at("authCode")
	var refresh atomic.Value
	play := func(c *caller) {
		for range 2 + c.dice.IntN(2) {
			if text, ok := refresh.Load().(string); ok && c.dice.IntN(3) > 0 {
				c.grant("refresh", object{"grantType": "REFRESH_TOKEN", "refreshToken": text})
			} else if s := c.grant("exchange", object{"grantType": "AUTHORIZATION_CODE", "authCode": code}); s != nil && s.ref != "" {
				refresh.Store(s.ref)
			}
		}
	}
	players := make([]player, 3+dice.IntN(3))
	for i := range players {
		players[i] = play
	}
	return &history{name: fresh("grant "), initial: grantState{}}, players
}

func (c *caller) grant(verb string, body object) *seen {
	return c.ask(&act{verb: verb}, c.call(c.dice, "aspi", "customer-token", body), func(r reply) seen {
		return seen{code: r.code, ref: r.at("refreshToken")}
	})
}
