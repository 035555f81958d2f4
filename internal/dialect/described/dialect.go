package described

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// dialect lays the description over the standard.
func (d *description) dialect() (dialect.Dialect, error) {
	standard := aspi.Dialect()
	if err := d.checkNames(&standard); err != nil {
		return dialect.Dialect{}, err
	}
	all := d.frame(&standard)
	var err error
	if all.Outcomes, err = overAll(standard.Outcomes, d.outcomes, func(k pay.Kind) dialect.Outcome { return standard.Outcomes[k] }); err != nil {
		return dialect.Dialect{}, err
	}
	if err := d.addOperations(&all, &standard); err != nil {
		return dialect.Dialect{}, err
	}
	return all, d.check(&all)
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// reserved are the first segments of this server's own pages: a dialect is
// also mounted under its name.
var reserved = []string{"qr", "pay", "healthz", "readyz"}

func (d *description) checkNames(standard *dialect.Dialect) error {
	switch {
	case !nameForm.MatchString(d.name):
		return fault("name", "%q is no name of a dialect: a letter, then letters, digits and hyphens, all in lower case, at most 32", d.name)
	case d.name == standard.Name || slices.Contains(reserved, d.name):
		return fault("name", "%q is taken by the server itself; choose another", d.name)
	case d.prefix != "" && !clean(d.prefix):
		return fault("prefix", "%s", uncleanPath(d.prefix))
	}
	return nil
}

// frame is the dialect without its operations and outcomes.
func (d *description) frame(standard *dialect.Dialect) dialect.Dialect {
	all := dialect.Dialect{
		Name: d.name, Title: d.title, Document: d.document,
		ExternalID: orElse(d.externalID, standard.ExternalID), Reference: orElse(d.reference, standard.Reference),
		AnyPartnerID: d.anyPartnerID, Unsigned: d.unsigned,
		ReadTimestamp: standard.ReadTimestamp,
		Tokens: dialect.TokenLives{
			B2B:      cmp.Or(d.tokens.B2B, standard.Tokens.B2B),
			Customer: cmp.Or(d.tokens.Customer, standard.Tokens.Customer),
			Refresh:  cmp.Or(d.tokens.Refresh, standard.Tokens.Refresh),
		},
		Statuses: maps.Clone(standard.Statuses),
		MaxImage: cmp.Or(d.maxImage, standard.MaxImage),
	}
	if d.timestamp.read != nil {
		all.ReadTimestamp = d.timestamp.read
	}
	maps.Copy(all.Statuses, d.statuses)
	if !d.silent {
		all.Notice = d.notice.dialect(*standard.Notice, all.Statuses)
	}
	return all
}

func orElse[T any](said *T, standard T) T {
	if said != nil {
		return *said
	}
	return standard
}

func (d *description) addOperations(all, standard *dialect.Dialect) error {
	var offered []string
	for _, op := range standard.Operations {
		offered = append(offered, op.Name)
	}
	for _, o := range d.operations {
		base := standard.Operation(o.name)
		if base == nil {
			return fault(o.at, "%s", unknown("operation", o.name, offered))
		}
		op, err := d.operation(all, o, *base)
		if err != nil {
			return err
		}
		all.Operations = append(all.Operations, op)
	}
	return nil
}

// check refuses what only the whole shows.
func (d *description) check(all *dialect.Dialect) error {
	for _, check := range []func(*dialect.Dialect) error{d.checkPaths, d.checkUnsigned, d.checkTokens, d.checkHeaders} {
		if err := check(all); err != nil {
			return err
		}
	}
	return nil
}

func (d *description) checkPaths(all *dialect.Dialect) error {
	owner := make(map[string]string)
	for i, op := range all.Operations {
		at := under(d.operations[i].at, "paths")
		if len(op.Paths) == 0 {
			return fault(at, "the list is empty; leave it out for the standard's path")
		}
		for _, p := range op.Paths {
			if !clean(p) {
				return fault(at, "%s", uncleanPath(p))
			}
			if page := strings.Split(p, "/"); len(page) <= 3 && slices.Contains(reserved, page[1]) {
				return fault(at, "%s is where this server has pages of its own; a provider's path has a version or a prefix before it", p)
			}
			if other, taken := owner[p]; taken {
				return fault(at, "%s is the path of %s already", p, other)
			}
			owner[p] = op.Name
		}
	}
	return nil
}

var pathForm = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

func clean(p string) bool { return pathForm.MatchString(p) && path.Clean(p) == p }

func uncleanPath(p string) string {
	return `"` + p + `" is no clean path: it begins with a slash, ends without one and has letters, digits and ._~- between`
}

func (d *description) checkUnsigned(all *dialect.Dialect) error {
	begins := func(op dialect.Operation) bool {
		return slices.ContainsFunc(op.Paths, func(p string) bool { return strings.HasPrefix(p, d.unsigned+"/") })
	}
	if d.unsigned != "" && !slices.ContainsFunc(all.Operations, begins) {
		return fault("unsigned", "no path begins with %q; it is the part, such as the prefix, that clients leave out of what they sign", d.unsigned)
	}
	return nil
}

// checkTokens: a scheme with a token is of no use where nobody gives one.
func (d *description) checkTokens(all *dialect.Dialect) error {
	if all.Operation("token") != nil {
		return nil
	}
	for i, op := range all.Operations {
		if op.Auth == dialect.AuthSymmetric || op.Auth == dialect.AuthWithToken {
			return fault(d.operations[i].at, `it needs an access token, which no operation gives: add "token" to the operations, or set "auth" to "asymmetric"`)
		}
	}
	return nil
}

// checkHeaders: what the server proves a request by cannot be left out.
func (d *description) checkHeaders(all *dialect.Dialect) error {
	for i, op := range all.Operations {
		for _, name := range proofs(all, &op) {
			if !mandatory(op.Headers, name) {
				return fault(under(d.operations[i].at, "headers"), "%s must stay mandatory: requests are proved or told apart by it", name)
			}
		}
	}
	return nil
}

func proofs(all *dialect.Dialect, op *dialect.Operation) []string {
	names := []string{snap.HeaderTimestamp, snap.HeaderSignature}
	switch op.Auth {
	case dialect.AuthToken:
		return append(names, snap.HeaderClientKey)
	case dialect.AuthSymmetric, dialect.AuthWithToken:
		names = append(names, snap.HeaderAuthorization)
	case dialect.AuthAsymmetric, dialect.AuthEither:
		names = append(names, snap.HeaderPartnerID)
	}
	if op.Customer {
		names = append(names, snap.HeaderAuthorizationCustomer)
	}
	if all.ExternalID.Remember {
		names = append(names, snap.HeaderExternalID)
	}
	return names
}

// withAuth gives the row of the bearer token what the scheme needs.
func withAuth(rows []field.Row, auth dialect.Auth) []field.Row {
	row := aspi.Authorization
	switch auth {
	case dialect.AuthAsymmetric:
		return slices.DeleteFunc(slices.Clone(rows), func(r field.Row) bool { return r.Name == row.Name })
	case dialect.AuthEither:
		row.Need = field.Conditional
		row.About += "; absent with an asymmetric signature"
	}
	return dialect.AmendRows(rows, row)
}
