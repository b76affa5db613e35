package contract_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"reflect"
	"testing"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/walrus"
)

// attestations is a chain with one enclave, two versions without parents and a
// run that read both.
type attestations struct {
	*enclaves
	enclave *contract.EnclaveRegistered
	parents []*contract.NodeRecorded
}

func newAttestations(t *testing.T) *attestations {
	c := &attestations{enclaves: newEnclaves(t, nil)}
	c.enclave = c.start(1)
	c.parents = []*contract.NodeRecorded{c.deriveOfTwo(1), c.deriveOfTwo(3)}
	c.setTime(noon + hourMS)
	return c
}

// deriveOfTwo publishes a version without parents that holds two blobs, whose
// manifest is the first.
func (c *attestations) deriveOfTwo(last byte) *contract.NodeRecorded {
	c.t.Helper()
	r, s := c.registration(last), c.registration(last+1)
	return one[contract.NodeRecorded](c.t, c.run(owner, func(b *sui.Builder) {
		contract.PublishDerived(b, c.p, c.made.CatalogLineage, contract.NewVersion{
			Dataset: c.dataset.DatasetID, Cap: c.dataset.CapID, ManifestDigest: sha256.Sum256([]byte{last}), ManifestBlob: r.BlobID,
			Policy: c.policy, Blobs: []contract.Arg[contract.Blob]{c.stored(b, r), c.stored(b, s)},
		}, terms())
	}))
}

// output publishes what the run makes: a version of these parents.
func (c *attestations) output(parents ...*contract.NodeRecorded) *contract.NodeRecorded {
	c.t.Helper()
	return c.derive(terms(parents...))
}

// runOf is the run that made the node, as an honest enclave states it.
func (c *attestations) runOf(node *contract.NodeRecorded) contract.Run {
	r := contract.Run{
		Kind: node.Kind, Dataset: node.DatasetID, ParametersDigest: sha256.Sum256([]byte("parameters")), OutputDigest: [32]byte(node.ManifestDigest),
		Statistics:  []contract.RuleCount{{Rule: "duplicate", RowsIn: 1000, RowsOut: 900}},
		StartedAtMS: noon + 1, EndedAtMS: noon + 1000,
	}
	for i, p := range node.ParentIDs {
		v := read(c.chain, p, contract.ParseVersion)
		in := contract.RunInput{Version: p, ManifestDigest: [32]byte(node.ParentDigests[i])}
		for _, blob := range v.Blobs {
			in.BlobIDs = append(in.BlobIDs, blob.BlobID)
		}
		r.Inputs = append(r.Inputs, in)
	}
	return r
}

func (c *attestations) attest(node *contract.NodeRecorded, r contract.Run, s contract.Signed) func(*sui.Builder) {
	return func(b *sui.Builder) {
		contract.AttestNode(b, c.p, c.made.CatalogLineage, contract.Pure(b, node.VersionID), r, c.config.ConfigID, c.enclave.EnclaveID, s)
	}
}

func (c *attestations) sign(r contract.Run) contract.Signed { return c.signAs(enclaveKey(1), r) }

func (c *attestations) signAs(key ed25519.PrivateKey, r contract.Run) contract.Signed {
	return attest.Sign(key, attest.IntentRun, c.now(), attest.RunPayload(r))
}

