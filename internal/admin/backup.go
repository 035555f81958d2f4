package admin

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
)

// attachment is an answer that is a file, which is removed once it is sent.
type attachment struct {
	*os.File
	size int64 // in bytes
}

func (f *attachment) discard() {
	f.Close()
	os.Remove(f.Name())
}

// backUp answers with a backup of the books as they stand when it is asked. It
// is made in a file before any of it is sent, so that a slow client holds no
// snapshot and a failure is an answer of its own.
func (a *API) backUp(r *http.Request) (any, error) {
	var name string
	err := a.desk.Alone(func() (err error) {
		name, err = a.Backup(r.Context())
		return err
	})
	if err != nil {
		return nil, err
	}
	backup, err := os.Open(name)
	if err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	st, err := backup.Stat()
	if err != nil {
		return nil, errors.Join(err, backup.Close(), os.Remove(name))
	}
	return &attachment{backup, st.Size()}, nil
}

func (a *API) send(w http.ResponseWriter, r *http.Request, f *attachment) {
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", strconv.FormatInt(f.size, 10)) // whoever gets less has no backup
	if _, err := io.Copy(newExchange(w, r), f); err != nil {
		a.Log.Info("sending a backup ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
}
