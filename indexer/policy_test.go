package indexer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/sui"
)

// A policy as of any checkpoint is what the object on chain was then, through
// everything that can change it; and an upgrade of its package is followed.
func TestPoliciesAsTheyWere(t *testing.T) {
	t.Parallel()
	d, at := publish(t)
	p, me := at.Contracts(), d.owner().Address()
	r := index(t, nil, func(c *Config) {
		c.NodeURL = "http://" + d.addr
		c.Packages = decode.Packages{Access: []sui.Address{p.Access.Original}}
	})

	one := uint64(1)
	events, seq := d.send(p, func(b *sui.Builder) {
		contract.ComposePolicy(b, p, contract.NewPolicy{
			Clauses: [][]contract.Rule{{{Kind: contract.RuleOwner}}, {{Kind: contract.RuleAllowList}, {Kind: contract.RuleNotBefore, AtMS: 7}}},
			Offers:  []contract.Offer{{CoinType: sui.SUIType().TypeName(), Price: 5, Uses: &one}}, Delegates: []sui.Address{id(0xd)},
			Holders: []sui.Address{me}, HoldThreshold: 1,
		}, me)
	})
	made := events[0].(*contract.PolicyCreated)
	policy, cap := made.PolicyID, made.CapID
	simple, simpleAt := d.send(p, func(b *sui.Builder) { contract.CreatePolicy(b, p, &one, nil, me) })

	was := map[uint64]string{}
	note := func(id sui.Address, seq uint64) {
		o, err := d.dial().Object(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		now, err := contract.ParsePolicy(o)
		if err != nil {
			t.Fatal(err)
		}
		was[seq] = onChain(now)
	}
	note(policy, seq)
	propose := func(c contract.Change) func(*sui.Builder) {
		return func(b *sui.Builder) {
			contract.Apply(b, p, policy, cap, contract.Propose(b, p, policy, cap, c))
		}
	}
	clause := onlyClause(t, d, policy, 1)
	offer := onlyOffer(t, d, policy)
	for _, step := range []func(*sui.Builder){
		propose(contract.Change{Kind: contract.ChangeAddClause, Rules: []contract.Rule{{Kind: contract.RuleStewards, Stewards: []sui.Address{me, id(9)}, Threshold: 1}, {Kind: contract.RulePurpose, Purposes: []string{"a"}}}}),
		func(b *sui.Builder) {
			contract.Tighten(b, p, policy, cap, clause, contract.Rule{Kind: contract.RuleNotAfter, AtMS: 1 << 50})
		},
		func(b *sui.Builder) {
			contract.Tighten(b, p, policy, cap, clause, contract.Rule{Kind: contract.RulePass, Offer: offer})
		},
		propose(contract.Change{Kind: contract.ChangeLoosen, Clause: clause, Rule: contract.Rule{Kind: contract.RuleNotBefore, AtMS: 7}}),
		propose(contract.Change{Kind: contract.ChangeLowerPrice, Offer: offer, Price: 3}),
		propose(contract.Change{Kind: contract.ChangeAddDelegate, Who: id(0xe)}),
		propose(contract.Change{Kind: contract.ChangeAddMember, Who: id(0xb)}),
		func(b *sui.Builder) { contract.RemoveDelegate(b, p, policy, cap, id(0xd)) },
		func(b *sui.Builder) { contract.RaisePrice(b, p, policy, cap, offer, 9) },
		func(b *sui.Builder) { contract.SetPayee(b, p, policy, cap, id(0xf)) },
		func(b *sui.Builder) { contract.RemoveClause(b, p, policy, cap, onlyClause(t, d, policy, 0)) },
		func(b *sui.Builder) { contract.VoteHold(b, p, policy, true) },
		func(b *sui.Builder) { contract.VoteHold(b, p, policy, false) },
		func(b *sui.Builder) { contract.RaiseDelay(b, p, policy, cap, 60_000) },
		func(b *sui.Builder) {
			contract.Propose(b, p, policy, cap, contract.Change{Kind: contract.ChangeAddMember, Who: id(0xc)})
		},
		func(b *sui.Builder) {
			contract.Propose(b, p, policy, cap, contract.Change{Kind: contract.ChangeAddDelegate, Who: id(0xc)})
		},
		func(b *sui.Builder) { contract.CloseOffer(b, p, policy, cap, offer) },
		func(b *sui.Builder) { contract.Freeze(b, p, policy, cap) },
	} {
		_, seq = d.send(p, step)
		note(policy, seq)
	}
	upgraded := d.upgrade(at)
	_, last := d.send(p, func(b *sui.Builder) { contract.Revoke(b, p, policy, cap, id(0xb)) })
	note(policy, last)
	r.reached(last)
	for seq, want := range was {
		var got PolicyState
		r.get(fmt.Sprintf("/v1/policies/%s?checkpoint=%d", policy, seq), 200, &got)
		if text := indexed(got); text != want {
			t.Errorf("as of checkpoint %d the index says\n%s\nthe chain said\n%s", seq, text, want)
		}
	}
	r.get(fmt.Sprintf("/v1/policies/%s?checkpoint=%d", policy, last+1000), 422, nil)
	r.get(fmt.Sprintf("/v1/policies/%s", id(0x77)), 404, nil)
	clear(was)
	first := simple[0].(*contract.PolicyCreated).PolicyID
	note(first, simpleAt)
	var got PolicyState
	r.get("/v1/policies/"+first.String(), 200, &got)
	if text := indexed(got); text != was[simpleAt] {
		t.Errorf("a policy with a window is\n%s\non chain\n%s", text, was[simpleAt])
	}
	r.want(`SELECT package_id, original_id, version::text FROM package_version`, upgraded.String()+" | "+p.Access.Original.String()+" | 2")

	// Built again from zero, with the upgrade named in the configuration or not.
	fresh := index(t, nil, func(c *Config) { *c = withDatabase(r.cfg, *c) })
	fresh.reached(last)
	_, _ = r.stop(), fresh.stop()
	wantSame(t, contentDigests(t, fresh.db, fresh.cfg.Schema), contentDigests(t, r.db, r.cfg.Schema))
	again := indexInto(t, nil, fresh.db, fresh.cfg.Schema, func(c *Config) {
		*c = withDatabase(r.cfg, *c)
		c.Packages.Access = append(slices.Clone(c.Packages.Access), upgraded)
	})
	until(t, "it goes on", func() bool { again.mu.Lock(); defer again.mu.Unlock(); return again.live || again.ingestErr != nil })
	if err := again.stop(); err != nil {
		t.Errorf("with the upgrade in the configuration: %v", err)
	}
}

// withDatabase is a configuration with the database of another.
func withDatabase(c, database Config) Config {
	c.DatabaseURL, c.Schema = database.DatabaseURL, database.Schema
	return c
}

// upgrade publishes the access package anew, as it is.
func (d *devnet) upgrade(at *deploy.Deployment) sui.Address {
	d.t.Helper()
	code, err := d.dial().Package(d.t.Context(), at.Packages["access"].Latest)
	if err != nil {
		d.t.Fatal(err)
	}
	var modules [][]byte
	for _, module := range code.Modules {
		m, err := bytecode.Parse(module.Bytes)
		if err != nil {
			d.t.Fatal(err)
		}
		m.Readdress(map[sui.Address]sui.Address{m.Address(): {}})
		modules = append(modules, m.Serialize())
	}
	deps := []sui.Address{sui.MoveStdlib, sui.Framework, at.Packages["storage"].Latest, at.Packages["catalog"].Latest}
	digest := sui.PackageDigest(modules, deps)
	b := sui.NewBuilder()
	object := b.Object(at.Packages["access"].UpgradeCap)
	ticket := b.Call(sui.Framework, "package", "authorize_upgrade", nil, object, b.Pure(uint8(0)), b.Pure(digest[:]))
	b.Call(sui.Framework, "package", "commit_upgrade", nil, object, b.Upgrade(modules, deps, at.Packages["access"].Latest, ticket))
	ex, err := d.dial().Send(d.t.Context(), d.owner(), b)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, ch := range ex.Effects.Changed {
		if ch.Output == sui.StatePackageWrite {
			return ch.ID
		}
	}
	d.t.Fatal("the upgrade wrote no package")
	return sui.Address{}
}

func onlyClause(t *testing.T, d *devnet, policy sui.Address, i int) uint64 {
	t.Helper()
	return read(t, d, policy).Clauses[i].ID
}

func onlyOffer(t *testing.T, d *devnet, policy sui.Address) uint64 {
	t.Helper()
	return read(t, d, policy).Offers[0].ID
}

func read(t *testing.T, d *devnet, policy sui.Address) *contract.Policy {
	t.Helper()
	o, err := d.dial().Object(t.Context(), policy)
	if err != nil {
		t.Fatal(err)
	}
	p, err := contract.ParsePolicy(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// onChain and indexed write a policy down in the same words.
func onChain(p *contract.Policy) string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("owner %s payee %s delay %d frozen %v members %d delegates %v", p.Owner, p.Payee, p.DelayMS, p.Frozen, p.Members.Size, p.Delegates)
	for _, c := range p.Clauses {
		var rules []string
		for _, r := range c.Rules {
			rules = append(rules, map[contract.RuleKind]string{contract.RuleOwner: "owner", contract.RuleAllowList: "allow list",
				contract.RuleNotBefore: fmt.Sprint("not before ", r.AtMS), contract.RuleNotAfter: fmt.Sprint("not after ", r.AtMS), contract.RulePass: fmt.Sprint("pass ", r.Offer),
				contract.RulePurpose: fmt.Sprint("purpose ", r.Purposes), contract.RuleStewards: fmt.Sprint("stewards ", r.Stewards, " ", r.Threshold)}[r.Kind])
		}
		say("clause %d: %s", c.ID, strings.Join(rules, ", "))
	}
	for _, o := range p.Offers {
		say("offer %d: %s %d uses %s open %v", o.ID, o.CoinType, o.Price, pointed(o.Uses), o.Open)
	}
	for _, c := range p.Proposals {
		say("proposal %d: %s ready %d", c.ID, c.Change.Who, c.ReadyAtMS)
	}
	state := "none "
	switch until := p.Hold.UntilMS; {
	case until != nil && *until == math.MaxUint64:
		state = "stands "
	case until != nil:
		state = fmt.Sprint("lifted ", *until)
	}
	say("hold %v of %d: %s", p.Hold.Holders, p.Hold.Threshold, state)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func pointed(n *uint64) string {
	if n == nil {
		return "<nil>"
	}
	return fmt.Sprint(*n)
}

func indexed(p PolicyState) string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("owner %s payee %s delay %s frozen %v members %d delegates %v", p.Owner, p.Payee, p.DelayMS, p.Frozen, p.MemberCount, p.Delegates)
	for n, list := range p.Clauses {
		var rules []string
		for _, r := range list {
			text := r["rule"].(string)
			for _, key := range []string{"at_ms", "offer", "allowed", "stewards", "threshold"} {
				if v, ok := r[key]; ok {
					text += " " + fmt.Sprint(v)
				}
			}
			rules = append(rules, text)
		}
		say("clause %s: %s", n, strings.Join(rules, ", "))
	}
	for n, o := range p.Offers {
		say("offer %s: %s %s uses %v open %v", n, o["coin_type"], o["price"], o["uses"], o["is_open"])
	}
	for n, c := range p.Proposals {
		say("proposal %s: %s ready %s", n, c["change"].(map[string]any)["who"], c["ready_at_ms"])
	}
	ends := ""
	if p.HoldEndsAtMS != nil {
		ends = *p.HoldEndsAtMS
	}
	say("hold %v of %s: %s %s", p.Holders, p.HoldThreshold, p.Hold, ends)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
