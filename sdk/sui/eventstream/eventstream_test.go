package eventstream

import (
	"encoding/hex"
	"math/big"
	"slices"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func filled(b byte) (d sui.Digest) {
	for i := range d {
		d[i] = b
	}
	return d
}

// The expected values of this file are those that sui-rust-sdk pins at
// d71f9d6f (crates/sui-sdk-types/src/framework.rs): made by sui-types, and the
// last one also by Sui's Move test test_mmr_digest_compat_with_rust.

func TestHeadID(t *testing.T) {
	for stream, want := range map[string]string{
		"0x0":        "0x9461a724d957b41485e094fdced6c668bd388070108dbfbdc12277ad68a2717f",
		"0x2":        "0x1b877f5c7664df8957f127a95d1b2c8c1c239fd49566f9f69205df44133fc37f",
		"0xacc":      "0x452652326e8df295af20a4e0744acac9a74f87d93ba976dd97d3e93e1a542e37",
		"0x42424242": "0xdbe2cd3f24c357c434991a4348e6ceb43bcb7d22696eb6797a6739e5351cb149",
	} {
		id, err := sui.ParseAddress(stream)
		if err != nil {
			t.Fatal(err)
		}
		if got := HeadID(id).String(); got != want {
			t.Errorf("head of stream %s is %s, want %s", stream, got, want)
		}
	}
}

func TestRoot(t *testing.T) {
	root := Root([]Commitment{{1, 0, 0, filled(0x11)}, {1, 0, 1, filled(0x22)}, {1, 1, 0, filled(0x33)}})
	want := [32]byte{
		254, 183, 87, 247, 72, 14, 90, 116, 221, 195, 244, 87, 250, 236, 226, 161, 99, 106,
		199, 246, 85, 138, 180, 110, 112, 50, 103, 77, 160, 104, 239, 61,
	}
	if root != want {
		t.Errorf("root is %x, want %x", root, want)
	}
	if Root(nil) != ([32]byte{}) {
		t.Error("the root over nothing is not empty")
	}
}

func TestCommitmentBCS(t *testing.T) {
	raw := bcs.Marshal(Commitment{0x0102030405060708, 0x1112131415161718, 0x2122232425262728, filled(0xaa)})
	want := "0807060504030201" + "1817161514131211" + "2827262524232221" + "20" + hex.EncodeToString(slices.Repeat([]byte{0xaa}, 32))
	if got := hex.EncodeToString(raw); got != want {
		t.Errorf("commitment is %s, want %s", got, want)
	}
}

func TestFold(t *testing.T) {
	var h Head
	for n := byte(50); n < 58; n++ {
		h.Fold([32]byte{n}, 1, uint64(n))
	}
	want, _ := new(big.Int).SetString("69725770072863840208899320192042305265295220676851872214494910464384102654361", 10)
	if len(h.Peaks) != 4 || h.Peaks[0] != ([32]byte{}) || h.Peaks[1] != ([32]byte{}) || h.Peaks[2] != ([32]byte{}) {
		t.Fatalf("peaks are %x", h.Peaks)
	}
	be := h.Peaks[3]
	slices.Reverse(be[:])
	if new(big.Int).SetBytes(be[:]).Cmp(want) != 0 || h.Events != 8 || h.Checkpoint != 57 {
		t.Errorf("head is %+v", h)
	}
}

func TestHeadBCS(t *testing.T) {
	h := Head{Peaks: [][32]byte{{}, {1}}, Checkpoint: 0x4142434445464748, Events: 0x5152535455565758}
	want := "02" + hex.EncodeToString(make([]byte, 32)) + "01" + hex.EncodeToString(make([]byte, 31)) + "4847464544434241" + "5857565554535251"
	if got := hex.EncodeToString(bcs.Marshal(h)); got != want {
		t.Errorf("head is %s, want %s", got, want)
	}
	var back Head
	if err := bcs.Unmarshal(bcs.Marshal(h), &back); err != nil || !back.Equal(&h) {
		t.Errorf("head reads back as %+v, %v", back, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(bcs.Marshal(Head{Peaks: [][32]byte{{1}}}), bcs.Marshal(Write{Events: []WrittenEvent{{0, filled(1)}}}))
	f.Fuzz(func(t *testing.T, head, write []byte) {
		var h Head
		if bcs.Unmarshal(head, &h) == nil && string(bcs.Marshal(h)) != string(head) {
			t.Errorf("head %x does not round-trip", head)
		}
		if w, ok := ParseWrite(write); ok && string(bcs.Marshal(w)) != string(write) {
			t.Errorf("write %x does not round-trip", write)
		}
	})
}
