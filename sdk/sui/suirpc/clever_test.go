package suirpc_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// What the author of a contract wrote beside an abort reaches the caller: from
// the module's constants through the chain's gRPC into the error's text. The
// package is compiled by Sui's compiler; the lines are those of its source.
func TestCleverErrors(t *testing.T) {
	url, faucet := devnet(t)
	c, ctx, owner := dial(t, url), t.Context(), key(t, 1)
	if err := c.RequestGas(ctx, faucet, owner.Address()); err != nil {
		t.Fatal(err)
	}
	lab := publishLab(t, c, owner)
	source, err := os.ReadFile("../../execution/testdata/lab/sources/lab.move")
	if err != nil {
		t.Fatal(err)
	}
	line := func(text string) uint64 {
		before, _, found := strings.Cut(string(source), text)
		if !found {
			t.Fatalf("lab.move lacks %q", text)
		}
		return uint64(strings.Count(before, "\n") + 1)
	}
	for _, tt := range []struct {
		fn   string
		args []any
		want *suirpc.Clever
		text string
	}{
		{"fail_clever", []any{uint64(11)}, &suirpc.Clever{Line: line("assert!(value < 10"), Constant: "ETooBig", Value: "the value is too big"},
			`lab::fail_clever aborts with "ETooBig" at line `},
		{"fail_bare", nil, &suirpc.Clever{Line: line("assert!(false)")}, "lab::fail_bare aborts at line "},
		{"fail_plain", nil, nil, "lab::fail_plain aborts with code 7"},
	} {
		b := sui.NewBuilder()
		var args []sui.Arg
		for _, a := range tt.args {
			args = append(args, b.Pure(a))
		}
		b.Call(lab, "lab", tt.fn, nil, args...)
		_, err := c.Send(ctx, owner, b)
		var failed *suirpc.ExecutionError
		if !errors.As(err, &failed) || failed.Abort == nil {
			t.Fatalf("%s: %v", tt.fn, err)
		}
		got := failed.Abort.Clever
		switch {
		case (got == nil) != (tt.want == nil):
			t.Errorf("%s: %+v, want %+v", tt.fn, got, tt.want)
		case got != nil && *got != *tt.want:
			t.Errorf("%s: %+v, want %+v", tt.fn, *got, *tt.want)
		}
		if !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: error is %q, want it to have %q", tt.fn, err, tt.text)
		}
	}
}

func publishLab(t *testing.T, c *suirpc.Client, owner *sui.PrivateKey) sui.Address {
	t.Helper()
	text, err := os.ReadFile("../../execution/testdata/packages.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Packages map[string]struct {
			Modules      [][]byte
			Dependencies []sui.Address
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	p := file.Packages["lab"]
	b := sui.NewBuilder()
	b.Transfer(owner.Address(), b.Publish(p.Modules, p.Dependencies))
	ex, err := c.Send(t.Context(), owner, b)
	if err != nil {
		t.Fatal(err)
	}
	for id, o := range ex.Objects {
		if o.Package != nil {
			return id
		}
	}
	t.Fatal("no package was written")
	return sui.Address{}
}
