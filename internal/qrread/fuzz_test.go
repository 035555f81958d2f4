package qrread

import (
	"bytes"
	"errors"
	"image"
	"strings"
	"testing"

	"github.com/qrisd/qrisd/internal/qrimage"
)

// FuzzText: no bytes harm the reader, and each refusal is one of its three.
func FuzzText(f *testing.F) {
	small, err := qrimage.PNG(payload[:30], qrimage.Options{Scale: 1, Quiet: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add(small[:60])
	f.Add([]byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x02\x84Q\x00;"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && c.Width*c.Height > 200_000 {
			return // bounded as well, but slow
		}
		text, err := Text(file)
		if known := errors.Is(err, ErrNoImage) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNoSymbol); err != nil && (!known || text != "") {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// FuzzDrawn: what is drawn is read again.
func FuzzDrawn(f *testing.F) {
	f.Add(payload)
	f.Add("0")
	f.Add("hello, 北京")
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || len(text) > 400 || strings.ToValidUTF8(text, "") != text || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // beyond printable ASCII a symbol's character set is the reader's guess
		}
		file, err := qrimage.PNG(text, qrimage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Text(file); err != nil || got != text {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	})
}
