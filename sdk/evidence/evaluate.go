package evidence

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// An Evaluator makes decisions and writes down what they were made from. It is
// safe for concurrent use.
type Evaluator struct {
	engine *execution.Engine

	mu    sync.RWMutex
	links map[sui.Digest][]sui.Address // of packages, by content
}

// Bounds of the program of one evaluation, in units of [movevm.Config]: anybody can
// publish a policy and have it evaluated, as often and as many at a time as the key
// server works on requests. The gas of an evaluation on Sui allows less.
//
// [movevm.Config]: https://pkg.go.dev/github.com/floe-data/floe/sdk/movevm#Config
const (
	maxFuel   = 50_000_000
	maxMemory = 32 << 20
)

// maxLinks bounds the cache of what packages link to.
const maxLinks = 4096

// NewEvaluator returns an Evaluator that runs code on e.
func NewEvaluator(e *execution.Engine) *Evaluator {
	return &Evaluator{engine: e, links: map[sui.Digest][]sui.Address{}}
}

// Evaluate simulates tx with all checks over the snapshot, and returns the
// evidence and, if it was executed, the result.
//
// The error is an [*execution.MissingError] if the snapshot lacks something:
// read it, add it, and evaluate again; there is no evidence then. If the
// transaction can't be run over these objects, the error is an
// [*execution.InputError] and the evidence says Rejected. A sender with address
// aliases is told by the evidence alone: Aliased.
func (e *Evaluator) Evaluate(s *execution.Snapshot, at Position, tx *sui.TransactionData) (*Evidence, *execution.Result, error) {
	if tx.Kind.Programmable == nil {
		return nil, nil, errors.New("evaluate: the transaction is not a programmable one")
	}
	r := &recorder{Snapshot: s, seen: map[sui.Address]*sui.Object{}}
	out, result, err := e.run(r, at, tx)
	var input *execution.InputError
	if err != nil && !errors.As(err, &input) {
		return nil, nil, fmt.Errorf("evaluate: %w", err)
	}
	if err := e.addPackages(r, tx); err != nil {
		return nil, nil, fmt.Errorf("evaluate: %w", err)
	}
	if len(r.seen) > MaxObjects {
		return nil, nil, fmt.Errorf("evaluate: it takes %d objects, more than %d", len(r.seen), MaxObjects)
	}
	ev := &Evidence{Manifest: Manifest{Position: at, Transaction: *tx, Outcome: out}}
	r.list(ev)
	return ev, result, err
}

func (e *Evaluator) run(r *recorder, at Position, tx *sui.TransactionData) (Outcome, *execution.Result, error) {
	switch _, err := r.Object(sui.AliasesID(tx.Sender)); {
	case err == nil:
		return Outcome{Verdict: Aliased}, nil, nil
	case !errors.Is(err, execution.ErrNotFound):
		return Outcome{}, nil, err
	}
	result, err := e.engine.Execute(r, at.Env(), tx, execution.Options{Simulate: true, Fuel: maxFuel, Memory: maxMemory})
	if err != nil {
		return Outcome{Verdict: Rejected}, nil, err
	}
	return OutcomeOf(result.Effects.Status), result, nil
}

// addPackages adds the packages whose code and types the evaluation can have
// touched: those that the commands and the objects' types name, and whatever
// these link to or have their types from. Which of them were really opened is no
// measure: it depends on what the machine has in its caches.
func (e *Evaluator) addPackages(r *recorder, tx *sui.TransactionData) error {
	todo := []sui.Address{sui.Framework}
	for _, c := range tx.Kind.Programmable.Commands {
		if c.MoveCall != nil {
			todo = append(todo, c.MoveCall.Package)
			for _, t := range c.MoveCall.TypeArguments {
				todo = addTagPackages(todo, t)
			}
		}
		if c.MakeMoveVec != nil && c.MakeMoveVec.Type != nil {
			todo = addTagPackages(todo, *c.MakeMoveVec.Type)
		}
	}
	for _, o := range r.seen {
		if o != nil && o.Move != nil {
			todo = addTagPackages(todo, o.Move.Type.Tag())
		}
	}
	done := make(map[sui.Address]bool, len(todo))
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if done[id] {
			continue
		}
		done[id] = true
		o, err := r.Object(id)
		if errors.Is(err, execution.ErrNotFound) || err == nil && o.Package == nil {
			continue // the evaluation found no package either
		}
		if err != nil {
			return err
		}
		todo = append(todo, e.linksOf(r.ObjectDigest(o), o.Package)...)
	}
	return nil
}

// linksOf lists the packages that a package links to or has types from.
func (e *Evaluator) linksOf(digest sui.Digest, p *sui.MovePackage) []sui.Address {
	e.mu.RLock()
	links, ok := e.links[digest]
	e.mu.RUnlock()
	if ok {
		return links
	}
	for _, l := range p.Linkage {
		links = append(links, l.Upgraded)
	}
	for _, o := range p.TypeOrigins {
		links = append(links, o.Package)
	}
	slices.SortFunc(links, sui.Address.Compare)
	links = slices.DeleteFunc(slices.Compact(links), func(id sui.Address) bool { return id == p.ID })
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.links) >= maxLinks {
		clear(e.links)
	}
	e.links[digest] = links
	return links
}

func addTagPackages(out []sui.Address, t sui.TypeTag) []sui.Address {
	switch {
	case t.Elem != nil:
		return addTagPackages(out, *t.Elem)
	case t.Struct != nil:
		out = append(out, t.Struct.Address)
		for _, p := range t.Struct.Params {
			out = addTagPackages(out, p)
		}
	}
	return out
}

// A recorder is a snapshot that notes what is looked for. Packages are not
// noted when they are read, see addPackages.
type recorder struct {
	*execution.Snapshot
	seen map[sui.Address]*sui.Object // nil: it does not exist
}

// Object implements [execution.State].
func (r *recorder) Object(id sui.Address) (*sui.Object, error) {
	o, err := r.Snapshot.Object(id)
	if err == nil || errors.Is(err, execution.ErrNotFound) {
		r.seen[id] = o
	}
	return o, err
}

// ObjectAt implements [execution.State].
func (r *recorder) ObjectAt(id sui.Address, version uint64) (*sui.Object, error) {
	if _, err := r.Object(id); err != nil {
		return nil, err
	}
	return r.Snapshot.ObjectAt(id, version)
}

// ChildObject implements [execution.State].
func (r *recorder) ChildObject(parent, child sui.Address, maxVersion uint64) (*sui.Object, error) {
	if _, err := r.Object(child); err != nil {
		return nil, err
	}
	return r.Snapshot.ChildObject(parent, child, maxVersion)
}

// list writes what was seen into the evidence, in order.
func (r *recorder) list(ev *Evidence) {
	ids := make([]sui.Address, 0, len(r.seen))
	for id := range r.seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, sui.Address.Compare)
	ev.Objects, ev.Content = make([]sui.ObjectRef, 0, len(ids)), make([]*sui.Object, 0, len(ids))
	for _, id := range ids {
		o := r.seen[id]
		if o == nil {
			ev.Absent = append(ev.Absent, id)
			continue
		}
		ev.Objects = append(ev.Objects, sui.ObjectRef{ID: id, Version: o.Version(), Digest: r.ObjectDigest(o)})
		ev.Content = append(ev.Content, o)
	}
}
