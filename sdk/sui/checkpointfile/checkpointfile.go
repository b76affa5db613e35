// Package checkpointfile reads and writes checkpoints as files, in the form of
// Sui's checkpoint buckets: {sequence}.binpb.zst, the zstd of a protobuf
// sui.rpc.v2.Checkpoint whose parts are in BCS. An indexer can go through a
// directory of them much faster than through a node.
//
// [Encode] and [Decode] convert; [Name] names the files; [Mask] says which
// fields of a Checkpoint they hold.
package checkpointfile

import (
	"errors"
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
)

// MaxSize bounds a decompressed file, in bytes. Sui's largest checkpoints have
// some 90 MB.
const MaxSize = 256 << 20

// Mask is the read mask of what a file holds.
var Mask = []string{
	"sequence_number", "digest", "summary.bcs", "signature", "contents.bcs",
	"transactions.digest", "transactions.transaction.bcs", "transactions.signatures.bcs", "transactions.effects.bcs", "transactions.effects.unchanged_loaded_runtime_objects",
	"transactions.events.bcs", "objects.objects.bcs",
}

// EpochsName is the name of the file that lists, as a JSON array, the number of
// the last checkpoint of each epoch that has ended.
const EpochsName = "epochs.json"

// Name is the name of the file of a checkpoint.
func Name(sequence uint64) string { return fmt.Sprintf("%d.binpb.zst", sequence) }

// Encode returns the content of a file.
func Encode(c *pb.Checkpoint) ([]byte, error) {
	if c.SequenceNumber == nil || c.Summary.GetBcs() == nil || c.Contents.GetBcs() == nil {
		return nil, errors.New("encode checkpoint file: number, summary and contents are needed in BCS")
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint file: %w", err)
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint file: %w", err)
	}
	defer w.Close()
	return w.EncodeAll(raw, nil), nil
}

// Decode reads the content of a file. It does not check digests or signatures.
func Decode(file []byte) (*pb.Checkpoint, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxSize))
	if err != nil {
		return nil, fmt.Errorf("decode checkpoint file: %w", err)
	}
	defer r.Close()
	raw, err := r.DecodeAll(file, nil)
	if err != nil {
		return nil, fmt.Errorf("decode checkpoint file: %w", err)
	}
	c := new(pb.Checkpoint)
	if err := proto.Unmarshal(raw, c); err != nil {
		return nil, fmt.Errorf("decode checkpoint file: %w", err)
	}
	if c.SequenceNumber == nil || c.Summary.GetBcs() == nil || c.Contents.GetBcs() == nil {
		return nil, errors.New("decode checkpoint file: number, summary or contents are missing")
	}
	return c, nil
}
