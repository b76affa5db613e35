package movevm

import "slices"

// Sui's limits on the flow of control in a function (protocol version 95).
const (
	maxBasicBlocks = 1024
	maxBackEdges   = 10_000
	maxLoopDepth   = 5
	maxPushes      = 10_000 // values that one block pushes
)

// A flow is the graph of the blocks of a function, as far as control reaches.
// Blocks are named by their place in a depth-first walk from the start.
type flow struct {
	start []int   // first instruction of each block
	last  []int   // the last block of the walk below this one
	back  [][]int // blocks from which control jumps back to this one
	into  [][]int // blocks from which it comes by other ways
}

// checkFlow checks the number of blocks and jumps back, and that loops are
// nested properly and not too deep: each is entered at its head only.
func (v *verifier) checkFlow() error {
	blocks := 0
	for pc := range v.f.def.Code {
		if v.starts[pc] {
			blocks++
		}
	}
	if blocks > maxBasicBlocks {
		return v.fail("function has %d basic blocks, at most %d are allowed", blocks, maxBasicBlocks)
	}
	g := v.flow()
	for _, back := range g.back {
		v.out.backEdges += len(back)
	}
	if v.out.backEdges > maxBackEdges {
		return v.fail("function has %d jumps back, at most %d are allowed", v.out.backEdges, maxBackEdges)
	}
	return v.checkLoops(g)
}

// flow walks the blocks depth first.
func (v *verifier) flow() *flow {
	g := &flow{}
	number := map[int]int{} // by first instruction
	var walk func(start int) int
	walk = func(start int) int {
		at := len(g.start)
		number[start] = at
		g.start, g.last = append(g.start, start), append(g.last, -1)
		g.back, g.into = append(g.back, nil), append(g.into, nil)
		for _, to := range v.blockSuccessors(start) {
			n, known := number[to]
			if !known {
				n = walk(to)
			}
			if g.last[n] < 0 { // control is still below n
				g.back[n] = appendOnce(g.back[n], at)
			} else {
				g.into[n] = appendOnce(g.into[n], at)
			}
		}
		g.last[at] = len(g.start) - 1
		return at
	}
	walk(0)
	return g
}

func appendOnce(list []int, n int) []int {
	if slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

// blockSuccessors are the blocks that follow a block.
func (v *verifier) blockSuccessors(start int) []int {
	pc := start
	for {
		next, ends := v.successors(v.f.def.Code[pc])
		switch {
		case ends:
			return next
		case v.starts[pc+1]:
			return append(next, pc+1)
		}
		pc++
	}
}

// checkLoops takes the loops from the innermost out, as Tarjan's test of
// reducibility does, and replaces each by its head.
func (v *verifier) checkLoops(g *flow) error {
	head, depth := make([]int, len(g.start)), make([]int, len(g.start))
	for i := range head {
		head[i] = i
	}
	outermost := func(n int) int {
		for head[n] != n {
			head[n] = head[head[n]]
			n = head[n]
		}
		return n
	}
	for h := len(g.start) - 1; h >= 0; h-- {
		if len(g.back[h]) == 0 {
			continue
		}
		body := map[int]bool{}
		var todo []int
		add := func(n int) {
			if n = outermost(n); n != h && !body[n] {
				body[n] = true
				todo = append(todo, n)
			}
		}
		for _, n := range g.back[h] {
			add(n)
		}
		for len(todo) > 0 {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if err := v.charge(1 + len(g.into[n])); err != nil {
				return err
			}
			for _, from := range g.into[n] {
				if from = outermost(from); from < h || from > g.last[h] {
					return v.failAt(g.start[n], "loop is entered elsewhere than at its head")
				}
				add(from)
			}
		}
		for n := range body {
			head[n] = h
			depth[h] = max(depth[h], depth[n])
		}
		if depth[h]++; depth[h] > maxLoopDepth {
			return v.failAt(g.start[h], "loops are nested more than %d deep", maxLoopDepth)
		}
	}
	return nil
}

// failAt is fail at an instruction.
func (v *verifier) failAt(pc int, format string, args ...any) error {
	v.pc = pc
	return v.fail(format, args...)
}
