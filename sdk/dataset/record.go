package dataset

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

// defaultEpochs is how many storage epochs blobs are kept for unless told.
const defaultEpochs = 53

// claim makes the policy and the dataset on chain, in one transaction. Both
// must exist before anything is encrypted: an identity starts with the policy's
// id.
func (p *publisher) claim(ctx context.Context) error {
	j := p.journal
	if j.Policy != (sui.Address{}) {
		return nil
	}
	p.progress(Progress{Stage: "policy"})
	if p.opt.Dataset != (sui.Address{}) {
		return p.adopt(ctx)
	}
	given := p.opt.Policy
	if !given.IsZero() {
		if p.opt.NotBeforeMS != nil || p.opt.NotAfterMS != nil {
			return fmt.Errorf("publish under policy %s: its time window is its own; leave out --not-before and --not-after", given)
		}
		if _, err := findPolicy(ctx, p.Env, given); err != nil {
			return err
		}
	}
	done, err := p.send(ctx, "claim", func(b *sui.Builder) error {
		if given.IsZero() {
			contract.CreatePolicy(b, p.packages(), p.opt.NotBeforeMS, p.opt.NotAfterMS, p.Signer.Address())
		}
		contract.CreateDataset(b, p.packages(), p.opt.Name, p.Signer.Address())
		return nil
	})
	if err != nil {
		return fmt.Errorf("create policy and dataset: %w", err)
	}
	for _, e := range done.Events {
		switch e := p.decode(e).(type) {
		case *contract.PolicyCreated:
			j.Policy, j.PolicyCap = e.PolicyID, e.CapID
		case *contract.DatasetCreated:
			j.Dataset, j.DatasetCap = e.DatasetID, e.CapID
		}
	}
	if !given.IsZero() {
		j.Policy = given
	}
	if j.Policy == (sui.Address{}) || j.Dataset == (sui.Address{}) {
		return fmt.Errorf("create policy and dataset: transaction %s reports neither; is the network file of another network?", done.Digest)
	}
	return p.settle()
}

// adopt takes the policy of an existing dataset's latest version for the next
// one, and finds the capability that lets the signer publish.
func (p *publisher) adopt(ctx context.Context) error {
	latest, err := LatestVersion(ctx, p.Chain, p.opt.Dataset)
	if err != nil {
		return err
	}
	owned, err := p.Chain.OwnedObjects(ctx, p.Signer.Address(), p.packages().DatasetCapType())
	if err != nil {
		return err
	}
	for _, o := range owned {
		cap, err := contract.ParseDatasetCap(o)
		if err != nil {
			return err
		}
		if cap.Dataset == p.opt.Dataset {
			p.journal.Policy, p.journal.Dataset, p.journal.DatasetCap = latest.Policy, p.opt.Dataset, cap.ID
			return p.journal.save()
		}
	}
	return fmt.Errorf("publish to dataset %s: %s does not hold its capability; publish as its owner, or make a dataset of your own by leaving out --dataset", p.opt.Dataset, p.Signer.Address())
}

