package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	logName = "postgres.log"
	// maxSocketDir leaves room for "/.s.PGSQL.5432" in the 107 bytes that a
	// Unix socket's path may have.
	maxSocketDir = 90
)

// findBinaries returns the directory of initdb and postgres: of one major
// version when a cluster exists already, else the first in PATH, else the
// newest of the places where Debian and others install them.
func findBinaries(version string) (string, error) {
	var candidates []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			candidates = append(candidates, filepath.Dir(p))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return pathVersion(b) - pathVersion(a) })
		candidates = append(candidates, found...)
	}
	var other []string
	for _, dir := range candidates {
		v := binaryVersion(dir)
		if v == "" {
			continue
		}
		if version == "" || v == version {
			return dir, nil
		}
		other = append(other, v)
	}
	if version != "" && len(other) > 0 {
		return "", fmt.Errorf("the cluster was made by PostgreSQL %s and only %s is installed: run `apt-get install postgresql-%s`, "+
			"or remove the cluster's directory, the index is built again from the chain", version, strings.Join(other, ", "), version)
	}
	return "", fmt.Errorf("no initdb in PATH or in /usr/lib/postgresql/*/bin: install PostgreSQL "+
		"(Debian, Ubuntu: `apt-get install postgresql`), or set %s to the URL of a database", EnvURL)
}

// binaryVersion returns the major version of the binaries in dir, or "" when
// they are not complete.
func binaryVersion(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return ""
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	// "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return ""
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return major
}

// pathVersion reads the number in ".../15/bin" or ".../pgsql-15/bin"; 0
// without one.
func pathVersion(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	n, _ := strconv.Atoi(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz@-"))
	return n
}

// clusterVersion returns the major version that made a cluster, "" without
// one.
func clusterVersion(data string) string {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// prepareHome makes the directory that holds cluster, log and lock, owned by
// the server's user, and locks it for this process.
func (s *Server) prepareHome(dir string, owner *user) (home string, ephemeral bool, err error) {
	if dir == "" {
		home, err = os.MkdirTemp(shortTemp(), "floe-postgres-")
		if err != nil {
			return "", false, fmt.Errorf("make directory: %w", err)
		}
		s.cleanup = append(s.cleanup, func() { os.RemoveAll(home) })
		return home, true, owner.own(home)
	}
	if home, err = filepath.Abs(dir); err != nil {
		return "", false, err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", false, fmt.Errorf("make directory: %w", err)
	}
	if owner.drop && !reachable(home, owner) {
		if home, err = elsewhere(home, owner); err != nil {
			return "", false, err
		}
	}
	if err := refuseForeign(home); err != nil {
		return "", false, err
	}
	if err := owner.own(home); err != nil {
		return "", false, fmt.Errorf("give %s to user %s: %w", home, owner.name, err)
	}
	if err := os.Chmod(home, 0o700); err != nil {
		return "", false, err
	}
	return home, false, s.lock(home)
}

// refuseForeign refuses a directory that holds files of somebody else.
func refuseForeign(home string) error {
	entries, err := os.ReadDir(home)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case "data", "data.new", logName, "lock", locationName, originName:
		default:
			return fmt.Errorf("directory %s holds %s, which is not of a private PostgreSQL: give an empty directory", home, e.Name())
		}
	}
	return nil
}

