package seal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// The PTB of the known answers was built by npm @mysten/sui.
func TestNewApproval(t *testing.T) {
	var want FetchKeyRequest
	vector(t, "known_answers.json", &want, "request", "json")
	fullID := unhex(t, known[string](t, "full_id"))
	b := sui.NewBuilder()
	b.Call(sui.Address(fullID[:32]), "m", "seal_approve", nil, b.Pure(fullID[32:]))
	a, err := NewApproval(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), want.PTB) {
		t.Errorf("PTB = %x, want %x", a.Bytes(), want.PTB)
	}
	b.Call(sui.Address(fullID[:32]), "m", "seal_approve", nil, b.Pure(fullID[32:]), b.Object(sui.Address{2}))
	if _, err := NewApproval(b); err == nil {
		t.Error("an unresolved object is accepted")
	}
}

// The cases and messages are those of valid_ptb in Seal's key server.
func TestParseApprovalRefuses(t *testing.T) {
	pkg := sui.Address{1}
	id := sui.Input{Kind: sui.InputPure, Pure: []byte{1, 9}}
	call := func(f func(*sui.MoveCall)) sui.Command {
		c := &sui.MoveCall{Package: pkg, Module: "m", Function: "seal_approve", Arguments: []sui.Argument{{Kind: sui.ArgInput}}}
		if f != nil {
			f(c)
		}
		return sui.Command{MoveCall: c}
	}
	many := make([]sui.Command, 101)
	for i := range many {
		many[i] = call(nil)
	}
	split := sui.Command{SplitCoins: &sui.SplitCoins{Coin: sui.Argument{Kind: sui.ArgGasCoin}}}
	for _, c := range []struct {
		want     string
		inputs   []sui.Input
		commands []sui.Command
	}{
		{"", []sui.Input{id}, []sui.Command{call(nil)}},
		{"", []sui.Input{id}, many[:100]},
		{"", []sui.Input{{Kind: sui.InputPure, Pure: []byte{0}}}, []sui.Command{call(nil)}},
		{"Too many commands in PTB (more than 100)", []sui.Input{id}, many},
		{"Empty PTB input or command", nil, []sui.Command{call(nil)}},
		{"Empty PTB input or command", []sui.Input{id}, nil},
		{"Invalid first command", []sui.Input{id}, []sui.Command{split}},
		{"Non MoveCall command", []sui.Input{id}, []sui.Command{call(nil), split}},
		{"Only pure inputs are allowed", []sui.Input{id}, []sui.Command{call(func(c *sui.MoveCall) { c.Arguments = []sui.Argument{{Kind: sui.ArgGasCoin}} })}},
		{"Only pure inputs are allowed", []sui.Input{id}, []sui.Command{call(func(c *sui.MoveCall) {
			c.Arguments = append(c.Arguments, sui.Argument{Kind: sui.ArgResult})
		})}},
		{"Empty args", []sui.Input{id}, []sui.Command{call(func(c *sui.MoveCall) { c.Arguments = nil })}},
		{"Invalid first parameter for seal_approve", []sui.Input{{Kind: sui.InputShared}}, []sui.Command{call(nil)}},
		{"Invalid first parameter for seal_approve", []sui.Input{id}, []sui.Command{call(func(c *sui.MoveCall) { c.Arguments[0].Index = 1 })}},
		{"Invalid BCS for first parameter for seal_approve", []sui.Input{{Kind: sui.InputPure, Pure: []byte{1, 9, 9}}}, []sui.Command{call(nil)}},
		{"Invalid function or package id", []sui.Input{id}, []sui.Command{call(func(c *sui.MoveCall) { c.Function = "approve" })}},
		{"Invalid function or package id", []sui.Input{id}, []sui.Command{call(nil), call(func(c *sui.MoveCall) { c.Package = sui.Address{2} })}},
	} {
		p := sui.ProgrammableTransaction{Inputs: c.inputs, Commands: c.commands}
		_, err := ParseApproval(bcs.Marshal(&p))
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, b := range []string{"", "\x00", "\x01\x00\x02\x01", strings.Repeat("\xff", 50)} {
		if _, err := ParseApproval([]byte(b)); err == nil {
			t.Errorf("%x is accepted", b)
		}
	}
}

func FuzzParseApproval(f *testing.F) {
	var known FetchKeyRequest
	vector(f, "known_answers.json", &known, "request", "json")
	f.Add(known.PTB)
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := ParseApproval(b); err == nil && !bytes.Equal(a.Bytes(), b) {
			t.Errorf("%x reads back as %x", b, a.Bytes())
		}
	})
}
