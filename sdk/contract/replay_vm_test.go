package contract_test

import (
	"cmp"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// TestReplays makes decisions in the random situations of TestVerdicts, as a key
// server makes them, and replays each from its receipt and evidence file: with
// another machine, which has seen nothing but the files. The server's answer must
// be the reference's. All of 100,000 and more:
//
//	FLOE_REPLAYS=100000 go test ./sdk/contract -run TestReplays -v -timeout 1h
func TestReplays(t *testing.T) {
	n := 250
	if s := os.Getenv("FLOE_REPLAYS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	files := make(chan replayFile, 64)
	var wait sync.WaitGroup
	var mu sync.Mutex
	replayer, codes, bytesRead := evidence.NewReplayer(), map[string]int{}, 0
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for f := range files {
				code := f.replay(t, replayer)
				mu.Lock()
				codes[code]++
				bytesRead += len(f.bundle)
				mu.Unlock()
			}
		})
	}
	s := newKeyServer(t)
	r := rand.New(rand.NewPCG(2027, 2))
	for i := 0; i < n && !t.Failed(); {
		at := randomSituation(r)
		if at.q.call == buyPass || at.q.call == makeRequest {
			continue // are no requests for keys
		}
		files <- s.answer(at)
		i++
	}
	close(files)
	wait.Wait()
	t.Logf("%d decisions replay with no difference, from %d MB of evidence files: %v", n, bytesRead>>20, codes)
	if codes[""] < n/20 || codes[""] > n/2 || len(codes) < 8 {
		t.Errorf("%d of %d are releases, with %d reasons: the situations say little", codes[""], n, len(codes)-1)
	}
}

// A keyServer decides and writes receipts as package keyserver does.
type keyServer struct {
	*chain
	evaluator *evidence.Evaluator
	digests   map[*sui.Object]sui.Digest
	key       ed25519.PrivateKey
	log       receipt.Chain
	random    *rand.ChaCha8
	time      time.Time
	ahead     time.Duration // of the chain's clock
	allowed   time.Duration // staleness; 0: two minutes
}

func newKeyServer(t *testing.T) *keyServer {
	return &keyServer{
		chain: newWorld(t), evaluator: evidence.NewEvaluator(execution.NewEngine()), digests: map[*sui.Object]sui.Digest{},
		key: ed25519.NewKeyFromSeed(make([]byte, 32)), log: receipt.Chain{Issuer: sui.Address{0x5e}}, random: rand.NewChaCha8([32]byte{1}),
	}
}

// A replayFile is what an auditor gets.
type replayFile struct {
	jwt    string
	bundle []byte
	keys   *receipt.KeySet
}

// replay checks the files and returns the reason of the receipt.
func (f *replayFile) replay(t *testing.T, replayer *evidence.Replayer) string {
	r, err := receipt.Verify(f.jwt, f.keys, sui.Address{0x5e})
	if err != nil {
		t.Error(err)
		return "error"
	}
	b, err := evidence.ParseBundle(f.bundle)
	if err != nil {
		t.Error(err)
		return "error"
	}
	report, err := evidence.Audit(r, b, replayer)
	if err != nil || report.Err() != nil || report.Result != evidence.Same {
		t.Errorf("receipt %d: %v %+v", r.Sequence, err, report)
		return "error"
	}
	code := ""
	if r.Reason != nil {
		code = r.Reason.Code
	}
	return code
}

// answer decides in a situation.
func (s *keyServer) answer(at *situation) replayFile {
	s.t.Helper()
	s.putSituation(at)
	s.time = time.UnixMilli(int64(at.now)).Add(s.ahead + time.Second)
	b := sui.NewBuilder()
	s.ask(b, &at.q)
	approval, err := seal.NewApproval(b)
	if err != nil {
		s.t.Fatal(err)
	}
	ev := s.evaluate(addressOf(at.q.who), approval)
	got := ""
	if a, ok := contract.FindAbort(ev.Outcome.Execution(), s.p); ok {
		got = a.Module + "::" + a.Name
	}
	if want := at.verdict(); got != want || (ev.Outcome.Verdict == evidence.Allowed) != (want == "") {
		s.t.Fatalf("the outcome is %v (%s), the reference says %q\n%+v", ev.Outcome, got, want, at)
	}
	jwt, bundle := s.write(addressOf(at.q.who), approval, ev)
	return replayFile{jwt, bundle, receipt.NewKeySet(s.key.Public().(ed25519.PublicKey))}
}

// evaluate runs the staleness check and the policy calls.
func (s *keyServer) evaluate(who sui.Address, a *seal.Approval) *evidence.Evidence {
	s.t.Helper()
	ev, _, err := s.evaluator.Evaluate(execution.LazySnapshot(s.look), evidence.Position{
		Chain: sui.Digest{0x4c}, Checkpoint: 9, CheckpointDigest: sui.Digest{0xcc}, GasPrice: 1000, ProtocolVersion: 95,
	}, s.transaction(who, a))
	if ev == nil {
		s.t.Fatal(err)
	}
	return ev
}

func (s *keyServer) look(id sui.Address) (execution.Known, error) {
	o := s.live[id]
	if o == nil || o.Package == nil {
		return execution.Know(o), nil
	}
	if _, ok := s.digests[o]; !ok {
		s.digests[o] = o.Digest()
	}
	return execution.Known{Object: o, Digest: s.digests[o]}, nil
}

