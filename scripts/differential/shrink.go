package differential

// Shrink makes a module smaller for as long as bad stays true of it, and
// returns what is left: bad is given variants of the module, many of which do
// not compile. limit bounds how often bad is asked.
func (m *Module) Shrink(limit int, bad func(*Module) bool) {
	s := &shrinker{m: m, left: limit, bad: bad}
	for s.changed = true; s.changed && s.left > 0; {
		s.changed = false
		shrinkList(s, &m.functions)
		for _, f := range m.functions {
			shrinkList(s, &f.cases)
			s.nodes(&f.body)
		}
		shrinkList(s, &m.datatypes)
		shrinkList(s, &m.constants)
	}
}

type shrinker struct {
	m       *Module
	left    int
	bad     func(*Module) bool
	changed bool
}

func (s *shrinker) ask() bool {
	if s.left--; s.left < 0 {
		return false
	}
	return s.bad(s.m)
}

// shrinkList removes runs of elements, long ones first, from the end: later
// ones use earlier ones.
func shrinkList[T any](s *shrinker, list *[]T) {
	for n := len(*list); n > 0; n /= 2 {
		for end := len(*list); end > 0; end -= n {
			old, start := *list, max(end-n, 0)
			*list = append(append([]T{}, old[:start]...), old[min(end, len(old)):]...)
			if s.ask() {
				s.changed = true
			} else {
				*list = old
			}
		}
	}
}

func (s *shrinker) nodes(list *[]*node) {
	shrinkList(s, list)
	for _, n := range *list {
		for i := range n.blocks {
			s.nodes(&n.blocks[i])
		}
	}
}
