package execution

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

// TestForeignClientReadsResults gives transactions, effects, events and objects
// of all sorts to npm @mysten/sui.
func TestForeignClientReadsResults(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not in PATH; install Node 20 or newer, or run the tests by ./scripts/test, which brings it")
	}
	var in bytes.Buffer
	out := json.NewEncoder(&in)
	results, derived := scenario(t)
	for i, r := range results {
		line := resultLine(fmt.Sprintf("transaction %d", i), r)
		if d := derived[r]; d != nil {
			line["derived"] = d
		}
		if err := out.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	check := func(in []byte) (string, error) {
		cmd := exec.CommandContext(t.Context(), node, "../../scripts/npm/check-execution.mjs")
		cmd.Stdin = bytes.NewReader(in)
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	text, err := check(in.Bytes())
	// two dynamic fields of Counter, and a mark for each of its derived objects
	if err != nil || strings.TrimSpace(text) != fmt.Sprintf("checked %d, 4 field ids, 2 derived ids", len(results)) {
		t.Errorf("%v\n%s(if a package is missing: npm ci --prefix scripts/npm)", err, text)
	}
	broken := bytes.Replace(in.Bytes(), []byte(results[0].Effects.Transaction.String()), []byte(results[1].Effects.Transaction.String()), 1)
	if text, err := check(broken); err == nil || !strings.Contains(text, "transaction 0") {
		t.Errorf("a wrong digest passes: %s", text)
	}
}

// A derivedID is an object's id as it follows from a parent and a key.
type derivedID struct {
	ID     string `json:"id"`
	Parent string `json:"parent"`
	Type   string `json:"type"`
	Key    string `json:"key"` // hex of BCS
}

// scenario executes transactions with many kinds of effects, some of them
// failures; derived are the objects of them that have derived ids.
func scenario(t *testing.T) (results []*Result, derived map[*Result][]derivedID) {
	w := newWorld(t)
	lab := w.publish()
	counter, cap := w.created("Counter"), w.created("UpgradeCap")
	step := func(build func(b *sui.Builder, call func(fn string, args ...sui.Arg) sui.Result)) {
		t.Helper()
		b := sui.NewBuilder()
		build(b, func(fn string, args ...sui.Arg) sui.Result { return b.Call(lab, "lab", fn, nil, args...) })
		w.execute(w.build(b))
	}
	type call = func(fn string, args ...sui.Arg) sui.Result
	box := w.newBox(lab, 1)
	step(func(b *sui.Builder, call call) {
		call("increment", w.use(b, counter), b.Pure(uint64(3)))
		call("add_field", w.use(b, counter), b.Pure(uint64(1)), b.Pure(uint64(2)))
		call("attach", w.use(b, counter), b.Pure("name"), w.use(b, box))
	})
	step(func(b *sui.Builder, call call) {
		call("count", b.SharedObject(counter, w.ledger.live[counter].Owner.Version, false))
		call("now", b.Clock())
	})
	step(func(b *sui.Builder, call call) {
		b.Transfer(w.bob, call("wrap", call("detach", w.use(b, counter), b.Pure("name"))))
		call("remove_field", w.use(b, counter), b.Pure(uint64(1)))
	})
	step(func(b *sui.Builder, call call) {
		b.Transfer(w.alice, call("derive", w.use(b, counter), b.Pure(uint64(7))), call("derive", w.use(b, counter), b.Pure(uint64(8))))
	})
	derived = map[*Result][]derivedID{}
	for _, o := range w.last.Written {
		if o.Move != nil && o.Move.Type.Name == "Box" { // derive puts the key into the value
			derived[w.last] = append(derived[w.last], derivedID{o.ID().String(), counter.String(), "u64", hex.EncodeToString(o.Move.Contents[32:])})
		}
	}
	sent, parent := w.newBox(lab, 3), w.newBox(lab, 4)
	step(func(b *sui.Builder, _ call) { b.Transfer(parent, w.use(b, sent)) })
	step(func(b *sui.Builder, call call) {
		b.Transfer(w.bob, call("receive", w.use(b, parent), b.ReceivedObject(w.ref(sent))))
	})
	boxType := sui.TypeTag{Kind: sui.KindStruct, Struct: &sui.StructTag{Address: lab, Module: "lab", Name: "Box"}}
	step(func(b *sui.Builder, _ call) {
		b.Call(sui.Framework, "transfer", "public_party_transfer", []sui.TypeTag{boxType},
			w.use(b, parent), b.Call(sui.Framework, "party", "single_owner", nil, b.Pure(w.alice)))
	})
	if owner := w.ledger.live[parent].Owner; owner.Kind != sui.OwnerConsensusAddress || owner.Address != w.alice || owner.Version != w.last.Effects.LamportVersion {
		t.Errorf("the party's object belongs to %+v", owner)
	}
	step(func(b *sui.Builder, call call) {
		call("set", b.SharedObject(parent, w.ledger.live[parent].Owner.Version, true), b.Pure(uint64(5)))
	})
	if w.value(parent) != 5 {
		t.Error("the party's owner can't change the object")
	}
	for _, fn := range []string{"fail_plain", "fail_bare", "hidden", "no_such", "hot", "token", "value", "new_box"} {
		step(func(b *sui.Builder, call call) {
			switch fn {
			case "hot":
				call(fn, b.Pure(uint64(1)))
			case "value":
				call(fn, w.use(b, counter))
			case "new_box":
				call(fn, b.Pure(uint8(1)))
			default:
				call(fn)
			}
		})
	}
	step(func(b *sui.Builder, _ call) { b.Transfer(w.bob, sui.GasCoin, w.use(b, cap)) })
	w.gas = w.coin
	start := w.ledger.live[counter].Owner.Version
	step(func(b *sui.Builder, call call) { call("delete_counter", w.use(b, counter)) })
	for _, mutable := range []bool{true, false} { // too late
		step(func(b *sui.Builder, call call) { call("count", b.SharedObject(counter, start, mutable)) })
	}
	clock, err := w.engine.Execute(w.ledger, w.env, ClockTransaction(w.env.Epoch, 1, testTime+1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := w.engine.Execute(w.ledger, w.env, ChangeEpochTransaction(w.env.Epoch+1, 95, w.last.Effects.Gas, testTime+2), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return append(w.log, clock, epoch, w.draw(0, []byte{1, 2, 3}), w.draw(1, nil)), derived
}
