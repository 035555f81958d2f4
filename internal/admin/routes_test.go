package admin

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/openapi"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// furnished has all that can be handed in.
func furnished(t *testing.T) Options {
	t.Helper()
	o := Options{
		Token: "t", Dialects: []string{"aspi"}, Clock: sandbox.NewClock(time.Now, 0),
		Rotated: func(context.Context, sandbox.Credentials) error { return nil },
		Spread:  func(context.Context) {},
		Backup:  func(context.Context) (string, error) { return "", nil },
		Journal: sandbox.NewJournal(1), Events: sandbox.NewEvents(1), Levers: new(sandbox.Levers),
		Begin:     func(context.Context) error { return nil },
		Heartbeat: time.Second, Overlap: time.Second, Provider: provided{}, Keeper: kept{}, Now: time.Now, Log: slog.Default(),
	}
	for field, value := range reflect.ValueOf(o).Fields() {
		if value.IsZero() {
			t.Fatalf("nothing stands for the option %s: give it a value here", field.Name)
		}
	}
	return o
}

// provided stands for the server's own key, kept for those of its secrets.
type provided struct{}

func (provided) Show(context.Context) (any, error)                  { return nil, nil }
func (provided) Rotate(context.Context, time.Duration) (any, error) { return nil, nil }

type kept struct{}

func (kept) Status(context.Context) (any, error)               { return nil, nil }
func (kept) Rotate(context.Context, bool, string) (any, error) { return nil, nil }

func patterns(routes []openapi.Route) []string {
	var all []string
	for _, r := range routes {
		all = append(all, r.Pattern)
	}
	slices.Sort(all)
	return all
}

// TestRoutesAreAll: whatever a server is given, what it serves is in the table
// from which its document and the matrix of authorisation are made.
func TestRoutesAreAll(t *testing.T) {
	served := patterns(described(New(nil, furnished(t)).routes()))
	if told := patterns(Routes()); !slices.Equal(served, told) {
		t.Errorf("served are\n%q\ntold are\n%q", served, told)
	}
	if bare := described(New(nil, Options{}).routes()); len(bare) == 0 || len(bare) >= len(served) {
		t.Errorf("of %d routes %d are served without any options", len(served), len(bare))
	}
}
