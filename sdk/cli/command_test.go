package cli

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

// TestEveryCommandHasExamples walks all commands: each says in one line what it
// does, and shows how it is called.
func TestEveryCommandHasExamples(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Name() == "help" || sub.Name() == "completion" {
				continue
			}
			if sub.Short == "" || strings.HasSuffix(sub.Short, ".") {
				t.Errorf("%s: short help is %q", sub.CommandPath(), sub.Short)
			}
			if !sub.HasSubCommands() && !strings.Contains(sub.Example, "floe") {
				t.Errorf("%s has no example", sub.CommandPath())
			}
			walk(sub)
		}
	}
	walk((&app{}).root())
}

func TestArgumentNames(t *testing.T) {
	for use, want := range map[string][]string{
		"list": nil, "grant DATASET ADDRESS": {"DATASET", "ADDRESS"}, "income [DATASET]": {"[DATASET]"},
		"test DATASET --as ADDRESS": {"DATASET"}, "freeze DATASET --for-ever": {"DATASET"},
	} {
		if got := argumentNames(use); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", use, got, want)
		}
	}
}

// TestAgree asks on a terminal only, and pays nothing that was not agreed.
func TestAgree(t *testing.T) {
	plan := &dataset.Plan{Cost: 250_000_000, Steps: []string{"buy a pass for 0.25 SUI"}}
	free := &dataset.Plan{Steps: []string{"make a key request on chain"}}
	for _, c := range []struct {
		name     string
		consent  consent
		typed    string
		terminal bool
		json     bool
		plan     *dataset.Plan
		agreed   bool
	}{
		{name: "nothing said", plan: plan},
		{name: "nothing to pay", plan: free, agreed: true},
		{name: "yes", consent: consent{yes: true}, plan: plan, agreed: true},
		{name: "enough", consent: consent{maxPrice: "0.25 SUI"}, plan: plan, agreed: true},
		{name: "one MIST too little", consent: consent{maxPrice: "249999999 MIST"}, plan: plan},
		{name: "typed", typed: "y\n", terminal: true, plan: plan, agreed: true},
		{name: "typed no", typed: "n\n", terminal: true, plan: plan},
		{name: "only return", typed: "\n", terminal: true, plan: plan},
		{name: "end of input", terminal: true, plan: plan},
		{name: "no terminal", typed: "y\n", plan: plan},
		{name: "with --json", typed: "y\n", terminal: true, json: true, plan: plan},
	} {
		var said bytes.Buffer
		a := &app{Streams: Streams{In: strings.NewReader(c.typed), Err: &said, Terminal: c.terminal}, json: c.json}
		if err := c.consent.read(); err != nil {
			t.Fatal(err)
		}
		err := a.agree(c.consent)(c.plan)
		var price *priceError
		if c.agreed != (err == nil) || err != nil && !errors.As(err, &price) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if !strings.Contains(said.String(), c.plan.Steps[0]) || !strings.Contains(said.String(), "it costs") {
			t.Errorf("%s: said %q", c.name, said.String())
		}
		if err != nil && !strings.Contains(remedy(err), `--max-price "0.25 SUI"`) {
			t.Errorf("%s: hint is %q", c.name, remedy(err))
		}
	}
	for _, wrong := range []string{"5", "five SUI", "5 GOLD", "-1 SUI"} {
		c := consent{maxPrice: wrong}
		if err := c.read(); err == nil {
			t.Errorf("--max-price %q was read as %d", wrong, c.limit)
		}
	}
}

func TestReadShares(t *testing.T) {
	a, b, c := sui.Address{31: 0xa}, sui.Address{31: 0xb}, sui.Address{31: 0xc}
	who, weights, err := readShares([]string{"0xa", "0xb", "0xc"})
	if err != nil || !reflect.DeepEqual(who, []sui.Address{a, b, c}) || !reflect.DeepEqual(weights, []uint16{3334, 3333, 3333}) {
		t.Errorf("got %v, %v, %v", who, weights, err)
	}
	if _, weights, err = readShares([]string{"0xa=7000", "0xb=3000"}); err != nil || !reflect.DeepEqual(weights, []uint16{7000, 3000}) {
		t.Errorf("got %v, %v", weights, err)
	}
	if who, _, err := readShares(nil); err != nil || who != nil {
		t.Errorf("of nothing: got %v, %v", who, err)
	}
	for _, wrong := range [][]string{{"0xa=1", "0xb"}, {"0xa=70000"}, {"0xa=x"}, {"nobody"}} {
		if _, _, err := readShares(wrong); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func TestPercent(t *testing.T) {
	for text, want := range map[string]uint16{"0%": 0, "100%": 10_000, "25%": 2_500, "12.5%": 1_250, "0.01%": 1, "99.99%": 9_999} {
		if got, err := readPercent(text); err != nil || got != want {
			t.Errorf("readPercent(%s) = %d, %v, want %d", text, got, err, want)
		}
		if got := percent(want); got != text {
			t.Errorf("percent(%d) = %s, want %s", want, got, text)
		}
	}
	for _, wrong := range []string{"", "%", "25", "101%", "0.001%", "-1%", "x%"} {
		if got, err := readPercent(wrong); err == nil {
			t.Errorf("readPercent(%q) = %d", wrong, got)
		}
	}
}
