package cli

import (
	"io"
	"net"
	"net/http"

	"github.com/qrisd/qrisd/snap"
)

// The ways in which the receiver of the notifications behaves.
const (
	receiverPrompt  = "prompt"
	receiverHanging = "hanging"
	receiverNone    = "none"
)

var receivers = []string{receiverPrompt, receiverHanging, receiverNone}

// receiving starts a merchant's server and gives its address, empty for
// none.
func receiving(how string) (address string, stop func(), err error) {
	if how == receiverNone {
		return "", func() {}, nil
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	acknowledgement := `{"responseCode":"` + snap.CaseSuccessful.Code(snap.ServiceNotify) + `","responseMessage":"Successful"}`
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if how == receiverHanging {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, acknowledgement)
	})}
	go s.Serve(socket)
	return "http://" + socket.Addr().String(), func() { s.Close() }, nil
}
