package operate_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/operate"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/qrimage"
	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// picture is an image of a text.
func (w *world) picture(text string) []byte {
	w.t.Helper()
	file, err := qrimage.PNG(text, qrimage.Options{})
	w.must(err)
	return file
}

func TestPayImage(t *testing.T) {
	w := newWorld(t)
	code := w.generate("M", "A1", 15_000)
	file := w.picture(code.Payload)
	p, err := w.PayImage(t.Context(), file, 0)
	if err != nil || p.CodeRef != code.Ref || p.Amount != pay.Rp(15_000) {
		t.Errorf("the payment is %+v, %v", p, err)
	}
	static := w.generate("M", "A2", 0)
	if p, err := w.PayImage(t.Context(), w.picture(static.Payload), pay.Rp(7_000)); err != nil || p.Amount != pay.Rp(7_000) {
		t.Errorf("the payment of a static code is %+v, %v", p, err)
	}
	var again *pay.Error
	if _, err := w.PayImage(t.Context(), file, 0); !errors.As(err, &again) || again.Kind == pay.Internal {
		t.Errorf("the code was paid again: %v", err)
	}
}

// TestPayImageRefusals: what is no picture of a QR is the caller's fault, what
// is no QRIS the domain's to refuse; neither pays.
func TestPayImageRefusals(t *testing.T) {
	w := newWorld(t)
	var blank bytes.Buffer
	w.must(png.Encode(&blank, image.NewGray(image.Rect(0, 0, 64, 64))))
	whole := w.picture("https://example.com/")
	for name, c := range map[string]struct {
		file []byte
		why  error
	}{
		"nothing": {nil, qrread.ErrNoImage}, "a text": {[]byte("00020101021126"), qrread.ErrNoImage}, "half a picture": {whole[:len(whole)/2], qrread.ErrNoImage},
		"an empty picture": {blank.Bytes(), qrread.ErrNoSymbol},
	} {
		_, err := w.PayImage(t.Context(), c.file, 0)
		var r *operate.Refusal
		if !errors.As(err, &r) || r.Kind != operate.BadRequest || !strings.HasPrefix(r.Message, c.why.Error()) {
			t.Errorf("%s: %v, want %v", name, err, c.why)
		}
	}
	var e *pay.Error
	if _, err := w.PayImage(t.Context(), whole, 0); !errors.As(err, &e) || e.Kind != pay.BadPayload {
		t.Errorf("a QR that is no QRIS: %v", err)
	}
	books, err := w.Core.CheckBooks(t.Context())
	w.must(err)
	if !books.Balanced || books.Counts.Payments != 0 {
		t.Errorf("the books are %+v", books)
	}
}

// TestOutsideASandbox: none of the levers' room is there.
func TestOutsideASandbox(t *testing.T) {
	w := newWorld(t)
	bare := operate.NewDesk(w.Core, operate.Options{})
	_, fixtures := bare.LoadFixtures(t.Context(), sandbox.Fixtures{})
	for what, err := range map[string]error{
		"a lever on": bare.SetLever(t.Context(), sandbox.Lever{Kind: sandbox.LeverDelay}), "levers off": bare.RemoveLevers(t.Context(), "", "", ""),
		"a reset": bare.Reset(t.Context()), "fixtures": fixtures,
	} {
		w.refused(what, err, operate.NotFound, "only a sandbox has this (qrisd serve --sandbox)")
	}
}

func TestReset(t *testing.T) {
	w := newWorld(t)
	begun := 0
	w.Begin = func(context.Context) error { begun++; return nil }
	w.must(w.Reset(t.Context()))
	broken := errors.New("broken")
	w.Begin = func(context.Context) error { return broken }
	if err := w.Reset(t.Context()); err != broken || begun != 1 || w.spread.Load() != 1 {
		t.Errorf("%v after %d resets, other nodes were waited for %d times", err, begun, w.spread.Load())
	}
}

func TestFixturesOfAnUnknownDialect(t *testing.T) {
	w := newWorld(t)
	_, err := w.LoadFixtures(t.Context(), sandbox.Fixtures{Partners: []sandbox.PartnerFixture{{ID: "Q", Dialect: "latin"}}})
	w.refused("a dialect", err, operate.BadRequest, `partner Q: dialect "latin" is not offered`)
	if _, err := w.LoadFixtures(t.Context(), sandbox.Fixtures{Partners: []sandbox.PartnerFixture{{ID: "P", Dialect: "latin"}}}); err != nil {
		t.Errorf("a partner that is there is left as it is: %v", err)
	}
	_, err = w.LoadFixtures(t.Context(), sandbox.Fixtures{Codes: []sandbox.CodeFixture{{PartnerID: "R", PartnerReferenceNo: "A1"}}})
	var r *operate.Refusal
	if !errors.As(err, &r) || r.Kind != operate.BadRequest {
		t.Errorf("a code of an unknown partner: %v", err)
	}
}
