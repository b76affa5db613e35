package main

import "syscall"

// clockIsKept asks the kernel whether something disciplines the clock, as NTP
// does; known is false if it does not tell.
func clockIsKept() (kept, known bool) {
	const timeError = 5 // TIME_ERROR of adjtimex(2): not synchronized
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	return state != timeError, err == nil
}
