package cli

import (
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/console"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/server"
)

// withConsole serves the operators' pages beside the management API.
func (n *node) withConsole(api *admin.API, token string, dialects []dialect.Dialect, s server.Options) http.Handler {
	n.pages = console.New(console.Options{
		Desk: api.Desk(), Token: token, Sandbox: n.sandbox, PublicURL: s.PublicURL, Dialects: dialects,
		Events: n.events, Traffic: n.traffic, Journal: n.journal, Now: time.Now, Log: s.Log,
	})
	return n.pages.Over(api.Handler())
}
