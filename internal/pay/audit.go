package pay

import (
	"context"
	"strings"
	"time"
)

// Act is one thing that a person did, or tried to do. It is written before it
// is done, so that none is done unwritten.
type Act struct {
	ID      string    // UUIDv7
	At      time.Time // real time
	Who     string
	Role    Role
	Origin  string // network address that it came from
	Verb    string // what was done, as in "code.cancel"
	Subject string // to what
	Detail  string // how, without secrets
	Outcome string // ActDone, or why not; empty: not known, the node ended in between
}

// ActDone is the outcome of an act that succeeded.
const ActDone = "done"

// TokenHolder is who bears the admin token. It is no name that a user can
// have.
const TokenHolder = "admin token"

// maxActText bounds each text of an act, in bytes.
const maxActText = 1000

// recorded is a text as the log takes it, whoever wrote it: valid UTF-8 without
// NUL, and not too long.
func recorded(text string) string {
	text = strings.ReplaceAll(text[:min(len(text), maxActText)], "\x00", "?")
	return strings.ToValidUTF8(text, "")
}

// Do carries out an act between two entries of the audit log: what is about
// to be done, and what came of it. It gives do's own error.
func (c *Core) Do(ctx context.Context, a Act, do func() error) error {
	id, err := c.newID()
	if err != nil {
		return err
	}
	a.ID, a.Outcome = id, ""
	a.Who, a.Subject, a.Detail = recorded(a.Who), recorded(a.Subject), recorded(a.Detail)
	if err := c.store.Update(ctx, func(tx Tx) error { return tx.InsertAct(a) }); err != nil {
		return err
	}
	failed := do()
	outcome := ActDone
	if failed != nil {
		outcome = recorded(failed.Error())
	}
	// What was done is written even if whoever asked has gone.
	err = c.store.Update(context.WithoutCancel(ctx), func(tx Tx) error { return tx.EndAct(id, outcome) })
	if failed != nil {
		return failed
	}
	return err
}
