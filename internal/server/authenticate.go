package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// identify finds the partner behind a request: by client key, by token, or by
// X-PARTNER-ID. Where dialects share a path the partner's decides. It refuses
// nothing; authenticate does.
func (s *Server) identify(ctx context.Context, x *exchange) {
	switch x.route.operation.Auth {
	case dialect.AuthToken:
		x.partner, x.tokenErr = s.core.PartnerByClientKey(ctx, x.get(snap.HeaderClientKey))
	case dialect.AuthAsymmetric:
		x.partner, x.tokenErr = s.partnerNamed(ctx, x.get(snap.HeaderPartnerID))
	default:
		x.partner, x.tokenErr = s.bearerOf(ctx, x)
	}
	if x.partner == nil {
		return
	}
	for _, rt := range x.routes {
		if rt.dialect.Name == x.partner.Dialect {
			x.route = rt
		}
	}
}

// bearerOf prefers the token's partner: some clients send any X-PARTNER-ID.
func (s *Server) bearerOf(ctx context.Context, x *exchange) (*pay.Partner, error) {
	var err error
	if x.bearer = bearer(x.get(snap.HeaderAuthorization)); x.bearer != "" {
		x.token, err = s.core.B2B(ctx, x.bearer)
		if x.token.PartnerID != "" {
			p, lookupErr := s.core.Partner(ctx, x.token.PartnerID)
			return p, errors.Join(lookupErr, err)
		}
	}
	p, lookupErr := s.partnerNamed(ctx, x.get(snap.HeaderPartnerID))
	if err == nil {
		err = lookupErr
	}
	return p, err
}

// partnerNamed takes X-PARTNER-ID for a partner id or a client key: at some
// providers they are the same.
func (s *Server) partnerNamed(ctx context.Context, name string) (*pay.Partner, error) {
	p, err := s.core.Partner(ctx, name)
	if errors.Is(err, pay.ErrNotFound) {
		return s.core.PartnerByClientKey(ctx, name)
	}
	return p, err
}

