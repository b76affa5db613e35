package differential

import (
	"fmt"
	"slices"
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

// TestLayoutLimit compares the machines on types around the 512 parts that
// std::bcs::to_bytes takes. Case 1 of TestGenerated, which ended with a value on
// ours: E3<E3<S2>> of module 3008.
func TestLayoutLimit(t *testing.T) {
	var b strings.Builder
	b.WriteString("#[allow(all)]\nmodule diff::layouts;\n")
	record := func(name string, fields []string) {
		fmt.Fprintf(&b, "public struct %s has copy, drop, store { ", name)
		for i, f := range fields {
			fmt.Fprintf(&b, "f%d: %s, ", i, f)
		}
		fmt.Fprintf(&b, "}\nfun new_%s(): %s { %s { ", strings.ToLower(name), name, name)
		for i, f := range fields {
			if f == "u8" {
				fmt.Fprintf(&b, "f%d: 7, ", i)
			} else {
				fmt.Fprintf(&b, "f%d: new_%s(), ", i, strings.ToLower(f))
			}
		}
		b.WriteString("} }\n")
	}
	record("A", slices.Repeat([]string{"u8"}, 30)) // 31 parts
	record("B", slices.Repeat([]string{"u8"}, 31))
	add := func(name, value string) {
		fmt.Fprintf(&b, "public fun c%s(): vector<u8> { let b = std::bcs::to_bytes(&%s); vector[(b.length() %% 251) as u8] }\n", name, value)
	}
	for parts := 503; parts <= 514; parts++ {
		name := fmt.Sprintf("T%d", parts)
		fields := slices.Repeat([]string{"A"}, 16)
		rest := parts - 1 - 16*31
		if rest > 16 { // a struct has at most 32 fields
			fields[0], rest = "B", rest-1
		}
		record(name, append(fields, slices.Repeat([]string{"u8"}, rest)...))
		fmt.Fprintf(&b, "public enum E%d has copy, drop, store { V(%s), W, X(u8) }\n", parts, name)
		add("struct_"+name, fmt.Sprintf("new_t%d()", parts))
		add("vector_"+name, fmt.Sprintf("vector[new_t%d()]", parts))
		add("empty_"+name, fmt.Sprintf("vector<%s>[]", name))
		add("enum_"+name, fmt.Sprintf("E%d::V(new_t%d())", parts, parts))
	}
	r, err := comparer(t).Compare(t.Context(), []*Module{Written("layouts", b.String())})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Disagreements {
		t.Errorf("case %s: ours gives %v; the real VM:\n%s", d.Case, d.Ours, d.Real)
	}
	if r.Outcomes["value"] < 20 || r.Outcomes["abort"] < 10 {
		t.Errorf("the limit is not between: %v", r.Outcomes)
	}
}
