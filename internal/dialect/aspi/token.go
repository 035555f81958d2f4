package aspi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// tokenOutcomes: of access tokens the standard lists 400 and 401 alone, and of
// the three reasons that it names for 401/00 this is the one about somebody who
// is known and may not.
var tokenOutcomes = map[pay.Kind]dialect.Outcome{
	pay.ForbiddenAPI: {Case: snap.CaseUnauthorized, Message: "Unauthorized. Connection not allowed"},
}

// Token is the access token API for B2B (service 73) at a path.
func Token(path string) dialect.Operation {
	return dialect.Operation{
		Name: "token", Service: snap.ServiceTokenB2B, Paths: []string{path}, Auth: dialect.AuthToken,
		Trigger: AskField,
		Headers: TokenHeaders,
		Body: []field.Row{
			{Name: "grantType", Need: field.Conditional, About: "client_credentials; clients also spell the field grant_type"},
			{Name: "grant_type", Need: field.Conditional, About: "what some clients send for grantType"},
			{Name: "additionalInfo", Kind: field.Object, About: "anything"},
		},
		Reply: Rows(StatusRows, []field.Row{
			{Name: "accessToken", Need: field.Mandatory, Max: 2048, About: "the token, opaque"},
			{Name: "tokenType", Need: field.Mandatory, Enum: []string{"Bearer"}, About: "how to present it"},
			{Name: "expiresIn", Need: field.Mandatory, Format: field.Digits, About: "seconds of life, as a string"},
		}),
		Success:  dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes: tokenOutcomes,
		Codes: []dialect.Code{
			{Code: "2007300", Message: "Successful", Reach: dialect.BySuccess},
			{Code: "4007300", Message: "Bad Request", Reach: dialect.ByBadBody},
			{Code: "4007301", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
			{Code: "4007302", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
			{Code: "4017300", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
			{Code: "4017300", Message: "Unauthorized. Unknown Client", Reach: dialect.ByUnknownClient},
			{Code: "4017300", Message: "Unauthorized. Connection not allowed", Reach: dialect.ByStopped},
			{Code: "4017300", Message: "Unauthorized. Connection not allowed", Reach: dialect.ByDenied},
			{Code: "4057300", Message: "Requested Function Is Not Supported", Reach: dialect.ByMethod},
			{Code: "4297300", Message: "Too Many Requests", Reach: dialect.ByRate},
		},
		Do: doToken,
	}
}

// TokenReply answers service 73.
type TokenReply struct {
	dialect.Status
	AccessToken    string   `json:"accessToken"`
	TokenType      string   `json:"tokenType"`
	ExpiresIn      string   `json:"expiresIn"` // a string in the standard
	AdditionalInfo struct{} `json:"additionalInfo"`
}

func doToken(ctx context.Context, c *dialect.Call) (any, error) {
	grant, err := grantType(c)
	if err != nil {
		return nil, err
	}
	if grant != "client_credentials" {
		return nil, pay.RefuseField(pay.InvalidFormat, "grantType", `it must be "client_credentials"`)
	}
	life := firstOf(c.Partner.Settings.TokenLife, c.Dialect.Tokens.B2B)
	issued, err := c.Core.IssueB2B(ctx, c.Partner, life)
	if err != nil {
		return nil, err
	}
	return TokenReply{
		Status: c.Success(), AccessToken: issued.Text, TokenType: "Bearer",
		ExpiresIn: strconv.Itoa(int(life / time.Second)),
	}, nil
}

// CustomerToken is the access token API for B2B2C (service 74) at a path.
func CustomerToken(path string) dialect.Operation {
	return dialect.Operation{
		Name: "customer-token", Service: snap.ServiceTokenB2B2C, Paths: []string{path}, Auth: dialect.AuthToken,
		Trigger: AskField,
		Headers: TokenHeaders,
		Body: []field.Row{
			{Name: "grantType", Need: field.Conditional, About: "AUTHORIZATION_CODE or REFRESH_TOKEN, in any case"},
			{Name: "grant_type", Need: field.Conditional, About: "what some clients send for grantType"},
			{Name: "authCode", Need: field.Conditional, Max: 256, About: "the code of the customer's consent, once"},
			{Name: "refreshToken", Need: field.Conditional, Max: 512, About: "the refresh token, once"},
			{Name: "additionalInfo", Kind: field.Object, About: "anything"},
		},
		Reply: Rows(StatusRows, []field.Row{
			{Name: "accessToken", Need: field.Mandatory, Max: 2048, About: "the customer token, opaque"},
			{Name: "tokenType", Need: field.Mandatory, Enum: []string{"Bearer"}, About: "how to present it"},
			{Name: "accessTokenExpiryTime", Need: field.Mandatory, Format: field.Timestamp, About: "when it ends"},
			{Name: "refreshToken", Need: field.Mandatory, Max: 512, About: "for the next exchange"},
			{Name: "refreshTokenExpiryTime", Need: field.Mandatory, Format: field.Timestamp, About: "when that ends"},
		}),
		Success:  dialect.Outcome{Case: snap.CaseSuccessful},
		Outcomes: tokenOutcomes,
		Codes: []dialect.Code{
			{Code: "2007400", Message: "Successful", Reach: dialect.BySuccess},
			{Code: "4007400", Message: "Bad Request", Reach: dialect.ByBadBody},
			{Code: "4007401", Message: "Invalid Field Format {field}", Reach: dialect.ByBadField},
			{Code: "4007402", Message: "Invalid Mandatory Field {field}", Reach: dialect.ByNoField},
			{Code: "4017400", Message: "Unauthorized. Invalid Signature", Reach: dialect.ByBadSignature},
			{Code: "4017400", Message: "Unauthorized. Unknown Client", Reach: dialect.ByUnknownClient},
			{Code: "4017400", Message: "Unauthorized. Connection not allowed", Reach: dialect.ByStopped},
			{Code: "4017400", Message: "Unauthorized. Connection not allowed", Reach: dialect.ByDenied},
			{Code: "4057400", Message: "Requested Function Is Not Supported", Reach: dialect.ByMethod},
			{Code: "4297400", Message: "Too Many Requests", Reach: dialect.ByRate},
			{Code: "4017400", Message: "Unauthorized. Invalid authCode", Reach: dialect.ByBadGrant},
		},
		Do: doCustomerToken,
	}
}

// CustomerTokenReply answers service 74.
type CustomerTokenReply struct {
	dialect.Status
	AccessToken            string   `json:"accessToken"`
	TokenType              string   `json:"tokenType"`
	AccessTokenExpiryTime  string   `json:"accessTokenExpiryTime"`
	RefreshToken           string   `json:"refreshToken"`
	RefreshTokenExpiryTime string   `json:"refreshTokenExpiryTime"`
	AdditionalInfo         struct{} `json:"additionalInfo"`
}

// grants is what each grant type exchanges.
var grants = map[string]struct {
	kind  pay.TokenKind
	field string
}{
	"AUTHORIZATION_CODE": {pay.TokenAuthCode, "authCode"},
	"REFRESH_TOKEN":      {pay.TokenRefresh, "refreshToken"},
}

func doCustomerToken(ctx context.Context, c *dialect.Call) (any, error) {
	name, err := grantType(c)
	if err != nil {
		return nil, err
	}
	grant, ok := grants[strings.ToUpper(name)]
	if !ok {
		return nil, pay.RefuseField(pay.InvalidFormat, "grantType", "it must be AUTHORIZATION_CODE or REFRESH_TOKEN")
	}
	if !c.Body.Get(grant.field).Present() {
		return nil, pay.RefuseField(pay.MissingField, grant.field, "this grant type needs it")
	}
	life := firstOf(c.Partner.Settings.CustomerLife, c.Dialect.Tokens.Customer)
	access, err := c.Core.Exchange(ctx, c.Partner, grant.kind, c.Text(grant.field), life, c.Dialect.Tokens.Refresh)
	if err != nil {
		return nil, err
	}
	return CustomerTokenReply{
		Status: c.Success(), TokenType: "Bearer",
		AccessToken: access.Customer.Text, AccessTokenExpiryTime: snap.FormatTimestamp(access.Customer.ExpiresAt),
		RefreshToken: access.Refresh.Text, RefreshTokenExpiryTime: snap.FormatTimestamp(access.Refresh.ExpiresAt),
	}, nil
}

// grantType reads the field in either spelling; Midtrans's own clients send
// the second.
func grantType(c *dialect.Call) (string, error) {
	for _, name := range []string{"grantType", "grant_type"} {
		if v := c.Body.Get(name); v.Present() {
			return v.Text(), nil
		}
	}
	return "", pay.RefuseField(pay.MissingField, "grantType", "it says which token is asked for")
}

func firstOf(a, b time.Duration) time.Duration {
	if a > 0 {
		return a
	}
	return b
}
