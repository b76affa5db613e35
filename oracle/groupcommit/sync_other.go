//go:build !linux

package groupcommit

import "os"

func syncData(f *os.File) error { return f.Sync() }