func (s *keyServer) transaction(who sui.Address, a *seal.Approval) *sui.TransactionData {
	p := sui.ProgrammableTransaction{Inputs: append([]sui.Input{}, a.Program.Inputs...)}
	clock := -1
	for i, in := range p.Inputs {
		if in.Kind == sui.InputShared && in.Ref.ID == sui.ClockID {
			clock = i
		}
	}
	first := uint16(len(p.Inputs))
	for _, ms := range []uint64{uint64(s.time.UnixMilli()), uint64(cmp.Or(s.allowed, 2*time.Minute).Milliseconds())} {
		p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputPure, Pure: binary.LittleEndian.AppendUint64(nil, ms)})
	}
	p.Commands = append([]sui.Command{{MoveCall: &sui.MoveCall{
		Package: s.p.KeyServer.Latest, Module: evidence.StalenessModule, Function: evidence.StalenessFunction,
		Arguments: []sui.Argument{{Kind: sui.ArgInput, Index: first}, {Kind: sui.ArgInput, Index: first + 1}, {Kind: sui.ArgInput, Index: uint16(clock)}},
	}}}, a.Program.Commands...)
	return &sui.TransactionData{Kind: sui.TransactionKind{Programmable: &p}, Sender: who, Gas: sui.GasData{Owner: who, Price: 1000, Budget: evidence.GasBudget}}
}

// write writes the receipt and the evidence file.
func (s *keyServer) write(who sui.Address, a *seal.Approval, ev *evidence.Evidence) (jwt string, bundle []byte) {
	s.t.Helper()
	opening, err := receipt.Commit(s.random, who)
	if err != nil {
		s.t.Fatal(err)
	}
	pkg := s.live[a.Package]
	commitment, first := ev.Commitment(opening.Salt), s.p.Access.Original
	c := &receipt.Claims{
		RequesterCommitment: opening.RequesterCommitment(), SessionCommitment: opening.SessionCommitment([]byte{1}),
		AccountCommitment: &receipt.Hash{6}, RequestHash: receipt.Hash{5},
		Package: receipt.Package{ID: first, Called: a.Package, Version: pkg.Version(), Digest: s.digests[pkg].String()},
		Chain:   ev.Chain.String(), Checkpoint: &receipt.Checkpoint{Sequence: ev.Checkpoint, Digest: ev.CheckpointDigest.String()},
		Objects: ev.Inputs(), Evidence: &commitment, Evaluated: receipt.ByLocal, LogByMS: s.time.UnixMilli() + 1000,
	}
	for _, call := range a.Calls {
		c.Calls = append(c.Calls, receipt.Call{Module: call.Module, Function: call.Function, ID: hex.EncodeToString(call.ID)})
	}
	s.decide(c, a, who, ev)
	r, err := s.log.SignNext(s.key, c, s.time, receipt.PoliciesOf(a, first))
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Raw, evidence.NewBundle(r.Raw, opening, ev).Bytes()
}

// decide fills in the decision.
func (s *keyServer) decide(c *receipt.Claims, a *seal.Approval, who sui.Address, ev *evidence.Evidence) {
	s.t.Helper()
	if ev.Outcome.Verdict == evidence.Allowed {
		c.Decision, c.ShareCommitment = receipt.Release, &receipt.Hash{7}
		return
	}
	q := evidence.Question{Requester: who, Package: s.p.Access.Original, Called: a.Package, Calls: a.Calls, AllowedStaleness: 2 * time.Minute}
	for _, in := range a.Program.Inputs {
		if in.Kind != sui.InputPure {
			q.Objects = append(q.Objects, s.live[in.Ref.ID])
		}
	}
	why, ok := q.Explain(ev.Outcome.Execution())
	if !ok {
		s.t.Fatalf("%v", ev.Outcome)
	}
	c.Decision, c.Reason = receipt.Refuse, &receipt.Reason{Code: why.Code, Rule: why.Rule}
}

// After upgrades, decisions replay that were made by the old version of the
// policy's package and by the new one, which links to other versions and has its
// types from the old ones; by a machine that saw the other version just before,
// and by one that has seen nothing.
func TestReplayUpgraded(t *testing.T) {
	s := newKeyServer(t)
	d, err := deploy.Upgrade(t.Context(), s.chain, owner, s.guarded(0))
	if err != nil {
		t.Fatal(err)
	}
	versions := []contract.Packages{s.p, d.Contracts()}
	if versions[0].Access.Latest == versions[1].Access.Latest || versions[0].Catalog.Latest == versions[1].Catalog.Latest {
		t.Fatalf("nothing was upgraded: %+v", versions)
	}
	r := rand.New(rand.NewPCG(2027, 3))
	warm, decided := evidence.NewReplayer(), map[string]int{}
	for i := range 40 {
		at := randomSituation(r)
		at.q.call = []int{askPlain, askPass, askRequest, askEnclave}[i/2%4]
		s.p = versions[i%2]
		f := s.answer(at)
		decided[f.replay(t, warm)]++
		f.replay(t, evidence.NewReplayer())
	}
	if decided[""] == 0 || len(decided) < 4 {
		t.Errorf("decided only %v", decided)
	}
}
