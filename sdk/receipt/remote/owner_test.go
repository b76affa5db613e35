package remote

import (
	"encoding/hex"
	"testing"

	"github.com/floe-data/floe/sdk/receipt"
	"github.com/floe-data/floe/sdk/sui"
)

// A server that gives a key of a policy, and files the receipt elsewhere, is found
// by the owner who reads the whole log. What others do under packages of their own
// is no sign of it.
func TestCheckFiled(t *testing.T) {
	policy, other, pkg := sui.Address{0xb0}, sui.Address{0xb1}, sui.Address{0xaa}
	filed := func(d receipt.Decision, in, of sui.Address, under ...sui.Address) *receipt.Receipt {
		r := &receipt.Receipt{Claims: receipt.Claims{Sequence: 7, Decision: d, Package: receipt.Package{ID: in},
			Calls: []receipt.Call{{ID: hex.EncodeToString(of[:]) + "01"}}}}
		for _, id := range under {
			r.Policies = append(r.Policies, receipt.PolicyLink{ID: id})
		}
		return r
	}
	for name, c := range map[string]struct {
		r    *receipt.Receipt
		good bool
	}{
		"filed":                      {filed(receipt.Release, pkg, policy, policy), true},
		"of another policy":          {filed(receipt.Release, pkg, other, other), true},
		"refused without its object": {filed(receipt.Refuse, pkg, policy, pkg), true},
		"of another package":         {filed(receipt.Release, other, policy, other), true},
		"filed under the package":    {filed(receipt.Release, pkg, policy, pkg), false},
		"filed under another":        {filed(receipt.Release, pkg, policy, other), false},
		"filed nowhere":              {filed(receipt.Release, pkg, policy), false},
	} {
		whole := []*receipt.Receipt{filed(receipt.Release, pkg, policy, policy), c.r}
		if err := CheckFiled(whole, policy, pkg); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
