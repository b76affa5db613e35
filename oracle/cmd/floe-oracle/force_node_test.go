//go:build linux

package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A proxy stands between a key server and its node.
type proxy struct {
	url   string
	mode  atomic.Int32
	noise atomic.Uint32

	mu     sync.Mutex
	target string
	conns  map[net.Conn]bool
}

// A proxyMode is what a proxy does with bytes.
type proxyMode int32

const (
	passOn   proxyMode = iota
	cutOff             // connections are closed, new ones too
	slow               // each piece takes a while
	silent             // nothing comes through, and nobody is told
	nonsense           // bits of the node's answers are turned over
)

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: "http://" + l.Addr().String(), conns: map[net.Conn]bool{}}
	p.aim(target)
	go p.accept(l)
	t.Cleanup(func() {
		l.Close()
		p.set(cutOff)
	})
	return p
}

// set changes the mode. Those who were silent or told nonsense are cut off in
// the end: what got lost is not made up for.
func (p *proxy) set(m proxyMode) {
	before := proxyMode(p.mode.Swap(int32(m)))
	if m == cutOff || before == silent || before == nonsense {
		p.mu.Lock()
		defer p.mu.Unlock()
		for c := range p.conns {
			c.Close()
		}
	}
}

// aim has new connections go to another node.
func (p *proxy) aim(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = strings.TrimPrefix(url, "http://")
}

func (p *proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if proxyMode(p.mode.Load()) == cutOff {
			c.Close()
			continue
		}
		go p.serve(c)
	}
}

func (p *proxy) serve(c net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	up, err := net.Dial("tcp", target)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.conns[c], p.conns[up] = true, true
	p.mu.Unlock()
	var wait sync.WaitGroup
	wait.Go(func() { p.copy(up, c, false) })
	wait.Go(func() { p.copy(c, up, true) })
	wait.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	delete(p.conns, up)
}

func (p *proxy) copy(to io.WriteCloser, from io.ReadCloser, answers bool) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		switch proxyMode(p.mode.Load()) {
		case cutOff:
			return
		case slow:
			time.Sleep(100 * time.Millisecond)
		case silent:
			continue
		case nonsense:
			if answers && n > 0 { // one bit of each piece, somewhere
				i := p.noise.Add(7919)
				b[int(i)%n] ^= 1 << (i % 8)
			}
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
