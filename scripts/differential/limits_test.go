package differential

import (
	"fmt"
	"strings"
	"testing"
)

// TestLimits compares the machines at their limits: 1024 frames of calls and
// 1024 operands in all of them. (The runner does not have Sui's limit on the
// length of vectors.)
func TestLimits(t *testing.T) {
	c := comparer(t)
	var b strings.Builder
	b.WriteString(`#[allow(all)]
module diff::limits;

fun tail(n: u64): u64 { if (n == 0) return 7; tail(n - 1) }
fun down(n: u64): u64 { if (n == 0) 0 else 1 + down(n - 1) }
fun wide(n: u64): u64 { if (n == 0) 0 else n ^ (n & (n | (n ^ (n | (n & (n ^ wide(n - 1))))))) }
`)
	add := func(f string, depths ...int) {
		for _, n := range depths {
			fmt.Fprintf(&b, "public fun c%s_%d(): vector<u8> { std::bcs::to_bytes(&%s(%d)) }\n", f, n, f, n)
		}
	}
	// 1023 is left out: a test is itself a call, which ours is spared.
	add("tail", 1, 1000, 1019, 1020, 1021, 1022, 1024, 1025, 1100)
	add("down", 1, 1000, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 1026, 1100)
	add("wide", 1, 100, 120, 125, 126, 127, 128, 129, 130, 140, 145, 146, 147, 148, 150, 170, 200, 300)
	r, err := c.Compare(t.Context(), []*Module{Written("limits", b.String())})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Disagreements {
		t.Errorf("case %s: ours gives %v; the real VM:\n%s", d.Case, d.Ours, d.Real)
	}
	if r.Outcomes["value"] == 0 || r.Outcomes["status 4020"] == 0 || r.Outcomes["status 4021"] == 0 {
		t.Errorf("not all limits were reached: %v", r.Outcomes)
	}
}
