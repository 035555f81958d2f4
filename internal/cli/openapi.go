package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/admin"
	"github.com/qrisd/qrisd/internal/dialect"
	"github.com/qrisd/qrisd/internal/openapi"
	"github.com/qrisd/qrisd/internal/sandbox"
)

// managementName stands for the management API where a dialect's name may.
const managementName = "admin"

type openAPIFlags struct {
	postman  bool
	data     string
	dialects []string // files
}

func openAPICommand() *cobra.Command {
	var f openAPIFlags
	c := &cobra.Command{
		Use:   "openapi DIALECT|" + managementName,
		Short: "Print an OpenAPI document, or a Postman collection",
		Long: `Print the OpenAPI 3.1 document of a dialect, or of the management API, made from
the rows by which the server checks requests. A running server gives the same at
/openapi/DIALECT.json.

With --postman it is a Postman collection instead, which signs its requests and
goes through a payment's whole life. A sandbox's folder fills its variables, with
the secrets of sandbox.json; without one they are empty.`,
		Example: `  qrisd openapi dana
  qrisd openapi midtrans --postman --data qrisd-data
  qrisd openapi admin
  qrisd openapi winpay --dialect examples/dialects/winpay.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := f.print(args[0])
			if err != nil {
				return fmt.Errorf("openapi: %w", err)
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&f.postman, "postman", false, "print a Postman collection (v2.1) of the dialect")
	c.Flags().StringVar(&f.data, "data", "qrisd-data", "folder of the sandbox whose sandbox.json fills the addresses, and the collection's variables")
	c.Flags().StringArrayVar(&f.dialects, "dialect", nil, "file that describes another provider's dialect (may be repeated)")
	return c
}

// print gives the text that is asked for.
func (f *openAPIFlags) print(name string) ([]byte, error) {
	file, err := f.sandbox()
	if err != nil {
		return nil, err
	}
	if name == managementName {
		if f.postman {
			return nil, errors.New("a collection is of a dialect; the management API has a document only")
		}
		return openapi.Text(openapi.Management(admin.Routes(), file.AdminURL))
	}
	all, err := offered(f.dialects)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(d dialect.Dialect) bool { return d.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no dialect %q; choose one of %s, or %s", name, strings.Join(dialectNames(), ", "), managementName)
	}
	if f.postman {
		return openapi.Text(openapi.Postman(&all[i], file))
	}
	return openapi.Text(openapi.Describe(&all[i], openapi.Options{PublicURL: file.APIURL, Sandbox: true}))
}

// sandbox reads sandbox.json; empty where the folder has none.
func (f *openAPIFlags) sandbox() (file sandbox.File, err error) {
	text, err := os.ReadFile(filepath.Join(f.data, "sandbox.json"))
	if errors.Is(err, os.ErrNotExist) {
		return file, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return file, fmt.Errorf("reading sandbox.json: %w", err)
	}
	return file, nil
}
