package storage

import (
	"testing"

	"github.com/qrisd/qrisd/internal/pay"
	"github.com/qrisd/qrisd/internal/pgtest"
	"github.com/qrisd/qrisd/internal/storage/storagetest"
)

func TestPostgres(t *testing.T) {
	urls := map[pay.Storage]string{}
	open := func(t *testing.T, url string) pay.Storage {
		s := mustOpen(t, url, Options{})
		urls[s] = url
		return s
	}
	storagetest.Run(t,
		func(t *testing.T) pay.Storage { return open(t, pgtest.Shared(t).Database(t)) },
		func(t *testing.T, s pay.Storage) pay.Storage {
			mustClose(t, s.(*Store))
			return open(t, urls[s])
		})
}
