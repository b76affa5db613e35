package postgres

import "syscall"

// setDeathSignal makes the kernel ask the server to shut down fast when we
// die.
func setDeathSignal(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGINT }
