package execution

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// ledger is a State in memory that keeps all versions.
type ledger struct {
	live     map[sui.Address]*sui.Object
	versions map[sui.Address]map[uint64]*sui.Object
	ended    map[sui.Address]StreamEnd
}

func (l *ledger) put(o *sui.Object) {
	id := o.ID()
	l.live[id] = o
	if l.versions[id] == nil {
		l.versions[id] = map[uint64]*sui.Object{}
	}
	l.versions[id][o.Version()] = o
}

func (l *ledger) apply(r *Result) {
	for _, o := range r.Written {
		l.put(o)
	}
	for _, id := range r.Deleted {
		delete(l.live, id)
	}
	for _, id := range r.Ended {
		if l.ended == nil {
			l.ended = map[sui.Address]StreamEnd{}
		}
		l.ended[id] = StreamEnd{r.Effects.LamportVersion, r.Effects.Transaction}
	}
}

func (l *ledger) StreamEnd(id sui.Address, _ uint64) (StreamEnd, error) {
	if end, ok := l.ended[id]; ok {
		return end, nil
	}
	return StreamEnd{}, fmt.Errorf("end of %s: %w", id, ErrNotFound)
}

func (l *ledger) Object(id sui.Address) (*sui.Object, error) {
	if o := l.live[id]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("object %s: %w", id, ErrNotFound)
}

func (l *ledger) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	if o := l.versions[id][version]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("object %s at %d: %w", id, version, ErrNotFound)
}

func (l *ledger) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	o := l.live[child]
	if o == nil || o.Owner != sui.ObjectOwner(parent) || o.Version() > maxVersion {
		return nil, fmt.Errorf("child %s: %w", child, ErrNotFound)
	}
	return o, nil
}

// world is a chain for tests: a ledger, an engine and an account with coins.
type world struct {
	t      testing.TB
	ledger *ledger
	engine *Engine
	env    Env
	alice  sui.Address
	bob    sui.Address
	gas    sui.Address // alice's gas coin
	coin   sui.Address // another coin of alice
	last   *Result
	log    []*Result
	ours   map[string]sui.Address // our packages that were published
}

const testTime = 1_700_000_000_000

func newWorld(t testing.TB) *world {
	t.Helper()
	framework, err := move.Package("framework")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := Genesis(framework, testTime)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, engine: NewEngine(), alice: sui.Address{1}, bob: sui.Address{2}, gas: sui.Address{0xc, 1}, coin: sui.Address{0xc, 2},
		ledger: &ledger{live: map[sui.Address]*sui.Object{}, versions: map[sui.Address]map[uint64]*sui.Object{}},
		env:    Env{Epoch: 3, EpochStartMS: testTime, ReferenceGasPrice: 1000, ProtocolVersion: 95, ChainID: sui.Digest{9}},
	}
	for _, o := range objects {
		w.ledger.put(o)
	}
	w.mint(w.gas, w.alice, 100*sui.MistPerSUI)
	w.mint(w.coin, w.alice, 5*sui.MistPerSUI)
	return w
}

func (w *world) mint(id, owner sui.Address, amount uint64) {
	w.ledger.put(GenesisCoin(id, owner, amount))
}

