package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A server is a running floe-oracle.
type server struct {
	process
	url     string
	metrics string // URL, "" if the server shows none
}

// startServer runs floe-oracle over receipts of its own.
func (b *bench) startServer(ctx context.Context, mode string) (*server, error) {
	say("starting a key server that evaluates by %s", mode)
	s := &server{}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	help, err := b.command(ctx, "serve", "--help")
	if err != nil {
		return nil, err
	}
	var c bytes.Buffer
	fmt.Fprintf(&c, "key_server_object_id: %s\nkey_dir: keys\njournal_dir: receipts-%s\nnode_url: %s\nkey_server_package: %s\nlisten: 127.0.0.1:0\nmax_concurrent: 256\n",
		b.object, mode, b.nodeAt.URL, b.world.Contracts.KeyServer.Latest)
	if strings.Contains(help, "evaluation:") {
		fmt.Fprintf(&c, "evaluation:\n  mode: %s\n", mode)
	}
	if strings.Contains(help, "metrics_listen") {
		fmt.Fprintf(&c, "metrics_listen: 127.0.0.1:%d\n", port)
		s.metrics = fmt.Sprintf("http://127.0.0.1:%d/metrics", port)
	}
	path := b.path("oracle-" + mode + ".yaml")
	if err := os.WriteFile(path, c.Bytes(), 0o600); err != nil {
		return nil, err
	}
	s.Cmd = exec.Command(b.pins.server[0], append(b.pins.server[1:], b.server, "serve", "--config", path)...)
	if s.url, err = s.start(b.path("oracle-" + mode + ".log")); err != nil {
		return nil, fmt.Errorf("start key server: %w", err)
	}
	return s, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// cpu is the time that a process has spent on cores. 0 where there is no /proc.
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // clock ticks are 100 per second on Linux
}

// stages reads the sums of the server's stage times: seconds and calls by
// stage.
func (s *server) stages(ctx context.Context) map[string][2]float64 {
	out := map[string][2]float64{}
	if s.metrics == "" {
		return out
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return out
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return out
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 10<<20))
	for line := range strings.Lines(string(text)) {
		for i, name := range []string{"sum", "count"} {
			if rest, ok := strings.CutPrefix(line, `floe_oracle_stage_seconds_`+name+`{stage="`); ok {
				stage, value, _ := strings.Cut(rest, `"} `)
				v := out[stage]
				v[i], _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
				out[stage] = v
			}
		}
	}
	return out
}
