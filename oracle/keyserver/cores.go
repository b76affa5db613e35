package keyserver

// cores lets no more goroutines compute at a time than there are cores. The
// others wait here, in the order of their coming, instead of in Go's scheduler:
// there, whoever comes back from the disk would wait behind them, and that is
// the journal, for which all wait.
type cores chan struct{}

// use calls f when a core is free.
func (c cores) use(f func()) {
	c <- struct{}{}
	defer func() { <-c }()
	f()
}
