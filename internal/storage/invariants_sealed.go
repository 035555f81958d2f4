package storage

import (
	"strings"

	"github.com/qrisd/qrisd/internal/seal"
)

// sealedInvariants are about where secrets lie. They see how a text begins, and
// say nothing of the rest of it.
func sealedInvariants() []Invariant {
	return []Invariant{
		{
			Name: "partner-sealed", Of: "partner", Says: "a partner's client secret is sealed under a data key of the store",
			Query: sealedQuery("partner", "id", "client_secret", ""),
		},
		{
			Name: "merchant-sealed", Of: "merchant", Says: "a notify address that is sealed is under a data key of the store",
			Query: sealedQuery("merchant", "partner_id || '/' || id", "notify_url", "notify_url LIKE '"+seal.Beginning+"%' AND "),
		},
		{
			Name: "setting-sealed", Of: "setting", Says: "a setting that may be secret is sealed under a data key of the store",
			Query: sealedQuery("setting", "name", "value", secretSetting()),
		},
	}
}

// sealedQuery finds what no data key of the store has sealed; in a store without
// data keys, what claims to be sealed.
func sealedQuery(from, id, column, when string) string {
	return strings.NewReplacer("FROM_", from, "ID_", id, "TEXT_", column).Replace(`SELECT ID_ AS id, 'one that a data key has sealed' AS want,
			CASE WHEN substr(TEXT_, 1, 4) = 'qs1.' THEN 'one under ' || substr(TEXT_, 5, 16) ELSE 'one that is not sealed' END AS got
		FROM FROM_ WHERE ` + when + `CASE WHEN substr(TEXT_, 1, 4) = 'qs1.'
			THEN NOT EXISTS (SELECT 1 FROM data_key WHERE data_key.id = substr(FROM_.TEXT_, 5, 16))
			ELSE EXISTS (SELECT 1 FROM data_key) END`)
}

// secretSetting is the condition that isPlain decides in Go.
func secretSetting() string {
	var b strings.Builder
	for _, beginning := range plainSettings {
		b.WriteString("name NOT LIKE '" + beginning + "%' AND ")
	}
	return b.String()
}
