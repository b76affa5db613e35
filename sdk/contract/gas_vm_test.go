package contract_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

const gasDoc = "../../move/README.md"

// unpriced are calls that no transaction makes on their own, and why.
var unpriced = map[string]string{
	"catalog::catalog::share":                            "takes what catalog::new made: is priced with it",
	"catalog::enclave_config::share":                     "takes what enclave_config::new made: is priced with it",
	"access::policy::share":                              "takes what policy::new or compose made: is priced with it",
	"access::clauses::add":                               "takes a policy that is not shared yet: is priced with policy::compose",
	"access::members::add_delegate":                      "takes a policy that is not shared yet: is priced with policy::compose",
	"access::key_request::use_pass":                      "takes a draft: is priced with key_request::begin",
	"access::key_request::finish":                        "takes a draft: is priced with key_request::begin",
	"access::upgrade::commit":                            "takes a receipt: is priced with upgrade::authorize",
	"catalog::revenue::refund_with_ticket":               "takes the ticket that a module keeps: is priced with pass::refund",
	"committee::seal_committee::commit_upgrade":          "takes a receipt: is priced with seal_committee::authorize_upgrade",
	"committee::seal_committee::switch_code":             "has nothing to switch to before the code changes",
	"key_server::key_server::create_committee_v2":        "is priced with seal_committee::propose, which calls it",
	"key_server::key_server::update_partial_key_servers": "is priced with seal_committee::propose_for_rotation, which calls it",
	"key_server::key_server::name_members":               "is priced with seal_committee::propose, which calls it",
	"key_server::key_server::update_member_url":          "is priced with seal_committee::update_member_url, which calls it",
	"storage::system::record_blob":                       "takes a witness of the module that is followed",
	"storage::system::report_epoch":                      "takes a witness of the module that is followed",
	"storage::system::report_end":                        "takes a witness of the module that is followed",
}

