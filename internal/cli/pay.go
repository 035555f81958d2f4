package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/qrread"
	"github.com/qrisd/qrisd/internal/sandbox"
)

func payCommand() *cobra.Command {
	f := new(adminFlags)
	var amount string
	c := &cobra.Command{
		Use:   "pay REFERENCE|TEXT|IMAGE|-",
		Short: "Pay a code of the sandbox, as an outside payer",
		Long: `Pay a code as somebody from another bank would who scans it. Name it by its
referenceNo, its partnerReferenceNo, the text of the QR, or a file with its
image: a PNG, a JPEG or a GIF, a photograph too. A static code needs --amount;
a dynamic one says itself what is due.`,
		Example: `  qrisd pay order-0001
  qrisd pay photo.jpg
  qrisd pay '00020101021126...' --amount 15000`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(func(c *cobra.Command, a *adminClient, args []string) error {
			target, err := readTarget(c, args[0])
			if err != nil {
				return err
			}
			body := struct {
				sandbox.Target
				Amount string `json:"amount"`
			}{target, amount}
			return perform(c, a, post(path("sandbox", "pay"), body), sayPaid)
		}),
	}
	f.bind(c)
	c.Flags().StringVar(&amount, "amount", "", "rupiah, as in 15000")
	return c
}

// payloadStart begins every payload: object 00 says version 01.
const payloadStart = "000201"

// pictures are how the names of image files end.
var pictures = []string{".png", ".jpg", ".jpeg", ".gif"}

func readTarget(c *cobra.Command, arg string) (sandbox.Target, error) {
	if slices.Contains(pictures, strings.ToLower(filepath.Ext(arg))) {
		return readPicture(arg)
	}
	text, err := readText(c, arg)
	if strings.HasPrefix(text, payloadStart) {
		return sandbox.Target{QRContent: text}, err
	}
	return sandbox.Target{ReferenceNo: text}, err
}

// readPicture reads the QR of an image here: a server far away is not sent the
// photograph.
func readPicture(name string) (sandbox.Target, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return sandbox.Target{}, fmt.Errorf("reading the image: %w", err)
	}
	text, err := qrread.Text(file)
	if err != nil {
		return sandbox.Target{}, fmt.Errorf("%s: %w", name, err)
	}
	return sandbox.Target{QRContent: text}, nil
}

// paidView is a payment as the management API gives it.
type paidView struct{ ReferenceNo, CodeReferenceNo, Amount, MDR, RRN, TransactionDate string }

func sayPaid(w io.Writer, p paidView) {
	fmt.Fprintln(w, "paid", rupiah(p.Amount))
	printPairs(w, [][2]string{
		{"payment", p.ReferenceNo}, {"code", p.CodeReferenceNo}, {"MDR", rupiah(p.MDR)}, {"RRN", p.RRN}, {"at", p.TransactionDate},
	})
}
