package checkpointfile

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/proto"
)

func sample() *pb.Checkpoint {
	return &pb.Checkpoint{
		SequenceNumber: proto.Uint64(7),
		Summary:        &pb.CheckpointSummary{Bcs: &pb.Bcs{Value: []byte{1, 2}}},
		Contents:       &pb.CheckpointContents{Bcs: &pb.Bcs{Value: []byte{3}}},
	}
}

// The zstd program reads what we write, and finds the protobuf wire form:
// field 1 (varint 7), 3 (summary), 5 (contents), each with its bcs.
func TestEncodeForZstd(t *testing.T) {
	raw, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("the zstd program is needed")
	}
	cmd := exec.Command(path, "-dc")
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	const want = "08071a060a0412020102" + "2a050a03120103"
	if got := hex.EncodeToString(out); got != want {
		t.Errorf("file holds %s, want %s", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	raw, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(raw)
	if err != nil || !proto.Equal(back, sample()) {
		t.Errorf("read back %v, %v", back, err)
	}
	for n := range raw {
		if _, err := Decode(raw[:n]); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(raw))
		}
	}
}

func FuzzDecode(f *testing.F) {
	raw, err := Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Decode(raw)
		if err != nil {
			return
		}
		again, err := Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := Decode(again); err != nil || !proto.Equal(c, same) {
			t.Fatalf("written and read it is another: %v", err)
		}
	})
}
