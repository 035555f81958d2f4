package simulate

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/qrisd/qrisd/internal/notify"
	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/server"
	"github.com/qrisd/qrisd/internal/storage"
	"github.com/qrisd/qrisd/internal/storage/faultdisk"
)

// node is one life of the server: from its start on what is on the disk to its
// end, in order or not.
type node struct {
	w      *world
	folder string
	disk   *faultdisk.Disk
	books  *storage.Store
	core   *pay.Core
	api    http.Handler
	stop   context.CancelFunc // of the notifier
	ended  chan struct{}      // the notifier has
	dead   chan struct{}      // the process has been killed
	// strained: the disk may fail, so it matters in which order goroutines come
	// to it, and each waits for a turn.
	strained atomic.Bool
}

// mend ends what ails the disk.
func (n *node) mend() {
	n.disk.Fail(nil)
	n.strained.Store(false)
}

// policy is serve's default.
var policy = pay.DefaultPolicy()

// bookFile is the books' file in a node's folder.
const bookFile = "qrisd.db"

// start opens the books in a folder and serves them.
func (w *world) start(folder string) (*node, error) {
	n := &node{w: w, folder: folder, ended: make(chan struct{}), dead: make(chan struct{})}
	var err error
	if n.disk, err = faultdisk.New(folder); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	if n.books, err = storage.Open(ctx, filepath.Join(folder, bookFile), storage.Options{Readers: 1, InTurn: true}); err != nil {
		n.disk.Remove()
		return nil, fmt.Errorf("opening the books: %w", err)
	}
	// As serve does: what is claimed is a dead process's.
	if err = n.books.Update(ctx, func(tx pay.Tx) error { return tx.ReleaseDeliveries("") }); err != nil {
		return nil, err
	}
	n.wire(ctx)
	return n, nil
}

// wire puts the server together as serve does, outside a sandbox.
func (n *node) wire(ctx context.Context) {
	w, quiet := n.w, slog.New(slog.DiscardHandler)
	n.core = pay.New(&store{w, n, n.books}, w.now, w.secrets, policy, pay.NationalSwitch{})
	n.api = server.New(n.core, w.dialects, server.Options{PublicURL: "https://qris.example", Skew: maxSkew, Log: quiet}).Handler()
	o := notify.Options{
		Dialects: w.dialects, Provider: providerKey, ClientKey: "qrisd", Holder: "node " + strconv.Itoa(w.lives),
		Transport: receivers{n}, Log: quiet, Poll: poll,
	}
	deliver := notify.New(n.core, o)
	n.core.OnOutbox(deliver.Kick)
	go func() {
		defer close(n.ended)
		_ = deliver.Run(ctx)
	}()
}

const (
	// maxSkew is serve's default outside a sandbox.
	maxSkew = 5 * time.Minute
	// poll is longer than serve's: time jumps by hours here, and each look costs
	// as much as elsewhere.
	poll = 20 * time.Second
)

// bury takes away what is left of a node when nothing of it runs any more. How
// its books are closed does not matter: others go on with a copy.
func (n *node) bury() error {
	n.mend()
	_ = n.books.Close()
	n.disk.Remove()
	return os.RemoveAll(n.folder)
}
