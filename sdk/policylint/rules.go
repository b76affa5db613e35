package policylint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// judge applies the rules to what was granted.
func (l *lint) judge() {
	for i, fn := range l.approve {
		var grants []*grant
		for _, g := range l.grants {
			if g.fn == fn {
				grants = append(grants, g)
			}
		}
		if len(grants) == 0 {
			l.judgeSilence(i)
			continue
		}
		for _, g := range grants {
			l.judgeID(g)
			l.judgeTime(g)
			l.judgeVersion(g)
			l.judgeEffects(g)
			l.judgeCount(g)
		}
		l.judgeSender(grants)
		l.judgeObjects(grants)
		l.judgeTerm(grants)
	}
	for _, in := range l.intruded {
		l.judgeIntrusion(in)
	}
}

// enough is how many different objects must have been refused before that means
// something.
const enough = 5

// judgeSilence is about a function that granted nothing.
func (l *lint) judgeSilence(i int) {
	fn := l.approve[i]
	if l.made[i] == 0 {
		l.enter(l.states[len(l.states)-1])
		l.find(Finding{Code: ObjectNotMade, Severity: Note, Function: fn.name(),
			Sentence: fmt.Sprintf("It was not tried: no calls of this package made %s.", l.missing(fn)),
			Remedy:   "Name objects that exist on chain with --object."})
		return
	}
	if l.made[i] < enough {
		l.find(Finding{Code: FewTries, Severity: Note, Function: fn.name(),
			Sentence: fmt.Sprintf("Too few objects (%d) of a kind that it takes could be made, and none let anybody in: that says little.", l.made[i]),
			Remedy:   "Name objects that exist on chain with --object, or try another --seed."})
		return
	}
	l.find(Finding{Code: Nobody, Severity: Warning, Function: fn.name(),
		Sentence: "Nobody was let in: not the owner, not a member, with none of the identities, objects and times that were tried.",
		Remedy:   "Look for conditions that exclude each other. If it takes a longer story to get in, try it with objects that exist on chain (--object)."})
}

// randomSizes are the lengths of random identities. Short ones would be granted
// by luck now and then, and those of 8 bytes are moments.
var randomSizes = []int{16, 31, 32, 33, 40, 64}

// judgeID alters the identity of a grant.
func (l *lint) judgeID(g *grant) {
	fn := g.fn.name()
	if l.found(AnyID, fn) {
		return
	}
	for _, n := range randomSizes {
		r := g.request
		r.id = make([]byte, n)
		for i := range r.id {
			r.id[i] = byte(l.rng.Uint32())
		}
		if l.granted(r) {
			l.find(Finding{Code: AnyID, Severity: Critical, Function: fn, Example: l.exampleOf(r),
				Sentence: fmt.Sprintf("A random identity of %d bytes is granted to %s: the decision is not bound to the data.", n, l.world.nameOf(r.sender)),
				Remedy:   "Demand that the identity starts with the 32 bytes of the id of the object that the decision is about."})
			return
		}
	}
	prefix, name := l.prefix(g)
	if prefix == nil {
		return
	}
	for _, n := range []int{0, 1, 16, 31} {
		r := g.request
		r.id = prefix[:n]
		if l.granted(r) {
			what := "The empty identity"
			if n > 0 {
				what = fmt.Sprintf("An identity that is only the first %d bytes of %s", n, name)
			}
			l.find(Finding{Code: ShortID, Severity: Critical, Function: fn, Example: l.exampleOf(r),
				Sentence: what + " is granted: it may be that of other data.",
				Remedy:   "Refuse identities shorter than the prefix, and check that the identity starts with the prefix, not the prefix with the identity."})
			break
		}
	}
	for i := range prefix {
		r := g.request
		r.id = slices.Clone(g.id)
		r.id[i] ^= 0xff
		if l.granted(r) {
			l.find(Finding{Code: LooseID, Severity: Critical, Function: fn, Example: l.exampleOf(r),
				Sentence: fmt.Sprintf("Byte %d of %s is not compared: identities of other owners that differ only there are granted.", i, name),
				Remedy:   "Compare all 32 bytes of the prefix."})
			return
		}
	}
}

// prefix is the id or address that the identity of a grant starts with.
func (l *lint) prefix(g *grant) (prefix []byte, name string) {
	for _, a := range g.args {
		if a.object == nil {
			continue
		}
		if id := a.object.ID(); bytes.HasPrefix(g.id, id[:]) {
			return id[:], "the id of the " + a.object.Move.Type.Name
		}
	}
	for _, who := range l.insiders() {
		if bytes.HasPrefix(g.id, who[:]) {
			return who[:], "the address of " + l.world.nameOf(who)
		}
	}
	return nil, ""
}

// judgeSender asks as a stranger who did nothing. Who is let in from a moment
// on, or once something has happened, is let in on purpose; and so it is if one
// owner lets in everybody and others, by the same code, don't.
func (l *lint) judgeSender(grants []*grant) {
	var open *request
	for _, g := range grants {
		r := g.request
		r.sender = sam
		if !l.owned(g) || !l.usable(r) {
			continue
		}
		if !l.granted(r) {
			return
		}
		first := r
		for s := g.state; s != nil && l.exist(r.objects(), s); s = s.parent {
			first.state = s
		}
		early := r
		early.atMS = 0
		if !l.granted(first) || !l.granted(early) {
			return
		}
		if open == nil {
			open = &r
		}
	}
	if open == nil {
		return
	}
	l.find(Finding{Code: OpenSender, Severity: Critical, Function: open.fn.name(), Example: l.exampleOf(*open),
		Sentence: "A stranger, who did nothing and owns nothing, is granted the key, at any time.",
		Remedy:   "Compare ctx.sender() with those who may, or take an object that only they own."})
}

// usable reports whether anybody can name all objects of a request.
func (l *lint) usable(r request) bool {
	return !slices.ContainsFunc(r.args, func(a argument) bool {
		return a.object != nil && a.object.Owner.Kind != sui.OwnerShared && a.object.Owner.Kind != sui.OwnerImmutable
	})
}

func (l *lint) exist(ids []sui.Address, s *snapshot) bool {
	return !slices.ContainsFunc(ids, func(id sui.Address) bool { return s.live[id] == nil })
}

func (l *lint) judgeIntrusion(in *intrusion) {
	x := l.example(&in.grant)
	last := x.Steps[len(x.Steps)-1]
	if in.touched {
		l.find(Finding{Code: SelfAdmission, Severity: Critical, Function: in.fn.name(), Example: x,
			Sentence: fmt.Sprintf("A stranger lets himself in, at no price, by calls that anybody can make; the last is %s.", calls(last)),
			Remedy:   "Ask for the capability in that call, and compare it with the object that it changes."})
		return
	}
	if l.found(AnyID, in.fn.name()) {
		return // it follows from that
	}
	l.find(Finding{Code: ForeignObject, Severity: Critical, Function: in.fn.name(), Example: x,
		Sentence: fmt.Sprintf("A stranger gets in with objects of his own, made by %s: they are not compared with the object that the identity names.", calls(last)),
		Remedy:   "Keep the id of the one object in the other, and compare them in the decision."})
}

// calls are the functions of a step.
func calls(step string) string {
	_, list, _ := strings.Cut(step, ": ")
	return list
}

// exampleOf is the counter-example of a request.
func (l *lint) exampleOf(r request) *Example { return l.example(&grant{request: r}) }
