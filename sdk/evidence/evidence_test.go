package evidence_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

var (
	alice, bob = sui.Address{1}, sui.Address{2}
	position   = evidence.Position{Chain: sui.Digest{9}, Checkpoint: 77, CheckpointDigest: sui.Digest{7}, Epoch: 3,
		EpochStartMS: 1_700_000_000_000, GasPrice: 1000, ProtocolVersion: 95}
)

// A world has a list with alice on it: the policy of testdata/whitelist in
// package execution, as the real Move compiler made it.
type world struct {
	t        testing.TB
	snapshot *execution.Snapshot
	objects  map[sui.Address]*sui.Object
	pkg      sui.Address
	list     *sui.Object
	members  sui.Address // id of the table
}

func newWorld(t testing.TB) *world {
	t.Helper()
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := execution.Genesis(framework, position.EpochStartMS)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, snapshot: execution.NewSnapshot(), objects: map[sui.Address]*sui.Object{}}
	w.add(genesis)
	text, err := os.ReadFile("../execution/testdata/packages.json")
	if err != nil {
		t.Fatal(err)
	}
	var compiled struct {
		Packages map[string]struct {
			Modules      [][]byte
			Dependencies []sui.Address
		}
	}
	if err := json.Unmarshal(text, &compiled); err != nil {
		t.Fatal(err)
	}
	p := compiled.Packages["whitelist"]
	b := sui.NewBuilder()
	b.Transfer(alice, b.Publish(p.Modules, p.Dependencies))
	tx, err := b.Build(alice, sui.GasData{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := execution.NewEngine().Execute(w.snapshot, position.Env(), tx, execution.Options{Simulate: true})
	if err != nil || r.Error != nil {
		t.Fatal(err, r)
	}
	w.add(r.Written)
	for _, o := range r.Written {
		switch {
		case o.Package != nil:
			w.pkg = o.ID()
		case o.Type().Name == "Whitelist":
			w.list, w.members = o, sui.Address(o.Move.Contents[32:64])
		}
	}
	return w
}

func (w *world) add(objects []*sui.Object) {
	for _, o := range objects {
		w.snapshot.Add(o)
		w.objects[o.ID()] = o
	}
}

// entry is the id that somebody's entry in the list has, or would have.
func (w *world) entry(who sui.Address) sui.Address {
	return sui.DynamicFieldID(w.members, sui.TypeTag{Kind: sui.KindAddress}, who[:])
}

// ask is the transaction in which somebody asks for keys under a name.
func (w *world) ask(who sui.Address, name []byte) *sui.TransactionData {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Call(w.pkg, "whitelist", "seal_approve", nil, b.Pure(name), b.SharedObject(w.list.ID(), w.list.Owner.Version, false))
	tx, err := b.Build(who, sui.GasData{})
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

func (w *world) name() []byte { id := w.list.ID(); return append(id[:], 5) }

// decide evaluates what somebody asks.
func (w *world) decide(who sui.Address) *evidence.Evidence {
	w.t.Helper()
	s := w.snapshot.With()
	s.AddAbsent(sui.AliasesID(who))
	s.AddAbsent(w.entry(bob))
	ev, _, err := evidence.NewEvaluator(execution.NewEngine()).Evaluate(s, position, w.ask(who, w.name()))
	if err != nil {
		w.t.Fatal(err)
	}
	return ev
}

// What was decided is decided again, from the manifest's bytes and its objects.
func TestReplay(t *testing.T) {
	w := newWorld(t)
	replayer := evidence.NewReplayer()
	for who, want := range map[sui.Address]string{alice: "allowed", bob: "command 0 aborted in whitelist::seal_approve with code 1"} {
		ev := w.decide(who)
		if got := ev.Outcome.String(); got != want {
			t.Fatalf("decided %q, want %q", got, want)
		}
		m, err := evidence.ParseManifest(bcs.Marshal(&ev.Manifest))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from warm caches
			if out, err := replayer.Replay(m, evidence.SourceOf(ev.Content)); err != nil || out.String() != want {
				t.Errorf("replayed %q, %v; want %q", out, err, want)
			}
		}
	}
}

// The evidence is the same whatever the machine that wrote it has in its caches.
func TestEvaluateCaches(t *testing.T) {
	w := newWorld(t)
	warm := evidence.NewEvaluator(execution.NewEngine())
	s := w.snapshot.With()
	s.AddAbsent(sui.AliasesID(alice))
	want := bcs.Marshal(&w.decide(alice).Manifest)
	for i := range 3 {
		ev, _, err := warm.Evaluate(s, position, w.ask(alice, w.name()))
		if err != nil || !bytes.Equal(bcs.Marshal(&ev.Manifest), want) {
			t.Errorf("round %d: the manifest differs (%v)", i, err)
		}
	}
}

// Nobody with aliases is let in, and what can't be run is said to be so; both
// can be repeated.
func TestReplayNotRun(t *testing.T) {
	w := newWorld(t)
	s := w.snapshot.With()
	aliases := w.list.Clone()
	id := sui.AliasesID(alice)
	copy(aliases.Move.Contents, id[:])
	s.Add(aliases)
	s.AddAbsent(sui.AliasesID(bob))
	gone := w.ask(bob, w.name())
	unknown := sui.Address{0xdd}
	gone.Kind.Programmable.Inputs[1].Ref.ID = unknown
	s.AddAbsent(unknown)
	for _, c := range []struct {
		tx   *sui.TransactionData
		want evidence.Verdict
	}{{w.ask(alice, w.name()), evidence.Aliased}, {gone, evidence.Rejected}} {
		ev, result, err := evidence.NewEvaluator(execution.NewEngine()).Evaluate(s, position, c.tx)
		var rejected *execution.InputError
		if ev == nil || ev.Outcome.Verdict != c.want || result != nil || errors.As(err, &rejected) != (c.want == evidence.Rejected) {
			t.Fatalf("%v: %+v, %v, %v", c.want, ev, result, err)
		}
		if out, err := evidence.Replay(&ev.Manifest, evidence.SourceOf(ev.Content)); err != nil || out.Verdict != c.want {
			t.Errorf("replay of %v: %v, %v", c.want, out, err)
		}
	}
}

// What a snapshot does not know is asked for; there is no evidence then.
func TestEvaluateMissing(t *testing.T) {
	w := newWorld(t)
	e := evidence.NewEvaluator(execution.NewEngine())
	s := w.snapshot.With()
	var asked []sui.Address
	for {
		ev, _, err := e.Evaluate(s, position, w.ask(bob, w.name()))
		var missing *execution.MissingError
		if !errors.As(err, &missing) {
			if err != nil || ev.Outcome.Verdict != evidence.Failed {
				t.Fatalf("%v, %+v", err, ev)
			}
			break
		}
		if ev != nil {
			t.Fatal("evidence of half an evaluation")
		}
		asked = append(asked, missing.ID)
		s = s.With()
		s.AddAbsent(missing.ID)
	}
	if want := []sui.Address{sui.AliasesID(bob), w.entry(bob)}; len(asked) != 2 || asked[0] != want[0] || asked[1] != want[1] {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}

// Whatever is changed in a manifest or in the objects is noticed by the replay,
// or changes the commitment that the receipt holds.
func TestReplayAltered(t *testing.T) {
	w := newWorld(t)
	ev := w.decide(bob)
	salt := [32]byte{3}
	commitment := ev.Commitment(salt)
	raw := bcs.Marshal(&ev.Manifest)
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if m, err := evidence.ParseManifest(altered); err == nil && m.Commitment(salt) == commitment {
			t.Errorf("byte %d of the manifest can be changed", i)
		}
	}
	if ev.Commitment([32]byte{4}) == commitment {
		t.Error("the commitment does not depend on the salt")
	}
	for i, o := range ev.Content {
		objectBytes := bcs.Marshal(o)
		for at := 0; at < len(objectBytes); at += 1 + len(objectBytes)/50 {
			altered := bytes.Clone(objectBytes)
			altered[at] ^= 1
			changed := new(sui.Object)
			if bcs.Unmarshal(altered, changed) != nil {
				continue // it is no object
			}
			source := func(ref sui.ObjectRef) (*sui.Object, error) {
				if ref.ID == o.ID() {
					return changed, nil
				}
				return w.objects[ref.ID], nil
			}
			if _, err := evidence.Replay(&ev.Manifest, source); err == nil {
				t.Errorf("byte %d of object %d can be changed", at, i)
			}
		}
	}
}

// A manifest that a lying server commits to itself: it is consistent, but does
// not name what the code reads, or not what the code says.
func TestReplayLies(t *testing.T) {
	w := newWorld(t)
	truth := w.decide(bob)
	source := evidence.SourceOf(append(truth.Content, w.objects[w.entry(alice)]))
	for name, c := range map[string]struct {
		lie  func(m *evidence.Manifest)
		want error
	}{
		"another outcome": {func(m *evidence.Manifest) { m.Outcome = evidence.Outcome{} }, evidence.ErrOutcome},
		"another code":    {func(m *evidence.Manifest) { m.Outcome.Failure.Code++ }, evidence.ErrOutcome},
		"another sender":  {func(m *evidence.Manifest) { m.Transaction.Sender = alice }, evidence.ErrIncomplete},
		"one absent less": {func(m *evidence.Manifest) { m.Absent = m.Absent[1:] }, evidence.ErrIncomplete},
		"one absent more": {func(m *evidence.Manifest) {
			m.Absent = append(m.Absent[:len(m.Absent):len(m.Absent)], sui.Address{0xff})
		}, evidence.ErrIncomplete},
		"an object more": {func(m *evidence.Manifest) {
			m.Objects = append([]sui.ObjectRef{}, m.Objects...)
			m.Objects = append(m.Objects, w.objects[w.entry(alice)].Ref())
			slices.SortFunc(m.Objects, func(a, b sui.ObjectRef) int { return a.ID.Compare(b.ID) })
		}, evidence.ErrIncomplete},
		"an object less": {func(m *evidence.Manifest) { m.Objects = m.Objects[1:] }, evidence.ErrIncomplete},
	} {
		m := truth.Manifest
		c.lie(&m)
		if _, err := evidence.Replay(&m, source); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A package that one manifest makes up does not count in another, and the other
// way round, in one Replayer.
func TestReplayForgedPackage(t *testing.T) {
	w := newWorld(t)
	truth := w.decide(bob)
	forged := *truth
	forged.Objects = append([]sui.ObjectRef{}, truth.Objects...)
	forged.Content = append([]*sui.Object{}, truth.Content...)
	for i, o := range forged.Content {
		if o.ID() == w.pkg {
			o = o.Clone()
			o.Package.Modules[0].Bytes = bytes.Replace(o.Package.Modules[0].Bytes, []byte("seal_approve"), []byte("seal_approvf"), 1)
			forged.Content[i], forged.Objects[i] = o, o.Ref()
		}
	}
	replayer := evidence.NewReplayer()
	for i := range 4 {
		ev, fails := truth, false
		if i%2 == 1 {
			ev, fails = &forged, true
		}
		if _, err := replayer.Replay(&ev.Manifest, evidence.SourceOf(ev.Content)); (err != nil) != fails {
			t.Errorf("round %d: %v", i, err)
		}
	}
}

// The commitment is SHA-256 over tag, salt and bytes; the value comes from
//
//	python3 -c 'import hashlib; print(hashlib.sha256(b"floe-evidence-v1"+bytes(range(32))+b"manifest").hexdigest())'
func TestCommitment(t *testing.T) {
	var salt [32]byte
	for i := range salt {
		salt[i] = byte(i)
	}
	got := evidence.CommitTo([]byte("manifest"), salt)
	if want := "f99395050f593050f620efa9cc19bdf3fffc9bcf50d2f476e7f06cb366e81a53"; hex.EncodeToString(got[:]) != want {
		t.Errorf("%x, want %s", got, want)
	}
}

func FuzzManifest(f *testing.F) {
	w := newWorld(f)
	f.Add(bcs.Marshal(&w.decide(alice).Manifest))
	f.Add(bcs.Marshal(&w.decide(bob).Manifest))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := evidence.ParseManifest(b)
		if err != nil {
			return
		}
		if !bytes.Equal(bcs.Marshal(m), b) {
			t.Fatal("a manifest has two encodings")
		}
		evidence.Replay(m, evidence.SourceOf(nil)) // must not panic
	})
}

// A file has one form, and what it lacks is found without a panic.
func FuzzBundle(f *testing.F) {
	w := newWorld(f)
	ev := w.decide(bob)
	opening := receipt.Opening{Salt: [32]byte{1}, Requester: bob}
	small := evidence.NewBundle("a.b.c", opening, ev)
	small.Objects = small.Objects[:1]
	f.Add(small.Bytes())
	f.Add([]byte("floe-evidence-bundle-v1\n"))
	commitment := ev.Commitment(opening.Salt)
	r := &receipt.Receipt{Raw: "a.b.c", Claims: receipt.Claims{Evidence: &commitment, RequesterCommitment: opening.RequesterCommitment()}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := evidence.ParseBundle(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(b.Bytes(), raw) {
			t.Fatal("a bundle has two encodings")
		}
		if report, err := evidence.Audit(r, b, evidence.NewReplayer()); err != nil || report.Err() == nil {
			t.Errorf("%v, %+v", err, report)
		}
	})
}

// Evidence over which something of ours panics is not replayed, and the next is.
func TestReplayPanics(t *testing.T) {
	w := newWorld(t)
	replayer, ev := evidence.NewReplayer(), w.decide(alice)
	panics := func(sui.ObjectRef) (*sui.Object, error) { panic("a fault") }
	for range 2 {
		if _, err := replayer.Replay(&ev.Manifest, panics); !errors.Is(err, evidence.ErrPanicked) {
			t.Errorf("%v", err)
		}
	}
	if _, err := replayer.Replay(&ev.Manifest, evidence.SourceOf(ev.Content)); err != nil {
		t.Errorf("after that: %v", err)
	}
}
