package main

import (
	"context"
	"encoding/hex"
	"net/url"
	"time"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// chainIDs are the first bytes of the genesis checkpoint's digest, which is the
// name that Sui's tools show for a chain.
var chainIDs = map[string]string{"Mainnet": "35834a8a", "Testnet": "4c78adac"}

// openNode asks a full node where it stands. The client is nil if it does not
// answer; the caller closes it. The first one that answers is kept as e.chain.
func (e *examiner) openNode(ctx context.Context, c *nodeConfig, check, address string) (*suirpc.Client, suirpc.ServiceInfo) {
	const remedy = "look whether it runs and serves gRPC; if it needs a key, set FULL_NODE_RPC_API_NAME and FULL_NODE_RPC_API_KEY"
	client, err := c.dial(ctx, address, suirpc.WithAttempts(1))
	if err != nil {
		e.bad(fail, check, "give the address as https://HOST:PORT", "%v", err)
		return nil, suirpc.ServiceInfo{}
	}
	info, took, err := e.askNode(ctx, client)
	if err != nil {
		client.Close()
		e.bad(fail, check, remedy, "%s does not answer: %v", hostOf(address), err)
		return nil, info
	}
	e.ok(check, "%s is at checkpoint %d of chain %s, and answers in %v", hostOf(address), info.Tip, shortID(info.ChainID), took.Round(100*time.Microsecond))
	if want := chainIDs[c.Network.Name]; want != "" && shortID(info.ChainID) != want {
		e.bad(fail, check, "give a node of that network, or the right network", "it serves chain %s, and %s is %s", shortID(info.ChainID), c.Network.Name, want)
	}
	if e.chain == nil {
		e.chain = client
	}
	return client, info
}

func (e *examiner) askNode(ctx context.Context, client *suirpc.Client) (suirpc.ServiceInfo, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	start := time.Now()
	info, err := client.ServiceInfo(ctx)
	return info, time.Since(start), err
}

// A tolerance says how far the chain's clock may be from this machine's.
type tolerance struct {
	stale  time.Duration // behind it
	behind time.Duration // ahead of it; 0: as far as it likes
	worst  level         // what it means to be further off
}

// checkAge compares the chain's clock with this machine's.
func (e *examiner) checkAge(ctx context.Context, check string, client *suirpc.Client, tip uint64, t tolerance) {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	c, err := client.Checkpoint(ctx, tip)
	if err != nil {
		e.bad(fail, check, "configure a node that serves GetCheckpoint", "it does not give its newest checkpoint: %v", err)
		return
	}
	if t.stale == 0 {
		t.stale = 2 * time.Minute
	}
	age := time.Since(time.UnixMilli(int64(c.TimestampMS)))
	shown := age.Abs().Round(time.Millisecond)
	const (
		lagging = "wait until the node has caught up, or configure another; if other nodes say the same, this machine's clock is ahead: set it"
		setIt   = "set this machine's clock, and keep it by NTP"
	)
	switch {
	case age > t.stale:
		e.bad(t.worst, "lag", lagging, "%s is %v behind, and %v is the most that is allowed", check, shown, t.stale)
	case age > t.stale/4:
		e.bad(warn, "lag", lagging, "%s is %v behind", check, shown)
	case t.behind > 0 && -age > t.behind:
		e.bad(t.worst, "clock", setIt, "this machine's clock is %v behind the chain's, and %v is the most that is allowed", shown, t.behind)
	case -age > 2*time.Second:
		e.bad(warn, "clock", setIt, "this machine's clock is %v behind the chain's", shown)
	default:
		e.ok("lag", "the newest checkpoint of %s is %v old", check, max(age, 0).Round(time.Millisecond))
	}
}

// hostOf is what may be shown of a node's address.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "the node"
}

func shortID(d sui.Digest) string { return hex.EncodeToString(d[:4]) }
