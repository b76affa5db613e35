package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/move"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// gates are the functions that refuse when a newer version of a package is in
// force.
var gates = map[string]string{
	contract.Access:  "access::version::check_number",
	contract.Catalog: "catalog::catalog_version::check_number",
	contract.Storage: "storage::system::check_version",
}

// ungated are the functions that change something and need no gate of their own.
var ungated = map[string]string{
	"access::pass::discard":                     "destroys what is the sender's",
	"access::key_request::discard":              "destroys what is the sender's",
	"access::version::migrate":                  "is what opens the gate",
	"catalog::lineage::migrate":                 "is what opens the gate",
	"storage::system::migrate":                  "is what opens the gate",
	"catalog::catalog::share":                   "takes what a gated call of the same transaction made",
	"catalog::enclave::revoke":                  "only narrows",
	"catalog::enclave::revoke_as_registrant":    "only narrows",
	"catalog::enclave_config::cancel":           "only narrows",
	"catalog::enclave_config::cancel_as_second": "only narrows",
	"catalog::enclave_config::raise_delay":      "only narrows",
	"catalog::enclave_config::revoke":           "only narrows",
	"catalog::enclave_config::revoke_as_second": "only narrows",
	"catalog::enclave_config::revoke_version":   "only narrows",
	"catalog::enclave::remove":                  "destroys what no longer counts",
	"catalog::enclave_config::share":            "takes what a gated call of the same transaction made",
	"catalog::catalog::extend_version":          "has the storage system decide, which has a gate",
	"catalog::catalog::expire_version":          "has the storage system decide, which has a gate",
}

// effects are what a function does that others can see.
var effects = []string{"event::emit", "transfer::", "table::add", "table::remove", "dynamic_field::add", "dynamic_field::remove", "object::delete"}

// TestEveryChangeIsGated finds, in the bytecode, each function that anybody can
// call and that leaves something behind, and demands that it calls its package's
// gate, itself or by what it calls. That the gate refuses is tested in Move:
// outdated_tests and catalog_version_tests.
func TestEveryChangeIsGated(t *testing.T) {
	graph := callGraph(t)
	gated, open := 0, map[string]bool{}
	for name, f := range graph {
		pkg, _, _ := strings.Cut(name, "::")
		if !f.callable || gates[pkg] == "" {
			continue
		}
		module := name[:strings.LastIndex(name, "::")]
		switch {
		case !graph.changes(name):
		case graph.reaches(name, func(callee string) bool { return callee == gates[pkg] }):
			gated++
		case has(ungated, name):
			open[name] = true
		case has(ungated, module):
			open[module] = true
		default:
			t.Errorf("%s changes something and old code of it is never switched off: check the version in force", name)
		}
	}
	for name := range ungated {
		if !open[name] {
			t.Errorf("%s is listed for nothing: there is no such function, or it has a gate", name)
		}
	}
	if gated < 80 {
		t.Errorf("only %d gated functions found", gated)
	}
	t.Logf("%d functions check the version in force", gated)
}

// TestNoNativeThatMainnetLacks finds calls of natives that testnet and mainnet have
// switched off (sui-protocol-config, enable_group_ops_native_function_msm), and the
// devnet has not.
func TestNoNativeThatMainnetLacks(t *testing.T) {
	for name, f := range callGraph(t) {
		for _, callee := range f.calls {
			if strings.HasSuffix(callee, "_multi_scalar_multiplication") {
				t.Errorf("%s calls %s, which aborts on mainnet", name, callee)
			}
		}
	}
}

// changes reports whether a function leaves something behind.
func (g graph) changes(name string) bool {
	return g[name].mutates || g.reaches(name, func(callee string) bool {
		return strings.HasPrefix(callee, "0x") && slices.ContainsFunc(effects, func(e string) bool { return strings.Contains(callee, e) })
	})
}

func has(m map[string]string, k string) bool { _, ok := m[k]; return ok }

type function struct {
	callable bool // by transactions or other packages
	mutates  bool // takes an object, or one of its kind, by &mut or by value
	calls    []string
}

// A graph has functions by package, module and name.
type graph map[string]*function

func callGraph(t *testing.T) graph {
	t.Helper()
	names := map[sui.Address]string{sui.MoveStdlib: "0x1", sui.Framework: "0x2"}
	packages := []string{contract.Storage, contract.Catalog, contract.Access, contract.KeyServer, contract.Committee}
	for _, pkg := range packages {
		placeholder, _ := move.Placeholder(pkg)
		names[placeholder] = pkg
	}
	g := graph{}
	for _, pkg := range packages {
		code, err := move.Package(pkg)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range code.Modules {
			m, err := bytecode.Parse(raw.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			g.add(pkg, m, names)
		}
	}
	return g
}

func (g graph) add(pkg string, m *bytecode.Module, names map[sui.Address]string) {
	name := func(handle uint16) string {
		h := m.FunctionHandles[handle]
		addr, module := m.ModuleID(h.Module)
		owner := names[addr]
		if addr == m.Address() {
			owner = pkg
		}
		return owner + "::" + module + "::" + m.Identifiers[h.Name]
	}
	for _, def := range m.Functions {
		f := &function{callable: def.Visibility == bytecode.Public || def.Entry}
		for _, p := range m.Signatures[m.FunctionHandles[def.Handle].Params] {
			f.mutates = f.mutates || mutable(m, p)
		}
		for _, in := range def.Code {
			switch in.Op {
			case bytecode.OpCall:
				f.calls = append(f.calls, name(in.A))
			case bytecode.OpCallGeneric:
				f.calls = append(f.calls, name(m.FunctionInsts[in.A].Of))
			}
		}
		g[name(def.Handle)] = f
	}
}

// mutable reports whether a parameter is an object of this module by &mut or by
// value.
func mutable(m *bytecode.Module, p bytecode.Token) bool {
	if p.Kind == bytecode.TokenMutRef {
		p = p.Args[0]
	}
	if p.Kind != bytecode.TokenDatatype && p.Kind != bytecode.TokenDatatypeInst {
		return false
	}
	return m.DatatypeHandles[p.Index].Abilities.Has(bytecode.Key)
}

// reaches reports whether a function calls one that fits, at any remove.
func (g graph) reaches(from string, fits func(string) bool) bool {
	seen := map[string]bool{}
	var visit func(string) bool
	visit = func(name string) bool {
		if seen[name] {
			return false
		}
		seen[name] = true
		f := g[name]
		if f == nil {
			return false
		}
		for _, callee := range f.calls {
			if fits(callee) || visit(callee) {
				return true
			}
		}
		return false
	}
	return visit(from)
}
