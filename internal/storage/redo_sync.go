//go:build !linux

package storage

import "os"

func syncContent(f *os.File) error { return f.Sync() }
