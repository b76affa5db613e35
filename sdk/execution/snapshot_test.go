package execution

import (
	"bytes"
	"errors"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// An answer over the objects that a policy needs is the answer over the chain.
func TestEvaluate(t *testing.T) {
	for name, q := range map[string]*question{"access": askAccess(t), "whitelist": askWhitelist(t)} {
		r, err := NewEngine().Evaluate(q.snapshot(true), q.w.env, q.tx)
		if err != nil || r.Error != nil {
			t.Fatal(name, err, r.Error)
		}
		want, err := q.w.engine.Execute(q.w.ledger, q.w.env, q.tx, Options{Simulate: true})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bcs.Marshal(r.Effects), bcs.Marshal(want.Effects)) {
			t.Errorf("%s: effects over the snapshot differ from those over the ledger", name)
		}
	}
}

// What a snapshot lacks is neither there nor absent.
func TestEvaluateMissing(t *testing.T) {
	q := askWhitelist(t)
	list, field := q.objects[0], q.objects[1]
	engine, base := NewEngine(), q.snapshot(false)
	for _, missing := range []sui.Address{list, field} {
		_, err := engine.Evaluate(base, q.w.env, q.tx)
		var m *MissingError
		if !errors.As(err, &m) || m.ID != missing {
			t.Fatalf("%v, want that %s is missing", err, missing)
		}
		base = base.With(q.w.ledger.live[missing])
	}
	if r, err := engine.Evaluate(base, q.w.env, q.tx); err != nil || r.Error != nil {
		t.Error(err, r.Error)
	}
	absent := q.snapshot(false).With(q.w.ledger.live[list])
	absent.AddAbsent(field)
	r, err := engine.Evaluate(absent, q.w.env, q.tx)
	if err != nil || r.Error == nil || r.Error.Kind != sui.FailMoveAbort || r.Error.Code != 1 {
		t.Errorf("without the entry: %v, %+v; want abort 1", err, r.Error)
	}
	newer := q.w.ledger.live[field].Clone()
	newer.Move.Version++
	if _, err := engine.Evaluate(q.snapshot(false).With(q.w.ledger.live[list], newer), q.w.env, q.tx); err == nil {
		t.Error("a snapshot of two checkpoints gives an answer")
	}
}

// A package that one asker made up under the id of another does not stay in the
// engine's caches, nor does it throw out the true one for good.
func TestEvaluateForgedPackage(t *testing.T) {
	q := askWhitelist(t)
	q.tx.Sender, q.tx.Gas.Owner = q.w.bob, q.w.bob // who is not in the table
	field := bobsEntry(q)
	engine, truth := NewEngine(), q.snapshot(true)
	truth.AddAbsent(field)
	forged := truth.With(forge(t, truth, q.tx.Kind.Programmable.Commands[0].MoveCall.Package))
	for i, round := range []struct {
		s       *Snapshot
		refused bool
	}{{truth, true}, {forged, false}, {truth, true}, {forged, false}, {truth, true}} {
		r, err := engine.Evaluate(round.s, q.w.env, q.tx)
		if err != nil || (r.Error != nil) != round.refused {
			t.Errorf("round %d: %v, %+v; refused should be %v", i, err, r.Error, round.refused)
		}
	}
}

// bobsEntry is the id that bob's entry of the table would have.
func bobsEntry(q *question) sui.Address {
	table := q.w.ledger.live[q.objects[1]].Owner.Address
	return sui.DynamicFieldID(table, sui.TypeTag{Kind: sui.KindAddress}, q.w.bob[:])
}

// forge makes a package whose every seal_approve says yes.
func forge(t *testing.T, s *Snapshot, id sui.Address) *sui.Object {
	t.Helper()
	o, err := s.Object(id)
	if err != nil {
		t.Fatal(err)
	}
	o = o.Clone()
	for i := range o.Package.Modules {
		m, err := bytecode.Parse(o.Package.Modules[i].Bytes)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := m.Function("seal_approve")
		if !ok {
			t.Fatal("no seal_approve")
		}
		m.Functions[f].Code = []bytecode.Instruction{{Op: bytecode.OpRet}}
		o.Package.Modules[i].Bytes = m.Serialize()
	}
	return o
}

// Publishing over a snapshot, which an auditor repeats, runs what was published
// in the transaction.
func TestSnapshotPublish(t *testing.T) {
	w := newWorld(t)
	tx := w.build(w.program("storage"))
	s := NewSnapshot()
	for _, o := range w.ledger.live {
		s.Add(o)
	}
	r, err := NewEngine().Execute(s, w.env, tx, Options{})
	if err != nil || r.Error != nil {
		t.Fatal(err, r.Error)
	}
	want := w.execute(tx)
	if !bytes.Equal(bcs.Marshal(r.Effects), bcs.Marshal(want.Effects)) {
		t.Error("effects over the snapshot differ from those over the ledger")
	}
}
