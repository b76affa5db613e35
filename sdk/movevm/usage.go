package movevm

// usage meters a session. Its methods throw when a bound is passed.
type usage struct {
	instructions      uint64
	fuel, maxFuel     uint64
	memory, maxMemory uint64
	slab              slab
}

// unmetered is for work of the host on values that were charged for before.
func unmetered() *usage {
	return &usage{maxFuel: 1 << 62, maxMemory: 1 << 62, slab: slab{single: true}}
}

// alloc charges for n bytes of new values.
func (u *usage) alloc(n int) {
	u.memory += uint64(n)
	if u.memory > u.maxMemory {
		throw(StatusMemoryLimit, 0, "program uses too much memory")
	}
	u.work(n / 64)
}

// work charges fuel for work beside instructions: one unit is about one
// instruction's time.
func (u *usage) work(n int) {
	u.fuel += uint64(n)
	if u.fuel > u.maxFuel {
		throwFuel()
	}
}

// fault is the panic value of throw: an error on its way to Call or another
// entry point, which adds the location.
type fault struct{ err *Error }

// throw stops the program. It unwinds with a panic because every helper of the
// interpreter may fail, at any depth, and none of them can go on.
func throw(status Status, code uint64, msg string) {
	panic(fault{&Error{Status: status, Code: code, Message: msg}})
}

// step charges for n instructions.
func (u *usage) step(n int) {
	u.instructions += uint64(n)
	if u.fuel += uint64(n); u.fuel > u.maxFuel {
		throwFuel()
	}
}

func throwFuel() { throw(StatusOutOfGas, 0, "program runs too long") }
