package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/lightclient"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// A chainCheck compares evidence with the network.
type chainCheck struct {
	chain *suirpc.Client
	light *lightclient.Client // nil if the node is believed about checkpoints
}

// openChainCheck connects to the network; validators may name a file with
// those who are trusted.
func (a *app) openChainCheck(ctx context.Context, validators string) (*chainCheck, func(), error) {
	_, chain, err := a.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, done := &chainCheck{chain: chain}, func() { closeQuietly(chain) }
	if validators == "" {
		return c, done, nil
	}
	b, err := os.ReadFile(validators)
	var trusted *lightclient.Committee
	if err == nil {
		trusted, err = lightclient.ParseCommittee(b)
	}
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("read validators %s: %w", validators, err)
	}
	c.light = lightclient.New(lightclient.Node(chain.Conn()), *trusted)
	return c, done, nil
}

// check demands that the network has the checkpoint that a decision names, and
// every object that it was made from, with the same content.
func (c *chainCheck) check(ctx context.Context, m *evidence.Manifest) error {
	id, err := c.chain.ChainID(ctx)
	if err != nil {
		return err
	}
	if id != m.Chain {
		return fmt.Errorf("the evidence is of chain %s, the network is chain %s", m.Chain, id)
	}
	digest, epoch, err := c.checkpoint(ctx, m.Checkpoint)
	switch {
	case err != nil:
		return err
	case m.CheckpointDigest != (sui.Digest{}) && digest != m.CheckpointDigest:
		return fmt.Errorf("checkpoint %d of the network has digest %s, the evidence names %s", m.Checkpoint, digest, m.CheckpointDigest)
	case epoch != m.Epoch:
		return fmt.Errorf("checkpoint %d is of epoch %d, the evidence says %d", m.Checkpoint, epoch, m.Epoch)
	}
	objects, err := c.chain.ObjectVersions(ctx, m.Objects)
	if err != nil {
		return err
	}
	for i, o := range objects {
		if o == nil {
			return fmt.Errorf("the node has no version %d of object %s: it never was, or the node has removed it", m.Objects[i].Version, m.Objects[i].ID)
		}
	}
	return nil
}

// checkpoint returns digest and epoch of a checkpoint.
func (c *chainCheck) checkpoint(ctx context.Context, sequence uint64) (digest sui.Digest, epoch uint64, err error) {
	if c.light != nil {
		cp, err := c.light.Checkpoint(ctx, sequence)
		if err != nil {
			return digest, 0, err
		}
		return cp.Summary.Digest(), cp.Summary.Epoch, nil
	}
	cp, err := c.chain.Checkpoint(ctx, sequence)
	if errors.Is(err, suirpc.ErrNotFound) {
		return digest, 0, fmt.Errorf("the network has no checkpoint %d, or the node has removed it", sequence)
	}
	if err != nil {
		return digest, 0, err
	}
	return cp.Digest, cp.Summary.Epoch, nil
}
