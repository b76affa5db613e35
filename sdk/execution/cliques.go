package execution

import (
	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// What a non-public entry function may be given: nothing that the caller still
// has to answer for. Values that a command used together, and what it returned,
// are one clique from then on. A clique is hot while there is a hot potato in
// it, a value that can neither be dropped nor stored, or for ever when a command
// took a shared object by value. No argument of such a function may be in a hot
// clique; hot potatoes that the function takes itself do not count.
//
// Source: the rules of Sui's adapter (static_programmable_transactions,
// private_entry_arguments). Before them, Sui forbade more.

// cliques is a forest of sets of values.
type cliques []clique

type clique struct {
	parent int  // itself, for the root of a set
	heat   int  // hot potatoes in the set, at the root
	always bool // hot for ever, at the root
}

func (c *cliques) add() int {
	*c = append(*c, clique{parent: len(*c)})
	return len(*c) - 1
}

func (c cliques) root(i int) *clique {
	for c[i].parent != i {
		c[i].parent = c[c[i].parent].parent
		i = c[i].parent
	}
	return &c[i]
}

func (c cliques) hot(i int) bool { r := c.root(i); return r.always || r.heat > 0 }

// merge makes one set of all and returns a member.
func (c *cliques) merge(list []int) int {
	if len(list) == 0 {
		return c.add()
	}
	into := c.root(list[0])
	for _, i := range list[1:] {
		if r := c.root(i); r != into {
			into.heat += r.heat
			into.always = into.always || r.always
			r.parent = into.parent
		}
	}
	return into.parent
}

// entangle notes that a command uses a slot; moves tells that it takes the value
// away. Where there is one command, nothing can be hot before it.
func (cmd *command) entangle(s *slot, moves bool) {
	r := cmd.run
	if len(r.in.pt.Commands) == 1 {
		return
	}
	if !s.inClique {
		s.inClique, s.clique = true, r.cliques.add()
	}
	if moves && s.heats {
		r.cliques.root(s.clique).heat--
	}
	cmd.used = append(cmd.used, s.clique)
}

// checkCool refuses hot arguments of a non-public entry function. It comes after
// the arguments were taken.
func (cmd *command) checkCool(fn *movevm.Function) error {
	if fn.Visibility == movevm.Public || cmd.run.opt.SkipChecks {
		return nil
	}
	for i, q := range cmd.used {
		if cmd.run.cliques.hot(q) {
			return at(&argError{Kind: sui.ArgInvalidArgumentToPrivateEntryFunction}, i)
		}
	}
	return nil
}

// settleCliques joins what a command used with what it returned.
func (cmd *command) settleCliques(results []*slot) {
	r := cmd.run
	if len(r.in.pt.Commands) == 1 {
		return
	}
	q := r.cliques.merge(cmd.used)
	root := r.cliques.root(q)
	root.always = root.always || len(cmd.sharedTaken) > 0
	for _, s := range results {
		s.inClique, s.clique = true, q
		s.heats = s.typ.Abilities&(movevm.Drop|movevm.Store) == 0
		if s.heats {
			root.heat++
		}
	}
}
