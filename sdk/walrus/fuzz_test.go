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
		_ = e.Metadata().VerifySliver(&s)
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
	f.Fuzz(func(t *testing.T, b []byte) {
		files, patches, err := ReadQuilt(4, b)
		if err == nil && len(files) != len(patches) {
			t.Errorf("%d files, %d patches", len(files), len(patches))
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