func (w *world) ref(id sui.Address) sui.ObjectRef {
	w.t.Helper()
	o, err := w.ledger.Object(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return o.Ref()
}

// use adds an object input: shared objects as mutable, others by version.
func (w *world) use(b *sui.Builder, id sui.Address) sui.Arg {
	w.t.Helper()
	o, err := w.ledger.Object(id)
	if err != nil {
		w.t.Fatal(err)
	}
	if o.Owner.Kind == sui.OwnerShared {
		return b.SharedObject(id, o.Owner.Version, true)
	}
	return b.OwnedObject(o.Ref())
}

func (w *world) build(b *sui.Builder) *sui.TransactionData {
	w.t.Helper()
	tx, err := b.Build(w.alice, sui.GasData{Payment: []sui.ObjectRef{w.ref(w.gas)}, Price: 1000, Budget: sui.MistPerSUI})
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// execute runs and applies a transaction, and checks what holds for all.
func (w *world) execute(tx *sui.TransactionData) *Result {
	w.t.Helper()
	r, err := w.engine.Execute(w.ledger, w.env, tx, Options{})
	if err != nil {
		w.t.Fatalf("execute: %v", err)
	}
	w.conserve(r)
	w.ledger.apply(r)
	w.last = r
	w.log = append(w.log, r)
	return r
}

// conserve demands that SUI is neither made nor lost: coins and storage fees
// before, and what the transaction paid, add up.
func (w *world) conserve(r *Result) {
	w.t.Helper()
	sum := func(objects []*sui.Object) (balance, fees uint64) {
		for _, o := range objects {
			fees += o.StorageRebate
			if o.Move != nil && o.Move.Type.Equal(sui.SUICoinType()) {
				n, err := o.CoinBalance()
				if err != nil {
					w.t.Fatal(err)
				}
				balance += n
			}
		}
		return balance, fees
	}
	inBalance, inFees := sum(r.Inputs)
	outBalance, outFees := sum(r.Written)
	gas := r.Effects.Gas
	if inBalance+inFees != outBalance+outFees+gas.Computation+gas.NonRefundable {
		w.t.Errorf("SUI is not conserved: %d+%d before, %d+%d after, %d+%d paid", inBalance, inFees, outBalance, outFees, gas.Computation, gas.NonRefundable)
	}
}

// run executes a transaction that must succeed.
func (w *world) run(b *sui.Builder) *Result {
	w.t.Helper()
	r := w.execute(w.build(b))
	if r.Error != nil {
		w.t.Fatalf("transaction failed: %v", r.Error)
	}
	return r
}

// refuse executes a transaction that must fail, and returns why.
func (w *world) refuse(b *sui.Builder) *Failure {
	w.t.Helper()
	r := w.execute(w.build(b))
	if r.Error == nil {
		w.t.Fatal("transaction succeeds")
	}
	if len(r.Events) > 0 || r.Effects.EventsDigest != nil {
		w.t.Error("a failed transaction has events")
	}
	return r.Error
}

// created returns the id of the object of a type that the last transaction
// wrote.
func (w *world) created(name string) sui.Address {
	w.t.Helper()
	for _, o := range w.last.Written {
		if o.Move != nil && o.Move.Type.Name == name {
			return o.ID()
		}
	}
	w.t.Fatalf("no %s was written", name)
	return sui.Address{}
}

// compiled is testdata/packages.json.
type compiled struct {
	Placeholder string
	Packages    map[string]struct {
		Modules      [][]byte
		Dependencies []sui.Address
		Digest       string
	}
}

func loadPackages(t testing.TB) *compiled {
	t.Helper()
	text, err := os.ReadFile("testdata/packages.json")
	if err != nil {
		t.Fatal(err)
	}
	c := new(compiled)
	if err := json.Unmarshal(text, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// publish publishes the package lab and returns its id.
func (w *world) publish() (lab sui.Address) {
	w.t.Helper()
	p := loadPackages(w.t).Packages["lab"]
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(p.Modules, p.Dependencies))
	r := w.run(b)
	for _, o := range r.Written {
		if o.Package != nil {
			return o.ID()
		}
	}
	w.t.Fatal("no package was written")
	return lab
}

// relink replaces the placeholder of lab in modules that use it.
func relink(t testing.TB, c *compiled, modules [][]byte, to sui.Address) [][]byte {
	t.Helper()
	var out [][]byte
	for _, raw := range modules {
		m, err := bytecode.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		m.Readdress(map[sui.Address]sui.Address{sui.MustAddress(c.Placeholder): to})
		out = append(out, m.Serialize())
	}
	return out
}

// newBox makes a Box of alice.
func (w *world) newBox(lab sui.Address, value uint64) sui.Address {
	w.t.Helper()
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Call(lab, "lab", "new_box", nil, b.Pure(value)))
	w.run(b)
	return w.created("Box")
}

// value reads the number that follows the id in an object.
func (w *world) value(id sui.Address) uint64 {
	w.t.Helper()
	o, err := w.ledger.Object(id)
	if err != nil {
		w.t.Fatal(err)
	}
	d := bcs.NewDecoder(o.Move.Contents[32:])
	return d.U64()
}

// resultLine is a result as scripts/npm/check-execution.mjs reads it.
func resultLine(name string, r *Result) map[string]any {
	line := map[string]any{
		"test": name, "transaction": hex.EncodeToString(bcs.Marshal(r.Transaction)), "digest": r.Effects.Transaction.String(),
		"effects": hex.EncodeToString(bcs.Marshal(r.Effects)),
	}
	if len(r.Events) > 0 {
		line["events"] = hex.EncodeToString(bcs.Marshal(sui.TransactionEvents{Events: r.Events}))
	}
	objects := []string{}
	for _, o := range r.Written {
		objects = append(objects, hex.EncodeToString(bcs.Marshal(o)))
	}
	line["objects"] = objects
	return line
}
