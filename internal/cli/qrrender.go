package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/qrimage"
)

func qrRenderCommand() *cobra.Command {
	var out string
	var scale int
	c := &cobra.Command{
		Use:   "render TEXT|-",
		Short: "Draw a payload as a QR code",
		Long: `Draw a payload in the terminal, or as the PNG or SVG image that --out names. A
text that cannot be paid is drawn too, with a note on standard error.`,
		Example: `  qrisd qr render '00020101021126...'
  qrisd qr render - --out qris.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := readText(c, args[0])
			if err == nil {
				err = qrRender(c, text, out, scale)
			}
			if err != nil {
				return fmt.Errorf("qr render: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "image to write: FILE.png or FILE.svg")
	c.Flags().IntVar(&scale, "scale", 4, "pixels a module of a PNG, 1 to 32")
	return c
}

func qrRender(c *cobra.Command, text, out string, scale int) error {
	image, err := draw(text, out, scale)
	if err != nil {
		return err
	}
	if u, ok := unpayable(text); ok {
		fmt.Fprintln(c.ErrOrStderr(), "note:", u)
	}
	if out != "" {
		return os.WriteFile(out, image, 0o644)
	}
	_, err = c.OutOrStdout().Write(image)
	return err
}

// draw makes the image that a file's name asks for, or one for a terminal.
func draw(text, out string, scale int) ([]byte, error) {
	switch strings.ToLower(filepath.Ext(out)) {
	case ".png":
		return qrimage.PNG(text, qrimage.Options{Scale: scale})
	case ".svg":
		svg, err := qrimage.SVG(text)
		return []byte(svg + "\n"), err
	case "":
		if out == "" {
			drawn, err := qrimage.Terminal(text)
			return []byte(drawn), err
		}
	}
	return nil, fmt.Errorf("--out %s: the name must end with .png or .svg", out)
}