func TestAttestNode(t *testing.T) {
	c := newAttestations(t)
	node := c.output(c.parents...)
	r := c.runOf(node)
	got := one[contract.NodeAttested](t, c.run(stranger, c.attest(node, r, c.sign(r))))
	want := &contract.NodeAttested{
		VersionID: node.VersionID, Kind: contract.KindTransform, EnclaveID: c.enclave.EnclaveID, ConfigID: c.config.ConfigID,
		ParentIDs: node.ParentIDs, InputBlobIDs: [][]walrus.BlobID{r.Inputs[0].BlobIDs, r.Inputs[1].BlobIDs},
		ParametersDigest: r.ParametersDigest[:], OutputDigest: node.ManifestDigest,
		Rules: []string{"duplicate"}, RowsIn: []uint64{1000}, RowsOut: []uint64{900},
		StartedAtMS: noon + 1, EndedAtMS: noon + 1000, SignedAtMS: noon + hourMS, AttestedAtMS: noon + hourMS,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.refuse(owner, "attested", "EAlreadyAttested", c.attest(node, r, c.sign(r)))
}

// A training, a model and a service are attested as a transform is, and in the
// transaction that publishes them too.
func TestAttestOtherKinds(t *testing.T) {
	c := newAttestations(t)
	parent := c.parents[0]
	for _, kind := range []uint8{contract.KindTraining, contract.KindModel, contract.KindService} {
		what := terms(parent)
		what.Kind = kind
		node := c.derive(what)
		r := c.runOf(node)
		if got := one[contract.NodeAttested](t, c.run(owner, c.attest(node, r, c.sign(r)))); got.Kind != kind {
			t.Errorf("got %+v", got)
		}
		parent = node
	}
}

func TestAttestInThePublishingTransaction(t *testing.T) {
	c := newAttestations(t)
	what := terms(c.parents...)
	digest, r := sha256.Sum256([]byte("output")), c.registration(1)
	run := c.runOf(&contract.NodeRecorded{Kind: what.Kind, DatasetID: c.dataset.DatasetID, ManifestDigest: digest[:], ParentIDs: []sui.Address{c.parents[0].VersionID, c.parents[1].VersionID},
		ParentDigests: [][]byte{c.parents[0].ManifestDigest, c.parents[1].ManifestDigest}})
	events := c.run(owner, func(b *sui.Builder) {
		version := contract.PublishDerived(b, c.p, c.made.CatalogLineage, contract.NewVersion{
			Dataset: c.dataset.DatasetID, Cap: c.dataset.CapID, ManifestDigest: digest, ManifestBlob: r.BlobID,
			Policy: c.policy, Blobs: []contract.Arg[contract.Blob]{c.stored(b, r)},
		}, what)
		contract.AttestNode(b, c.p, c.made.CatalogLineage, version, run, c.config.ConfigID, c.enclave.EnclaveID, c.sign(run))
	})
	if one[contract.NodeRecorded](t, events).VersionID != one[contract.NodeAttested](t, events).VersionID {
		t.Error("another version is attested")
	}
}

// What an enclave did not do, or did not say, attests nothing.
func TestAttestRefusals(t *testing.T) {
	c := newAttestations(t)
	node := c.output(c.parents...)
	stray := c.deriveOfTwo(5)
	good := c.runOf(node)
	for _, v := range []struct {
		what, module, name string
		change             func(r *contract.Run)
	}{
		{"kind dataset", "attested", "EInvalidKind", func(r *contract.Run) { r.Kind = contract.KindDataset }},
		{"an unknown kind", "attested", "EInvalidKind", func(r *contract.Run) { r.Kind = 5 }},
		{"another kind", "attested", "EWrongKind", func(r *contract.Run) { r.Kind = contract.KindModel }},
		{"another dataset", "attested", "EWrongDataset", func(r *contract.Run) { r.Dataset = sui.Address{1} }},
		{"another output", "attested", "EWrongOutput", func(r *contract.Run) { r.OutputDigest[5] ^= 1 }},
		{"no parent", "attested", "ENoParents", func(r *contract.Run) { r.Inputs = nil }},
		{"a parent left out", "attested", "EWrongParents", func(r *contract.Run) { r.Inputs = r.Inputs[:1] }},
		{"a parent too many", "attested", "EWrongParents", func(r *contract.Run) {
			r.Inputs = append(r.Inputs[:2:2], c.runOf(c.output(stray)).Inputs[0])
		}},
		{"another parent", "attested", "EWrongParents", func(r *contract.Run) {
			r.Inputs = append(r.Inputs[:1:1], c.runOf(c.output(stray)).Inputs[0])
		}},
		{"parents in another order", "attested", "EWrongParents", func(r *contract.Run) {
			r.Inputs = []contract.RunInput{r.Inputs[1], r.Inputs[0]}
		}},
		{"a parent twice", "attested", "EDuplicateParent", func(r *contract.Run) { r.Inputs = append(r.Inputs, r.Inputs[0]) }},
		{"a blob of nobody", "attested", "EInvalidBlobs", func(r *contract.Run) { r.Inputs[0].BlobIDs = append(r.Inputs[0].BlobIDs, walrus.BlobID{9}) }},
		{"a blob of the other parent", "attested", "EInvalidBlobs", func(r *contract.Run) {
			r.Inputs[0].BlobIDs = append(r.Inputs[0].BlobIDs, r.Inputs[1].BlobIDs[0])
		}},
		{"a blob twice", "attested", "EInvalidBlobs", func(r *contract.Run) {
			r.Inputs[0].BlobIDs = append(r.Inputs[0].BlobIDs, r.Inputs[0].BlobIDs[1])
		}},
		{"no blob", "attested", "EManifestNotRead", func(r *contract.Run) { r.Inputs[1].BlobIDs = nil }},
		{"without the manifest", "attested", "EManifestNotRead", func(r *contract.Run) { r.Inputs[0].BlobIDs = r.Inputs[0].BlobIDs[1:] }},
		{"more rows out than in", "attested", "EInvalidStatistics", func(r *contract.Run) { r.Statistics[0].RowsOut = 1001 }},
		{"too many rules", "attested", "EInvalidStatistics", func(r *contract.Run) { r.Statistics = make([]contract.RuleCount, 65) }},
		{"an end before the beginning", "attested", "EInvalidTimes", func(r *contract.Run) { r.EndedAtMS = r.StartedAtMS - 1 }},
		{"an end after the signature", "attested", "EInvalidTimes", func(r *contract.Run) { r.EndedAtMS = noon + hourMS + 1 }},
		{"a beginning before the image was approved", "attested", "EApprovedTooLate", func(r *contract.Run) { r.StartedAtMS = noon }},
	} {
		t.Run(v.what, func(t *testing.T) {
			r := c.runOf(node)
			v.change(&r)
			// the enclave signs it: the contract refuses all the same
			c.refuse(owner, v.module, v.name, c.attest(node, r, c.sign(r)))
		})
	}
	for what, v := range map[string]func(r *contract.Run){
		"a parameter":              func(r *contract.Run) { r.ParametersDigest[0] ^= 1 },
		"the statistics":           func(r *contract.Run) { r.Statistics[0].RowsOut-- },
		"the time":                 func(r *contract.Run) { r.EndedAtMS++ },
		"which blobs were read":    func(r *contract.Run) { r.Inputs[0].BlobIDs = r.Inputs[0].BlobIDs[:1] },
		"the order of the blobs":   func(r *contract.Run) { ids := r.Inputs[0].BlobIDs; ids[0], ids[1] = ids[1], ids[0] },
		"whether rows are counted": func(r *contract.Run) { r.Statistics = nil },
	} {
		t.Run("unsigned change of "+what, func(t *testing.T) {
			r := c.runOf(node)
			v(&r)
			c.refuse(owner, "enclave", "EInvalidSignature", c.attest(node, r, c.sign(good)))
		})
	}
	c.refuse(owner, "enclave", "EInvalidSignature", c.attest(node, good, c.signAs(enclaveKey(2), good)))
	c.refuse(owner, "enclave", "EInvalidSignature", c.attest(node, good, attest.Sign(enclaveKey(1), attest.IntentAnswer, c.now(), attest.RunPayload(good))))
	s := c.sign(good)
	c.setTime(noon + hourMS + dayMS + 1)
	c.refuse(owner, "enclave", "EStaleMessage", c.attest(node, good, s))
}

// A run attests one version: neither another one of the same content, nor the
// same again.
func TestRunIsNotReplayed(t *testing.T) {
	c := newAttestations(t)
	node := c.output(c.parents...)
	r := c.runOf(node)
	s := c.sign(r)
	c.run(owner, c.attest(node, r, s))
	c.count-- // the next version has the same manifest
	again := c.output(c.parents...)
	if again.VersionID == node.VersionID || !reflect.DeepEqual(again.ManifestDigest, node.ManifestDigest) {
		t.Fatalf("got %+v", again)
	}
	c.refuse(owner, "attested", "EReplayed", c.attest(again, r, s))
	c.refuse(owner, "attested", "EReplayed", c.attest(again, r, attest.Sign(enclaveKey(1), attest.IntentRun, c.now().Add(1e6), attest.RunPayload(r))))
	r.StartedAtMS++ // the enclave ran it again
	c.run(owner, c.attest(again, r, c.sign(r)))
}

// An enclave whose image was approved late can't vouch for what ran before.
func TestApprovalDoesNotReachBack(t *testing.T) {
	c := newAttestations(t)
	node := c.output(c.parents...)
	c.run(owner, func(b *sui.Builder) {
		contract.ProposeMeasurement(b, c.p, c.config.ConfigID, c.config.CapID, registers(2), nil)
	})
	c.setTime(noon + 2*dayMS)
	c.run(owner, func(b *sui.Builder) { contract.ApplyMeasurement(b, c.p, c.config.ConfigID, c.config.CapID, 0) })
	c.pcrs = registers(2)
	c.enclave = one[contract.EnclaveRegistered](t, c.run(owner, c.register(1, c.document(enclaveKey(2), nil))))
	c.setTime(noon + 3*dayMS)
	r := c.runOf(node)
	for _, late := range []uint64{noon + 1000, noon + 2*dayMS} {
		r.StartedAtMS, r.EndedAtMS = late, late+1
		c.refuse(owner, "attested", "EApprovedTooLate", c.attest(node, r, c.signAs(enclaveKey(2), r)))
	}
	r.StartedAtMS, r.EndedAtMS = noon+2*dayMS+1, noon+2*dayMS+2
	c.run(owner, c.attest(node, r, c.signAs(enclaveKey(2), r)))
}

func TestRevokedEnclaveAttestsNothing(t *testing.T) {
	c := newAttestations(t)
	node := c.output(c.parents...)
	r := c.runOf(node)
	s := c.sign(r)
	c.run(owner, func(b *sui.Builder) { contract.RevokeEnclave(b, c.p, c.enclave.EnclaveID, c.config.ConfigID, nil, nil) })
	c.refuse(owner, "enclave", "ERevoked", c.attest(node, r, s))
}

// A log of an attested service takes only heads that an enclave signed.
func TestLogOfEnclaves(t *testing.T) {
	c, v := newAttestations(t), readRFC6962(t)
	what := terms(c.parents[0])
	what.Kind = contract.KindService
	service := c.derive(what)
	create := func(config sui.Address) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.CreateLogForEnclaves(b, c.p, "answers", owner.address, c.made.CatalogLineage, c.dataset.CapID, service.VersionID, config)
		}
	}
	c.refuse(owner, "inference_log", "ENotAttested", create(c.config.ConfigID))
	r := c.runOf(service)
	c.run(owner, c.attest(service, r, c.sign(r)))
	other := c.newConfig(nil)
	c.refuse(owner, "inference_log", "ENotAttested", create(other.ConfigID))
	events := c.run(owner, create(c.config.ConfigID))
	l := one[contract.LogCreated](t, events)
	if got := one[contract.LogBound](t, events); got.LogID != l.LogID || got.ConfigID != c.config.ConfigID || *l.Service != service.VersionID {
		t.Errorf("got %+v and %+v", l, got)
	}

	sign := func(size uint64) contract.Signed {
		return attest.Sign(enclaveKey(1), attest.IntentLogHead, c.now(), attest.LogHeadPayload(l.LogID, size, v.root(t, size)))
	}
	commit := func(config, cap sui.Address, size uint64, s contract.Signed, proof [][]byte) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.CommitSignedLog(b, c.p, l.LogID, cap, size, v.root(t, size), proof, config, c.enclave.EnclaveID, s)
		}
	}
	c.refuse(owner, "inference_log", "EMustBeSigned", c.commit(l, 5, v.root(t, 5), nil))
	c.refuse(owner, "inference_log", "EWrongConfig", commit(other.ConfigID, l.CapID, 5, sign(5), nil))
	c.refuse(owner, "enclave", "EInvalidSignature", commit(c.config.ConfigID, l.CapID, 5, sign(6), nil))
	c.refuse(owner, "inference_log", "EWrongCap", commit(c.config.ConfigID, c.newLog().CapID, 5, sign(5), nil))
	events = c.run(owner, commit(c.config.ConfigID, l.CapID, 5, sign(5), nil))
	if got := one[contract.LogHeadSigned](t, events); got.TreeSize != 5 || got.EnclaveID != c.enclave.EnclaveID || got.SignedAtMS != noon+hourMS {
		t.Errorf("got %+v", got)
	}
	if got := one[contract.LogCommitted](t, events); got.PreviousSize != 0 || got.TreeSize != 5 {
		t.Errorf("got %+v", got)
	}
	// an enclave's word does not replace the proof of consistency
	c.refuse(owner, "inference_log", "EInconsistent", commit(c.config.ConfigID, l.CapID, 9, sign(9), nil))
	c.refuse(owner, "inference_log", "EShrinks", commit(c.config.ConfigID, l.CapID, 4, sign(4), nil))
	c.refuse(owner, "inference_log", "ENotGrown", commit(c.config.ConfigID, l.CapID, 5, sign(5), nil))
	for _, p := range v.Consistency {
		if p.Old == 5 && p.New == 9 {
			c.run(owner, commit(c.config.ConfigID, l.CapID, 9, sign(9), hashes(t, p.Proof)))
		}
	}
	for _, p := range v.Inclusion {
		if p.Index == 3 && p.Size == 9 {
			c.run(stranger, func(b *sui.Builder) { contract.OpenLeaf(b, c.p, l.LogID, 3, leaf(3), hashes(t, p.Proof)) })
		}
	}
	s := sign(12)
	c.setTime(noon + 2*hourMS + 1)
	c.refuse(owner, "enclave", "EStaleMessage", commit(c.config.ConfigID, l.CapID, 12, s, nil))
	// a log without enclaves has nothing to be signed
	plain := c.newLog()
	c.refuse(owner, "inference_log", "EWrongConfig", func(b *sui.Builder) {
		contract.CommitSignedLog(b, c.p, plain.LogID, plain.CapID, 5, v.root(t, 5), nil, c.config.ConfigID, c.enclave.EnclaveID, sign(5))
	})
}
