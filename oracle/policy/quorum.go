package policy

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/floe-data/floe/sdk/sui"
)

// QuorumConfig says who has to agree.
type QuorumConfig struct {
	// Members are evaluators over a full node each.
	Members []Evaluator
	// Names are those of the members for the log. Addresses of nodes may hold
	// secrets: give their hosts.
	Names []string
	// Need is how many members must say the same: more than half of them.
	Need int
	// Hedge is how long to wait for Need members before one more is asked. 0 means
	// 200 ms.
	Hedge time.Duration
	// Patience is how long a member may lag behind others before all are asked again.
	// 0 means 700 ms.
	Patience time.Duration
	// Log gets who disagreed. nil discards it.
	Log *slog.Logger
	// Disagreed is called for each request about which members differ. May be nil.
	Disagreed func()
}

// A Quorum evaluates by several full nodes: what Need of them say is so. Those that
// are down, stale or slow do not count. If they differ so that no verdict has
// enough votes, they are asked again at newer checkpoints; then the request is
// refused with nodes_disagree.
//
// It takes Need nodes that lie in the same way to be let in by a wrong state. Each
// member keeps to its own node in everything, its mirror and packages included; no
// member needs to be trusted to read for another.
type Quorum struct {
	cfg  QuorumConfig
	turn atomic.Uint64 // spreads who is asked first
}

var (
	_ Evaluator = (*Quorum)(nil)
	_ Reporter  = (*Quorum)(nil)
	_ Follower  = (*Quorum)(nil)
)

// NewQuorum returns an Evaluator over several others.
func NewQuorum(cfg QuorumConfig) (*Quorum, error) {
	n := len(cfg.Members)
	switch {
	case n == 0 || len(cfg.Names) != n:
		return nil, fmt.Errorf("create quorum: %d members with %d names", n, len(cfg.Names))
	case cfg.Need <= n/2 || cfg.Need > n:
		return nil, fmt.Errorf("create quorum: %d of %d members: want more than half of them", cfg.Need, n)
	}
	if cfg.Hedge == 0 {
		cfg.Hedge = 200 * time.Millisecond
	}
	if cfg.Patience == 0 {
		cfg.Patience = defaultPatience
	}
	cfg.Log, cfg.Disagreed = orDiscard(cfg.Log), orNothing(cfg.Disagreed)
	return &Quorum{cfg: cfg}, nil
}

// A vote is what one member answers to a question.
type vote[T any] struct {
	member int
	value  T
	err    error
	says   any // equal for votes that agree; nil if it does not count
}

// uncounted is why a vote does not count, nil if it does.
func (v vote[T]) uncounted() error {
	if v.says != nil {
		return nil
	}
	return v.err
}

// A question is put to a member.
type question[T any] func(ctx context.Context, e Evaluator) vote[T]

// Evaluate implements [Evaluator]. The evidence is that of one member.
func (q *Quorum) Evaluate(ctx context.Context, query Query) (Evidence, error) {
	put := func(ctx context.Context, e Evaluator) vote[*answer] {
		a := ask(ctx, e, query)
		if v := a.verdict(); !v.undecided() {
			return vote[*answer]{value: a, err: a.err, says: v}
		}
		return vote[*answer]{value: a, err: a.err}
	}
	var votes []vote[*answer]
	for range attempts {
		winner, all := poll(ctx, q, put)
		if winner != nil {
			return winner.value.evidence, winner.err
		}
		if votes = all; !differ(votes) {
			return undone(votes[0].value.evidence), q.tooFew(votes[len(votes)-1].err)
		}
		newest := uint64(0)
		for _, v := range votes {
			newest = max(newest, v.value.checkpoint())
		}
		for _, v := range votes {
			if v.says != nil {
				await(ctx, q.cfg.Members[v.member], newest+1, q.cfg.Patience)
			}
		}
	}
	return undone(votes[0].value.evidence), q.disagree(describeVotes(q, votes))
}

// poll puts a question to members until Need of them agree; then winner is one of
// their votes. Otherwise it returns the votes of all, those that count first.
func poll[T any](ctx context.Context, q *Quorum, put question[T]) (winner *vote[T], all []vote[T]) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := len(q.cfg.Members)
	votes := make(chan vote[T], n)
	turn, asked := int(q.turn.Add(1)%uint64(n)), 0
	next := func() {
		if asked < n {
			member := (turn + asked) % n
			asked++
			go func() { votes <- putTo(ctx, q, put, member) }()
		}
	}
	for range q.cfg.Need {
		next()
	}
	hedge := time.NewTicker(q.cfg.Hedge)
	defer hedge.Stop()
	count := map[any]int{}
	for len(all) < n {
		select {
		case <-hedge.C:
			next()
		case v := <-votes:
			all = append(all, v)
			if v.says == nil {
				q.cfg.Log.Warn("a full node does not count", "node", q.cfg.Names[v.member], "err", v.err)
				next()
				continue
			}
			if count[v.says]++; count[v.says] >= q.cfg.Need {
				q.noteDissent(len(count) > 1, func() any { return describeVotes(q, all) })
				return &v, all
			}
			if len(count) > 1 {
				next()
			}
		}
	}
	slices.SortStableFunc(all, func(a, b vote[T]) int { return cmp.Compare(rankOf(a.uncounted()), rankOf(b.uncounted())) })
	return nil, all
}

