package walrus

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
)

// Each target: no panic, no allocation beyond the input's worth, and whatever
// is accepted is written back byte for byte.

func seedBlob(f *testing.F) *EncodedBlob {
	f.Helper()
	e, err := Encode(4, vectorInput("fuzz", 100))
	if err != nil {
		f.Fatal(err)
	}
	return e
}

func FuzzMetadata(f *testing.F) {
	e := seedBlob(f)
	f.Add(bcs.Marshal(&MetadataWithID{e.ID(), *e.Metadata()}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m MetadataWithID
		if bcs.Unmarshal(b, &m) != nil {
			return
		}
		if !bytes.Equal(bcs.Marshal(&m), b) {
			t.Errorf("not canonical: %x", b)
		}
		_ = m.Metadata.Verify(m.ID, len(m.Metadata.Pairs))
	})
}

func FuzzSliver(f *testing.F) {
	e := seedBlob(f)
	f.Add(bcs.Marshal(e.Sliver(Primary, 1)), false)
	f.Add(bcs.Marshal(e.Sliver(Secondary, 1)), true)
	f.Fuzz(func(t *testing.T, b []byte, secondary bool) {
		var s Sliver
		if secondary {
			s.Axis = Secondary
		}
		if bcs.Unmarshal(b, &s) != nil {
			return
		}
		if !bytes.Equal(bcs.Marshal(&s), b) {
			t.Errorf("not canonical: %x", b)
		}
		if e.Metadata().VerifySliver(&s) == nil && !bytes.Equal(b, bcs.Marshal(e.Sliver(s.Axis, e.Params().PairIndex(s.Axis, s.Index)))) {
			t.Errorf("%x verifies, and is not the blob's", b)
		}
	})
}

func FuzzRecoverySymbol(f *testing.F) {
	e := seedBlob(f)
	s, err := NewRecoverySymbol(e.Params(), e.Sliver(Secondary, 1), 2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bcs.Marshal(s))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s RecoverySymbol
		if bcs.Unmarshal(b, &s) != nil {
			return
		}
		if !bytes.Equal(bcs.Marshal(&s), b) {
			t.Errorf("not canonical: %x", b)
		}
		_ = s.Verify(e.Metadata())
	})
}

func FuzzConfirmation(f *testing.F) {
	f.Add(Confirmation{Epoch: 5}.Message())
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseConfirmation(b); err == nil && !bytes.Equal(c.Message(), b) {
			t.Errorf("not canonical: %x", b)
		}
	})
}

func FuzzBlobID(f *testing.F) {
	f.Add("RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseBlobID(s); err == nil && id.String() != s {
			t.Errorf("not canonical: %q", s)
		}
	})
}

func FuzzReadQuilt(f *testing.F) {
	content, _, err := BuildQuilt(4, []QuiltFile{{"a", []byte("one"), nil}, {"b", []byte("two"), map[string]string{"k": "v"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	// case 1: an index of no files, which can be read and not be written
	f.Add([]byte("\x01\x01\x00\x00\x00\x00\x04\x00\x01t\x01\a\x00\x00\x00\x00\x02\x10\x01a\x01\x0e\x00\x00\x00\x01\x02\x00\x01b\x00\x03\x00\x01b\x01\x01k\rvone\x00\x00\x00\x00\x00\x00\x00\x05\x00\x01\x01\xc6\x01vawo"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, patches, err := ReadQuilt(4, b)
		if err != nil {
			return
		}
		size := 0
		for i, file := range files {
			size += len(file.Data)
			if file.Identifier != patches[i].Identifier {
				t.Errorf("file %q has the patch of %q", file.Identifier, patches[i].Identifier)
			}
		}
		if len(files) != len(patches) || size > len(b) {
			t.Fatalf("%d files with %d bytes in %d patches of %d bytes", len(files), size, len(patches), len(b))
		}
		again, _, err := BuildQuilt(4, files)
		if err != nil { // no file, or a name that we don't write
			return
		}
		if same, _, err := ReadQuilt(4, again); err != nil || !reflect.DeepEqual(same, files) {
			t.Errorf("%q became %q, %v", files, same, err)
		}
	})
}

func FuzzNodeJSON(f *testing.F) {
	f.Add([]byte(`{"permanent":{"endEpoch":12,"statusEvent":{"txDigest":"a","eventSeq":"1"}}}`))
	f.Add([]byte(`{"error":{"code":400,"message":"no","details":[{"reason":"NOT_REGISTERED"}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s, again BlobStatus
		if json.Unmarshal(b, &s) == nil {
			out, err := json.Marshal(s)
			if err != nil || json.Unmarshal(out, &again) != nil || !reflect.DeepEqual(s, again) {
				t.Errorf("%s became %s", b, out)
			}
		}
		_ = json.Unmarshal(b, new(NodeError))
	})
}
