package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
)

// An asker signs requests of many sessions, each for identities that nobody
// has asked for before.
type asker struct {
	members, strangers []*traffic.Session
	next               atomic.Uint64
}

func newAsker(w *traffic.World) (*asker, error) {
	a := new(asker)
	now := time.Now()
	for _, wallet := range w.Members {
		s, err := w.NewSession(wallet, now)
		if err != nil {
			return nil, err
		}
		a.members = append(a.members, s)
	}
	for _, wallet := range w.Strangers {
		s, err := w.NewSession(wallet, now)
		if err != nil {
			return nil, err
		}
		a.strangers = append(a.strangers, s)
	}
	return a, nil
}

// sign makes n requests for so many identities each, the sessions in turn.
func (a *asker) sign(sessions []*traffic.Session, n, identities int) ([]*traffic.Request, error) {
	out := make([]*traffic.Request, n)
	first := a.next.Add(uint64(n*identities)) - uint64(n*identities)
	var failed error
	var once sync.Once
	var wait sync.WaitGroup
	var taken atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				numbers := make([]uint64, identities)
				for j := range numbers {
					numbers[j] = first + uint64(i*identities+j)
				}
				var err error
				if out[i], err = sessions[i%len(sessions)].Request(numbers...); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	wait.Wait()
	return out, failed
}
