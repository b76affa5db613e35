package localnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Ports are the ports of the endpoints that people use.
type Ports struct {
	Chain   int // gRPC, gRPC-web
	Faucet  int
	Indexer int // HTTP API
}

// A portBook remembers which port each server listens on: the chain records
// the addresses of storage nodes and key servers, so a network that is started
// again must come up where it was.
type portBook struct {
	path  string
	host  string
	ports map[string]int
}

func openPorts(cfg Config) (*portBook, error) {
	b := &portBook{path: filepath.Join(cfg.Dir, "ports.json"), host: cfg.Host, ports: map[string]int{}}
	raw, err := os.ReadFile(b.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read ports: %w", err)
	}
	if err == nil {
		if err := json.Unmarshal(raw, &b.ports); err != nil {
			return nil, fmt.Errorf("read ports from %s: %w", b.path, err)
		}
	}
	for name, p := range map[string]int{"chain": cfg.Ports.Chain, "faucet": cfg.Ports.Faucet, "indexer": cfg.Ports.Indexer} {
		if p != 0 {
			b.ports[name] = p
		}
	}
	return b, nil
}

// listen listens on the port that name had before, or on a free one that it
// has from now on.
func (b *portBook) listen(name string) (net.Listener, error) {
	l, err := net.Listen("tcp", b.address(name))
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w; if another program holds the port, stop it, or remove the network's folder to start anew", name, err)
	}
	if err := b.keep(name, l.Addr().(*net.TCPAddr).Port); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// address is where name listened before, or the host with port 0.
func (b *portBook) address(name string) string {
	return net.JoinHostPort(b.host, strconv.Itoa(b.ports[name]))
}

// keep remembers the port of name.
func (b *portBook) keep(name string, port int) error {
	if b.ports[name] == port {
		return nil
	}
	b.ports[name] = port
	raw, err := json.MarshalIndent(b.ports, "", " ")
	if err == nil {
		err = os.WriteFile(b.path, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep ports: %w", err)
	}
	return nil
}
