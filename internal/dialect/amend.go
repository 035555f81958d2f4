package dialect

import (
	"maps"
	"slices"
	"strings"

	"github.com/qrisd/qrisd/internal/field"
	"github.com/qrisd/qrisd/internal/pay"
)

// Amend gives base with the differences laid over it.
func Amend(base, differences map[pay.Kind]Outcome) map[pay.Kind]Outcome {
	all := maps.Clone(base)
	maps.Copy(all, differences)
	return all
}

// AmendRows gives rows with those of the same name replaced and new ones
// appended. Order is precedence, so a replaced row keeps its place.
func AmendRows(rows []field.Row, changes ...field.Row) []field.Row {
	all := slices.Clone(rows)
	for _, change := range changes {
		i := slices.IndexFunc(all, func(r field.Row) bool { return r.Name == change.Name })
		if i < 0 {
			all = append(all, change)
		} else {
			all[i] = change
		}
	}
	return all
}

func fill(message, fieldName, reason string) string {
	if !strings.Contains(message, "{") {
		return message
	}
	return strings.TrimSpace(strings.NewReplacer("{field}", fieldName, "{reason}", reason).Replace(message))
}
