package policylint

import (
	"maps"

	"github.com/floe-data/floe/sdk/sui"
)

// intrusion is a grant to somebody who should have none.
type intrusion struct {
	grant
	touched bool // objects of others were changed on the way
}

const (
	// maxTargets is how many grants of one function an intruder goes after.
	maxTargets = 3
	// attackRounds is how often he tries every function, and attackAttempts
	// with how many different arguments.
	attackRounds, attackAttempts = 3, 8
	maxAttackStates              = 40
)

// attack plays a stranger who makes objects of his own and calls what anybody
// can call, at no price, to get what others were granted. Nobody else does
// anything for him.
func (l *lint) attack() {
	for _, fn := range l.approve {
		targets, aims := 0, map[string]bool{}
		for _, g := range l.grants {
			if g.fn != fn || !l.owned(g) || targets >= maxTargets || aims[string(g.id)] {
				continue
			}
			aims[string(g.id)] = true
			targets++
			if l.attackOn(g) {
				break
			}
		}
	}
}

// attackOn reports whether the intruder got in.
func (l *lint) attackOn(g *grant) bool {
	l.enter(g.state)
	if l.intrude(g, false) {
		return false // open to all from the start: rules_sender.go judges that
	}
	touched, states := false, 0
	for range attackRounds {
		for _, f := range l.shuffled() {
			for range attackAttempts {
				if states >= maxAttackStates {
					return false
				}
				p := l.newProgram(mallory, mallory, []sui.Address{mallory}, false)
				fresh := l.try(p, f)
				if fresh == nil {
					continue
				}
				states++
				l.keep(fresh, p.describe())
				touched = touched || touchesOthers(g.state.live, fresh)
				if l.intrude(g, true) {
					l.intruded[len(l.intruded)-1].touched = touched
					return true
				}
				break
			}
		}
	}
	return false
}

// touchesOthers reports whether something was changed that existed before and
// is not the intruder's.
func touchesOthers(before map[sui.Address]*sui.Object, fresh map[sui.Address]bool) bool {
	for id := range maps.Keys(fresh) {
		if o := before[id]; o != nil && o.Owner.Address != mallory && o.Owner.Kind != sui.OwnerObject {
			return true
		}
	}
	return false
}

// intrude asks, as the intruder, for the identity of a grant with all objects
// that he can show.
func (l *lint) intrude(g *grant, record bool) bool {
	for _, args := range l.combine(g.fn, mallory) {
		r := request{fn: g.fn, args: args, id: g.id, sender: mallory, atMS: g.atMS, state: l.at}
		if showsChosenType(r) {
			continue
		}
		if done := l.ask(r); done != nil {
			if record {
				l.intruded = append(l.intruded, &intrusion{grant: grant{r, g.kind, done}})
			}
			return true
		}
	}
	return false
}

// showsChosenType reports whether an argument is of a type that the caller
// chooses by a type argument. Which types let in is for the owner of a policy to
// say; that he should not say one that anybody can make is no fault of the code.
func showsChosenType(r request) bool {
	for _, a := range r.args {
		for _, t := range r.fn.TypeArgs {
			if a.object != nil && a.object.Move.Type.Tag().Equal(t.Tag()) {
				return true
			}
		}
	}
	return false
}
