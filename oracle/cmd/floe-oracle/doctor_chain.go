package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// chainIDs are the first bytes of the genesis checkpoint's digest, which is the
// name that Sui's tools show for a chain.
var chainIDs = map[string]string{"Mainnet": "35834a8a", "Testnet": "4c78adac"}

// checkNodes asks each full node where it stands. The first that answers is
// kept for what follows.
func (d *doctor) checkNodes(ctx context.Context) {
	var first sui.Digest
	for i, address := range append([]string{d.cfg.NodeURL}, d.cfg.Evaluation.Nodes...) {
		check, name := fmt.Sprintf("node %d", i), hostOf(address)
		remedy := "look whether it runs and serves gRPC; if it needs a key, set FULL_NODE_RPC_API_NAME and FULL_NODE_RPC_API_KEY"
		client, err := d.cfg.dial(ctx, address, suirpc.WithAttempts(1))
		if err != nil {
			d.bad(fail, check, "give the address as https://HOST:PORT", "%v", err)
			continue
		}
		info, took, err := d.askNode(ctx, client)
		if err != nil {
			client.Close()
			d.bad(fail, check, remedy, "%s does not answer: %v", name, err)
			continue
		}
		d.ok(check, "%s is at checkpoint %d of chain %s, and answers in %v", name, info.Tip, shortID(info.ChainID), took.Round(100*time.Microsecond))
		d.checkChain(check, info, &first)
		d.checkAge(ctx, check, client, info.Tip)
		d.checkServes(ctx, check, client)
		if d.chain == nil {
			d.chain = client
			continue
		}
		client.Close()
	}
}

func (d *doctor) askNode(ctx context.Context, client *suirpc.Client) (suirpc.ServiceInfo, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	start := time.Now()
	info, err := client.ServiceInfo(ctx)
	return info, time.Since(start), err
}

// checkChain demands the chain of the configured network, the same of all nodes.
func (d *doctor) checkChain(check string, info suirpc.ServiceInfo, first *sui.Digest) {
	if want := chainIDs[d.cfg.Network.Name]; want != "" && shortID(info.ChainID) != want {
		d.bad(fail, check, "give a node of that network, or the right network", "it serves chain %s, and %s is %s", shortID(info.ChainID), d.cfg.Network.Name, want)
	}
	if *first == (sui.Digest{}) {
		*first = info.ChainID
	}
	if *first != info.ChainID {
		d.bad(fail, check, "give nodes of one network", "it serves chain %s, and the first node %s", shortID(info.ChainID), shortID(*first))
	}
}

// checkAge compares the chain's clock with this machine's.
func (d *doctor) checkAge(ctx context.Context, check string, client *suirpc.Client, tip uint64) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	c, err := client.Checkpoint(ctx, tip)
	if err != nil {
		d.bad(fail, check, "configure a node that serves GetCheckpoint", "it does not give its newest checkpoint: %v", err)
		return
	}
	stale, behind := d.cfg.AllowedStaleness, d.cfg.AllowedClockLag
	if stale == 0 {
		stale = 2 * time.Minute
	}
	age := time.Since(time.UnixMilli(int64(c.TimestampMS)))
	shown := age.Abs().Round(time.Millisecond)
	const (
		lagging = "wait until the node has caught up, or configure another; if other nodes say the same, this machine's clock is ahead: set it"
		setIt   = "set this machine's clock, and keep it by NTP"
	)
	switch {
	case age > stale:
		d.bad(fail, "lag", lagging, "%s is %v behind, and more than %v is refused", check, shown, stale)
	case age > stale/4:
		d.bad(warn, "lag", lagging, "%s is %v behind", check, shown)
	case behind > 0 && -age > behind:
		d.bad(fail, "clock", setIt, "this machine's clock is %v behind the chain's, and more than %v is refused", shown, behind)
	case -age > 2*time.Second:
		d.bad(warn, "clock", setIt, "this machine's clock is %v behind the chain's", shown)
	default:
		d.ok("lag", "the newest checkpoint of %s is %v old", check, max(age, 0).Round(time.Millisecond))
	}
}

// checkServes tries what a key server needs of a node beside objects:
// subscriptions, and the verification of wallets.
func (d *doctor) checkServes(ctx context.Context, check string, client *suirpc.Client) {
	if policy.Mode(d.cfg.Evaluation.Mode) != policy.ModeNode {
		ctx, cancel := context.WithTimeout(ctx, d.patience)
		defer cancel()
		err := errors.New("the stream ended")
		for _, err = range client.Subscribe(ctx) {
			break
		}
		if err != nil {
			d.bad(fail, check, "configure a node that serves SubscribeCheckpoints, or evaluation: {mode: node}", "it streams no checkpoints: %v", err)
		} else {
			d.ok(check, "it streams checkpoints")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	err := client.VerifyPersonalMessage(ctx, sui.Address{}, []byte("floe-oracle doctor"), make(sui.Signature, 97))
	var grpc interface{ GRPCStatus() *status.Status }
	if errors.As(err, &grpc) && grpc.GRPCStatus().Code() == codes.Unimplemented {
		d.bad(warn, check, "configure a node that serves VerifySignature", "it verifies no wallets, so that users of zkLogin are refused")
		return
	}
	d.ok(check, "it verifies wallets")
}

// checkEvaluation evaluates a program that has nothing but the staleness check,
// as the server does.
func (d *doctor) checkEvaluation(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*d.patience)
	defer cancel()
	e, stop, err := d.cfg.openEvaluator(ctx, d.chain, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		d.bad(fail, "evaluation", "mend the section evaluation of the configuration", "%v", err)
		return
	}
	defer stop()
	for e.Ready(ctx) != nil && ctx.Err() == nil { // its stream may have to begin
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	_, err = e.Evaluate(ctx, policy.Query{User: sui.Address{1}, Approval: new(seal.Approval)})
	if err != nil {
		d.bad(fail, "evaluation", "check key_server_package, which has to have the function time::check_staleness, and the full nodes", "no policy can be evaluated: %v", err)
		return
	}
	d.ok("evaluation", "policies can be evaluated, and %s has the staleness check", d.cfg.KeyServerPackage)
}

// hostOf is what may be shown of a node's address.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "the node"
}

func shortID(d sui.Digest) string { return hex.EncodeToString(d[:4]) }
