package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/oracle/policy"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A fullNode is one of the configured ones that answers.
type fullNode struct {
	name   string // of its checks
	client *suirpc.Client
	tip    uint64
}

// checkNodes asks each full node where it stands, and keeps those that answer. The
// caller closes them.
func (d *doctor) checkNodes(ctx context.Context) {
	var first sui.Digest
	for i, address := range append([]string{d.cfg.NodeURL}, d.cfg.Evaluation.Nodes...) {
		check := fmt.Sprintf("node %d", i)
		client, info := d.openNode(ctx, &d.cfg.nodeConfig, check, address)
		if client == nil {
			continue
		}
		d.nodes = append(d.nodes, fullNode{check, client, info.Tip})
		if first == (sui.Digest{}) {
			first = info.ChainID
		}
		if first != info.ChainID {
			d.bad(fail, check, "give nodes of one network", "it serves chain %s, and the first node %s", shortID(info.ChainID), shortID(first))
		}
		d.checkAge(ctx, check, client, info.Tip, tolerance{d.cfg.AllowedStaleness, d.cfg.AllowedClockLag, fail})
		d.checkServes(ctx, check, client)
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
	if unimplemented(err) {
		d.bad(warn, check, "configure a node that serves VerifySignature", "it verifies no wallets, so that users of zkLogin are refused")
		return
	}
	d.ok(check, "it verifies wallets")
}

// unimplemented reports whether a node said that it does not serve a method.
func unimplemented(err error) bool {
	var grpc interface{ GRPCStatus() *status.Status }
	return errors.As(err, &grpc) && grpc.GRPCStatus().Code() == codes.Unimplemented
}

// evaluationTime is how long an evaluation is tried: its streams have to begin.
func (d *doctor) evaluationTime() time.Duration { return 2 * d.patience }
