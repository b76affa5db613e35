package walrus

import (
	"fmt"
	"io"
	"os"
)

// MaxFileSize is the largest file in bytes that FileBlobID takes: the whole
// encoding, about 3.5 times as much, is held in memory.
const MaxFileSize = 1 << 30

// FileBlobID returns the blob id and the size in bytes of the file at path, as
// if it were stored on nShards shards. Nothing is sent anywhere.
func FileBlobID(nShards int, path string) (BlobID, int64, error) {
	p, err := NewParams(nShards)
	if err != nil {
		return BlobID{}, 0, err
	}
	limit := int64(min(MaxFileSize, p.MaxBlobSize()))
	f, err := os.Open(path)
	if err != nil {
		return BlobID{}, 0, fmt.Errorf("compute blob id: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return BlobID{}, 0, fmt.Errorf("compute blob id: %w", err)
	}
	if info.IsDir() {
		return BlobID{}, 0, fmt.Errorf("compute blob id: %s is a directory, name one file", path)
	}
	if info.Size() > limit {
		return BlobID{}, 0, tooLargeFile(path, limit, nShards)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return BlobID{}, 0, fmt.Errorf("compute blob id: read %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return BlobID{}, 0, tooLargeFile(path, limit, nShards)
	}
	id, err := ComputeBlobID(nShards, data)
	return id, int64(len(data)), err
}

func tooLargeFile(path string, limit int64, nShards int) error {
	return fmt.Errorf("compute blob id: %w: %s is larger than %d bytes, the limit with %d shards; split it into parts", ErrTooLarge, path, limit, nShards)
}
