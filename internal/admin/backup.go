package admin

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
)

// sendBackup answers with a backup of the books as they stand when it is
// asked. It is made in a file before any of it is sent, so that a slow client
// holds no snapshot and a failure is an answer of its own.
func (a *API) sendBackup(w http.ResponseWriter, r *http.Request) {
	long := newExchange(w, r)
	backup, size, err := a.makeBackup(r)
	long.rest()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer os.Remove(backup.Name())
	defer backup.Close()
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10)) // whoever gets less has no backup
	if _, err := io.Copy(long, backup); err != nil {
		a.Log.Info("sending a backup ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
}

// makeBackup gives the file, which is to be removed, and its size in bytes.
func (a *API) makeBackup(r *http.Request) (*os.File, int64, error) {
	var name string
	err := a.desk.Alone(func() (err error) {
		name, err = a.Backup(r.Context())
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	backup, err := os.Open(name)
	if err != nil {
		return nil, 0, errors.Join(err, os.Remove(name))
	}
	st, err := backup.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, backup.Close(), os.Remove(name))
	}
	return backup, st.Size(), nil
}
