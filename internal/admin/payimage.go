package admin

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/qrisd/qrisd/internal/qrread"
)

// The forms in which an image comes: its bytes, or a form with a file.
const (
	imageTypes = "image/"
	formType   = "multipart/form-data"
)

func carriesImage(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.URL.Path == payPath && (strings.HasPrefix(kind, imageTypes) || kind == formType)
}

// payImage pays the QR of an image: the body itself, with the amount in the
// query, or the first file of a form, with the amount in its field.
func (a *API) payImage(r *http.Request) (any, error) {
	file, err := imageOf(r)
	if err != nil {
		return nil, err
	}
	sum, err := amount(r.FormValue("amount")).rupiah()
	if err != nil {
		return nil, err
	}
	p, err := a.desk.PayImage(r.Context(), file, sum)
	return viewPayment(p), err
}

func imageOf(r *http.Request) ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != formType {
		file, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, badBody(err)
		}
		return file, nil
	}
	if err := r.ParseMultipartForm(qrread.MaxBytes); err != nil {
		return nil, badBody(err)
	}
	for _, files := range r.MultipartForm.File {
		f, err := files[0].Open()
		if err != nil {
			return nil, badBody(err)
		}
		defer f.Close()
		return io.ReadAll(f)
	}
	return nil, &httpError{http.StatusBadRequest, "bad-request", "the form has no file: send the image as one"}
}
