package dataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// A File is one file of a dataset as its owner has it.
type File struct {
	Path   string   // slash-separated, relative to the folder
	Size   int64    // bytes
	SHA256 [32]byte // of the content
}

// MaxFiles bounds the files of one version: each becomes a blob, and a version
// registers and certifies them all in transactions of limited size.
const MaxFiles = 256

// ErrEmpty says that a folder holds nothing to publish.
var ErrEmpty = errors.New("folder holds no files")

// Scan lists and hashes the files below dir in lexical order. Hidden files and
// folders (a leading dot) are left out; a link, a device or an unreadable file
// is an error, because silence about it would publish something else than the
// owner sees.
func Scan(ctx context.Context, dir string) ([]File, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("read dataset folder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read dataset folder: %s is a file; name the folder that holds it", dir)
	}
	var files []File
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if path != dir && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		f, err := scanFile(dir, path, d)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read dataset folder: %w", err)
	}
	switch {
	case len(files) == 0:
		return nil, fmt.Errorf("read dataset folder %s: %w", dir, ErrEmpty)
	case len(files) > MaxFiles:
		return nil, fmt.Errorf("read dataset folder %s: %d files, but a version holds at most %d; pack small ones together first", dir, len(files), MaxFiles)
	}
	return files, nil
}

func scanFile(dir, path string, d fs.DirEntry) (File, error) {
	if !d.Type().IsRegular() {
		return File{}, fmt.Errorf("%s is not a regular file; leave it out or replace it by its content", path)
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return File{}, err
	}
	if !utf8.ValidString(rel) {
		return File{}, fmt.Errorf("%q is not UTF-8; rename it", rel)
	}
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return File{}, err
	}
	out := File{Path: filepath.ToSlash(rel), Size: n}
	h.Sum(out.SHA256[:0])
	return out, nil
}
