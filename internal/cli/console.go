package cli

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/console"
)

// withConsole serves the operators' pages beside the management API.
func (n *node) withConsole(api *admin.API, token, publicURL string, log *slog.Logger) http.Handler {
	n.pages = console.New(console.Options{
		Desk: api.Desk(), Token: token, Sandbox: n.sandbox, PublicURL: publicURL,
		Events: n.events, Traffic: n.traffic, Now: time.Now, Log: log,
	})
	return n.pages.Over(api.Handler())
}
