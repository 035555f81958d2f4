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
	var sandboxFile, operation, name, like string
	c := &cobra.Command{
		Use:    "ceiling",
		Short:  "Serve the bare handler that bench compares with",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := newCeiling(sandboxFile, operation, name, like)
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
	f.StringVar(&operation, "operation", verbGenerate, "the operation")
	f.StringVar(&name, "dialect", "", "the dialect")
	f.StringVar(&like, "like", "", "file with an answer of the server")
	return c
}

// ceiling verifies, decodes and answers; it keeps nothing.
type ceiling struct {
	secret  string
	public  *rsa.PublicKey
	scheme  snap.Scheme
	answer  map[string]json.RawMessage
	respond func(body []byte, like map[string]json.RawMessage) (any, error)
}

func newCeiling(sandboxFile, operation, name, like string) (*ceiling, error) {
	text, err := os.ReadFile(sandboxFile)
	if err != nil {
		return nil, err
	}
	var file sandbox.File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	credentials, err := credentialsOf(file, name)
	if err != nil {
		return nil, err
	}
	h := &ceiling{secret: credentials.ClientSecret, scheme: snap.Symmetric, respond: responses[operation]}
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

// responses decode a request and give its answer: all as it came from the
// server, but for the references, which are the request's.
var responses = map[string]func([]byte, map[string]json.RawMessage) (any, error){
	verbGenerate: generateLike,
	verbPay:      payLike,
	verbQuery:    queryLike,
}

type generateAsked struct {
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	Amount             snap.Amount `json:"amount"`
	MerchantID         string      `json:"merchantId"`
	TerminalID         string      `json:"terminalId"`
	AdditionalInfo     any         `json:"additionalInfo"`
}

type generateAnswer struct {
	ResponseCode       json.RawMessage `json:"responseCode"`
	ResponseMessage    json.RawMessage `json:"responseMessage"`
	ReferenceNo        json.RawMessage `json:"referenceNo"`
	PartnerReferenceNo string          `json:"partnerReferenceNo"`
	QRContent          json.RawMessage `json:"qrContent"`
	QRURL              json.RawMessage `json:"qrUrl,omitempty"`
	QRImage            json.RawMessage `json:"qrImage,omitempty"`
	RedirectURL        json.RawMessage `json:"redirectUrl,omitempty"`
	MerchantName       json.RawMessage `json:"merchantName,omitempty"`
	StoreID            json.RawMessage `json:"storeId,omitempty"`
	TerminalID         json.RawMessage `json:"terminalId,omitempty"`
	AdditionalInfo     json.RawMessage `json:"additionalInfo,omitempty"`
}

func generateLike(body []byte, a map[string]json.RawMessage) (any, error) {
	var in generateAsked
	err := json.Unmarshal(body, &in)
	return generateAnswer{
		a["responseCode"], a["responseMessage"], a["referenceNo"], in.PartnerReferenceNo, a["qrContent"], a["qrUrl"], a["qrImage"],
		a["redirectUrl"], a["merchantName"], a["storeId"], a["terminalId"], a["additionalInfo"],
	}, err
}

type payAsked struct {
	PartnerReferenceNo string      `json:"partnerReferenceNo"`
	Amount             snap.Amount `json:"amount"`
	AdditionalInfo     struct {
		QRContent string `json:"qrContent"`
	} `json:"additionalInfo"`
}

type payAnswer struct {
	ResponseCode       json.RawMessage `json:"responseCode"`
	ResponseMessage    json.RawMessage `json:"responseMessage"`
	PartnerReferenceNo string          `json:"partnerReferenceNo"`
	ReferenceNo        json.RawMessage `json:"referenceNo"`
	TransactionDate    json.RawMessage `json:"transactionDate"`
	Amount             snap.Amount     `json:"amount"`
	FeeAmount          json.RawMessage `json:"feeAmount"`
}

func payLike(body []byte, a map[string]json.RawMessage) (any, error) {
	var in payAsked
	err := json.Unmarshal(body, &in)
	return payAnswer{
		a["responseCode"], a["responseMessage"], in.PartnerReferenceNo, a["referenceNo"], a["transactionDate"], in.Amount, a["feeAmount"],
	}, err
}

type queryAsked struct {
	OriginalReferenceNo        string `json:"originalReferenceNo"`
	OriginalPartnerReferenceNo string `json:"originalPartnerReferenceNo"`
	ServiceCode                string `json:"serviceCode"`
	MerchantID                 string `json:"merchantId"`
}

type queryAnswer struct {
	ResponseCode               json.RawMessage `json:"responseCode"`
	ResponseMessage            json.RawMessage `json:"responseMessage"`
	OriginalReferenceNo        string          `json:"originalReferenceNo"`
	OriginalPartnerReferenceNo json.RawMessage `json:"originalPartnerReferenceNo"`
	ServiceCode                string          `json:"serviceCode"`
	LatestTransactionStatus    json.RawMessage `json:"latestTransactionStatus"`
	TransactionStatusDesc      json.RawMessage `json:"transactionStatusDesc"`
	Amount                     json.RawMessage `json:"amount"`
	FeeAmount                  json.RawMessage `json:"feeAmount,omitempty"`
	TerminalID                 json.RawMessage `json:"terminalId,omitempty"`
	AdditionalInfo             json.RawMessage `json:"additionalInfo,omitempty"`
}

func queryLike(body []byte, a map[string]json.RawMessage) (any, error) {
	var in queryAsked
	err := json.Unmarshal(body, &in)
	return queryAnswer{
		a["responseCode"], a["responseMessage"], in.OriginalReferenceNo, a["originalPartnerReferenceNo"], in.ServiceCode,
		a["latestTransactionStatus"], a["transactionStatusDesc"], a["amount"], a["feeAmount"], a["terminalId"], a["additionalInfo"],
	}, err
}

func (h *ceiling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = h.verify(r, body)
	}
	var answer any
	if err == nil {
		answer, err = h.respond(body, h.answer)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := json.Marshal(answer)
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
