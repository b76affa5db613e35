package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/floe-data/floe/oracle/journal"
	"github.com/floe-data/floe/sdk/sui"
)

// checkFiles looks at who may read and write what.
func (d *doctor) checkFiles() {
	d.private("key_dir", d.cfg.KeyDir, 0o022, "others could replace the keys")
	d.private("journal_dir", d.cfg.JournalDir, 0o077, "others could read who asked for what, or write receipts")
	if d.cfg.AnchorSigner != "" {
		d.private("anchor_signer", d.cfg.AnchorSigner, 0o077, "others could spend its SUI")
	}
	d.checkOpenFiles()
}

func (d *examiner) checkOpenFiles() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Max < 4096 {
		d.bad(warn, "open files", "raise it: LimitNOFILE=65536 in the systemd unit", "only %d files may be open, and each connection is one", limit.Max)
	}
}

// private demands that a file or directory has none of the bits of mask, and
// belongs to who runs this.
func (d *examiner) private(check, path string, mask fs.FileMode, why string) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && check == "journal_dir":
		d.ok(check, "%s does not exist yet: the first start makes it", path)
		return
	case err != nil:
		d.bad(fail, check, "give the right path in the configuration, and run this as the server's user", "%v", err)
		return
	}
	if mode := info.Mode().Perm(); mode&mask != 0 && !sui.IsCredential(path) {
		d.bad(fail, check, fmt.Sprintf("chmod %o %s", mode&^0o077, path), "%s has mode %04o: %s", path, mode, why)
		return
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() && os.Geteuid() != 0 {
		d.bad(warn, check, "run this as the user of the server", "%s belongs to user %d, and this runs as %d", path, stat.Uid, os.Geteuid())
		return
	}
	d.ok(check, "%s is private", path)
}

// checkKeys reads the secrets that need no chain.
func (d *doctor) checkKeys(ctx context.Context) {
	var err error
	if d.secrets, err = d.cfg.secrets(ctx); err != nil {
		d.bad(fail, "keys", "put the keys where the configuration says; floe-oracle keygen makes them", "%v", err)
		return
	}
	d.ok("keys", "the key that signs receipts can be read")
}

// checkClock asks the kernel whether somebody keeps the clock.
func (d *examiner) checkClock() {
	kept, known := clockIsKept()
	switch {
	case !known:
		d.ok("clock", "whether NTP keeps it is not known here")
	case !kept:
		d.bad(warn, "clock", "have NTP keep it: install chrony or systemd-timesyncd", "nobody keeps this machine's clock")
	default:
		d.ok("clock", "NTP keeps it")
	}
}

// slowDisk is a sync that harms the answers' latency.
const (
	probes   = 9
	slowDisk = 20 * time.Millisecond
	lowSpace = 1 << 30
	noSpace  = 64 << 20
)

// checkJournals looks at the places of the journals, and reports whether a
// server has one open.
func (d *doctor) checkJournals() (running bool) {
	dirs := []string{d.cfg.JournalDir}
	for _, svc := range d.services {
		if !slices.Contains(dirs, svc.JournalDir) {
			dirs = append(dirs, svc.JournalDir)
		}
	}
	for _, dir := range dirs {
		used, err := journal.InUse(dir)
		if err != nil {
			d.bad(fail, "journal lock", "run this as the server's user", "%v", err)
		}
		running = running || used
	}
	if running {
		d.ok("server", "a server has the journal open")
	} else {
		d.bad(warn, "server", "start it: floe-oracle serve --config "+d.cfg.path, "no server is running here")
	}
	d.checkDisk(existing(d.cfg.JournalDir))
	return running
}

// existing returns path, or the folder above it that exists.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// checkDisk tries how fast the disk is, and whether there is room.
func (d *doctor) checkDisk(dir string) {
	var times []time.Duration
	for range probes {
		start := time.Now()
		if err := journal.Probe(dir); err != nil {
			d.bad(fail, "disk", "make room, and look whether the disk is mounted read-only, or failing, or belongs to another user", "%v", err)
			return
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	if median := times[probes/2]; median > slowDisk {
		d.bad(warn, "disk", "give journal_dir a disk of its own", "it takes %v to store something", median.Round(time.Microsecond))
	} else {
		d.ok("disk", "it takes %v to store something", median.Round(time.Microsecond))
	}
	free, err := journal.Space(dir)
	switch remedy := "give journal_dir a larger disk: receipts are never deleted"; {
	case err != nil:
		d.bad(warn, "disk space", "look at it with df", "%v", err)
	case free < noSpace:
		d.bad(fail, "disk space", remedy, "%d MiB are free", free>>20)
	case free < lowSpace:
		d.bad(warn, "disk space", remedy, "%d MiB are free", free>>20)
	default:
		d.ok("disk space", "%d MiB are free", free>>20)
	}
}

// checkPorts tries the addresses that the server will listen on, unless it
// listens there already.
func (d *examiner) checkPorts(listen string, c *operationsConfig, running bool) {
	for _, p := range []struct{ key, address string }{{"listen", listen}, {"metrics_listen", c.MetricsListen}} {
		if p.address == "none" {
			d.ok(p.key, "no metrics")
			continue
		}
		l, err := net.Listen("tcp", p.address)
		if err == nil {
			l.Close()
		}
		switch {
		case errors.Is(err, syscall.EADDRINUSE) && running:
			d.ok(p.key, "%s is in use, as it should be", p.address)
		case errors.Is(err, syscall.EADDRINUSE):
			d.bad(fail, p.key, "end the other program, or choose another address", "another program uses %s", p.address)
		case errors.Is(err, syscall.EACCES):
			d.bad(fail, p.key, "choose a port from 1024, and have a proxy in front", "%s is not allowed to this user", p.address)
		case err != nil:
			d.bad(fail, p.key, "choose an address of this machine", "%v", err)
		default:
			d.ok(p.key, "%s is free", p.address)
		}
	}
	if host, _, err := net.SplitHostPort(c.MetricsListen); err == nil {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsPrivate()) {
			d.bad(warn, "metrics_listen", "let a firewall keep strangers away, or listen on a private address", "metrics can be reached from outside at %s", c.MetricsListen)
		}
	}
}
