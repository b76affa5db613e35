package execution

import (
	"errors"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui"
)

func TestChangeEpoch(t *testing.T) {
	w := newWorld(t)
	gas := sui.GasUsed{Computation: 1, Storage: 2, Rebate: 3, NonRefundable: 4}
	good := ChangeEpochTransaction(w.env.Epoch+1, 95, gas, testTime+1)
	r, err := w.engine.Execute(w.ledger, w.env, good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fx := r.Effects
	if fx.Epoch != w.env.Epoch || fx.Gas != (sui.GasUsed{}) || len(fx.Changed) != 1 || fx.Changed[0].ID != sui.SystemStateID || fx.LamportVersion != 2 {
		t.Errorf("effects %+v", fx)
	}
	sent := *good
	sent.Sender = w.alice
	upgrade := *good.Kind.ChangeEpoch()
	upgrade.SystemPackages = []sui.SystemUpgrade{{Version: 2, Modules: [][]byte{{1}}, Dependencies: []sui.Address{sui.MoveStdlib}}}
	for name, c := range map[string]struct {
		tx   *sui.TransactionData
		want string
	}{
		"the same epoch":     {ChangeEpochTransaction(w.env.Epoch, 95, gas, testTime), "does not follow"},
		"an epoch too far":   {ChangeEpochTransaction(w.env.Epoch+2, 95, gas, testTime), "does not follow"},
		"time goes back":     {ChangeEpochTransaction(w.env.Epoch+1, 95, gas, testTime-1), "would begin"},
		"a sender":           {&sent, "has no sender"},
		"a framework update": {sui.SystemTransaction(sui.EndOfEpochKind(&upgrade)), "not there"},
		"another operation":  {sui.SystemTransaction(sui.TransactionKind{Other: []byte{5, 1, 3}}), "cannot be executed"},
	} {
		var refused *InputError
		if _, err := w.engine.Execute(w.ledger, w.env, c.tx, Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
		}
	}
}