// TestGasTable prices calls on the devnet's gas model and compares the table in
// move/README.md. To print it, and to write it anew:
//
//	go test ./sdk/contract -run TestGasTable -v
//	FLOE_GAS_TABLE=write go test ./sdk/contract -run TestGasTable
func TestGasTable(t *testing.T) {
	g := &meter{market: newMarket(t), priced: map[string]bool{}}
	g.policies()
	g.evidence()
	g.data()
	g.lifetimes()
	g.money()
	g.committees()
	g.enclaves()
	g.attestedLogs()
	g.logs()
	g.anchors()
	g.upgrades()
	g.migrations()
	g.keyServers()
	g.keyCommittees()
	g.decisions()
	g.enclaveDecisions()
	g.checkComplete()
	table := "| call | computation | storage | rebate | MIST |\n|---|---:|---:|---:|---:|\n" + strings.Join(g.rows, "")
	t.Logf("prices in MIST, at 1,000 a unit of computation\n%s", table)
	doc, err := os.ReadFile(gasDoc)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- gas -->\n", "<!-- /gas -->\n"
	before, rest, ok := strings.Cut(string(doc), begin)
	written, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no table between %q and %q", gasDoc, begin, end)
	}
	if os.Getenv("FLOE_GAS_TABLE") == "write" {
		if err := os.WriteFile(gasDoc, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if written != table {
		t.Errorf("the table in move/README.md is out of date; write it anew with: FLOE_GAS_TABLE=write go test ./sdk/contract -run TestGasTable")
	}
}

// A meter runs transactions and notes what their main calls cost.
type meter struct {
	*market
	rows   []string
	priced map[string]bool
}

// step prices a transaction under the name of its main call, and note what else
// to say.
func (g *meter) step(call, note string, as account, build func(*sui.Builder)) {
	g.t.Helper()
	g.note(call, note, *g.cost(as, build))
}

func (g *meter) note(call, note string, gas sui.GasUsed) {
	g.priced[call] = true
	_, short, _ := strings.Cut(call, "::")
	if note != "" {
		note = ", " + note
	}
	g.rows = append(g.rows, fmt.Sprintf("| `%s`%s | %d | %d | %d | %d |\n", short, note, gas.Computation, gas.Storage, gas.Rebate,
		int64(gas.Computation)+int64(gas.Storage)-int64(gas.Rebate)))
}

// on prices as step does, on another chain than the market's.
func (g *meter) on(c *chain) func(call, note string, as account, build func(*sui.Builder)) {
	return func(call, note string, as account, build func(*sui.Builder)) {
		g.t.Helper()
		g.note(call, note, *c.cost(as, build))
	}
}

// checkComplete demands a price for each call that changes something or decides.
func (g *meter) checkComplete() {
	calls := callGraph(g.t)
	for name, f := range calls {
		wants := f.callable && (calls.changes(name) || strings.Contains(name, "seal_approve"))
		if wants && !g.priced[name] && !has(unpriced, name) {
			g.t.Errorf("%s has no price", name)
		}
	}
	for name := range g.priced {
		if calls[name] == nil {
			g.t.Errorf("%s is priced, and there is no such call", name)
		}
	}
	for name := range unpriced {
		if f := calls[name]; f == nil || !f.callable || g.priced[name] {
			g.t.Errorf("%s is listed for nothing: there is no such call, or it has a price", name)
		}
	}
}

func (g *meter) data() {
	p, lineage, cap := g.p, g.made.CatalogLineage, g.dataset.CapID
	g.step("catalog::catalog::new", "with `share`", owner, func(b *sui.Builder) { contract.CreateDataset(b, p, "iris", owner.address) })
	g.step("storage::system::register_blob", "", owner, func(b *sui.Builder) {
		b.Transfer(owner.address, contract.RegisterBlob(b, p, g.registration(88)).Arg)
	})
	certified := g.registration(89)
	g.step("storage::system::certify_blob", "with `register_blob`, signed by 3 of 4 nodes", owner, func(b *sui.Builder) { b.Transfer(owner.address, g.stored(b, certified).Arg) })
	g.step("catalog::catalog::publish_version", "one blob, registered and certified before", owner, g.publishStored())
	first := g.derive(terms())
	g.step("catalog::lineage::publish_version", "one blob, registered and certified in the same transaction, one parent", owner, g.next(terms(first)))
	blob := g.register(g.registration(77))
	g.step("catalog::lineage::bind_origin", "", owner, func(b *sui.Builder) { contract.BindOrigin(b, p, lineage, cap, blob.ObjectID, [32]byte{}) })
	held := terms()
	held.Holders, held.HoldThreshold = []sui.Address{stranger.address}, 1
	v := g.derive(held).VersionID
	g.step("catalog::lineage::place_hold", "", owner, func(b *sui.Builder) { contract.PlaceHold(b, p, lineage, cap, v, nil) })
	g.step("catalog::lineage::announce_release", "", owner, func(b *sui.Builder) { contract.AnnounceRelease(b, p, lineage, cap, v) })
	g.step("catalog::legal_hold::vote", "", stranger, func(b *sui.Builder) { contract.VoteLegalHold(b, p, lineage, v, true) })
	g.run(stranger, func(b *sui.Builder) { contract.VoteLegalHold(b, p, lineage, v, false) })
	g.setTime(noon + 3*day)
	g.step("catalog::lineage::release_hold", "", owner, func(b *sui.Builder) { contract.ReleaseHold(b, p, lineage, cap, v) })
	g.step("catalog::legal_hold::end", "", owner, func(b *sui.Builder) { contract.EndLegalHold(b, p, lineage, v) })
	given := one[contract.ConsentGiven](g.t, g.run(reader, func(b *sui.Builder) { contract.GiveConsent(b, p, g.dataset.DatasetID, [32]byte{}, nil) }))
	g.step("catalog::consent::give", "", reader, func(b *sui.Builder) { contract.GiveConsent(b, p, g.dataset.DatasetID, [32]byte{}, nil) })
	g.step("catalog::consent::attach", "", owner, func(b *sui.Builder) { contract.AttachConsent(b, p, given.ConsentID, lineage, cap, v) })
	g.step("catalog::consent::withdraw", "one version", reader, func(b *sui.Builder) { contract.WithdrawConsent(b, p, given.ConsentID, lineage) })
	g.step("catalog::lineage::revoke", "", owner, func(b *sui.Builder) { contract.RevokeVersion(b, p, lineage, cap, first.VersionID, nil) })
}

// publishStored publishes a version whose blob is registered and certified.
func (g *meter) publishStored() func(*sui.Builder) {
	r := g.registration(90)
	var blob sui.Address
	for _, e := range g.run(owner, func(b *sui.Builder) { b.Transfer(owner.address, g.stored(b, r).Arg) }) {
		if v, is := e.(*contract.BlobRegistered); is {
			blob = v.ObjectID
		}
	}
	return func(b *sui.Builder) {
		contract.PublishVersion(b, g.p, contract.NewVersion{Dataset: g.dataset.DatasetID, Cap: g.dataset.CapID, ManifestDigest: sha256.Sum256(nil),
			ManifestBlob: r.BlobID, Policy: g.policy, Blobs: []contract.Arg[contract.Blob]{contract.Object[contract.Blob](b, blob)}})
	}
}

func (g *meter) money() {
	p, lineage := g.p, g.made.CatalogLineage
	g.step("catalog::revenue::create_treasury", "", owner, func(b *sui.Builder) { contract.CreateTreasury(b, p, sui.SUIType()) })
	root := g.derive(terms())
	child := g.derive(terms(root))
	g.step("catalog::revenue::sell", "to one payee", reader, g.buy(root.VersionID, 100))
	g.step("catalog::revenue::sell", "along two versions", reader, g.buy(child.VersionID, 100))
	g.step("catalog::revenue::claim", "", owner, g.claim(owner))
	late := terms()
	late.RefundWindowMS = 1000
	v := g.derive(late).VersionID
	var sales []sui.Address
	for range 2 {
		sales = append(sales, one[contract.SaleEscrowed](g.t, g.run(reader, g.buy(v, 100))).SaleID)
	}
	g.step("catalog::revenue::sell", "kept back", reader, g.buy(v, 100))
	g.step("catalog::revenue::sell_with_ticket", "kept back", reader, func(b *sui.Builder) {
		p.RevenueCalls(b).SellWithTicket(sui.SUIType(), contract.Object[contract.Treasury](b, g.treasury), contract.Object[contract.Lineage](b, lineage),
			contract.Pure(b, v), contract.Arg[contract.Coin]{Arg: b.SplitCoins(sui.GasCoin, b.Pure(uint64(100))).At(0)})
	})
	g.setTime(noon + 4*day)
	g.step("catalog::revenue::settle", "", stranger, func(b *sui.Builder) { contract.SettleSale(b, p, sui.SUIType(), g.treasury, lineage, sales[0]) })
	g.run(owner, g.revoke(v))
	g.step("catalog::revenue::refund", "", stranger, func(b *sui.Builder) { contract.RefundSale(b, p, sui.SUIType(), g.treasury, lineage, sales[1]) })
	plain := g.compose(shop())
	g.step("access::pass::buy", "", reader, func(b *sui.Builder) {
		o := read(g.chain, plain.PolicyID, contract.ParsePolicy).Offers[0]
		contract.BuyPass(b, p, plain.PolicyID, o, b.SplitCoins(sui.GasCoin, b.Pure(o.Price)).At(0), reader.address)
	})
	uses := g.buyPass(plain.PolicyID, 1)
	g.step("access::key_request::begin", "to `finish`, with `use_pass` and `declare_purpose`", reader, func(b *sui.Builder) {
		contract.RequestKeys(b, p, plain.PolicyID, contract.KeyRequestEvidence{Passes: []sui.Address{uses}, Purpose: "research"})
	})
	g.passesForVersions()
}

func (g *meter) buyPass(policy sui.Address, offer int) sui.Address {
	return one[contract.PassSold](g.t, g.run(reader, func(b *sui.Builder) {
		o := read(g.chain, policy, contract.ParsePolicy).Offers[offer]
		contract.BuyPass(b, g.p, policy, o, b.SplitCoins(sui.GasCoin, b.Pure(o.Price)).At(0), reader.address)
	})).PassID
}

func (g *meter) passesForVersions() {
	p := g.p
	made := g.createPolicy(nil, nil)
	g.catalog.policy = made.PolicyID
	late := terms()
	late.RefundWindowMS = 1000
	v := g.derive(late).VersionID
	offer := contract.Offer{CoinType: sui.SUIType().TypeName(), Price: 100, Uses: ms(2), Version: &v}
	g.step("access::shop::make_offer_for_version", "", owner, func(b *sui.Builder) { contract.MakeOffer(b, p, made.PolicyID, made.CapID, offer) })
	offer = read(g.chain, made.PolicyID, contract.ParsePolicy).Offers[0]
	pay := func(b *sui.Builder) {
		contract.BuyVersionPass(b, p, made.PolicyID, offer, b.SplitCoins(sui.GasCoin, b.Pure(offer.Price)).At(0), reader.address, g.treasury)
	}
	sold := one[contract.PassSold](g.t, g.run(reader, pay))
	g.step("access::pass::buy_version", "kept back", reader, pay)
	g.run(owner, g.revoke(v))
	g.step("access::pass::refund", "", reader, func(b *sui.Builder) { contract.RefundPass(b, p, made.PolicyID, offer, sold.PassID, g.treasury) })
}

// decisions prices what key servers simulate: computation is all that counts.
func (g *meter) decisions() {
	made := g.createPolicy(nil, nil)
	id := append(append([]byte{}, made.PolicyID[:]...), 1)
	g.note("access::policy::seal_approve", "simulated", g.price(owner.address, g.approve(made.PolicyID, id)))
	g.catalog.policy = made.PolicyID
	first := g.derive(terms())
	last := first
	for range 15 {
		last = g.derive(terms(last))
	}
	g.step("access::clauses::bind", "two clauses", owner, func(b *sui.Builder) { contract.Bind(b, g.p, made.PolicyID, made.CapID, first.VersionID) })
	g.note("access::policy::seal_approve", "simulated, a living version", g.price(owner.address, g.approve(made.PolicyID, id)))
	g.run(owner, func(b *sui.Builder) { contract.Bind(b, g.p, made.PolicyID, made.CapID, last.VersionID) })
	g.note("access::policy::seal_approve", "simulated, 15 living ancestors", g.price(owner.address, g.approve(made.PolicyID, id)))

	shop := g.compose(shop()).PolicyID
	key := append(append([]byte{}, shop[:]...), 1)
	pass, uses := g.buyPass(shop, 0), g.buyPass(shop, 1)
	owned := func(b *sui.Builder, id sui.Address) sui.Arg { return b.OwnedObject(g.live[id].Ref()) }
	g.note("access::pass::seal_approve_with_pass", "simulated", g.price(reader.address, func(b *sui.Builder) {
		contract.SealApproveWithPass(b, g.p, key, owned(b, pass), g.reads(b, shop))
	}))
	request := one[contract.KeyRequested](g.t, g.run(reader, func(b *sui.Builder) {
		contract.RequestKeys(b, g.p, shop, contract.KeyRequestEvidence{Passes: []sui.Address{uses}, Purpose: "research"})
	})).RequestID
	g.note("access::key_request::seal_approve_with_request", "simulated", g.price(reader.address, func(b *sui.Builder) {
		contract.SealApproveWithRequest(b, g.p, key, owned(b, request), g.reads(b, shop))
	}))
	coinType := sui.SUICoinType().Tag().TypeName()
	holders := g.compose(contract.NewPolicy{Clauses: [][]contract.Rule{{{Kind: contract.RuleHolds, Type: coinType}}}}).PolicyID
	g.run(owner, func(b *sui.Builder) { b.Transfer(stranger.address, b.SplitCoins(sui.GasCoin, b.Pure(uint64(7))).At(0)) })
	for _, coin := range g.owned(stranger.address) {
		if g.live[coin].Move.Type.Equal(sui.SUICoinType()) && coin != g.gas[stranger.address] {
			g.note("access::policy::seal_approve_holding", "simulated", g.price(stranger.address, func(b *sui.Builder) {
				contract.SealApproveHolding(b, g.p, append(append([]byte{}, holders[:]...), 1), owned(b, coin), coinType, g.reads(b, holders))
			}))
			break
		}
	}
}

// owned are the objects of an address, in order.
func (c *chain) owned(by sui.Address) (out []sui.Address) {
	for id, o := range c.live {
		if o.Owner == sui.AddressOwner(by) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b sui.Address) int { return strings.Compare(string(a[:]), string(b[:])) })
	return out
}
