package execution

import (
	"slices"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// publishOurs publishes one of our packages; those it links to come before it.
func (w *world) publishOurs(name string) *Result {
	w.t.Helper()
	if w.ours == nil {
		w.ours = map[string]sui.Address{}
	}
	r := w.run(w.program(name))
	w.ours[name] = packageOf(r)
	return r
}

// program is the transaction that publishes such a package.
func (w *world) program(name string) *sui.Builder {
	w.t.Helper()
	p, err := move.Package(name)
	if err != nil {
		w.t.Fatal(err)
	}
	link, deps := map[sui.Address]sui.Address{}, []sui.Address{sui.MoveStdlib, sui.Framework}
	for _, d := range p.Dependencies {
		placeholder, _ := move.Placeholder(d)
		link[placeholder], deps = w.ours[d], append(deps, w.ours[d])
	}
	var modules [][]byte
	for _, m := range p.Modules {
		parsed, err := bytecode.Parse(m.Bytes)
		if err != nil {
			w.t.Fatal(err)
		}
		parsed.Readdress(link)
		modules = append(modules, parsed.Serialize())
	}
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(modules, deps))
	return b
}

// A question is what a key server asks a policy, with all that it reads.
type question struct {
	w       *world
	tx      *sui.TransactionData
	objects []sui.Address // that the answer takes, besides packages
}

// ask builds the question whether alice may have a key of the policy or list.
func (w *world) ask(pkg sui.Address, module string, policy sui.Address, more ...sui.Address) *question {
	w.t.Helper()
	b := sui.NewBuilder()
	args := []sui.Arg{b.Pure(append(slices.Clone(policy[:]), 1, 2, 3))}
	objects := append([]sui.Address{policy}, more...)
	for _, id := range objects {
		args = append(args, b.SharedObject(id, w.ledger.live[id].Owner.Version, false))
	}
	b.Call(pkg, module, "seal_approve", nil, args...)
	tx, err := b.Build(w.alice, sui.GasData{})
	if err != nil {
		w.t.Fatal(err)
	}
	return &question{w, tx, objects}
}

// askAccess asks a policy of our access package whose owner is alice.
func askAccess(t testing.TB) *question {
	t.Helper()
	w := newWorld(t)
	w.publishOurs("storage")
	w.publishOurs("catalog")
	lineage := w.created("Lineage")
	w.publishOurs("access")
	pkg, version := packageOf(w.last), w.created("PackageVersion")
	b := sui.NewBuilder()
	none := b.PureBytes([]byte{0})
	inForce := b.SharedObject(version, w.ledger.live[version].Owner.Version, false)
	made := b.Call(pkg, "policy", "new", nil, none, none, inForce)
	b.Call(pkg, "policy", "share", nil, made.At(0), inForce)
	b.Transfer(w.alice, made.At(1))
	w.run(b)
	return w.ask(pkg, "policy", w.created("Policy"), lineage, version, sui.ClockID)
}

// askWhitelist asks a list that has alice in its table.
func askWhitelist(t testing.TB) *question {
	t.Helper()
	w := newWorld(t)
	p := loadPackages(t).Packages["whitelist"]
	b := sui.NewBuilder()
	b.Transfer(w.alice, b.Publish(p.Modules, p.Dependencies))
	w.run(b)
	q := w.ask(packageOf(w.last), "whitelist", w.created("Whitelist"))
	q.objects = append(q.objects, w.created("Field"))
	return q
}

// snapshot holds the packages; with what the question reads, if full.
func (q *question) snapshot(full bool) *Snapshot {
	s := NewSnapshot()
	for _, o := range q.w.ledger.live {
		if o.Package != nil {
			s.Add(o)
		}
	}
	if full {
		s = s.With(q.read()...)
	}
	return s
}

func (q *question) read() (out []*sui.Object) {
	for _, id := range q.objects {
		out = append(out, q.w.ledger.live[id])
	}
	return out
}

// BenchmarkSealApprove is the question of a key server to a policy, from warm
// caches: the packages, and the objects of a checkpoint at which it has read them.
func BenchmarkSealApprove(b *testing.B) {
	for name, ask := range map[string]func(testing.TB) *question{"access": askAccess, "whitelist": askWhitelist} {
		b.Run(name, func(b *testing.B) {
			q := ask(b)
			s := q.snapshot(true)
			b.ReportAllocs()
			for b.Loop() {
				if r, err := q.w.engine.Evaluate(s, q.w.env, q.tx); err != nil || r.Error != nil {
					b.Fatal(err, r.Error)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "µs/op")
		})
	}
}

// BenchmarkPublish publishes each of our packages in an engine that has seen none
// of them.
func BenchmarkPublish(b *testing.B) {
	for _, name := range []string{"storage", "catalog", "access", "key_server"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			for _, d := range move.Dependencies(name) {
				w.publishOurs(d)
			}
			tx := w.build(w.program(name))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := NewEngine().Execute(w.ledger, w.env, tx, Options{}); err != nil || r.Error != nil {
					b.Fatal(err, r.Error)
				}
			}
		})
	}
}
