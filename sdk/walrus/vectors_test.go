package walrus

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

// vectors is testdata/walrus_vectors.json; its origin stands in its "about"
// and in testdata/README.md.
type vectors struct {
	Vectors []struct {
		N          int    `json:"n_shards"`
		Size       int    `json:"size"`
		Seed       string `json:"seed"`
		Rows       int    `json:"primary_source_symbols"`
		Columns    int    `json:"secondary_source_symbols"`
		SymbolSize int    `json:"symbol_size"`
		BlobID     string `json:"blob_id"`
		Root       string `json:"root_hash_hex"`
		Primary0   string `json:"pair0_primary_hash_hex"`
		Secondary0 string `json:"pair0_secondary_hash_hex"`
		Hashes     string `json:"sha256_pair_hashes"`
		Primary    string `json:"sha256_primary_slivers_bcs"`
		Secondary  string `json:"sha256_secondary_slivers_bcs"`
		MetaLen    int    `json:"metadata_bcs_len"`
		Meta       string `json:"metadata_bcs_sha256"`
		MetaWithID string `json:"metadata_with_id_bcs_sha256"`
		Rotation   int    `json:"rotation_offset"`
		Encoded    uint64 `json:"encoded_length"`
	}
	Upstream []struct {
		N      int     `json:"n_shards"`
		ASCII  string  `json:"input_ascii"`
		Hex    *string `json:"input_hex"`
		BlobID string  `json:"blob_id"`
		IDHex  string  `json:"blob_id_hex"`
		Scalar *uint64 `json:"secret_scalar"`
		Public string  `json:"public_key_hex"`
		Source string  `json:"source"`
	} `json:"upstream_hard_coded"`
	Merkle struct {
		Input []string
		Roots []struct {
			Leaves int
			Root   string
		}
	} `json:"merkle_blake2b256"`
	Recovery     map[string]json.RawMessage `json:"recovery_symbol"`
	Certificates map[string]json.RawMessage
	Quilts       struct{ Cases []json.RawMessage }
}

func loadVectors(t testing.TB) *vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/walrus_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

// vectorInput makes the input of a vector, as its "input_generator" says.
func vectorInput(seed string, size int) []byte {
	var out []byte
	for k := uint64(0); len(out) < size; k++ {
		b := binary.LittleEndian.AppendUint64([]byte("walrus-vector/v1/"+seed), k)
		h := sha256.Sum256(b)
		out = append(out, h[:]...)
	}
	return out[:size]
}

func TestEncodeVectors(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		t.Run(fmt.Sprintf("%d shards %d bytes", v.N, v.Size), func(t *testing.T) {
			if testing.Short() && v.Size > 1<<20 {
				t.Skip("large blob left out of -short")
			}
			data := vectorInput(v.Seed, v.Size)
			e, err := Encode(v.N, data)
			if err != nil {
				t.Fatal(err)
			}
			p, m := e.Params(), e.Metadata()
			encoded, err := p.EncodedLength(uint64(v.Size))
			if err != nil {
				t.Fatal(err)
			}
			root := e.RootHash()
			primary, secondary, hashes := sha256.New(), sha256.New(), sha256.New()
			for i := range v.N {
				primary.Write(bcs.Marshal(e.Sliver(Primary, i)))
				secondary.Write(bcs.Marshal(e.Sliver(Secondary, i)))
				hashes.Write(m.Pairs[i].Primary[:])
				hashes.Write(m.Pairs[i].Secondary[:])
			}
			meta := bcs.Marshal(m)
			equal := func(what string, got, want any) {
				t.Helper()
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s = %v, want %v", what, got, want)
				}
			}
			equal("rows", p.Rows(), v.Rows)
			equal("columns", p.Columns(), v.Columns)
			equal("symbol size", e.SymbolSize(), v.SymbolSize)
			equal("encoded length", encoded, v.Encoded)
			equal("blob id", e.ID(), v.BlobID)
			equal("root", hex.EncodeToString(root[:]), v.Root)
			equal("primary hash 0", hex.EncodeToString(m.Pairs[0].Primary[:]), v.Primary0)
			equal("secondary hash 0", hex.EncodeToString(m.Pairs[0].Secondary[:]), v.Secondary0)
			equal("pair hashes", hex.EncodeToString(hashes.Sum(nil)), v.Hashes)
			equal("primary slivers", hex.EncodeToString(primary.Sum(nil)), v.Primary)
			equal("secondary slivers", hex.EncodeToString(secondary.Sum(nil)), v.Secondary)
			equal("metadata length", len(meta), v.MetaLen)
			equal("metadata", sum(meta), v.Meta)
			equal("metadata with id", sum(bcs.Marshal(&MetadataWithID{e.ID(), *m})), v.MetaWithID)
			equal("rotation", p.Rotation(e.ID()), v.Rotation)
		})
	}
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestUpstreamBlobIDs(t *testing.T) {
	ran := 0
	for _, v := range loadVectors(t).Upstream {
		if v.BlobID == "" && v.IDHex == "" {
			continue // the key, see TestPublicKey
		}
		ran++
		data := []byte(v.ASCII)
		if v.Hex != nil {
			data, _ = hex.DecodeString(*v.Hex)
		}
		id, err := ComputeBlobID(v.N, data)
		if err != nil {
			t.Fatal(err)
		}
		if v.BlobID != "" && id.String() != v.BlobID || v.IDHex != "" && hex.EncodeToString(id[:]) != v.IDHex {
			t.Errorf("%s: blob id %s", v.Source, id)
		}
	}
	if ran != 3 {
		t.Errorf("compared %d blob ids, want 3", ran)
	}
}

func TestMerkleVectors(t *testing.T) {
	v := loadVectors(t).Merkle
	if len(v.Roots) != 10 {
		t.Fatalf("have %d roots, want 10", len(v.Roots))
	}
	for _, c := range v.Roots {
		var leaves [][]byte
		for _, s := range v.Input[:c.Leaves] {
			leaves = append(leaves, []byte(s))
		}
		root := MerkleRoot(leaves)
		if hex.EncodeToString(root[:]) != c.Root {
			t.Errorf("root over %d leaves = %x, want %s", c.Leaves, root, c.Root)
		}
		for i, l := range leaves {
			proof, err := NewMerkleProof(leaves, i)
			if err != nil {
				t.Fatal(err)
			}
			if !proof.Verify(root, l, i, len(leaves)) {
				t.Errorf("proof of leaf %d of %d does not verify", i, len(leaves))
			}
			if proof.Verify(root, append([]byte("x"), l...), i, len(leaves)) || proof.Verify(root, l, i+1, len(leaves)) {
				t.Errorf("proof of leaf %d of %d verifies for another", i, len(leaves))
			}
		}
	}
}
