package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What root writes among a server's files is the server's; a file that also stands
// elsewhere is not given away.
func TestGiveToOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	dir := t.TempDir()
	journal, elsewhere := filepath.Join(dir, "journal"), filepath.Join(dir, "elsewhere")
	pruned, foreign, linked := filepath.Join(journal, "evidence", "pruned.jwt"), filepath.Join(journal, "foreign"), filepath.Join(journal, "linked")
	err := errors.Join(os.MkdirAll(filepath.Dir(pruned), 0o700), os.Chown(journal, 12345, 12346),
		os.WriteFile(pruned, nil, 0o600), os.WriteFile(foreign, nil, 0o600), os.Chown(foreign, 77, 77),
		os.WriteFile(elsewhere, nil, 0o600), os.Link(elsewhere, linked), os.Symlink(elsewhere, filepath.Join(journal, "pointer")),
		os.Symlink(journal, filepath.Join(dir, "state")))
	if err != nil {
		t.Fatal(err)
	}
	if err := giveToOwner(filepath.Join(dir, "state")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]uint32{pruned: 12345, filepath.Dir(pruned): 12345, foreign: 77, linked: 0, elsewhere: 0} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Sys().(*syscall.Stat_t).Uid; got != want {
			t.Errorf("%s belongs to %d, want %d", path, got, want)
		}
	}
}
