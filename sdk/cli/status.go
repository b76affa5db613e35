package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

// networkStatus is what floe status --json prints.
type networkStatus struct {
	Network    string           `json:"network"`
	URL        string           `json:"url"`
	ChainID    string           `json:"chain_id"`
	Address    *sui.Address     `json:"address,omitempty"`
	Balance    string           `json:"balance_mist,omitempty"`
	Storage    []endpointStatus `json:"storage_nodes"`
	Shards     int              `json:"shards,omitempty"`
	KeyServers []endpointStatus `json:"key_servers"`
	Threshold  int              `json:"threshold,omitempty"`
	Index      json.RawMessage  `json:"index,omitempty"`
	IndexError string           `json:"index_error,omitempty"`
	// Missing says what was never set up, and what to do about it.
	Missing []string `json:"missing,omitempty"`
	OK      bool     `json:"ok"`
}

func (s *networkStatus) miss(err error) {
	s.OK = false
	s.Missing = append(s.Missing, err.Error())
}

// endpointStatus is one server.
type endpointStatus struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

func (a *app) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how the network is: chain, storage nodes, key servers, index, your balance",
		Long: `status asks every part of the network that you would need. It exits with code 1
when fewer storage nodes or key servers answer than publishing and opening take.`,
		Example: "  floe status\n  floe status --network testnet --json",
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, closeEnv, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			defer closeEnv()
			s, err := a.gatherStatus(cmd.Context(), env)
			if err != nil {
				return err
			}
			if a.json {
				a.print(s)
			} else {
				a.sayStatus(s)
			}
			if !s.OK {
				return &answeredError{errors.New("the network is not whole: see above")}
			}
			return nil
		},
	}
}

func (a *app) gatherStatus(ctx context.Context, env *dataset.Env) (*networkStatus, error) {
	n := env.Network
	s := &networkStatus{Network: n.Name, URL: n.URL, ChainID: n.ChainID, Threshold: n.Threshold, OK: true,
		Storage: []endpointStatus{}, KeyServers: []endpointStatus{}}
	if k, err := a.signer(); err == nil {
		me := k.Address()
		mist, err := env.Chain.Balance(ctx, me, sui.SUIType())
		if err != nil {
			return nil, err
		}
		s.Address, s.Balance = &me, fmt.Sprint(mist)
	}
	if err := n.NeedContracts(); err != nil {
		s.miss(err)
		return s, nil // a bare network: chain and balance are all there is
	}
	if err := a.storageStatus(ctx, env, s); err != nil {
		return nil, err
	}
	if err := n.NeedKeyServers(); err != nil {
		s.miss(err)
	} else if err := a.keyServerStatus(ctx, env, s); err != nil {
		return nil, err
	}
	if n.Indexer != "" {
		var err error
		s.Index, err = fetchJSON(ctx, env.HTTP, n.Indexer+"/v1/status")
		if err != nil {
			s.IndexError = err.Error()
		}
	}
	return s, nil
}

func (a *app) storageStatus(ctx context.Context, env *dataset.Env, s *networkStatus) error {
	committee, err := dataset.Committee(ctx, env.Chain, env.Network)
	if errors.Is(err, dataset.ErrNoCommittee) {
		s.miss(err)
		return nil
	}
	if err != nil {
		return err
	}
	s.Shards = committee.NShards
	reachable := 0
	nodes := make([]endpointStatus, len(committee.Members))
	probe(len(nodes), func(i int) {
		m := committee.Members[i]
		nodes[i] = ping(ctx, env.HTTP, m.Name, m.URL, "/v1/health")
	})
	for i, m := range committee.Members {
		if nodes[i].OK {
			reachable += len(m.Shards)
		}
	}
	s.Storage = nodes
	s.OK = s.OK && 3*reachable >= 2*committee.NShards+1
	return nil
}

func (a *app) keyServerStatus(ctx context.Context, env *dataset.Env, s *networkStatus) error {
	servers, err := dataset.ReceiptServers(ctx, env)
	if err != nil {
		return err
	}
	s.KeyServers = make([]endpointStatus, len(servers))
	probe(len(servers), func(i int) {
		s.KeyServers[i] = ping(ctx, env.HTTP, servers[i].Name, servers[i].URL, "/health")
	})
	up := map[sui.Address]int{} // by KeyServer object
	for i, k := range s.KeyServers {
		if k.OK {
			up[servers[i].KeyServer.ID]++
		}
	}
	answering := 0
	for _, k := range env.Network.KeyServers {
		needed := 1
		for _, r := range servers {
			if c := r.KeyServer.Committee; c != nil && r.KeyServer.ID == k.Object {
				needed = int(c.Threshold)
			}
		}
		if up[k.Object] >= needed {
			answering += k.Weight
		}
	}
	s.OK = s.OK && answering >= env.Network.Threshold
	return nil
}

func (a *app) sayStatus(s *networkStatus) {
	a.say("network      %s at %s, chain %s", s.Network, s.URL, s.ChainID)
	if s.Address != nil {
		var mist uint64
		fmt.Sscan(s.Balance, &mist)
		a.say("you          %s, %s SUI", s.Address, formatSUI(mist))
	}
	for _, m := range s.Missing {
		a.say("missing      %s", m)
	}
	count := func(what string, list []endpointStatus) {
		up := 0
		for _, e := range list {
			if e.OK {
				up++
			}
		}
		a.say("%-12s %d of %d answer", what, up, len(list))
		for _, e := range list {
			if !e.OK {
				a.say("             %s at %s does not: %s", e.Name, e.URL, e.Detail)
			}
		}
	}
	if len(s.Storage) > 0 {
		count("storage", s.Storage)
	}
	if len(s.KeyServers) > 0 {
		count("key servers", s.KeyServers)
	}
	switch {
	case s.IndexError != "":
		a.say("index        does not answer: %s", s.IndexError)
	case s.Index != nil:
		a.say("index        answers")
	}
}

// probe runs f for 0..n-1 at once and waits.
func probe(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// pingTimeout bounds one probe.
const pingTimeout = 3 * time.Second

func ping(ctx context.Context, c *http.Client, name, url, path string) endpointStatus {
	s := endpointStatus{Name: name, URL: url, OK: true}
	if _, err := fetch(ctx, c, strings.TrimSuffix(url, "/")+path); err != nil {
		s.OK, s.Detail = false, err.Error()
	}
	return s
}

func fetchJSON(ctx context.Context, c *http.Client, url string) (json.RawMessage, error) {
	b, err := fetch(ctx, c, url)
	if err == nil && !json.Valid(b) {
		err = fmt.Errorf("GET %s: the answer is not JSON", url)
	}
	return json.RawMessage(b), err
}

func fetch(ctx context.Context, c *http.Client, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return b, nil
}
