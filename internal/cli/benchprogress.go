package cli

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// benchProgress shows one step after another.
type benchProgress struct {
	to  io.Writer
	bar *progressbar.ProgressBar
}

func newBenchProgress(to io.Writer) *benchProgress { return &benchProgress{to: to} }

// next begins a step of n parts; 0: how many is not known.
func (p *benchProgress) next(what string, n int64) {
	p.end()
	if n == 0 {
		n = -1
	}
	p.bar = progressbar.NewOptions64(n, progressbar.OptionSetWriter(p.to), progressbar.OptionSetDescription(what),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	_ = p.bar.RenderBlank() // a terminal that is gone does not matter
}

func (p *benchProgress) add(n int) { _ = p.bar.Add(n) }

func (p *benchProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
