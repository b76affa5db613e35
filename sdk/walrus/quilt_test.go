package walrus

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

func TestQuiltVectors(t *testing.T) {
	cases := loadVectors(t).Quilts.Cases
	if len(cases) != 3 {
		t.Fatalf("have %d quilts, want 3", len(cases))
	}
	for _, raw := range cases {
		var v struct {
			Name  string
			N     int
			Files []struct {
				Identifier string
				Size       int
				Tags       map[string]string
			}
			QuiltLength          int
			QuiltSha256, QuiltID string
			Patches              []struct {
				Identifier string
				Start, End int
				PatchID    string
			}
		}
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		t.Run(v.Name, func(t *testing.T) {
			var files []QuiltFile
			for _, f := range v.Files {
				files = append(files, QuiltFile{f.Identifier, vectorInput(v.Name+"/"+f.Identifier, f.Size), f.Tags})
			}
			content, patches, err := BuildQuilt(v.N, files)
			if err != nil {
				t.Fatal(err)
			}
			id, err := ComputeBlobID(v.N, content)
			if err != nil {
				t.Fatal(err)
			}
			if len(content) != v.QuiltLength || sum(content) != v.QuiltSha256 || id.String() != v.QuiltID {
				t.Errorf("quilt of %d bytes, digest %s, id %s; want %d %s %s", len(content), sum(content), id, v.QuiltLength, v.QuiltSha256, v.QuiltID)
			}
			for i, p := range v.Patches {
				got := patches[i]
				if got.Identifier != p.Identifier || got.Start != p.Start || got.End != p.End || got.ID(id) != p.PatchID {
					t.Errorf("patch %d = %+v %s, want %+v", i, got, got.ID(id), p)
				}
			}
			back, index, err := ReadQuilt(v.N, content)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				for i, b := range back {
					if b.Identifier == f.Identifier && (!bytes.Equal(b.Data, f.Data) || !maps.Equal(b.Tags, f.Tags) || !maps.Equal(index[i].Tags, f.Tags)) {
						t.Errorf("file %q came back different", f.Identifier)
					}
				}
			}
			if len(back) != len(files) {
				t.Errorf("%d files came back of %d", len(back), len(files))
			}
		})
	}
}

func TestBuildQuiltRefuses(t *testing.T) {
	for name, files := range map[string][]QuiltFile{
		"none":            nil,
		"too many":        make([]QuiltFile, 7),
		"no identifier":   {{}},
		"used twice":      {{Identifier: "a"}, {Identifier: "a"}},
		"trailing space":  {{Identifier: "a "}},
		"control":         {{Identifier: "a\nb"}},
		"long identifier": {{Identifier: strings.Repeat("a", 65536)}},
		"long tags":       {{Identifier: "a", Tags: map[string]string{"k": strings.Repeat("v", 65536)}}},
		"too large":       {{Identifier: "a", Data: make([]byte, 4*7*65534)}},
	} {
		if _, _, err := BuildQuilt(10, files); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
