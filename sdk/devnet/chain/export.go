package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui/checkpointfile"
)

// ExportCheckpoints writes the file of each checkpoint from a number on that
// dir does not have yet, and the list of epochs, see package checkpointfile, up
// to the newest; if follow is set, then every new one until ctx ends or the chain
// closes. Each file appears whole or not at all.
func (c *Chain) ExportCheckpoints(ctx context.Context, dir string, from uint64, follow bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("export checkpoints: %w", err)
	}
	m, err := parseMask(&fieldmaskpb.FieldMask{Paths: checkpointfile.Mask}, "", &pb.Checkpoint{})
	if err != nil {
		return fmt.Errorf("export checkpoints: %w", err)
	}
	for next := from; ; {
		wake := c.listeners.next()
		for ; next <= c.head.Load().Sequence; next++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.exportCheckpoint(dir, next, m); err != nil {
				return fmt.Errorf("export checkpoint %d: %w", next, err)
			}
		}
		if err := c.exportEpochs(dir, next); err != nil {
			return fmt.Errorf("export epochs: %w", err)
		}
		if !follow {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.closing:
			return errClosed
		}
	}
}

func (c *Chain) exportCheckpoint(dir string, seq uint64, m *mask) error {
	path := filepath.Join(dir, checkpointfile.Name(seq))
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var raw []byte
	err := c.reading(func(r *renderer) error {
		rec, err := r.v.checkpoint(seq)
		if err != nil {
			return err
		}
		out, err := r.checkpoint(rec, m)
		if err != nil {
			return err
		}
		raw, err = checkpointfile.Encode(out)
		return err
	})
	if err != nil {
		return err
	}
	return writeWhole(path, raw)
}

// exportEpochs writes the list of the epochs that ended before checkpoint next,
// unless it is there.
func (c *Chain) exportEpochs(dir string, next uint64) error {
	ends := []uint64{}
	err := c.ledger.read(func(v view) (err error) {
		v.scan(bucketEpochs, nil, nil, func(_, raw []byte) bool {
			var r epochRecord
			if err = bcs.Unmarshal(raw, &r); err == nil && r.ended && r.last < next {
				ends = append(ends, r.last)
			}
			return err == nil
		})
		return err
	})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(ends)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, checkpointfile.EpochsName)
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, raw) {
		return nil
	}
	return writeWhole(path, raw)
}

// writeWhole writes a file that is never seen in part.
func writeWhole(path string, raw []byte) error {
	part := path + ".part"
	if err := os.WriteFile(part, raw, 0o644); err != nil {
		return err
	}
	return os.Rename(part, path)
}
