package console

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
)

// The size of a chart in its own units; it fills the width that it is given.
const (
	chartWidth  = 480.0
	chartHeight = 150.0
	chartLeft   = 46.0 // for the scale's words
	chartBottom = 20.0 // for the times
	chartTop    = 8.0
)

// drawing is a chart in the making. Colours are the style sheet's, by class.
type drawing struct {
	b     strings.Builder
	top   float64 // the value at the upper end
	count int     // of places along the time
}

func newDrawing(count int, top float64) *drawing {
	d := &drawing{top: top, count: count}
	fmt.Fprintf(&d.b, `<svg class="chart" viewBox="0 0 %g %g" role="img">`, chartWidth, chartHeight)
	return d
}

func (d *drawing) x(i int) float64 {
	return chartLeft + (chartWidth-chartLeft)*float64(i)/float64(d.count)
}

func (d *drawing) y(value float64) float64 {
	return chartTop + (chartHeight-chartTop-chartBottom)*(1-value/d.top)
}

// scale draws lines at the quarters of the height, with what they stand for.
func (d *drawing) scale(word func(float64) string) {
	for _, share := range []float64{0, 0.5, 1} {
		y := d.y(d.top * share)
		fmt.Fprintf(&d.b, `<path class="grid" d="M%g %.1fH%g"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, y, chartWidth, chartLeft-6, y+4, word(d.top*share))
	}
}

// times writes some of the times along the bottom.
func (d *drawing) times(at func(i int) time.Time) {
	for part := range 4 {
		i := part * d.count / 4
		fmt.Fprintf(&d.b, `<text class="tick" x="%.1f" y="%g">%s</text>`, d.x(i), chartHeight-4, at(i).In(pay.Jakarta).Format("15:04"))
	}
}

// bar draws one part of a column, with what it says to who points at it.
func (d *drawing) bar(class string, i int, from, to float64, title string) {
	if to <= from {
		return
	}
	width := (chartWidth - chartLeft) / float64(d.count)
	fmt.Fprintf(&d.b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s</title></rect>`,
		class, d.x(i)+width*0.08, d.y(to), width*0.84, d.y(from)-d.y(to), template.HTMLEscapeString(title))
}

// line draws values one after another; a negative one is a gap.
func (d *drawing) line(class string, values []float64) {
	var path strings.Builder
	command := "M"
	for i, v := range values {
		if v < 0 {
			command = "M"
			continue
		}
		x := d.x(i) + (chartWidth-chartLeft)/float64(d.count)/2
		fmt.Fprintf(&path, "%s%.1f %.1f", command, x, d.y(math.Min(v, d.top)))
		if command == "M" { // a minute alone is a point
			path.WriteString("h.01")
		}
		command = "L"
	}
	fmt.Fprintf(&d.b, `<path class="line %s" d="%s"/>`, class, path.String())
}

func (d *drawing) end() template.HTML {
	d.b.WriteString("</svg>")
	return template.HTML(d.b.String())
}

// roundUp is the least of 1, 2, 5, 10, 20, 50 ... that is not below a value.
func roundUp(value float64) float64 {
	for step := 1.0; ; step *= 10 {
		for _, nice := range []float64{1, 2, 4, 5} {
			if step*nice >= value {
				return step * nice
			}
		}
	}
}

var classNames = [classes]string{"good", "refused", "failed"}

// requestChart stacks the answers of each minute by class.
func requestChart(lang string, minutes []minute) template.HTML {
	top := 4.0
	for i := range minutes {
		top = math.Max(top, float64(minutes[i].total()))
	}
	d := newDrawing(len(minutes), roundUp(top))
	d.scale(func(v float64) string { return number(int64(v)) })
	d.times(func(i int) time.Time { return minutes[i].at() })
	for i := range minutes {
		m := &minutes[i]
		title := m.at().In(pay.Jakarta).Format("15:04") + " · " + say(lang, "%s answered, %s refused, %s failed",
			number(m.classes[classGood]), number(m.classes[classRefused]), number(m.classes[classFailed]))
		from := 0.0
		for class, n := range m.classes {
			d.bar(classNames[class], i, from, from+float64(n), title)
			from += float64(n)
		}
	}
	return d.end()
}

// shares are the quantiles that the chart of latencies shows.
var shares = []struct {
	class string
	share float64
}{{"p50", 0.50}, {"p95", 0.95}, {"p99", 0.99}}

// latencyChart draws the quantiles of each minute, in milliseconds.
func latencyChart(minutes []minute) template.HTML {
	top := 1.0
	lines := make([][]float64, len(shares))
	for i := range minutes {
		for s, wanted := range shares {
			ms := -1.0
			if q := minutes[i].took.quantile(wanted.share); q > 0 {
				ms = float64(q.Microseconds()) / 1000
			}
			lines[s] = append(lines[s], ms)
			top = math.Max(top, ms)
		}
	}
	d := newDrawing(len(minutes), roundUp(top))
	d.scale(func(v float64) string { return trim(v) + " ms" })
	d.times(func(i int) time.Time { return minutes[i].at() })
	for s := len(shares) - 1; s >= 0; s-- {
		d.line(shares[s].class, lines[s])
	}
	return d.end()
}

// trim writes a number without the zeros behind it.
func trim(v float64) string {
	return strings.TrimSuffix(strings.Replace(fmt.Sprintf("%.1f", v), ".", ",", 1), ",0")
}
