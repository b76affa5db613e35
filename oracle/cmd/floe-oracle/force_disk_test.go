//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/floe-data/floe/oracle/journal"
)

// A disk holds the receipts of a key server under force, and can be full.
type disk interface {
	fmt.Stringer
	receipts() string
	fill(*force)
	free(*force)
}

// A powered disk can lose its power: what was not synced is gone.
type powered interface{ losePower(*force) }

// newDisk makes the disk that FLOE_FORCE_DISK names, or the best that this
// process may make.
func newDisk(t *testing.T, dir string) disk {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	switch kind := os.Getenv("FLOE_FORCE_DISK"); kind {
	case "ext4":
		return newExt4(t, dir)
	case "limit":
		return &limited{dir}
	case "", "tmpfs":
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512m"); err != nil {
			if kind != "" {
				t.Fatalf("mount tmpfs: %v", err)
			}
			return &limited{dir}
		}
		t.Cleanup(func() { unmount(t, dir) })
		return &mounted{dir, "tmpfs"}
	default:
		t.Fatalf("FLOE_FORCE_DISK=%q: want tmpfs, limit or ext4", kind)
		return nil
	}
}

func unmount(t *testing.T, dir string) {
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Errorf("unmount: %v", err)
	}
}

// mounted is a file system of its own, which a large file fills.
type mounted struct{ dir, kind string }

func (d *mounted) String() string   { return d.kind }
func (d *mounted) receipts() string { return filepath.Join(d.dir, "receipts") }
func (d *mounted) ballast() string  { return filepath.Join(d.dir, "ballast") }

func (d *mounted) fill(f *force) {
	file, err := os.Create(d.ballast())
	if err != nil {
		f.t.Fatal(err)
	}
	defer file.Close()
	piece := make([]byte, 1<<20)
	for len(piece) > 0 {
		if _, err := file.Write(piece); errors.Is(err, syscall.ENOSPC) {
			piece = piece[:len(piece)/2] // down to the last byte
		} else if err != nil {
			f.t.Fatal(err)
		}
	}
}

func (d *mounted) free(f *force) {
	if err := os.Remove(d.ballast()); err != nil {
		f.t.Fatal(err)
	}
}

// limited is any folder, in which files can't grow. It stands in for a full disk
// where nothing can be mounted.
type limited struct{ dir string }

func (d *limited) String() string   { return "limit on the size of files" }
func (d *limited) receipts() string { return filepath.Join(d.dir, "receipts") }
func (d *limited) fill(f *force)    { f.stopFiles() }
func (d *limited) free(f *force)    { f.limitFiles(1 << 40) }

// stopFiles makes the server's next receipt too much for its file: half of it
// can be written.
func (f *force) stopFiles() {
	stored, err := os.ReadFile(filepath.Join(f.disk.receipts(), journal.FileName))
	if err != nil {
		f.t.Fatal(err)
	}
	f.limitFiles(uint64(len(bytes.TrimRight(stored, "\x00"))) + 1000)
}

// limitFiles bounds how long the server's files may become.
func (f *force) limitFiles(size uint64) {
	f.victim.mu.Lock()
	defer f.victim.mu.Unlock()
	if f.victim.cmd == nil {
		return // the next one begins without
	}
	var err syscall.Errno
	for _, most := range []uint64{1<<63 - 1, 1<<64 - 1} { // whichever the process has
		limit := syscall.Rlimit{Cur: size, Max: most}
		_, _, err = syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(f.victim.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
			uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
		if err == 0 {
			return
		}
	}
	f.t.Fatalf("limit the size of files: %v", err)
}

// ignoreFileLimit makes a write beyond the limit an error and not the end.
func ignoreFileLimit() { signal.Ignore(syscall.SIGXFSZ) }

// ext4 is a file system in a file, which can lose power.
type ext4 struct {
	mounted
	image string
}

func newExt4(t *testing.T, dir string) *ext4 {
	t.Helper()
	d := &ext4{mounted{dir, "ext4 in a file"}, dir + ".img"}
	file, err := os.Create(d.image)
	if err == nil {
		err = errors.Join(file.Truncate(512<<20), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	if err := d.mount(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return d
}

func (d *ext4) mount() error {
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

// losePower shuts the file system down without writing anything that is not on
// its disk, not even its own journal (EXT4_IOC_SHUTDOWN, as xfstests do), kills
// the server and mounts what is left.
func (d *ext4) losePower(f *force) {
	const shutdown, noFlush = 0x8004587d, 2
	root, err := os.Open(d.dir)
	if err != nil {
		f.t.Fatal(err)
	}
	how := uint32(noFlush)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, root.Fd(), shutdown, uintptr(unsafe.Pointer(&how)))
	root.Close()
	if errno != 0 {
		f.t.Fatalf("shut down the file system: %v", errno)
	}
	f.victim.kill()
	if err := syscall.Unmount(d.dir, 0); err != nil {
		f.t.Fatalf("unmount: %v", err)
	}
	if err := d.mount(); err != nil {
		f.t.Fatal(err)
	}
}

var _ io.Writer = (*victim)(nil)
