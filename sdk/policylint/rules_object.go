package policylint

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// judgeObjects looks for identities of an address and something more, where
// the something stands in no object that was shown: then one object of that
// address opens all its identities to whoever gets it.
func (l *lint) judgeObjects(grants []*grant) {
	fn := grants[0].fn
	if l.found(AnyID, fn.name()) || l.found(LooseID, fn.name()) || l.found(IDUnread, fn.name()) {
		return
	}
	for _, g := range grants {
		if g.kind != idAddress || len(g.id) < len(g.sender) || string(g.id[:len(g.sender)]) == string(g.sender[:]) {
			continue
		}
		words := l.wordsIn(g)
		if len(words) == 0 || slices.Contains(words, string(g.id[len(g.sender):])) {
			continue
		}
		l.find(Finding{Code: UnboundObject, Severity: Critical, Function: fn.name(), Example: l.example(g),
			Sentence: fmt.Sprintf("%s shows one object and is granted an identity of which only the address stands in it: what follows the address is not compared, so one object opens all that its creator encrypted.",
				upper(l.world.nameOf(g.sender))),
			Remedy: "Compare the whole identity with what the object says, not only its beginning."})
		return
	}
}

// wordsIn are the byte strings in the objects of a grant.
func (l *lint) wordsIn(g *grant) (out []string) {
	for _, a := range g.args {
		if a.object == nil {
			continue
		}
		for _, f := range l.fields(g.state.object(a)) {
			if f.typ.Kind == movevm.KindVector && f.typ.Elem.Kind == movevm.KindU8 {
				_, n := binary.Uvarint(f.raw)
				out = append(out, string(f.raw[n:]))
			}
		}
	}
	return out
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// judgeVersion changes the version in the objects of a grant.
func (l *lint) judgeVersion(g *grant) {
	takes := false
	for _, a := range g.args {
		if a.object == nil {
			continue
		}
		f, ok := l.versionOf(a.object)
		if !ok {
			continue
		}
		takes = true
		old := a.object.Clone()
		binary.LittleEndian.PutUint64(old.Move.Contents[f.at:], binary.LittleEndian.Uint64(f.raw)+1)
		r := g.request
		s := *r.state
		s.live = maps.Clone(s.live)
		s.live[old.ID()] = old
		r.state = &s
		if cur := g.state.live[old.ID()]; cur == nil || !l.granted(r) {
			continue
		}
		l.find(Finding{Code: VersionUnread, Severity: Warning, Function: g.fn.name(), Example: l.example(g),
			Sentence: fmt.Sprintf("With another version in %s it still grants: an upgrade can't switch this code off, and every published version stays callable for ever.", a.object.Move.Type.Name),
			Remedy:   "Demand that the version equals the constant of this code."})
	}
	if takes {
		return
	}
	for _, o := range l.states[0].live {
		if o == nil || o.Move == nil || o.Owner.Kind != sui.OwnerShared || !l.isOurObject(o) {
			continue
		}
		if _, ok := l.versionOf(o); ok {
			l.find(Finding{Code: NoVersion, Severity: Warning, Function: g.fn.name(), Example: l.example(g),
				Sentence: fmt.Sprintf("It does not take the package's %s: an upgrade can't switch this code off, and every published version stays callable for ever.", o.Move.Type.Name),
				Remedy:   "Take it by & and demand that its version equals the constant of this code."})
		}
	}
}

func (l *lint) versionOf(o *sui.Object) (field, bool) {
	for _, f := range l.fields(o) {
		if f.name == "version" && f.typ.Kind == movevm.KindU64 {
			return f, true
		}
	}
	return field{}, false
}

// judgeEffects looks at what a granted decision did.
func (l *lint) judgeEffects(g *grant) {
	now := l.world.live
	l.world.live = g.state.live
	written, gone := l.world.changes(g.result)
	l.world.live = now
	var what []string
	if n := len(g.result.Events); n > 0 {
		what = append(what, "emits an event")
	}
	if len(written) > 0 {
		what = append(what, "writes "+objectName(written[0]))
	}
	if len(gone) > 0 {
		what = append(what, "deletes an object")
	}
	if len(what) == 0 {
		return
	}
	l.find(Finding{Code: SideEffect, Severity: Warning, Function: g.fn.name(), Example: l.example(g),
		Sentence: fmt.Sprintf("It %s; key servers only simulate the decision, so that is lost.", strings.Join(what, " and ")),
		Remedy:   "Count, charge and log in a transaction that makes a request object, and let the decision take that."})
}

func objectName(o *sui.Object) string {
	if o.Move == nil {
		return "a package"
	}
	return o.Move.Type.Name
}

// Words in the names of fields that give away what a number means.
var (
	opening  = []string{"not_before", "opens", "open_at", "unlock", "release_at", "starts", "start_at", "begins", "from_ms"}
	closing  = []string{"expir", "not_after", "valid_until", "valid_till", "closes", "deadline", "ends_at", "end_ms", "until"}
	terms    = []string{"ttl", "term_ms", "duration", "period"}
	counters = []string{"uses", "remaining", "quota", "credits", "left"}
)

func named(f field, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.name, w) })
}