// putTo puts a question to one member. If it panics, it has not voted.
func putTo[T any](ctx context.Context, q *Quorum, put question[T], member int) (v vote[T]) {
	defer func() {
		if cause := recover(); cause != nil {
			v = vote[T]{err: panicked(cause)}
		}
		v.member = member
	}()
	return put(ctx, q.cfg.Members[member])
}

// noteDissent tells that a quorum was found against others.
func (q *Quorum) noteDissent(dissent bool, votes func() any) {
	if dissent {
		q.cfg.Disagreed()
		q.cfg.Log.Error("a full node says something else than the quorum", "votes", votes())
	}
}

// differ reports whether two votes that count differ.
func differ[T any](votes []vote[T]) bool {
	return slices.ContainsFunc(votes, func(v vote[T]) bool { return v.says != nil && v.says != votes[0].says })
}

func describeVotes[T any](q *Quorum, votes []vote[T]) (out []string) {
	for _, v := range votes {
		what := fmt.Sprint(v.says)
		if v.says == nil {
			what = fmt.Sprintf("no answer: %v", v.err)
		}
		out = append(out, q.cfg.Names[v.member]+": "+what)
	}
	return out
}

// disagree refuses because of votes that differ.
func (q *Quorum) disagree(votes []string) error {
	q.cfg.Disagreed()
	q.cfg.Log.Error("full nodes disagree", "votes", votes)
	return tryLater("nodes_disagree", fmt.Sprintf("fewer than %d of the key server's full nodes agree", q.cfg.Need), fmt.Errorf("votes: %v", votes))
}

// tooFew refuses because too few members answer; cause says why one does not.
func (q *Quorum) tooFew(cause error) error { return RefusalOf(cause) }

// Package implements [Evaluator]: all that agree must know the package alike.
func (q *Quorum) Package(ctx context.Context, id sui.Address) (Package, error) {
	type known struct {
		Package
		verdict
	}
	winner, votes := poll(ctx, q, func(ctx context.Context, e Evaluator) vote[Package] {
		p, err := e.Package(ctx, id)
		if v := verdictOf(err); !v.undecided() {
			return vote[Package]{value: p, err: err, says: known{p, v}}
		}
		return vote[Package]{err: err}
	})
	return concluded(q, winner, votes)
}

// VerifyWallet implements [Evaluator].
func (q *Quorum) VerifyWallet(ctx context.Context, user sui.Address, message []byte, sig sui.Signature) error {
	winner, votes := poll(ctx, q, func(ctx context.Context, e Evaluator) vote[struct{}] {
		err := e.VerifyWallet(ctx, user, message, sig)
		if v := verdictOf(err); !v.undecided() {
			return vote[struct{}]{err: err, says: v}
		}
		return vote[struct{}]{err: err}
	})
	_, err := concluded(q, winner, votes)
	return err
}

// concluded is the end of a question that is asked once.
func concluded[T any](q *Quorum, winner *vote[T], votes []vote[T]) (out T, err error) {
	switch {
	case winner != nil:
		return winner.value, winner.err
	case differ(votes):
		return out, q.disagree(describeVotes(q, votes))
	}
	return out, q.tooFew(votes[len(votes)-1].err)
}

// Ready demands Need members.
func (q *Quorum) Ready(ctx context.Context) error {
	winner, votes := poll(ctx, q, func(ctx context.Context, e Evaluator) vote[struct{}] {
		if err := e.Ready(ctx); err != nil {
			return vote[struct{}]{err: err}
		}
		return vote[struct{}]{says: true}
	})
	if winner != nil {
		return nil
	}
	return fmt.Errorf("fewer than %d full nodes are ready: %w", q.cfg.Need, votes[len(votes)-1].err)
}

// Nodes implements [Reporter].
func (q *Quorum) Nodes(ctx context.Context) (out []NodeStatus) {
	each := make([]chan []NodeStatus, len(q.cfg.Members))
	for i, e := range q.cfg.Members {
		each[i] = make(chan []NodeStatus, 1)
		go func() { each[i] <- nodesOf(ctx, e) }()
	}
	for _, c := range each {
		out = append(out, <-c...)
	}
	return out
}

// Following implements [Follower]: the checkpoint that Need members have.
func (q *Quorum) Following() (checkpoint uint64, at time.Time, err error) {
	type place struct {
		checkpoint uint64
		at         time.Time
		err        error
	}
	var places []place
	for _, e := range q.cfg.Members {
		var p place
		p.checkpoint, p.at, p.err = followingOf(e)
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		if (a.err == nil) != (b.err == nil) {
			return cmp.Compare(rankOf(a.err), rankOf(b.err))
		}
		return cmp.Compare(b.checkpoint, a.checkpoint)
	})
	p := places[q.cfg.Need-1]
	return p.checkpoint, p.at, p.err
}

// rankOf puts what is well first.
func rankOf(err error) int {
	if err != nil {
		return 1
	}
	return 0
}
