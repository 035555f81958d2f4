package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/qrisd/qrisd/snap"
)

const bearer = "Bearer "

// bare strips the scheme that a token may have been kept with.
func bare(token string) string { return strings.TrimPrefix(token, bearer) }

// Token is a B2B access token (service 73).
type Token struct {
	Text      string // without "Bearer "
	ExpiresAt time.Time
}

// CustomerToken is a customer's access token and what renews it (service 74).
// A time that the provider did not state, or not as a time, is zero.
type CustomerToken struct {
	Text             string // without "Bearer "
	ExpiresAt        time.Time
	RefreshToken     string
	RefreshExpiresAt time.Time
}

// Grant is what a customer token is given for: the authorisation code of the
// customer's consent, or a refresh token. Each is good once.
type Grant struct{ AuthCode, RefreshToken string }

// tokenCache keeps the B2B token. The gate lets one goroutine at a time ask
// for another, so that a busy client does not ask many times.
type tokenCache struct {
	gate    chan struct{}
	mu      sync.Mutex
	token   Token
	refresh time.Time // when to ask for another
}

func (t *tokenCache) get(now time.Time) (Token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token, t.token.Text != "" && now.Before(t.refresh)
}

func (t *tokenCache) put(token Token, refresh time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.refresh = token, refresh
}

// forget drops a token that was refused, unless another has come meanwhile.
func (t *tokenCache) forget(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token != "" && t.token.Text == token {
		t.token = Token{}
	}
}

// margin is how long before its end a token is not used any more: a tenth of
// its life, at most a minute.
func margin(life time.Duration) time.Duration { return min(life/10, time.Minute) }

// Token gives the B2B access token, kept until shortly before it ends. A token
// whose life the provider does not state is not kept.
func (c *Client) Token(ctx context.Context) (Token, error) {
	if t, ok := c.tokens.get(c.config.Clock()); ok {
		return t, nil
	}
	select {
	case c.tokens.gate <- struct{}{}:
		defer func() { <-c.tokens.gate }()
	case <-ctx.Done():
		return Token{}, fmt.Errorf("%s %s: waiting for another request's token: %w", c.config.Provider.Name, OpToken, ctx.Err())
	}
	asked := c.config.Clock()
	if t, ok := c.tokens.get(asked); ok {
		return t, nil
	}
	t, life, err := c.askToken(ctx, asked)
	if err == nil {
		c.tokens.put(t, t.ExpiresAt.Add(-margin(life)))
	}
	return t, err
}

type tokenRequest struct {
	GrantType      string   `json:"grantType"`
	AuthCode       string   `json:"authCode,omitempty"`
	RefreshToken   string   `json:"refreshToken,omitempty"`
	AdditionalInfo struct{} `json:"additionalInfo"`
}

// askToken counts the token's life from before the question, so that it never
// seems to live longer than it does.
func (c *Client) askToken(ctx context.Context, asked time.Time) (Token, time.Duration, error) {
	var answer struct {
		AccessToken string `json:"accessToken"`
		ExpiresIn   text   `json:"expiresIn"` // seconds, a string in the standard
	}
	if _, err := c.ask(ctx, OpToken, tokenRequest{GrantType: "client_credentials"}, "", &answer); err != nil {
		return Token{}, 0, err
	}
	if answer.AccessToken == "" {
		return Token{}, 0, fmt.Errorf("%s %s: the answer has no accessToken", c.config.Provider.Name, OpToken)
	}
	seconds, err := strconv.ParseUint(string(answer.ExpiresIn), 10, 31)
	if err != nil {
		seconds = 0
	}
	life := time.Duration(seconds) * time.Second
	return Token{Text: bare(answer.AccessToken), ExpiresAt: asked.Add(life)}, life, nil
}

// CustomerToken exchanges a grant for a customer's token. It is not kept by
// the client: a partner has one for each customer.
func (c *Client) CustomerToken(ctx context.Context, grant Grant) (CustomerToken, error) {
	ask := tokenRequest{GrantType: "AUTHORIZATION_CODE", AuthCode: grant.AuthCode, RefreshToken: grant.RefreshToken}
	switch {
	case (grant.AuthCode == "") == (grant.RefreshToken == ""):
		return CustomerToken{}, errors.New("client: a grant is either an AuthCode or a RefreshToken")
	case grant.RefreshToken != "":
		ask.GrantType = "REFRESH_TOKEN"
	}
	var answer struct {
		AccessToken            string `json:"accessToken"`
		AccessTokenExpiryTime  string `json:"accessTokenExpiryTime"`
		RefreshToken           string `json:"refreshToken"`
		RefreshTokenExpiryTime string `json:"refreshTokenExpiryTime"`
	}
	if _, err := c.ask(ctx, OpCustomerToken, ask, "", &answer, secret(grant.AuthCode, grant.RefreshToken)); err != nil {
		return CustomerToken{}, err
	}
	if answer.AccessToken == "" {
		return CustomerToken{}, fmt.Errorf("%s %s: the answer has no accessToken", c.config.Provider.Name, OpCustomerToken)
	}
	return CustomerToken{
		Text: bare(answer.AccessToken), ExpiresAt: timeOf(answer.AccessTokenExpiryTime),
		RefreshToken: answer.RefreshToken, RefreshExpiresAt: timeOf(answer.RefreshTokenExpiryTime),
	}, nil
}

func timeOf(text string) time.Time {
	t, err := snap.ParseTimestampLoose(text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// ask calls an operation and decodes its success.
func (c *Client) ask(ctx context.Context, operation string, body any, customer string, answer any, options ...Option) (Response, error) {
	r, err := c.Call(ctx, operation, body, customer, options...)
	if err != nil {
		return r, err
	}
	if err := r.Decode(answer); err != nil {
		return r, fmt.Errorf("%s %s: reading the answer %s: %w", c.config.Provider.Name, operation, r.Code, err)
	}
	return r, nil
}
