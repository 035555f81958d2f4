package described

import (
	"cmp"
	"maps"
	"slices"

	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/dialect/aspi"
	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/snap"
)

// operation lays an entry of the file over an operation of the standard. The
// steps stand in the order in which they build on one another.
func (d *description) operation(all *dialect.Dialect, o operation, op dialect.Operation) (dialect.Operation, error) {
	op.Paths = d.paths(o, op.Paths)
	op.Success.Message = cmp.Or(o.success, op.Success.Message)
	for _, lay := range []func(*dialect.Dialect, operation, *dialect.Operation) error{
		d.layAuth, d.layHeaders, layBody, layValidity, layStatic, layDemands, d.layOutcomes, layReference, layExternalID,
	} {
		if err := lay(all, o, &op); err != nil {
			return op, err
		}
	}
	op.Codes = codes(all, &op, o.static != nil)
	return op, nil
}

// paths are the file's own, as they stand, or the standard's behind the
// prefix.
func (d *description) paths(o operation, standard []string) []string {
	if o.paths != nil {
		return o.paths
	}
	all := make([]string, len(standard))
	for i, p := range standard {
		all[i] = d.prefix + p
	}
	return all
}

func (d *description) layAuth(_ *dialect.Dialect, o operation, op *dialect.Operation) error {
	switch {
	case op.Auth == dialect.AuthToken && o.auth != nil:
		return fault(under(o.at, "auth"), "an access token is always asked for with RSA over client key and time; leave it out")
	case op.Auth == dialect.AuthToken:
		return nil
	}
	op.Auth = orElse(o.auth, orElse(d.auth, op.Auth))
	op.Headers = withAuth(op.Headers, op.Auth)
	return nil
}

// layHeaders amends by the dialect's headers, which access tokens do not
// share, and then by the operation's.
func (d *description) layHeaders(all *dialect.Dialect, o operation, op *dialect.Operation) (err error) {
	if d.timestamp.format != nil {
		if i := find(op.Headers, snap.HeaderTimestamp); i >= 0 {
			row := op.Headers[i]
			row.Format = d.timestamp.format
			op.Headers = dialect.AmendRows(op.Headers, row)
		}
	}
	if op.Auth != dialect.AuthToken {
		if op.Headers, err = amend(op.Headers, d.headersFor(op.Headers), checkHeader); err != nil {
			return err
		}
	}
	op.Headers, err = amend(op.Headers, o.headers, checkHeader)
	return err
}

// headersFor are the dialect's changes of headers but those of headers that
// only other operations have, such as a customer's token.
func (d *description) headersFor(rows []field.Row) []change {
	return slices.DeleteFunc(slices.Clone(d.headers), func(c change) bool {
		return find(rows, c.name) < 0 && find(aspi.CustomerHeaders, c.name) >= 0
	})
}

func layBody(_ *dialect.Dialect, o operation, op *dialect.Operation) (err error) {
	op.Body, err = amend(op.Body, o.body, checkField)
	return err
}

func layDemands(_ *dialect.Dialect, o operation, op *dialect.Operation) error {
	var demands []demand
	for _, c := range o.body {
		if c.when == nil {
			continue
		}
		if err := c.when.known(op.Body); err != nil {
			return err
		}
		demands = append(demands, demand{*c.when, op.Body[find(op.Body, c.name)]})
	}
	op.Do = demanding(demands, op.Do)
	return nil
}

// layOutcomes: the operation's entry goes before the dialect's, and both
// before what the standard has for the operation.
func (d *description) layOutcomes(all *dialect.Dialect, o operation, op *dialect.Operation) (err error) {
	own := maps.Clone(op.Outcomes)
	maps.DeleteFunc(own, func(k pay.Kind, _ dialect.Outcome) bool { _, said := d.outcomes[k]; return said })
	beneath := *op
	beneath.Outcomes = own
	op.Outcomes, err = overAll(own, o.outcomes, func(k pay.Kind) dialect.Outcome { return all.Outcome(&beneath, k) })
	return err
}

func layReference(_ *dialect.Dialect, o operation, op *dialect.Operation) error {
	switch {
	case o.reference == nil:
		return nil
	case op.Identifier.Field == "":
		return fault(under(o.at, "reference"), "%s makes nothing that has a reference of the partner's", op.Name)
	case o.reference.Same.Replay && op.Replay == nil:
		return fault(under(o.at, "reference"), "%s cannot be answered again", op.Name)
	}
	op.Reference = o.reference
	return nil
}

// layExternalID: an operation that has a line for a repeated X-EXTERNAL-ID
// remembers it, and so must be able to give its first answer again.
func layExternalID(all *dialect.Dialect, _ operation, op *dialect.Operation) error {
	remembers := slices.ContainsFunc(op.Codes, func(c dialect.Code) bool { return c.Reach == dialect.ByExternalID })
	if all.ExternalID.Same.Replay && remembers && op.Replay == nil {
		return fault("externalId.same", "%s cannot be answered again; take it off the operations or choose a kind of refusal", op.Name)
	}
	return nil
}

func layValidity(_ *dialect.Dialect, o operation, op *dialect.Operation) error {
	if o.validity == nil {
		return nil
	}
	at, v := under(o.at, "validity"), op.Validity
	if v.Field == "" {
		return fault(at, "%s makes no code, so nothing of it ends", op.Name)
	}
	v.Field = cmp.Or(o.validity.field, v.Field)
	v.Min, v.Max, v.Default = orElse(o.validity.min, v.Min), orElse(o.validity.max, v.Max), orElse(o.validity.initial, v.Default)
	switch {
	case find(op.Body, v.Field) < 0:
		return fault(under(at, "field"), "%s", unknown("field", v.Field, names(op.Body)))
	case v.Max > 0 && v.Min > v.Max:
		return fault(at, "min %s is more than max %s", v.Min, v.Max)
	case v.Default < v.Min || v.Max > 0 && v.Default > v.Max:
		return fault(at, `the default %s is outside min %s and max %s; give another "default"`, v.Default, v.Min, v.Max)
	}
	op.Validity = v
	return nil
}

func layStatic(_ *dialect.Dialect, o operation, op *dialect.Operation) error {
	switch {
	case o.static == nil:
		return nil
	case op.Name != generate:
		return fault(under(o.at, "static"), "only %s makes codes that are static or not", generate)
	}
	if err := o.static.known(op.Body); err != nil {
		return err
	}
	op.Do, op.Replay = aspi.Generating(staticWhere(*o.static), aspi.Generated)
	return nil
}

// generate is the operation that makes codes.
const generate = "generate"
