package evidence

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// A Source gives an object by its digest. What it gives is checked.
type Source func(ref sui.ObjectRef) (*sui.Object, error)

// Errors of a replay.
var (
	// ErrIncomplete says that the manifest does not name all that the
	// evaluation needs, or names more.
	ErrIncomplete = errors.New("the manifest does not name what the evaluation reads")
	// ErrOutcome says that the bytecode says something else than the manifest.
	ErrOutcome = errors.New("the outcome differs")
	// ErrPanicked says that our machine failed over the evidence, which says
	// nothing about the decision.
	ErrPanicked = errors.New("the virtual machine failed over this evidence: report it, with the file")
)

// Replay makes the decision of a manifest again and returns its outcome. The
// error is ErrOutcome (wrapped) if it is another than the manifest's, and
// ErrIncomplete if the evaluation reads other objects than the manifest names.
func Replay(m *Manifest, objects Source) (Outcome, error) {
	return NewReplayer().Replay(m, objects)
}

// A Replayer replays many manifests of one chain and parses packages once. It
// is safe for concurrent use.
type Replayer struct {
	// ManualClock is for audits of a development network whose clock is moved by
	// hand: there evaluations are told the chain's time, whatever time it is. On
	// any other network a server that does so lets a chain pass that stands still.
	ManualClock bool

	roots []*x509.Certificate

	mu        sync.Mutex
	evaluator *Evaluator
	packages  map[sui.Address]sui.Digest // that base holds
	base      *execution.Snapshot
}

// maxPackages bounds the packages that are kept parsed.
const maxPackages = 256

// NewReplayer returns a Replayer. Nitro roots are as in [execution.NewEngine].
func NewReplayer(nitroRoots ...*x509.Certificate) *Replayer {
	r := &Replayer{roots: nitroRoots}
	r.reset()
	return r
}

func (r *Replayer) reset() {
	r.evaluator = NewEvaluator(execution.NewEngine(r.roots...))
	r.packages, r.base = map[sui.Address]sui.Digest{}, execution.NewSnapshot()
}

// Replay is the function [Replay] with what this Replayer has parsed already.
func (r *Replayer) Replay(m *Manifest, objects Source) (Outcome, error) {
	out, _, err := r.replay(m, objects)
	if err != nil {
		return out, fmt.Errorf("replay: %w", err)
	}
	return out, nil
}

// replay also returns why the transaction can't be run, if it can't. Evidence over
// which the machine panics is not replayed, and keeps no other from being.
func (r *Replayer) replay(m *Manifest, objects Source) (out Outcome, rejected *execution.InputError, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			out, rejected, err = Outcome{}, nil, fmt.Errorf("%w: %v", ErrPanicked, cause)
		}
	}()
	evaluator, s, err := r.snapshot(m, objects)
	if err != nil {
		return Outcome{}, nil, err
	}
	ev, _, err := evaluator.Evaluate(s, m.Position, &m.Transaction)
	var missing *execution.MissingError
	if errors.As(err, &missing) {
		return Outcome{}, nil, fmt.Errorf("%w: %s is missing", ErrIncomplete, missing.ID)
	}
	if ev == nil {
		return Outcome{}, nil, err
	}
	if err := sameLists(&ev.Manifest, m); err != nil {
		return Outcome{}, nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	if ev.Outcome != m.Outcome {
		return ev.Outcome, nil, fmt.Errorf("%w: the bytecode says %q, the manifest %q", ErrOutcome, ev.Outcome, m.Outcome)
	}
	errors.As(err, &rejected)
	return ev.Outcome, rejected, nil
}

// sameLists demands that the manifest names what was read, and nothing else.
func sameLists(read, m *Manifest) error {
	for _, o := range read.Objects {
		if _, named := m.ref(o.ID); !named {
			return fmt.Errorf("%s is missing", o.ID)
		}
	}
	for _, o := range m.Objects {
		if _, needed := read.ref(o.ID); !needed {
			return fmt.Errorf("%s is not needed", o.ID)
		}
	}
	if !slices.Equal(read.Objects, m.Objects) || !slices.Equal(read.Absent, m.Absent) {
		return errors.New("it reads other versions, or looks for other objects that do not exist")
	}
	return nil
}

// snapshot puts the objects of a manifest together. Packages go into a base
// that all replays share; the same id with another content starts afresh, since
// the engine's caches go by ids.
func (r *Replayer) snapshot(m *Manifest, objects Source) (*Evaluator, *execution.Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ref := range m.Objects {
		if have, ok := r.packages[ref.ID]; ok && have != ref.Digest || len(r.packages) > maxPackages {
			r.reset()
		}
	}
	var own []*sui.Object
	for _, ref := range m.Objects {
		if _, ok := r.packages[ref.ID]; ok {
			continue
		}
		o, err := open(objects, ref)
		if err != nil {
			return nil, nil, err
		}
		if o.Package == nil {
			own = append(own, o)
			continue
		}
		r.base = r.base.With(o)
		r.packages[ref.ID] = ref.Digest
	}
	s := r.base.With(own...)
	for _, id := range m.Absent {
		s.AddAbsent(id)
	}
	return r.evaluator, s, nil
}

// open gets an object and checks that it is the one that the manifest names.
func open(objects Source, ref sui.ObjectRef) (*sui.Object, error) {
	o, err := objects(ref)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", ref.ID, err)
	}
	if o == nil {
		return nil, fmt.Errorf("object %s: %w", ref.ID, errors.New("its bytes are missing"))
	}
	if have := o.Ref(); have != ref {
		return nil, fmt.Errorf("object %s: its bytes are of version %d with digest %s, want version %d with digest %s",
			ref.ID, have.Version, have.Digest, ref.Version, ref.Digest)
	}
	return o, nil
}

// SourceOf gives objects by their digests out of a list.
func SourceOf(content []*sui.Object) Source {
	byDigest := make(map[sui.Digest]*sui.Object, len(content))
	for _, o := range content {
		byDigest[o.Digest()] = o
	}
	return func(ref sui.ObjectRef) (*sui.Object, error) { return byDigest[ref.Digest], nil }
}
