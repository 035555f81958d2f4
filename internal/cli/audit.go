package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/storage"
)

func auditCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "The chain in which acts and money movements are sealed",
		Long: `Every act of an operator and everything that moves money is sealed in a chain of
blocks, each of which carries the hash of the one before. qrisd verify checks it
and names what was altered.`,
	}, auditHeadCommand())
}

// headView is the end of the chain as audit head prints it.
type headView struct {
	Head     string    `json:"head"` // NUMBER:HASH
	Number   int64     `json:"number"`
	Hash     string    `json:"hash"`
	SealedAt time.Time `json:"sealedAt"`
	Waiting  int64     `json:"waiting"`
}

func auditHeadCommand() *cobra.Command {
	books := new(booksFlags)
	asJSON := false
	c := &cobra.Command{
		Use:   "head [LOCATION]",
		Short: "Print the number and hash of the chain's last block",
		Long: `Print the number and hash of the chain's last block, when it was sealed and how
much waits for the next one. LOCATION is as in qrisd verify.

Whoever may write the database could write the whole chain anew. Keep its head
where they cannot write, once a day for example, and give it to qrisd verify
--head later: it proves that nothing sealed by then was altered or cut off.`,
		Example: `  qrisd audit head --data qrisd-data
  qrisd audit head --store postgres://qrisd@db/qrisd --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			location := books.location()
			if len(args) == 1 {
				location = args[0]
			}
			head, err := readHead(c, location)
			if err == nil && asJSON {
				err = printJSON(c.OutOrStdout(), head)
			} else if err == nil {
				head.say(c.OutOrStdout(), c.ErrOrStderr())
			}
			if err != nil {
				return fmt.Errorf("audit head: %w", err)
			}
			return nil
		},
	}
	books.bind(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return c
}

func readHead(c *cobra.Command, location string) (headView, error) {
	var v headView
	err := storage.Read(c.Context(), location, func(s *storage.Snapshot) error {
		h, err := s.ChainHead()
		if err == nil && h.Number == 0 {
			err = fmt.Errorf("%s: the chain has no block yet: a server that has the books open makes the first one within a second", shown(location))
		}
		v = headView{h.String(), h.Number, h.Hash, h.At, h.Waits}
		return err
	})
	return v, err
}

// say prints the head alone on the first stream, so that it can be kept as it
// is.
func (v headView) say(w, beside io.Writer) {
	fmt.Fprintln(w, v.Head)
	fmt.Fprintf(beside, "sealed at %s, %d more wait\n", v.SealedAt.In(pay.Jakarta).Format(time.RFC3339), v.Waiting)
}
