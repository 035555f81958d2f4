package telemetry

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCodesAreBounded: however many codes an operation answers, from however
// many goroutines, each is counted, and those beyond the bound together.
func TestCodesAreBounded(t *testing.T) {
	m := NewMetrics(Build{})
	count := m.Operation("aspi", "generate")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range mostCodes + 10 {
				count(fmt.Sprint(i), time.Millisecond)
			}
		})
	}
	all.Wait()
	got := scraped(t, m)
	for i := range mostCodes + 10 {
		name := fmt.Sprintf(`qrisd_requests_total{code="%d",dialect="aspi",operation="generate"}`, i)
		if value, told := got[name]; told && value != 8 {
			t.Errorf("code %d was answered %v times, want 8", i, value)
		}
		delete(got, name)
	}
	if other := got[`qrisd_requests_total{code="other",dialect="aspi",operation="generate"}`]; other != 80 {
		t.Errorf("%v answers are of other codes, want 80", other)
	}
	if answered := got[`qrisd_request_duration_seconds_count{dialect="aspi",operation="generate"}`]; answered != 8*(mostCodes+10) {
		t.Errorf("%v answers took some time, want %d", answered, 8*(mostCodes+10))
	}
}

// scraped is what a scrape is answered, by name with labels.
func scraped(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("a scrape was answered %d: %s", w.Code, w.Body)
	}
	all := make(map[string]float64)
	for line := range strings.Lines(w.Body.String()) {
		at := strings.LastIndex(line, " ")
		if value, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64); !strings.HasPrefix(line, "#") && err == nil {
			all[line[:at]] = value
		}
	}
	return all
}

// BenchmarkCount is what the metrics cost a request.
func BenchmarkCount(b *testing.B) {
	count := NewMetrics(Build{}).Operation("aspi", "generate")
	for _, code := range []string{"4004701", "4014700", "2004700"} {
		count(code, time.Millisecond)
	}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			count("2004700", time.Millisecond)
		}
	})
}
