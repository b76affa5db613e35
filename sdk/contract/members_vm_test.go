package contract_test

import (
	"encoding/binary"
	"os"
	"strconv"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// batch is how many members one transaction adds.
const batch = 500

// TestMembersDoNotCost grows an allow-list and demands that neither the policy's
// object, nor a grant, nor a decision grows with it. To 100,000 members:
//
//	FLOE_MEMBERS=100000 go test ./sdk/contract -run TestMembersDoNotCost -v
func TestMembersDoNotCost(t *testing.T) {
	most := 1_000
	if s := os.Getenv("FLOE_MEMBERS"); s != "" {
		var err error
		if most, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	c := newWorld(t)
	c.setTime(noon)
	made := c.createPolicy(nil, nil)
	policy := made.PolicyID
	id := append(append([]byte{}, policy[:]...), 1)
	grow := func(from, to int) *sui.GasUsed {
		members := make([]sui.Address, to-from)
		for i := range members {
			members[i] = memberNumber(from + i)
		}
		return c.cost(owner, func(b *sui.Builder) { contract.GrantAll(b, c.p, policy, made.CapID, members) })
	}
	type sample struct {
		size          int
		grant, decide sui.GasUsed
	}
	var first sample
	for _, n := range []int{1, 1_000, 100_000} {
		if n > most {
			break
		}
		have := int(read(c, policy, contract.ParsePolicy).Members.Size)
		for have < n-1 {
			next := min(have+batch, n-1)
			grow(have, next)
			have = next
		}
		s := sample{grant: *grow(n-1, n)}
		s.size = len(c.live[policy].Move.Contents)
		s.decide = c.price(memberNumber(n-1), c.approve(policy, id))
		t.Logf("%6d members: policy of %d bytes; grant %d computation, %d storage, %d rebate; seal_approve %d computation",
			n, s.size, s.grant.Computation, s.grant.Storage, s.grant.Rebate, s.decide.Computation)
		if n == 1 {
			first = s
		} else if s != first {
			t.Errorf("with %d members: %+v, with one: %+v", n, s, first)
		}
	}
	if got := read(c, policy, contract.ParsePolicy).Members.Size; got != uint64(most) && most >= 1_000 {
		t.Errorf("%d members", got)
	}
}

func memberNumber(i int) (a sui.Address) {
	a[0] = 1
	binary.BigEndian.PutUint32(a[28:], uint32(i))
	return a
}

// cost sends a transaction that must succeed and returns its gas.
func (c *chain) cost(as account, build func(*sui.Builder)) *sui.GasUsed {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	done, err := c.Send(c.t.Context(), as, b)
	if err != nil {
		c.t.Fatalf("transaction of %s: %v", as.address.Short(), contract.Explain(err))
	}
	return &done.Effects.Gas
}

// price is the gas of a simulation that must succeed, by somebody without coins.
func (c *chain) price(as sui.Address, build func(*sui.Builder)) sui.GasUsed {
	c.t.Helper()
	b := sui.NewBuilder()
	build(b)
	tx, err := b.Build(as, sui.GasData{})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := c.engine.Execute(state{c}, execution.Env{ReferenceGasPrice: 1000, ProtocolVersion: 95}, tx, execution.Options{Simulate: true})
	if err != nil || r.Error != nil {
		c.t.Fatal(err, r.Error)
	}
	return r.Effects.Gas
}
