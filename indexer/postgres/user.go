package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"strconv"
	"syscall"
)

// A user is who the server runs as. PostgreSQL refuses to run as root, so for
// root it is the system's postgres user, or nobody; else ourselves.
type user struct {
	name     string
	uid, gid uint32
	drop     bool // we are root and become this user
}

func serverUser() (*user, error) {
	if uid := os.Geteuid(); uid != 0 {
		return &user{name: strconv.Itoa(uid), uid: uint32(uid), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &user{name: name, uid: uint32(uid), gid: uint32(gid), drop: true}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: "+
		"run as an ordinary user, or set %s to the URL of a database", EnvURL)
}

// command prepares a program to run as the user, with an environment that
// holds nothing but what PostgreSQL needs: no PG* variable of the caller
// changes what it does.
func (u *user) command(name string, args ...string) *exec.Cmd {
	return u.prepare(exec.Command(name, args...))
}

func (u *user) commandContext(ctx context.Context, name string, args ...string) *exec.Cmd {
	return u.prepare(exec.CommandContext(ctx, name, args...))
}

func (u *user) prepare(cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if u.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: u.uid, Gid: u.gid}
	}
	return cmd
}

// own makes a path belong to the user.
func (u *user) own(path string) error {
	if !u.drop {
		return nil
	}
	return os.Chown(path, int(u.uid), int(u.gid))
}