// register creates the Blob object of every blob, in one transaction.
func (p *publisher) register(ctx context.Context) error {
	j := p.journal
	if len(j.Blobs) > 0 && j.Blobs[0].Object != (sui.Address{}) {
		return nil
	}
	p.progress(Progress{Stage: "register", Total: int64(len(j.Blobs))})
	end := p.opt.EndEpoch
	if end == 0 {
		end = p.committee.Epoch + defaultEpochs
	}
	done, err := p.send(ctx, "register", func(b *sui.Builder) error {
		var made []sui.Argument
		for _, e := range j.Blobs {
			made = append(made, contract.RegisterBlob(b, p.packages(), contract.Registration{
				System: p.Network.StorageSystem, BlobID: e.Blob, RootHash: e.Root, Size: uint64(e.Size), EndEpoch: end}).Arg)
		}
		b.Transfer(p.Signer.Address(), made...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("register blobs: %w", err)
	}
	objects := map[walrus.BlobID]sui.Address{}
	for _, e := range done.Events {
		if r, ok := p.decode(e).(*contract.BlobRegistered); ok {
			objects[r.BlobID] = r.ObjectID
		}
	}
	for i, e := range j.Blobs {
		if j.Blobs[i].Object = objects[e.Blob]; j.Blobs[i].Object == (sui.Address{}) {
			return fmt.Errorf("register blobs: transaction %s did not register %s", done.Digest, e.Blob)
		}
	}
	return p.settle()
}

// record certifies every blob and publishes the version, in one transaction.
func (p *publisher) record(ctx context.Context) error {
	j := p.journal
	p.progress(Progress{Stage: "certify", Total: int64(len(j.Blobs))})
	manifest := j.Blobs[len(j.Blobs)-1]
	done, err := p.send(ctx, "record", func(b *sui.Builder) error {
		var blobs []contract.Arg[contract.Blob]
		for i, e := range j.Blobs {
			cert := p.blobs[i].certificate
			blobs = append(blobs, contract.CertifyBlob(b, p.packages(), p.Network.StorageSystem, e.Object, cert.Signature, cert.Bitmap(), cert.Message))
		}
		contract.PublishVersion(b, p.packages(), contract.NewVersion{
			Dataset: j.Dataset, Cap: j.DatasetCap, ManifestDigest: j.ManifestDigest, ManifestBlob: manifest.Blob, Policy: j.Policy, Blobs: blobs})
		return nil
	})
	if err != nil {
		return fmt.Errorf("certify blobs and publish version: %w", err)
	}
	for _, e := range done.Events {
		if v, ok := p.decode(e).(*contract.VersionPublished); ok {
			p.result = p.publishedAs(v, done.Digest)
			return nil
		}
	}
	return fmt.Errorf("publish version: transaction %s reports no version", done.Digest)
}

func (p *publisher) publishedAs(v *contract.VersionPublished, tx sui.Digest) *Published {
	r := &Published{
		Dataset: v.DatasetID, Version: v.Number, VersionObject: v.VersionID, Policy: v.PolicyID,
		Manifest: v.ManifestBlobID, ManifestDigest: fmt.Sprintf("%x", p.journal.ManifestDigest),
		Files: len(p.files), Transaction: tx, Resumed: p.resumed,
	}
	for _, f := range p.files {
		r.PlainBytes += f.Size
	}
	for _, b := range p.journal.Blobs {
		r.Blobs = append(r.Blobs, b.Blob)
		r.StoredBytes += b.Size
	}
	return r
}

// send executes one step's transaction exactly once, across interruptions: the
// signed bytes are in the journal before they are sent, so a later run finds
// out whether they took effect, and sends the same bytes again if not. Only
// when the chain refuses them for good (their coins were spent elsewhere, say)
// is a new transaction made.
func (p *publisher) send(ctx context.Context, step string, build func(*sui.Builder) error) (*suirpc.Executed, error) {
	if t := p.journal.Pending; t != nil && t.Step == step {
		done, err := p.finish(ctx, t)
		if err == nil || !errors.Is(err, suirpc.ErrRejected) {
			return done, err
		}
	}
	b := sui.NewBuilder()
	if err := build(b); err != nil {
		return nil, err
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	tx, err := p.Chain.Resolve(ctx, p.Signer.Address(), b.Programmable())
	if err != nil {
		return nil, contract.Explain(err)
	}
	raw := bcs.Marshal(tx)
	sig, err := p.Signer.SignTransaction(raw)
	if err != nil {
		return nil, fmt.Errorf("sign transaction: %w", err)
	}
	p.journal.Pending = &pendingTx{Step: step, Digest: tx.Digest().String(), Tx: raw, Signature: sig}
	if err := p.journal.save(); err != nil {
		return nil, err
	}
	return p.finish(ctx, p.journal.Pending)
}

// finish brings a signed transaction to its end and returns its outcome.
func (p *publisher) finish(ctx context.Context, t *pendingTx) (*suirpc.Executed, error) {
	digest, err := sui.ParseDigest(t.Digest)
	if err != nil {
		return nil, fmt.Errorf("read publish journal: %w", err)
	}
	done, err := p.Chain.Transaction(ctx, digest)
	if errors.Is(err, suirpc.ErrNotFound) {
		var tx sui.TransactionData
		if err := bcs.Unmarshal(t.Tx, &tx); err != nil {
			return nil, fmt.Errorf("read publish journal: %w", err)
		}
		if done, err = p.Chain.Execute(ctx, &tx, []sui.Signature{t.Signature}); err == nil {
			done, err = p.Chain.WaitTransaction(ctx, digest)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := done.Err(); err != nil {
		// It had its effect, which is to fail: the step needs a new one.
		p.journal.Pending = nil
		if serr := p.journal.save(); serr != nil {
			return nil, errors.Join(err, serr)
		}
		return nil, contract.Explain(err)
	}
	return done, nil
}

// settle records that the pending transaction's outcome is in the journal.
func (p *publisher) settle() error {
	p.journal.Pending = nil
	return p.journal.save()
}

func (p *publisher) packages() contract.Packages { return Packages(p.Network) }

// decode decodes an event of our contracts; others give nil.
func (p *publisher) decode(e sui.Event) any {
	v, err := contract.DecodeEvent(e, p.packages())
	if err != nil {
		return nil
	}
	return v
}
