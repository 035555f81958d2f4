package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stage is a server and the browser in front of it.
type stage struct {
	*harness
	browser *browser
	scene   string
	shots   int
}

// tab is one person's window: nobody else's cookies are in it.
type tab struct {
	*stage
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string // of the browser about our pages
}

// open opens a window at an address. What the browser complains of until it is
// closed fails the test.
func (s *stage) open(address string) *tab {
	s.t.Helper()
	w := &tab{stage: s, t: s.t}
	ctx, closeTab := chromedp.NewContext(s.browser.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.hear))
	w.ctx = ctx
	s.t.Cleanup(func() {
		closeTab()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.complaints {
			w.t.Errorf("the browser says: %s", c)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		s.t.Fatalf("opening a window: %v", err)
	}
	// Somebody looks at each of several windows.
	devtools(w, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	w.size(desk)
	w.visit(address)
	return w
}

// hear keeps what the browser says about a page: exceptions, refusals of the
// content policy, files that are not there.
func (w *tab) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		w.complaints = append(w.complaints, text)
	case *runtime.EventConsoleAPICalled:
		w.complaints = append(w.complaints, fmt.Sprintf("console.%s was called", e.Type))
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelVerbose { // advice
			w.complaints = append(w.complaints, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	}
}

// forgive drops complaints with this text, which the scene has provoked.
func (w *tab) forgive(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var left []string
	for _, c := range w.complaints {
		if !strings.Contains(c, text) {
			left = append(left, c)
		}
	}
	w.complaints = left
}

// drive carries out an action, as long as stepTime lasts.
func drive[T any](w *tab, step string, a chromedp.Action[T]) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, stepTime)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		w.t.Fatalf("%s: %v", step, err)
	}
	return v
}

// devtools sends a command of the browser's protocol.
func devtools[P, R any](w *tab, command cdp.Command[P, R], params P) R {
	w.t.Helper()
	return drive(w, command.Method, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
}

// visit goes to an address, as if it were typed.
func (w *tab) visit(address string) {
	w.t.Helper()
	drive(w, "visiting "+address, chromedp.Navigate(address))
}

// The sizes of windows in pixels of CSS.
var (
	desk  = [2]int64{1280, 900}
	phone = [2]int64{390, 844}
)

func (w *tab) size(size [2]int64) {
	w.t.Helper()
	var options []chromedp.EmulateViewportOption
	if size == phone {
		options = append(options, chromedp.EmulateMobile)
	}
	drive(w, "sizing the window", chromedp.EmulateViewport(size[0], size[1], options...))
}

// scheme sets the system's colours: light or dark.
func (w *tab) scheme(name string) {
	w.t.Helper()
	devtools(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// connect brings the network of the window down and up again.
func (w *tab) connect(up bool) {
	w.t.Helper()
	devtools(w, emulateNetwork, networkConditions{Offline: !up, DownloadThroughput: -1, UploadThroughput: -1})
}

// emulateNetwork is older than what took its place, of which each release of
// Chromium has wanted other parameters so far.
var emulateNetwork = cdp.Command[networkConditions, cdp.Empty]{Method: "Network.emulateNetworkConditions"}

// networkConditions bound nothing where they are -1.
type networkConditions struct {
	Offline            bool    `json:"offline"`
	Latency            float64 `json:"latency"`
	DownloadThroughput float64 `json:"downloadThroughput"`
	UploadThroughput   float64 `json:"uploadThroughput"`
}
