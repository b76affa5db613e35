// Package durable writes files so that a crash leaves all of the content or none of
// it: WriteFile in place of what was there, CreateFile where nothing was.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile makes path hold b with mode, or leaves it as it was.
func WriteFile(path string, b []byte, mode fs.FileMode) error {
	return Replace(path, mode, writing(b))
}

// CreateFile is WriteFile for a file that must not be there: if it is, by whoever at
// whatever moment, it stays as it is and the error is [fs.ErrExist].
func CreateFile(path string, b []byte, mode fs.FileMode) error {
	return place(path, mode, writing(b), func(from, to string) error {
		if err := os.Link(from, to); err != nil {
			return err
		}
		return os.Remove(from)
	})
}

func writing(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// Replace makes path hold what write writes, with mode, or leaves it as it was. The
// order is: write and sync a temporary file beside it, rename it, sync the folder.
// The temporary file, which a crash may leave behind, is named .NAME.new-*.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return place(path, mode, write, os.Rename)
}

// place writes a temporary file and moves it to path.
func place(path string, mode fs.FileMode, write func(io.Writer) error, move func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = move(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
