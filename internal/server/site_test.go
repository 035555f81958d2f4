package server

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/internal/storage"
)

// shop is a server over a seeded store, and a partner that makes codes.
type shop struct {
	t        *testing.T
	core     *pay.Core
	clock    *sandbox.Clock
	partner  *pay.Partner
	url      string
	draining atomic.Bool
}

// open starts a server whose requests, streams aside, may take limit.
func open(t *testing.T, simulated bool, limit time.Duration) *shop {
	t.Helper()
	store, err := storage.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "books.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	h := &shop{t: t, clock: sandbox.NewClock(time.Now, 0)}
	h.core = pay.New(store, h.clock.Now, rand.Reader, pay.DefaultPolicy(), pay.NationalSwitch{})
	credentials, _, err := sandbox.Seed(t.Context(), h.core)
	if err == nil {
		h.partner, err = h.core.Partner(t.Context(), credentials["midtrans"].PartnerID)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := New(h.core, nil, Options{Sandbox: simulated, Log: slog.New(slog.DiscardHandler), Draining: h.draining.Load})
	web := httptest.NewUnstartedServer(s.Handler())
	web.Config.ReadTimeout, web.Config.WriteTimeout = limit, limit
	web.Start()
	t.Cleanup(func() {
		h.draining.Store(true) // ends the streams, for which Close waits
		web.Close()
	})
	h.url = web.URL
	return h
}

// code makes a code that lives a quarter of an hour; an amount of 0 makes a
// static one.
func (h *shop) code(amount pay.Rupiah) pay.Code {
	h.t.Helper()
	req := pay.GenerateRequest{Partner: h.partner, Amount: amount}
	if amount > 0 {
		req.ExpiresAt = h.core.Now().Add(15 * time.Minute)
	}
	code, err := h.core.Generate(h.t.Context(), req)
	if err != nil {
		h.t.Fatal(err)
	}
	return code
}

func (h *shop) pay(c pay.Code, amount pay.Rupiah) {
	h.t.Helper()
	if _, err := sandbox.Pay(h.t.Context(), h.core, sandbox.Target{ReferenceNo: c.Ref}, amount); err != nil {
		h.t.Fatal(err)
	}
}

func (h *shop) get(path string) (*http.Response, []byte) {
	h.t.Helper()
	res, err := http.Get(h.url + path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res, body
}

// TestCheckoutFitsAPhone: the page with its QR, style, script and icon is under
// 60 kB, and all of it comes from addresses beside its own.
func TestCheckoutFitsAPhone(t *testing.T) {
	h := open(t, true, time.Minute)
	ref := h.code(pay.Rp(15_000)).Ref
	res, page := h.get("/pay/" + ref)
	if res.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("<svg ")) {
		t.Fatalf("%s without a QR", res.Status)
	}
	total := len(page)
	files := regexp.MustCompile(`"\.\.(/assets/[^"]+)"`).FindAllSubmatch(page, -1)
	if len(files) != 3 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range files {
		res, body := h.get(string(file[1]))
		if res.StatusCode != http.StatusOK || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %v", file[1], res.Status, res.Header)
		}
		total += len(body)
	}
	t.Logf("%d bytes, %d of them the page itself", total, len(page))
	if total >= 60_000 {
		t.Errorf("the page takes %d bytes", total)
	}
}

// TestImagesOfASandbox: those that people see carry the mark, which makes them
// higher than wide; those in the API's answers are the symbol alone.
func TestImagesOfASandbox(t *testing.T) {
	for _, simulated := range []bool{true, false} {
		h := open(t, simulated, time.Minute)
		code := h.code(pay.Rp(15_000))
		_, picture := h.get("/qr/" + code.Ref + ".png")
		img, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if size := img.Bounds(); (size.Dy() > size.Dx()) != simulated {
			t.Errorf("simulated %t: the PNG is %v", simulated, size)
		}
		_, svg := h.get("/qr/" + code.Ref + ".svg")
		box := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindSubmatch(svg)
		if box == nil || bytes.Equal(box[1], box[2]) == simulated {
			t.Errorf("simulated %t: the SVG is %s", simulated, box)
		}
		_, page := h.get("/pay/" + code.Ref)
		if bytes.Contains(page, []byte("SIMULASI")) != simulated || !bytes.Contains(page, svg) {
			t.Errorf("simulated %t: the page is not marked so", simulated)
		}
		text, err := site{}.Image(code.Payload, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))); err != nil || plain.Bounds().Dx() != plain.Bounds().Dy() {
			t.Errorf("an answer's image is not the symbol alone (%v)", err)
		}
	}
}

func TestImageDownload(t *testing.T) {
	h := open(t, true, time.Minute)
	ref := h.code(pay.Rp(15_000)).Ref
	for _, kind := range []string{"png", "svg"} {
		shown, plain := h.get("/qr/" + ref + "." + kind)
		kept, same := h.get("/qr/" + ref + "." + kind + "?download=1")
		if got, want := kept.Header.Get("Content-Disposition"), `attachment; filename="qris-`+ref+`.`+kind+`"`; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if shown.Header.Get("Content-Disposition") != "" || !bytes.Equal(plain, same) {
			t.Errorf("%s is another image when it is shown", kind)
		}
	}
}

func TestNoSuchCheckout(t *testing.T) {
	h := open(t, true, time.Minute)
	for _, path := range []string{"/pay/1", "/pay/1/status", "/pay/1/events", "/qr/1.png", "/assets/checkout.js", "/assets/x"} {
		if res, body := h.get(path); res.StatusCode != http.StatusNotFound || !bytes.Contains(body, []byte("4040002")) {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
}
