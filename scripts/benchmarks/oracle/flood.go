package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/oracle/traffic"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	floodRate        = 10_000 // requests per second
	floodConnections = 64
	goodRate         = 100
)

// A Flood is what many denied requests do to few good ones.
type Flood struct {
	Kind     string         `json:"kind"`
	Offered  int            `json:"offered_per_second"`
	Answered float64        `json:"answered_per_second"`
	Statuses map[string]int `json:"answers_by_status"`
	Cores    float64        `json:"server_cores_busy"`
	Before   *Load          `json:"good_before"`
	During   *Load          `json:"good_during"`
}

// floods measures good requests alone and then beside each kind of flood.
func (b *bench) floods(ctx context.Context, s *server, d time.Duration) (out []*Flood, err error) {
	before, err := b.load(ctx, s, goodRate, d)
	if err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		name string
		make func(n int) ([][]byte, error)
	}{
		{"no JSON", b.garbage}, {"expired session", b.expired}, {"bad session signature", b.badSession},
		{"bad wallet signature", b.badWallet}, {"packages that do not exist", b.noPackage}, {"stranger, correctly signed", b.denied},
	} {
		bodies, err := kind.make(int(floodRate * d.Seconds()))
		if err != nil {
			return nil, err
		}
		f := &Flood{Kind: kind.name, Offered: floodRate, Before: before}
		if err := b.flood(ctx, s, f, bodies, d); err != nil {
			return nil, err
		}
		say("flood, %s: %.0f of %d/s answered %v; %.2f cores; good ones: %v", f.Kind, f.Answered, f.Offered, f.Statuses, f.Cores, f.During)
		out = append(out, f)
	}
	return out, nil
}

// flood sends bodies at floodRate while good requests arrive.
func (b *bench) flood(ctx context.Context, s *server, f *Flood, bodies [][]byte, d time.Duration) error {
	h, err := openHose(s.url)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	flooded := make(chan struct{})
	begin, used := time.Now(), s.cpu()
	go func() {
		defer close(flooded)
		h.run(ctx, bodies)
	}()
	f.During, err = b.load(ctx, s, goodRate, d)
	f.Cores = (s.cpu() - used).Seconds() / time.Since(begin).Seconds()
	f.Answered = float64(h.answered.Load()) / time.Since(begin).Seconds()
	f.During.Cores, f.During.CPU = 0, 0 // the flood's as well
	cancel()
	h.close()
	<-flooded
	f.Statuses = h.statuses
	return err
}

// A hose sends requests over few connections without waiting for answers.
type hose struct {
	connections []net.Conn
	host        string
	answered    atomic.Int64

	mu       sync.Mutex
	statuses map[string]int
	readers  sync.WaitGroup
}

func openHose(target string) (*hose, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	h := &hose{host: u.Host, statuses: map[string]int{}}
	for range floodConnections {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			h.close()
			return nil, err
		}
		h.connections = append(h.connections, c)
		h.readers.Go(func() { h.read(c) })
	}
	return h, nil
}

func (h *hose) close() {
	for _, c := range h.connections {
		c.Close()
	}
	h.readers.Wait()
}

// run sends bodies, again and again if they are few, at floodRate: each
// connection takes its share, every few milliseconds. A connection that does
// not take more falls behind.
func (h *hose) run(ctx context.Context, bodies [][]byte) {
	var wait sync.WaitGroup
	begin := time.Now()
	for i, c := range h.connections {
		wait.Go(func() {
			for n := 0; ctx.Err() == nil; {
				var out bytes.Buffer
				for ; n < int(time.Since(begin).Seconds()*floodRate/floodConnections) && out.Len() < 1<<16; n++ {
					body := bodies[(n*floodConnections+i)%len(bodies)]
					fmt.Fprintf(&out, "POST /v1/fetch_key HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s: 1.4.12\r\n%s: typescript\r\nContent-Length: %d\r\n\r\n%s",
						h.host, seal.HeaderSDKVersion, seal.HeaderSDKType, len(body), body)
				}
				if _, err := c.Write(out.Bytes()); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	wait.Wait()
}

// read counts answers by status.
func (h *hose) read(c net.Conn) {
	r := bufio.NewReader(c)
	statuses := map[string]int{}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for s, n := range statuses {
			h.statuses[s] += n
		}
	}()
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return
		}
		statuses[strconv.Itoa(res.StatusCode)]++
		h.answered.Add(1)
	}
}

func (b *bench) garbage(int) ([][]byte, error) { return [][]byte{bytes.Repeat([]byte("{"), 1000)}, nil }

// expired is correct but for the time.
func (b *bench) expired(int) ([][]byte, error) {
	s, err := b.world.NewSession(b.world.Members[0], time.Now().Add(-time.Hour))
	if err != nil {
		return nil, err
	}
	r, err := s.Request(0)
	if err != nil {
		return nil, err
	}
	return [][]byte{r.Body}, nil
}

func (b *bench) badSession(n int) ([][]byte, error) {
	return b.spoiled(func(r *seal.FetchKeyRequest) { r.RequestSignature[0] ^= 1 })
}

// badWallet are requests that a session key has signed, but no wallet.
func (b *bench) badWallet(n int) ([][]byte, error) {
	return b.spoiled(func(r *seal.FetchKeyRequest) { r.Certificate.Signature[5] ^= 1 })
}

// noPackage are requests about packages that do not exist, signed by session
// keys that no wallet has signed.
func (b *bench) noPackage(n int) ([][]byte, error) {
	w := *b.world
	var out [][]byte
	for i := range 2000 {
		w.Contracts.Access.Latest = sui.Address{0xf0, byte(i), byte(i >> 8)}
		s, err := w.NewSession(w.Strangers[0], time.Now())
		if err != nil {
			return nil, err
		}
		r, err := s.Request(uint64(i))
		if err != nil {
			return nil, err
		}
		out = append(out, r.Body)
	}
	return out, nil
}

// spoiled are requests of members in which something is wrong.
func (b *bench) spoiled(spoil func(*seal.FetchKeyRequest)) ([][]byte, error) {
	requests, err := b.asker.sign(b.asker.members, 1000, 1)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, r := range requests {
		var f seal.FetchKeyRequest
		if err := json.Unmarshal(r.Body, &f); err != nil {
			return nil, err
		}
		spoil(&f)
		body, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}

// denied are requests of strangers, each unlike the others.
func (b *bench) denied(n int) ([][]byte, error) {
	requests, err := b.asker.sign(b.asker.strangers, n, 1)
	return bodiesOf(requests), err
}

func bodiesOf(requests []*traffic.Request) (out [][]byte) {
	for _, r := range requests {
		if r != nil {
			out = append(out, r.Body)
		}
	}
	return out
}
