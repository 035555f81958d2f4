package storage

import (
	"context"
	"errors"
)

// OpenPostgres opens the books in a database that several nodes may share.
func OpenPostgres(ctx context.Context, url string, o Options) (*Store, error) {
	return nil, errors.New("storage: not built yet")
}