// number is the value of a u64, or of an Option<u64> that has one.
func (f field) number() (uint64, bool) {
	switch {
	case f.typ.Kind == movevm.KindU64:
		return binary.LittleEndian.Uint64(f.raw), true
	case f.typ.Is(sui.MoveStdlib, "option", "Option") && len(f.raw) == 9 && f.typ.TypeArgs()[0].Kind == movevm.KindU64:
		return binary.LittleEndian.Uint64(f.raw[1:]), true
	}
	return 0, false
}

// judgeCount looks for counts, which a simulated decision can't take down.
func (l *lint) judgeCount(g *grant) {
	for _, a := range g.args {
		if a.object == nil {
			continue
		}
		for _, f := range l.fields(g.state.object(a)) {
			if n, ok := f.number(); ok && n > 0 && named(f, counters) {
				l.find(Finding{Code: NotCounted, Severity: Warning, Function: g.fn.name(), Example: l.example(g),
					Sentence: fmt.Sprintf("It grants by a %s whose %s is %d; a simulated decision can't take that down, so it is good for any number of keys.", a.object.Move.Type.Name, f.name, n),
					Remedy:   "Take the count down in a transaction that makes a request object with a short life, and let the decision take that."})
			}
		}
	}
}

// object is an argument as it is in a state.
func (s *snapshot) object(a argument) *sui.Object {
	if o := s.live[a.object.ID()]; o != nil {
		return o
	}
	return a.object
}

// judgeTerm looks for terms that never end.
func (l *lint) judgeTerm(grants []*grant) {
	endless := map[string]*grant{}
	ends := map[string]bool{}
	for _, g := range grants {
		for _, a := range g.args {
			if a.object == nil {
				continue
			}
			for _, f := range l.fields(g.state.object(a)) {
				n, ok := f.number()
				if !ok || n == 0 || !named(f, closing) && !named(f, terms) {
					continue
				}
				key := a.object.Move.Type.Name + "." + f.name
				r := g.request
				r.atMS = l.opt.NowMS + 100*365*24*hour
				if r.atMS < n || !l.granted(r) {
					ends[key] = true
				} else if endless[key] == nil {
					endless[key] = g
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(endless)) {
		if g := endless[key]; !ends[key] && !l.found(TimeInverted, g.fn.name()) {
			r := g.request
			r.atMS = l.opt.NowMS + 100*365*24*hour
			l.find(Finding{Code: NeverEnds, Severity: Warning, Function: g.fn.name(), Example: l.exampleOf(r),
				Sentence: fmt.Sprintf("There is a term (%s), and a hundred years after it the key is still granted.", key),
				Remedy:   "Take the Clock and compare it with the end of the term."})
		}
	}
}

// judgeTime moves the clock around the moments that the identity and the
// objects name.
func (l *lint) judgeTime(g *grant) {
	if g.kind == idTime {
		l.judgeOpening(g, binary.LittleEndian.Uint64(g.id), "the identity")
	}
	for _, a := range g.args {
		if a.object == nil {
			continue
		}
		for _, f := range l.fields(g.state.object(a)) {
			at, ok := f.number()
			if !ok || at < 1_000_000_000_000 || at > 1<<62 { // not a moment in ms
				continue
			}
			switch name := a.object.Move.Type.Name + "." + f.name; {
			case named(f, opening):
				l.judgeOpening(g, at, name)
			case named(f, closing):
				l.judgeClosing(g, at, name)
			}
		}
	}
}

func (l *lint) at3(g *grant, at uint64) (before, then, after bool) {
	ask := func(ms uint64) bool {
		r := g.request
		r.atMS = ms
		return l.granted(r)
	}
	return ask(at - 1), ask(at), ask(at + 1)
}

func (l *lint) judgeOpening(g *grant, at uint64, name string) {
	before, then, after := l.at3(g, at)
	r := g.request
	switch {
	case before && !after:
		r.atMS = at - 1
		l.find(Finding{Code: TimeInverted, Severity: Critical, Function: g.fn.name(), Example: l.exampleOf(r),
			Sentence: fmt.Sprintf("It is open before the moment that %s names (%d) and shut after it.", name, at),
			Remedy:   "Turn the comparison with the Clock round."})
	case !before && !then && after:
		r.atMS = at + 1
		l.find(Finding{Code: TimeEdge, Severity: Warning, Function: g.fn.name(), Example: l.exampleOf(r),
			Sentence: fmt.Sprintf("At the very moment that %s names (%d) it is still shut; it opens a millisecond later.", name, at),
			Remedy:   "Compare with >= if the moment itself is meant to be open, as for Seal's time lock."})
	}
}

func (l *lint) judgeClosing(g *grant, at uint64, name string) {
	before, _, after := l.at3(g, at)
	if !before && after {
		r := g.request
		r.atMS = at + 1
		l.find(Finding{Code: TimeInverted, Severity: Critical, Function: g.fn.name(), Example: l.exampleOf(r),
			Sentence: fmt.Sprintf("It is shut before the moment that %s names (%d) and open after it.", name, at),
			Remedy:   "Turn the comparison with the Clock round."})
	}
}