// bearer strips the scheme from an Authorization header, in any case.
func bearer(header string) string {
	scheme, token, found := strings.Cut(header, " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// authenticate proves the request. Its order is the one that DANA's own suite
// relies on: presence of the headers, their form, who it is, the signature;
// only then what the partner may do.
func (s *Server) authenticate(ctx context.Context, x *exchange) error {
	for i := range checks {
		if err := x.step(checks[i].name, checks[i].do(s, ctx, x)); err != nil {
			return err
		}
	}
	return nil
}

// checks are those of authenticate, in their order.
var checks = [...]struct {
	name string
	do   func(*Server, context.Context, *exchange) error
}{
	{"method", (*Server).checkMethod}, {"headers", (*Server).checkHeaders}, {"timestamp", (*Server).checkTime}, {"partner", (*Server).checkClient},
	{"access", (*Server).checkAccess}, {"token", (*Server).checkToken}, {"signature", (*Server).checkSignature}, {"agreement", (*Server).checkAgreement},
	{"customer", (*Server).checkCustomer}, {"rate", (*Server).checkRate},
}

func (s *Server) checkMethod(_ context.Context, x *exchange) error {
	switch {
	case x.request.Method != http.MethodPost:
		return pay.Refuse(pay.NotSupported, "this API takes POST, not "+x.request.Method)
	case x.tooLarge:
		return pay.RefuseField(pay.BadRequest, "body", "it is larger than 256 KiB")
	case x.readErr != nil:
		return &pay.Error{Kind: pay.BadRequest, Field: "body", Detail: "reading the body", Cause: x.readErr}
	}
	return nil
}

// checkHeaders asks for all mandatory headers before it looks at the form of
// any.
func (s *Server) checkHeaders(_ context.Context, x *exchange) error {
	rows := x.route.operation.Headers
	for i := range rows {
		if rows[i].Need == field.Mandatory && x.get(rows[i].Name) == "" {
			return pay.RefuseField(pay.MissingHeader, rows[i].Called(), "the header is missing or empty")
		}
	}
	strict := x.partner != nil && x.partner.Settings.StrictHeaders
	fault, warnings := field.CheckHeaders(rows, x.header, strict)
	x.warn(warnings)
	switch {
	case fault == nil:
		return nil
	case fault.Field == snap.HeaderTimestamp:
		return refusal(fault, pay.MissingHeader, pay.BadTimestamp)
	}
	return refusal(fault, pay.MissingHeader, pay.InvalidHeader)
}

func (s *Server) checkTime(_ context.Context, x *exchange) error {
	t, err := x.route.dialect.ReadTimestamp(x.get(snap.HeaderTimestamp))
	if err != nil {
		return &pay.Error{Kind: pay.BadTimestamp, Field: snap.HeaderTimestamp, Detail: "reading the time", Cause: err}
	}
	x.call.Timestamp = t
	now := s.core.Now()
	if off := now.Sub(t).Abs(); s.options.Skew > 0 && off > s.options.Skew {
		return pay.RefuseField(pay.BadTimestamp, snap.HeaderTimestamp, off.String()+" off this server's clock, "+snap.FormatTimestamp(now)+"; at most "+s.options.Skew.String())
	}
	return nil
}

func (s *Server) checkClient(_ context.Context, x *exchange) error {
	switch {
	case x.tokenErr != nil && !errors.Is(x.tokenErr, pay.ErrNotFound) && !isRefusal(x.tokenErr):
		return x.tokenErr // storage failed
	case x.route.operation.Auth == dialect.AuthToken && x.partner == nil:
		return pay.RefuseField(pay.UnknownClient, snap.HeaderClientKey, "no partner has this client key")
	case x.partner == nil && x.bearer == "":
		return pay.RefuseField(pay.UnknownClient, snap.HeaderPartnerID, "no partner has this id")
	}
	return nil
}

func isRefusal(err error) bool {
	var e *pay.Error
	return errors.As(err, &e)
}

// checkToken is about the bearer token of those schemes that use one.
func (s *Server) checkToken(_ context.Context, x *exchange) error {
	switch auth := x.route.operation.Auth; {
	case auth == dialect.AuthToken, auth == dialect.AuthAsymmetric, auth == dialect.AuthEither && x.get(snap.HeaderAuthorization) == "":
		return nil
	case x.bearer == "":
		return pay.RefuseField(pay.InvalidToken, snap.HeaderAuthorization, `it must be "Bearer " and the access token`)
	case x.tokenErr != nil:
		return x.tokenErr
	case x.route.dialect.AnyPartnerID:
		return nil
	}
	if id := x.get(snap.HeaderPartnerID); id != x.partner.ID && id != x.partner.ClientKey {
		return pay.RefuseField(pay.UnknownClient, snap.HeaderPartnerID, "the token belongs to another partner")
	}
	return nil
}

// checkSignature verifies over the path as called, with and without the query
// and the mount's prefix.
func (s *Server) checkSignature(ctx context.Context, x *exchange) error {
	if err := s.verify(x); err != nil {
		return &pay.Error{Kind: pay.BadSignature, Field: snap.HeaderSignature, Detail: s.diagnose(ctx, x)}
	}
	s.accepted(x)
	return nil
}

func (s *Server) verify(x *exchange) error {
	p, signature := x.partner, x.get(snap.HeaderSignature)
	m := snap.Message{
		Method: x.request.Method, Path: x.request.RequestURI, AccessToken: x.bearer, Body: x.raw,
		Timestamp: x.get(snap.HeaderTimestamp),
	}
	switch auth := x.route.operation.Auth; {
	case auth == dialect.AuthToken:
		return s.verifyRSA(p, func(k key) error {
			return snap.VerifyToken(k, x.get(snap.HeaderClientKey), m.Timestamp, signature)
		})
	case auth == dialect.AuthAsymmetric, auth == dialect.AuthEither && x.bearer == "":
		return s.verifyRSA(p, func(k key) error { return snap.VerifyAsymmetric(k, m, false, signature, x.otherPaths()...) })
	}
	err := s.verifyHMAC(p, func(secret string) error { return snap.VerifySymmetric(secret, m, signature, x.otherPaths()...) })
	if err == nil || x.route.operation.Auth != dialect.AuthWithToken || p.PublicKey == "" {
		return err
	}
	return s.verifyRSA(p, func(k key) error { return snap.VerifyAsymmetric(k, m, true, signature, x.otherPaths()...) })
}

// otherPaths are the forms of the path that a client may have signed instead
// of the path as called; most requests have none.
func (x *exchange) otherPaths() []string {
	bare, _, hasQuery := strings.Cut(x.request.RequestURI, "?")
	var paths []string
	if hasQuery {
		paths = append(paths, bare)
	}
	for _, cut := range [...]string{x.route.prefix, x.route.prefix + x.route.dialect.Unsigned} {
		if short, ok := strings.CutPrefix(bare, cut); ok && cut != "" && short != "" {
			paths = append(paths, short)
		}
	}
	return paths
}

// checkAgreement is about what an authenticated partner may do.
func (s *Server) checkAgreement(_ context.Context, x *exchange) error {
	switch p := x.partner; {
	case p.Standing != pay.Active:
		return pay.Refuse(pay.PartnerSuspended, "the partner is "+string(p.Standing))
	case p.Dialect != x.route.dialect.Name:
		return pay.Refuse(pay.ForbiddenAPI, "the partner's dialect is "+p.Dialect+", this path belongs to "+x.route.dialect.Name)
	case !p.Allows(x.route.operation.Name):
		return pay.Refuse(pay.ForbiddenAPI, x.route.operation.Name+" is outside the partner's agreement")
	}
	return nil
}

func (s *Server) checkCustomer(ctx context.Context, x *exchange) (err error) {
	if !x.route.operation.Customer {
		return nil
	}
	text := x.get(snap.HeaderAuthorizationCustomer)
	if stripped := bearer(text); stripped != "" {
		text = stripped
	}
	x.call.Customer, err = s.core.Customer(ctx, x.partner, text)
	return err
}