// reachable tells whether the user may pass through every parent of path.
func reachable(path string, owner *user) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		st, err := os.Stat(dir)
		if err != nil {
			return false
		}
		sys, ok := st.Sys().(*syscall.Stat_t)
		mode := st.Mode().Perm()
		switch {
		case ok && sys.Uid == owner.uid && mode&0o100 != 0:
		case ok && sys.Uid != owner.uid && sys.Gid == owner.gid && mode&0o010 != 0:
		case ok && sys.Uid != owner.uid && sys.Gid != owner.gid && mode&0o001 != 0:
		default:
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// farPrefix is where clusters live whose own directory the server's user
// cannot reach; originName is the file there that names that directory, and
// locationName the file in that directory that names the cluster.
const farPrefix, originName, locationName = "/var/tmp/floe-postgres-", "origin", "location"

// elsewhere replaces a directory that the server's user cannot reach, as
// below root's home: a directory in /var/tmp, named by a hash of the wanted
// one. Each says where the other is; once the wanted one is gone or made anew,
// a later Start removes its cluster.
func elsewhere(wanted string, owner *user) (string, error) {
	sweep(owner)
	sum := sha256.Sum256([]byte(wanted))
	home := fmt.Sprintf("%s%x", farPrefix, sum[:8])
	err := os.Mkdir(home, 0o700)
	if err == nil {
		err = owner.own(home)
	} else if errors.Is(err, os.ErrExist) {
		// Anybody may write to /var/tmp: use only what was ours already.
		var st os.FileInfo
		if st, err = os.Lstat(home); err == nil {
			sys, ok := st.Sys().(*syscall.Stat_t)
			if !ok || !st.IsDir() || sys.Uid != owner.uid || st.Mode().Perm() != 0o700 {
				err = fmt.Errorf("it exists and is not a directory of user %s with mode 0700; remove it", owner.name)
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("use %s for %s, which user %s cannot reach: %w", home, wanted, owner.name, err)
	}
	err = errors.Join(os.WriteFile(filepath.Join(wanted, locationName), []byte(home+"\n"), 0o600),
		writeOwn(filepath.Join(home, originName), wanted))
	if err != nil {
		return "", fmt.Errorf("note the cluster's place: %w", err)
	}
	return home, nil
}

// openOwn opens a file in a directory that belongs to the server's user, who
// must not be able to lead root elsewhere by a link.
func openOwn(name string, flags int) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|syscall.O_NOFOLLOW|flags, 0o600)
}

func writeOwn(name, text string) error {
	f, err := openOwn(name, os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// sweep removes clusters in /var/tmp whose own directory is gone, or is another
// one by the same name that knows nothing of them, and that no process holds.
// What it cannot tell or remove it leaves.
func sweep(owner *user) {
	found, _ := filepath.Glob(farPrefix + "*")
	for _, home := range found {
		st, err := os.Lstat(home)
		if err != nil {
			continue
		}
		if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || sys.Uid != owner.uid {
			continue
		}
		if strings.HasSuffix(home, goneSuffix) {
			_ = os.RemoveAll(home)
		} else if orphaned(home) {
			removeFar(home)
		}
	}
}

// orphaned tells whether the directory that a cluster stands in for knows
// nothing of it.
func orphaned(home string) bool {
	origin, err := os.ReadFile(filepath.Join(home, originName))
	if err != nil || !filepath.IsAbs(string(origin)) {
		return false
	}
	_, err = os.Stat(filepath.Join(string(origin), locationName))
	return errors.Is(err, os.ErrNotExist)
}

// goneSuffix marks a cluster that is being removed, so that a kill in between
// leaves no half of one by its own name.
const goneSuffix = ".gone"

func removeFar(home string) {
	var s Server
	if s.lock(home) != nil {
		return
	}
	defer s.cleanup[0]()
	gone := home + goneSuffix
	if os.RemoveAll(gone) == nil && os.Rename(home, gone) == nil {
		_ = os.RemoveAll(gone)
	}
}

// lock holds the directory for the life of this process.
func (s *Server) lock(home string) error {
	f, err := openOwn(filepath.Join(home, "lock"), os.O_RDWR)
	if err != nil {
		return fmt.Errorf("lock directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("directory %s is in use by another process (%w): stop it, or use another directory", home, err)
	}
	s.cleanup = append(s.cleanup, func() { f.Close() })
	return nil
}

// initCluster makes the cluster beside its place and moves it there when it
// is complete, so that a kill leaves none or a whole one.
func initCluster(ctx context.Context, bin, home, data string, owner *user, ephemeral bool) error {
	if clusterVersion(data) != "" {
		return nil
	}
	fresh := filepath.Join(home, "data.new")
	err := runInitdb(ctx, bin, fresh, owner, ephemeral, "C.UTF-8")
	if err != nil && strings.Contains(err.Error(), "locale") {
		err = runInitdb(ctx, bin, fresh, owner, ephemeral, "C") // systems without C.UTF-8
	}
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, data); err != nil {
		return fmt.Errorf("install cluster: %w", err)
	}
	return nil
}

func runInitdb(ctx context.Context, bin, dir string, owner *user, ephemeral bool, locale string) error {
	if err := clearDir(ctx, dir); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	args := []string{"-D", dir, "-U", role, "--encoding=UTF8", "--locale=" + locale, "--auth-local=trust", "--auth-host=reject"}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	cmd := owner.commandContext(ctx, filepath.Join(bin, "initdb"), args...)
	cmd.Dir = "/"
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	setDeathSignal(cmd.SysProcAttr)
	runtime.LockOSThread() // the signal comes when the thread ends
	defer runtime.UnlockOSThread()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run initdb as user %s: %w\n%s", owner.name, err, bytes.TrimSpace(out.Bytes()))
	}
	return nil
}

// clearDir removes what an earlier run left. The initdb of a run that was
// killed may go on for a moment and make files meanwhile.
func clearDir(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for {
		err := os.RemoveAll(dir)
		if !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// clearStale deals with a postmaster.pid that a crash left. We hold the
// directory's lock, so a server that still runs in it lost its owner: it is
// stopped. When the id belongs to some other program, the file is removed.
func clearStale(ctx context.Context, data string) error {
	name := filepath.Join(data, "postmaster.pid")
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !serves(pid, data) {
		return os.Remove(name)
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		return fmt.Errorf("stop the PostgreSQL (process %d) that an earlier run left in %s: %w", pid, data, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for serves(pid, data) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL (process %d) that an earlier run left in %s does not stop: stop it by hand", pid, data)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// serves tells whether a process is alive and works in the data directory, as
// a PostgreSQL server does. Without /proc, being alive has to do.
func serves(pid int, data string) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		_, statErr := os.Stat("/proc/self")
		return statErr != nil
	}
	real, err := filepath.EvalSymlinks(data)
	return err == nil && cwd == real
}

// socketDir makes a fresh directory with a short name that only the server's
// user (and root) may enter.
func socketDir(owner *user) (string, error) {
	dir, err := os.MkdirTemp(shortTemp(), "floe-pg-")
	if err != nil {
		return "", fmt.Errorf("make socket directory: %w", err)
	}
	return dir, owner.own(dir)
}

// shortTemp is the system's directory for temporary files, or /tmp when that
// is too long for a socket or closed to others (PostgreSQL may run as another
// user).
func shortTemp() string {
	dir := os.TempDir()
	if st, err := os.Stat(dir); len(dir) > maxSocketDir-20 || err != nil || os.Geteuid() == 0 && st.Mode().Perm()&0o001 == 0 {
		return "/tmp"
	}
	return dir
}
