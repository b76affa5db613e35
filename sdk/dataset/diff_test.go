package dataset

import (
	"reflect"
	"testing"
)

func TestDiff(t *testing.T) {
	file := func(path, sum string) IndexEntry { return IndexEntry{Path: path, Size: 1, SHA256: sum} }
	d := &Diff{}
	d.compare([]IndexEntry{file("same", "aa"), file("gone", "bb"), file("away", "bc"), file("edited", "cc")},
		[]IndexEntry{file("new", "ee"), file("edited", "DD"), file("same", "AA"), file("added", "ff")})
	want := &Diff{
		Added:     []ChangedFile{{"added", 1, "ff"}, {"new", 1, "ee"}},
		Removed:   []ChangedFile{{"away", 1, "bc"}, {"gone", 1, "bb"}},
		Changed:   []ChangedFile{{"edited", 1, "dd"}},
		Unchanged: 1,
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v, want %+v", d, want)
	}
}
