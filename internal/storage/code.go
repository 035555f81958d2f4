package storage

import (
	"fmt"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

var codes = table[pay.Code]{
	name: "code",
	columns: strings.Fields(`ref id partner_id partner_ref merchant_id merchant_name sub_merchant
		store_id terminal_id amount fee payload state created_at expires_at closed_at callback_url echo`),
	fields: func(c *pay.Code) []any {
		return []any{
			&c.Ref, &c.ID, &c.PartnerID, &c.PartnerRef, &c.MerchantID, &c.MerchantName, &c.SubMerchant,
			&c.StoreID, &c.TerminalID, (*int64)(&c.Amount), (*int64)(&c.Fee), &c.Payload, (*string)(&c.State),
			moment{&c.CreatedAt}, moment{&c.ExpiresAt}, moment{&c.ClosedAt}, &c.CallbackURL, &c.Echo,
		}
	},
}

// listedCodes are the columns of codes that a list tells.
var listedCodes = table[pay.ListedCode]{
	name:    "code",
	columns: strings.Fields("ref amount created_at expires_at"),
	fields: func(c *pay.ListedCode) []any {
		return []any{&c.Ref, (*int64)(&c.Amount), moment{&c.CreatedAt}, moment{&c.ExpiresAt}}
	},
}

var (
	codeByRef  = codes.find("WHERE ref = $1")
	codesOnDay = listedCodes.find(`WHERE partner_id = $1 AND merchant_id = $2 AND day = $3
		ORDER BY created_at DESC, ref DESC LIMIT $4`)
	codesOnDayBehind = listedCodes.find(`WHERE partner_id = $1 AND merchant_id = $2 AND day = $3
		AND (created_at, ref) < ($5, $6) ORDER BY created_at DESC, ref DESC LIMIT $4`)
	dueCodes = codes.find(`WHERE state = 'active' AND expires_at > 0 AND expires_at <= $1
		ORDER BY expires_at LIMIT $2`)
	// Codes that are being paid or cancelled elsewhere wait for the next time.
	// What is due is found once: a plan may look into a plain subquery again
	// for each row, and find the next ones.
	expireCodes = `WITH due AS MATERIALIZED (
			SELECT ref FROM code WHERE state = 'active' AND expires_at > 0 AND expires_at <= $1
			ORDER BY expires_at LIMIT $2 /*postgres: FOR UPDATE SKIP LOCKED */)
		UPDATE code SET state = 'expired', closed_at = expires_at
		WHERE state = 'active' AND ref IN (SELECT ref FROM due)`
	insertCode = codes.insert("day")
	// That it is not closed yet, which is to say active, lets a dynamic code be paid
	// once. The indexes of active codes do not fit these words, so that PostgreSQL
	// takes none of them for the key's, as it did while there were few codes.
	holdCode  = "SELECT ref FROM code WHERE ref = $1 AND closed_at = 0 /*postgres: FOR SHARE */"
	closeCode = "UPDATE code SET state = $1, closed_at = $2 WHERE ref = $3 AND closed_at = 0"
	endCode   = "UPDATE code SET state = 'expired', closed_at = $1, expires_at = $1 WHERE ref = $2 AND closed_at = 0"
)

func (r reader) Code(ref string) (pay.Code, error) { return codes.one(r.q, codeByRef, ref) }

func (r reader) CodesOn(partnerID, merchantID, day string, behind pay.ListedCode, limit int, visit func(pay.ListedCode) error) error {
	text, args := codesOnDay, []any{partnerID, merchantID, day, limit}
	if behind.Ref != "" {
		text, args = codesOnDayBehind, append(args, micros(behind.CreatedAt), behind.Ref)
	}
	read := func() error { return r.list(text, args, visit) }
	if v, ok := r.q.(*view); ok && behind.Ref != "" {
		return v.sparingly(read)
	}
	return read()
}

// list reads all rows into one place: there are many, and of each only a little
// is wanted.
func (r reader) list(text string, args []any, visit func(pay.ListedCode) error) error {
	var code pay.ListedCode
	fields := listedCodes.fields(&code)
	return r.q.query(text, args, func(row row) error {
		if err := row.Scan(fields...); err != nil {
			return fmt.Errorf("storage: read a row of a list of codes: %w", err)
		}
		return visit(code)
	})
}

func (r reader) DueCodes(now time.Time, limit int) ([]pay.Code, error) {
	return codes.all(r.q, dueCodes, micros(now), limit)
}

// InsertCode answers ErrExists when the Ref is another code's. That a partner's
// reference is used once is the mark's to keep: an index here of the same
// would cost a fifth of the rate at which codes are made.
func (t tx) InsertCode(c pay.Code, day string) error {
	return t.add(insertCode, append(codes.values(&c), day))
}

func (t tx) ExpireCodes(now time.Time, limit int) (int, error) {
	n, err := t.db.exec(expireCodes, []any{micros(now), limit})
	return int(n), err
}

func (t tx) HoldCode(ref string) error {
	if err := t.db.lock("code "+ref, true); err != nil {
		return err
	}
	_, err := scalar[string](t.q, holdCode, ref)
	return err
}

// CloseCode moves the code to a state at c.ClosedAt.
func (t tx) CloseCode(c pay.Code, to pay.CodeState) error {
	if err := t.db.lock("code "+c.Ref, false); err != nil {
		return err
	}
	return t.update(closeCode, string(to), micros(c.ClosedAt), c.Ref)
}

func (t tx) EndCode(c pay.Code) error {
	if err := t.db.lock("code "+c.Ref, false); err != nil {
		return err
	}
	return t.update(endCode, micros(c.ClosedAt), c.Ref)
}
