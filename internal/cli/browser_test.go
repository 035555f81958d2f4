package cli

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// scenes are what people do with a browser: each with a server, and tabs, of
// its own.
var scenes = []struct {
	name string
	play func(*testing.T, *stage)
}{
	{"pages", pagesScene}, // the longest
	{"sign-in", signInScene},
	{"refused", refusedScene},
	{"paid", paidScene},
	{"scanned", scannedScene},
	{"offline", offlineScene},
	{"asleep", asleepScene},
	{"resent", resentScene},
	{"rotated", rotatedScene},
	{"expired", expiredScene},
	{"keyboard", keyboardScene},
	{"lever", leverScene},
	{"image", imageScene},
}

// TestBrowser goes through the console and the checkout page in a real
// browser.
func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(t, &stage{harness: start(t), browser: b, scene: s.name})
		})
	}
}

// screenshots is a flag because what it fills is looked at, and is nothing to
// keep in the tree.
var screenshots = flag.String("screenshots", filepath.Join(os.TempDir(), "qrisd-screenshots"), "folder for what the browser tests saw")

// stepTime bounds one step of a scene; machines that are busy take long.
const stepTime = 60 * time.Second

// browser is one process of Chromium.
type browser struct {
	ctx   context.Context
	shots string // folder of the screenshots
}

// browsers are the names that Chromium goes by.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("none of %q is on the PATH: the console is tested in a real browser, install Chromium (Debian: apt-get install chromium fonts-dejavu-core)", browsers)
	return ""
}

// browserFlags let it talk to nobody but the servers of the tests. It runs
// without its sandbox because containers let root have none; it sees no pages
// but ours.
var browserFlags = []string{
	"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
	"disable-component-update", "disable-sync", "disable-domain-reliability", "no-proxy-server", "no-pings",
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "profile")
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(browserPath(t)), chromedp.UserDataDir(profile), chromedp.Env("LANG=C.UTF-8"))
	for _, name := range browserFlags {
		options = append(options, chromedp.Flag(name, true))
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeBrowser()
		end()
		forget(t, profile)
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return &browser{ctx: ctx, shots: *screenshots}
}

// forget removes the profile, in which processes of the browser may write
// until they have noticed that it is closed.
func forget(t *testing.T, profile string) {
	deadline := time.Now().Add(stepTime)
	for {
		err := os.RemoveAll(profile)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Error(err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
