package cli

import "github.com/spf13/cobra"

func qrCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "qr",
		Short: "Write, read and draw QRIS payloads",
		Long: `Write, read and draw QRIS payloads, the texts inside QR codes. Nothing is sent
anywhere, and no server is needed.`,
	}, qrEncodeCommand(), qrDecodeCommand(), qrRenderCommand())
}
