package movevm

import (
	"slices"
	"strings"
)

// A refID names a reference during the analysis of one function: at the borders
// of blocks the number of the local that holds it, else one that is new.
type refID int32

const noRef refID = -1

// A borrowEdge says that child was made from parent, by going down a path of
// labels: to a local, then to fields. A strong edge is exact; a weak one may go
// on anywhere below its path. Paths are strings, so that edges can be compared.
type borrowEdge struct {
	parent, child refID
	strong        bool
	all           bool // stands for all edges between the two, which were too many
	path          string
}

// covers reports whether knowing e makes it needless to know f.
func (e borrowEdge) covers(f borrowEdge) bool {
	if e.parent != f.parent || e.child != f.child {
		return false
	}
	return e.strong == f.strong && e.path == f.path || !e.strong && strings.HasPrefix(f.path, e.path)
}

// Labels have one length, so that a prefix of a path ends between labels.
func localLabel(i int) string               { return string([]byte{0, byte(i), 0, 0, 0}) }
func fieldLabel(structDef, f uint16) string { return label(1, structDef, f) }
func variantLabel(enum, tag uint16, f int) string {
	return label(2+byte(tag), enum, uint16(f))
}

func label(kind byte, a, b uint16) string {
	return string([]byte{kind, byte(a >> 8), byte(a), byte(b >> 8), byte(b)})
}

// maxEdges bounds the edges between two references, as in Move's verifier.
const maxEdges = 10

// A borrowGraph is what is known about the references at a point of a program:
// which there are, and which borrow from which. The rules are those of Move's
// borrow graph (move-borrow-graph).
type borrowGraph struct {
	refs  []refKind // by id
	edges []borrowEdge
	steps *int // counts the work; nothing is done any more above maxVerifySteps
}

type refKind uint8

const (
	refNone refKind = iota // no such reference
	refImm
	refMut
)

// spend counts a look at all edges and reports whether there may be more work.
func (g *borrowGraph) spend() bool {
	*g.steps += 1 + len(g.edges)/4
	return *g.steps <= maxVerifySteps
}

func (g *borrowGraph) clone() *borrowGraph {
	g.spend()
	return &borrowGraph{slices.Clone(g.refs), slices.Clone(g.edges), g.steps}
}

func (g *borrowGraph) isMut(id refID) bool { return g.refs[id] == refMut }

// add makes a reference with a new id.
func (g *borrowGraph) add(mut bool) refID {
	kind := refImm
	if mut {
		kind = refMut
	}
	g.refs = append(g.refs, kind)
	return refID(len(g.refs) - 1)
}

// borrowed reports whether a reference is borrowed: as a whole, or below a
// label. Without a label, any borrow counts. With onlyMut, only by mutable
// references.
func (g *borrowGraph) borrowed(id refID, label string, onlyMut bool) bool {
	g.spend()
	return slices.ContainsFunc(g.edges, func(e borrowEdge) bool {
		return e.parent == id && (e.path == "" || strings.HasPrefix(e.path, label)) && !(onlyMut && !g.isMut(e.child))
	})
}

// borrowedWhole reports whether a reference is borrowed other than by its
// fields.
func (g *borrowGraph) borrowedWhole(id refID) bool {
	g.spend()
	return slices.ContainsFunc(g.edges, func(e borrowEdge) bool { return e.parent == id && e.path == "" })
}

// insert adds an edge to those between its two references.
func (g *borrowGraph) insert(e borrowEdge) {
	if !g.spend() {
		return
	}
	n, known := 0, false
	for _, f := range g.edges {
		if f.parent != e.parent || f.child != e.child {
			continue
		}
		if f.all {
			return
		}
		n++
		known = known || f == e
	}
	switch {
	case known && n < maxEdges:
		return
	case n == maxEdges:
		g.edges = slices.DeleteFunc(g.edges, func(f borrowEdge) bool { return f.parent == e.parent && f.child == e.child })
		e = borrowEdge{parent: e.parent, child: e.child, all: true}
	}
	g.edges = append(g.edges, e)
}

// weak makes child a borrow of anything in parent.
func (g *borrowGraph) weak(parent, child refID) {
	g.insert(borrowEdge{parent: parent, child: child})
}

// strong makes child, which is new, the borrow of exactly what is in parent at
// path. What borrows below that path borrows from child now.
func (g *borrowGraph) strong(parent refID, path string, child refID) {
	g.spend()
	var below []borrowEdge
	g.edges = slices.DeleteFunc(g.edges, func(e borrowEdge) bool {
		moves := e.parent == parent && strings.HasPrefix(e.path, path)
		if moves {
			below = append(below, e)
		}
		return moves
	})
	for _, e := range below {
		g.insert(borrowEdge{parent: child, child: e.child, strong: e.strong, path: e.path[len(path):]})
	}
	g.insert(borrowEdge{parent: parent, child: child, strong: true, path: path})
}

// release forgets a reference: what borrows from it borrows from its parents.
func (g *borrowGraph) release(id refID) {
	g.spend()
	var from, to []borrowEdge
	g.edges = slices.DeleteFunc(g.edges, func(e borrowEdge) bool {
		if e.child == id {
			from = append(from, e)
		} else if e.parent == id {
			to = append(to, e)
		}
		return e.child == id || e.parent == id
	})
	for _, p := range from {
		for _, c := range to {
			if p.parent == c.child {
				continue
			}
			e := borrowEdge{parent: p.parent, child: c.child, strong: p.strong && c.strong, path: p.path}
			if p.strong {
				e.path += c.path
			}
			g.insert(e)
		}
	}
	g.refs[id] = refNone
}

// rename gives the references that live on, by their old ids, new ids below n.
// The root, which had the id n, keeps it.
func (g *borrowGraph) rename(to []refID, n int) {
	g.spend()
	refs := make([]refKind, n+1)
	for old, id := range to {
		if id != noRef {
			refs[id] = g.refs[old]
		}
	}
	g.refs = refs
	for i := range g.edges {
		e := &g.edges[i]
		e.parent, e.child = to[e.parent], to[e.child]
	}
}

// join adds what another graph knows, and reports whether that was news.
func (g *borrowGraph) join(other *borrowGraph) (changed bool) {
	var news []borrowEdge
	for _, e := range other.edges {
		if g.spend() && !slices.ContainsFunc(g.edges, func(f borrowEdge) bool { return f.covers(e) }) {
			e.all = false
			news = append(news, e)
		}
	}
	for _, e := range news {
		g.insert(e)
	}
	return len(news) > 0
}
