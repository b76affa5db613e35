package movevm

import "github.com/floe-data/floe/sdk/movevm/bytecode"

// A typeFlow is a use of one type parameter of a function of the module in the
// type arguments of a call to another: as it is, or within a larger type.
type typeFlow struct {
	to    typeFormal
	grows bool
}

// A typeFormal is a type parameter of a function definition.
type typeFormal struct{ function, param uint16 }

// checkInstantiations refuses functions that call each other round in a circle
// with types that grow: they would have instances without end.
func (r *resolver) checkInstantiations(m *bytecode.Module) error {
	flows := map[typeFormal][]typeFlow{}
	defs := map[uint16]uint16{} // by handle
	for i, f := range m.Functions {
		defs[f.Handle] = uint16(i)
	}
	for i, f := range m.Functions {
		for _, in := range f.Code {
			if in.Op != bytecode.OpCallGeneric {
				continue
			}
			inst := m.FunctionInsts[in.A]
			callee, own := defs[inst.Of]
			if !own {
				continue
			}
			for k, t := range m.Signatures[inst.Args] {
				to := typeFormal{callee, uint16(k)}
				for _, p := range formalsIn(nil, t) {
					if r.steps += 8; r.steps > maxVerifySteps {
						return errorf(StatusVerification, "code is too complex to verify")
					}
					from := typeFormal{uint16(i), p}
					flows[from] = append(flows[from], typeFlow{to, t.Kind != bytecode.TokenTypeParam})
				}
			}
		}
	}
	circle := circles(flows)
	for from, list := range flows {
		for _, f := range list {
			if f.grows && circle[from] == circle[f.to] {
				return errorf(StatusVerification, "function %s has instances without end: it calls itself with types that grow", m.FunctionName(m.Functions[from.function]))
			}
		}
	}
	return nil
}

// formalsIn lists the type parameters in a type.
func formalsIn(out []uint16, t bytecode.Token) []uint16 {
	if t.Kind == bytecode.TokenTypeParam {
		return append(out, t.Index)
	}
	for _, a := range t.Args {
		out = formalsIn(out, a)
	}
	return out
}

// circles numbers the strongly connected components of the flows, by Tarjan's
// algorithm.
func circles(flows map[typeFormal][]typeFlow) map[typeFormal]int {
	number, low, component := map[typeFormal]int{}, map[typeFormal]int{}, map[typeFormal]int{}
	var stack []typeFormal
	components := 0
	var visit func(at typeFormal)
	visit = func(at typeFormal) {
		number[at] = len(number) + 1
		low[at] = number[at]
		stack = append(stack, at)
		for _, f := range flows[at] {
			if number[f.to] == 0 {
				visit(f.to)
				low[at] = min(low[at], low[f.to])
			} else if component[f.to] == 0 { // still on the stack
				low[at] = min(low[at], number[f.to])
			}
		}
		if low[at] != number[at] {
			return
		}
		components++
		for {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			component[last] = components
			if last == at {
				return
			}
		}
	}
	for at := range flows {
		if number[at] == 0 {
			visit(at)
		}
	}
	return component
}
