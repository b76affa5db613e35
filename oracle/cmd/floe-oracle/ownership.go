package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// giveToOwner gives what root has written below a server's folder to the folder's
// owner. Under systemd the server's user exists only while it runs, so that its
// commands are run by root, and what they write would be out of the server's reach.
func giveToOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("find the owner of %s: %w", dir, err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 {
		return nil
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // as StateDirectory is one
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		of, ok := info.Sys().(*syscall.Stat_t)
		if !ok || of.Uid != 0 || info.Mode().IsRegular() && of.Nlink > 1 { // that may be a file of root's from elsewhere
			return nil
		}
		if err := os.Lchown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("give it to the server's user: %w", err)
		}
		return nil
	})
}
