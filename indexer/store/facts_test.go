package store

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// modules are those of the contracts that define events.
var modules = []string{"events", "hold_events", "enclave_events", "anchor_events", "policy_events", "sale_events", "governance_events", "request_events", "upgrade_events", "seal_committee"}

// FuzzFacts makes rows of whatever decodes as an event: each has as many values
// as its table has columns.
func FuzzFacts(f *testing.F) {
	raw, err := os.ReadFile("../../sdk/contract/testdata/vectors.json")
	if err != nil {
		f.Fatal(err)
	}
	var vectors map[string]string
	if err := json.Unmarshal(raw, &vectors); err != nil {
		f.Fatal(err)
	}
	for name, text := range vectors {
		b, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, b)
	}
	columns := map[string]int{}
	for _, t := range factTables {
		columns[t.name] = len(t.columns)
	}
	all := contract.Packages{Storage: contract.Package{Original: sui.Address{1}}, Catalog: contract.Package{Original: sui.Address{2}}, Access: contract.Package{Original: sui.Address{3}},
		KeyServer: contract.Package{Original: sui.Address{4}}, Committee: contract.Package{Original: sui.Address{5}}}
	f.Fuzz(func(t *testing.T, name string, contents []byte) {
		for pkg := range byte(5) {
			for _, module := range modules {
				ev := sui.Event{Type: sui.StructTag{Address: sui.Address{pkg + 1}, Module: module, Name: name}, Contents: contents}
				v, err := contract.DecodeEvent(ev, all)
				if err != nil {
					continue
				}
				facts(&decode.Event{Typed: v, Raw: ev}, func(table string, values ...any) {
					if n, ok := columns[table]; !ok || n != len(values) {
						t.Errorf("%s gives %d values for %s, which has %d columns", name, len(values), table, n)
					}
				})
			}
		}
	})
}

// Every table of facts is in the digest of the index.
func TestFactsAreInTheDigest(t *testing.T) {
	for _, table := range factTables {
		if !slices.ContainsFunc(Tables, func(d struct{ Name, Key string }) bool { return d.Name == table.name }) {
			t.Errorf("%s is not among Tables", table.name)
		}
	}
}

// Every kind of rule and change that the contract has gets a name of its own.
func TestRulesHaveNames(t *testing.T) {
	seen := map[any]bool{}
	zeros := make([]byte, 64)
	for kind := range byte(64) {
		var r contract.Rule
		d := bcs.NewDecoder(append([]byte{kind}, zeros...))
		d.Value(&r)
		if d.Err() != nil {
			break
		}
		name := ruleJSON(r)["rule"]
		if name == "" || seen[name] {
			t.Errorf("rule %d is named %q", kind, name)
		}
		seen[name] = true
	}
	if len(seen) < 11 {
		t.Errorf("%d kinds of rules", len(seen))
	}
}
