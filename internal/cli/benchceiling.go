package cli

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/sandbox"
	"github.com/qrisd/qrisd/snap"
)

// ceilingCommand is the other side of the benchmark: the bare protocol.
func ceilingCommand() *cobra.Command {
	var sandboxFile, name, like string
	c := &cobra.Command{
		Use:    "ceiling",
		Short:  "Serve the bare handler that bench compares with",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := newCeiling(sandboxFile, name, like)
			if err != nil {
				return err
			}
			socket, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			s := httpServer(h, slog.Default())
			go func() { <-c.Context().Done(); s.Close() }()
			fmt.Fprintf(c.OutOrStdout(), "ready: http://%s\n", socket.Addr())
			if err := s.Serve(socket); err != http.ErrServerClosed {
				return err
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&sandboxFile, "sandbox-file", "", "sandbox.json of the server")
	f.StringVar(&name, "dialect", "", "the dialect")
	f.StringVar(&like, "like", "", "file with an answer of the server")
	return c
}

// ceiling verifies, decodes and answers; it keeps nothing.
type ceiling struct {
	secret string
	public *rsa.PublicKey
	scheme snap.Scheme
	answer map[string]json.RawMessage
}

func newCeiling(sandboxFile, name, like string) (*ceiling, error) {
	text, err := os.ReadFile(sandboxFile)
	if err != nil {
		return nil, err
	}
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	credentials := file.Partners[name]
	h := &ceiling{secret: credentials.ClientSecret, scheme: snap.Symmetric}
	if name == "dana" {
		h.scheme = snap.Asymmetric
	}
	if h.public, err = snap.ParsePublicKey(credentials.PublicKey); err != nil {
		return nil, err
	}
	answer, err := os.ReadFile(like)
	if err != nil {
		return nil, err
	}
	return h, json.Unmarshal(answer, &h.answer)
}

// asked is what the bare handler decodes of a request.
type asked struct {
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	Amount             snap.Amount `json:"amount"`
	MerchantID         string      `json:"merchantId"`
	TerminalID         string      `json:"terminalId"`
	AdditionalInfo     any         `json:"additionalInfo"`
}

// answered has the fields of every generate answer, as they came from the
// server; only the reference is the request's.
type answered struct {
	ResponseCode       json.RawMessage `json:"responseCode"`
	ResponseMessage    json.RawMessage `json:"responseMessage"`
	ReferenceNo        json.RawMessage `json:"referenceNo"`
	PartnerReferenceNo string          `json:"partnerReferenceNo"`
	QRContent          json.RawMessage `json:"qrContent"`
	QRURL              json.RawMessage `json:"qrUrl"`
	QRImage            json.RawMessage `json:"qrImage"`
	RedirectURL        json.RawMessage `json:"redirectUrl,omitempty"`
	MerchantName       json.RawMessage `json:"merchantName"`
	StoreID            json.RawMessage `json:"storeId"`
	TerminalID         json.RawMessage `json:"terminalId"`
	AdditionalInfo     json.RawMessage `json:"additionalInfo"`
}

func (h *ceiling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = h.verify(r, body)
	}
	var in asked
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := h.answer
	out, err := json.Marshal(answered{
		a["responseCode"], a["responseMessage"], a["referenceNo"], in.PartnerReferenceNo, a["qrContent"], a["qrUrl"], a["qrImage"],
		a["redirectUrl"], a["merchantName"], a["storeId"], a["terminalId"], a["additionalInfo"],
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(out)
}

func (h *ceiling) verify(r *http.Request, body []byte) error {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	m := snap.Message{Method: r.Method, Path: r.RequestURI, AccessToken: token, Body: body, Timestamp: r.Header.Get(snap.HeaderTimestamp)}
	if h.scheme == snap.Asymmetric {
		return snap.VerifyAsymmetric(h.public, m, false, r.Header.Get(snap.HeaderSignature))
	}
	return snap.VerifySymmetric(h.secret, m, r.Header.Get(snap.HeaderSignature))
}
