package groupcommit

import (
	"io"
	"os"
	"path/filepath"

	"github.com/floe-data/floe/sdk/durable"
)

// A File is what is appended to. Sync returns when everything written before is
// durable.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// Open opens or creates a file, of mode 0600, and makes its name durable. Its Sync
// leaves out what is of no use to read it again, such as its times.
func Open(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		f.Close()
		return nil, err
	}
	return dataFile{f}, nil
}

// dataFile is a file whose Sync leaves out its times.
type dataFile struct{ *os.File }

// Sync returns when bytes and length of the file are durable.
func (f dataFile) Sync() error { return syncData(f.File) }
