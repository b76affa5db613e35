//go:build !linux

package postgres

import "syscall"

// setDeathSignal does nothing here: a server whose owner was killed is
// stopped by the next Start in its directory.
func setDeathSignal(*syscall.SysProcAttr) {}
