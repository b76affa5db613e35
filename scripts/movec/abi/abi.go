// Package abi compares our framework with the one that runs on mainnet.
//
// Contracts are compiled against move/framework and run against the real 0x1
// and 0x2. That works if, and only if, every type and public function that we
// declare is declared there the same way. npm @typemove/sui carries the live
// framework's interface; [Live] reads it, [Compiled] reads the same from our
// bytecode, and [Compare] lists what differs.
//
// Both sides become text in one form, such as
//
//	public fun split<T0>(&mut balance::Balance<T0>, u64): balance::Balance<T0>
//
// so that a difference can be read as it is.
package abi

import (
	"fmt"
	"slices"
	"strings"
)

// Interface is what a package declares: declarations by full name, such as
// "0x2::coin::split".
type Interface struct {
	Datatypes map[string]string
	Functions map[string]Function
}

// Function is a declared function.
type Function struct {
	Public bool
	// Native is known of compiled code only.
	Native bool
	// Text is the declaration without "public" or "public(package)".
	Text string
}

func newInterface() *Interface {
	return &Interface{Datatypes: map[string]string{}, Functions: map[string]Function{}}
}

// Report is the outcome of a comparison.
type Report struct {
	Datatypes, Functions, Natives int // that were compared and are equal
	LivePublic                    int // public functions of the live framework
	Allowed                       int // deliberate differences that were met
	Differences                   []string
}

// Compare checks all datatypes, public functions and natives of ours against
// the live framework, of which ours is a subset. Names in allow may differ;
// one that does not is reported as well, so that the list can't grow stale.
func Compare(ours, live *Interface, allow map[string]string) *Report {
	r := &Report{}
	met := map[string]bool{}
	differ := func(name, format string, args ...any) {
		if allow[name] != "" {
			met[name] = true
			r.Allowed++
			return
		}
		r.Differences = append(r.Differences, name+": "+fmt.Sprintf(format, args...))
	}
	for name, text := range ours.Datatypes {
		switch want, ok := live.Datatypes[name]; {
		case !ok:
			differ(name, "there is no such type on mainnet")
		case want != text:
			differ(name, "types differ\n  ours: %s\n  live: %s", text, want)
		default:
			r.Datatypes++
		}
	}
	for name, f := range ours.Functions {
		if f.Public || f.Native {
			compareFunction(r, name, f, live, differ)
		}
	}
	for _, f := range live.Functions {
		if f.Public {
			r.LivePublic++
		}
	}
	for name := range allow {
		if !met[name] {
			r.Differences = append(r.Differences, name+": it is on the list of deliberate differences and does not differ; take it off")
		}
	}
	slices.Sort(r.Differences)
	return r
}

func compareFunction(r *Report, name string, f Function, live *Interface, differ func(string, string, ...any)) {
	want, ok := live.Functions[name]
	switch {
	case !ok:
		differ(name, "there is no such function on mainnet")
	case want.Text != f.Text:
		differ(name, "signatures differ\n  ours: %s\n  live: %s", f.Text, want.Text)
	case f.Public && !want.Public:
		differ(name, "it is public here and not on mainnet")
	case f.Public:
		r.Functions++
	default:
		r.Natives++
	}
}

// abilityNames stand in the order of their bits, which is that of the numbers
// in the live interface too.
var abilityNames = []string{"copy", "drop", "store", "key"}

// typeParameters writes "<T0: copy + drop, phantom T1>", or nothing.
func typeParameters(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "<" + strings.Join(list, ", ") + ">"
}

func typeParameter(i int, phantom bool, constraints []string) string {
	text := fmt.Sprintf("T%d", i)
	if phantom {
		text = "phantom " + text
	}
	if len(constraints) > 0 {
		text += ": " + strings.Join(constraints, " + ")
	}
	return text
}

func functionText(entry bool, name, typeParams string, params, returns []string) string {
	text := "fun " + name + typeParams + "(" + strings.Join(params, ", ") + ")"
	if entry {
		text = "entry " + text
	}
	switch len(returns) {
	case 0:
		return text
	case 1:
		return text + ": " + returns[0]
	}
	return text + ": (" + strings.Join(returns, ", ") + ")"
}

func structText(name, typeParams string, abilities, fields []string) string {
	return "struct " + name + typeParams + has(abilities) + " { " + strings.Join(fields, ", ") + " }"
}

func enumText(name, typeParams string, abilities, variants []string) string {
	return "enum " + name + typeParams + has(abilities) + " { " + strings.Join(variants, ", ") + " }"
}

func has(abilities []string) string {
	if len(abilities) == 0 {
		return ""
	}
	return " has " + strings.Join(abilities, ", ")
}
