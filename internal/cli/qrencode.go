package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/qris"
)

func qrEncodeCommand() *cobra.Command {
	var s qris.Spec
	var amount string
	c := &cobra.Command{
		Use:   "encode",
		Short: "Write a payload",
		Long: `Write the payload of a merchant's QRIS: dynamic with --amount, or with --static
one that leaves the amount to the payer. Every field at fault is named.`,
		Example: `  qrisd qr encode --mpan 936009990000000001 --merchant-id 0000000001 --criteria UMI --nmid ID1026000000012 --mcc 5812 --name "Warung Contoh" --city JAKARTA --postal 10110 --amount 15000`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return qrEncode(c, s, amount) },
	}
	f := c.Flags()
	f.StringVar(&s.GUID, "guid", pay.GUID, "the acquirer's reverse domain")
	f.StringVar(&s.MPAN, "mpan", "", "merchant PAN: 18 digits from 9360, or 19 with the check digit")
	f.StringVar(&s.MerchantID, "merchant-id", "", "the merchant's number at the acquirer, up to 15 characters")
	f.StringVar(&s.Criteria, "criteria", "", "UMI, UKE, UME, UBE, URE, PSO or BLU")
	f.StringVar(&s.NMID, "nmid", "", "national merchant ID: ID and 13 digits; a dynamic code may lack it")
	f.StringVar(&s.MCC, "mcc", "", "merchant category code, four digits")
	f.StringVar(&s.Name, "name", "", "the merchant's name, up to 25 characters")
	f.StringVar(&s.City, "city", "", "the merchant's city, up to 15 characters")
	f.StringVar(&s.PostalCode, "postal", "", "the merchant's postal code")
	f.StringVar(&amount, "amount", "", "rupiah, as in 15000")
	f.BoolVar(&s.Static, "static", false, "let the payer enter the amount")
	f.StringVar(&s.StoreLabel, "store", "", "store label")
	f.StringVar(&s.TerminalLabel, "terminal", "", "terminal label")
	f.StringVar(&s.ReferenceLabel, "ref", "", "reference label")
	f.StringVar(&s.BillNumber, "bill", "", "bill number")
	return c
}

func qrEncode(c *cobra.Command, s qris.Spec, amount string) (err error) {
	switch {
	case s.Static && amount != "":
		return errors.New("qr encode: --static and --amount exclude each other: a static code leaves the amount to the payer")
	case !s.Static && amount == "":
		return errors.New("qr encode: give --amount, or --static to leave the amount to the payer")
	case amount != "":
		if s.Amount, err = parseRupiah(amount); err != nil {
			return fmt.Errorf("qr encode: --amount: %w", err)
		}
	}
	payload, err := qris.Encode(s)
	if fault, ok := errors.AsType[*qris.SpecError](err); ok {
		return encodeFaults(fault)
	}
	if err == nil {
		fmt.Fprintln(c.OutOrStdout(), payload)
	}
	return err
}

// encodeFaults puts every field at fault on a line of its own.
func encodeFaults(fault *qris.SpecError) error {
	var b strings.Builder
	for _, f := range fault.Findings {
		f.Hint = strings.Replace(f.Hint, "qris.Shorten makes it fit", "shorten it, and write it in plain letters", 1)
		b.WriteString("\n  " + f.Error())
	}
	return fmt.Errorf("qr encode: the payload cannot be written:%s", b.String())
}
