package contract_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

const people = 5

var (
	purposes = []string{"research", "teaching", "advertising"}
	witness  = []string{typeName(1, "doctor", "Proof"), typeName(2, "enclave", "Seal")}
)

func typeName(pkg byte, module, name string) string {
	return fmt.Sprintf("%064x::%s::%s", pkg, module, name)
}

// randomSituation makes a situation in which yes and every no are likely, at the
// beginning of time or today.
func randomSituation(r *rand.Rand) *situation {
	from := []uint64{0, 1_800_000_000_000}[r.IntN(2)]
	soon := func(n uint64) uint64 { return from + r.Uint64N(n) }
	s := &situation{members: map[person]bool{}, approvals: map[[2]person]uint64{}, now: soon(10)}
	few := func(n int) bool { return r.IntN(n) == 0 }
	s.newAccess, s.newRecord = few(30), few(30)
	if few(8) {
		s.heldUntil = []uint64{soon(10), never}[r.IntN(2)]
	}
	for p := range person(people) {
		if few(2) {
			s.members[p] = true
		}
		for steward := range person(people) {
			if few(2) {
				s.approvals[[2]person{p, steward}] = soon(12)
			}
		}
	}
	for i := range 1 + r.IntN(6) {
		n := node{revoked: few(9), held: few(9), law: few(9)}
		for p := range i {
			if few(2) {
				n.parents = append(n.parents, p)
			}
		}
		s.nodes = append(s.nodes, n)
	}
	for id := range r.Uint64N(4) {
		s.offers = append(s.offers, offered{id, !few(6), 1 + r.Uint64N(3), !few(6), few(6)})
	}
	for range r.IntN(4) {
		var clause []condition
		for range 1 + r.IntN(3) {
			clause = append(clause, randomCondition(r, s, soon))
		}
		s.clauses = append(s.clauses, clause)
	}
	s.q = randomQuestion(r, soon)
	randomEnclave(r, s, soon)
	if few(3) { // enclaves alone
		s.clauses = append(s.clauses, []condition{{kind: 10, service: r.IntN(len(serviceIDs))}})
	}
	return s
}

func randomCondition(r *rand.Rand, s *situation, soon func(uint64) uint64) condition {
	c := condition{kind: r.IntN(11), at: soon(10), typ: r.IntN(2), offer: r.Uint64N(4), version: r.IntN(len(s.nodes)), service: r.IntN(len(serviceIDs))}
	for _, p := range purposes {
		if r.IntN(3) == 0 {
			c.purposes = append(c.purposes, p)
		}
	}
	for _, p := range r.Perm(people)[:1+r.IntN(people)] {
		c.stewards = append(c.stewards, person(p))
	}
	c.threshold = 1 + r.IntN(len(c.stewards))
	return c
}

func randomQuestion(r *rand.Rand, soon func(uint64) uint64) question {
	few := func(n int) bool { return r.IntN(n) == 0 }
	q := question{call: r.IntN(calls), who: person(r.IntN(people)), foreign: few(20), typ: r.IntN(2), offer: r.Uint64N(4), amount: 1 + r.Uint64N(3), vouch: few(2)}
	q.pass = ticket{few(12), r.Uint64N(4), q.who, []uint64{soon(12), never}[r.IntN(2)], r.IntN(4) - 1}
	if few(12) {
		q.pass.holder = person(r.IntN(people))
	}
	if q.call == askPass && !few(8) {
		q.pass.uses = -1
	}
	q.request = bundle{other: few(12), of: q.who, until: soon(20)}
	if few(12) {
		q.request.of = person(r.IntN(people))
	}
	for i := range 4 {
		if few(2) {
			q.request.offers = append(q.request.offers, uint64(i))
		}
		if few(2) {
			q.request.objects = append(q.request.objects, i%2)
		}
		if few(2) {
			q.request.vouched = append(q.request.vouched, i%2)
		}
	}
	if few(2) {
		q.purpose = purposes[r.IntN(len(purposes))]
		q.request.purpose = q.purpose
	}
	return q
}

// Ids of what a situation consists of on chain.
var (
	policyID, otherID   = sui.Address{0: 0x61}, sui.Address{0: 0x62}
	membersID, approved = sui.Address{0: 0x63}, sui.Address{0: 0x64}
	passID, requestID   = sui.Address{0: 0x65}, sui.Address{0: 0x66}
	coinID, capID       = sui.Address{0: 0x67}, sui.Address{0: 0x68}
	nodesID, originsID  = sui.Address{0: 0x69}, sui.Address{0: 0x6a}
)

func versionID(i int) sui.Address { return sui.Address{0: 0x70, 31: byte(i)} }

// shownTypes are those of the objects that requesters can show.
func (c *chain) shownTypes() []*sui.StructTag {
	return []*sui.StructTag{sui.SUICoinType(), c.p.PolicyCapType()}
}

// A writer makes the BCS of objects.
type writer struct{ *bcs.Encoder }

func (w writer) option(some bool, v uint64) {
	w.Bool(some)
	if some {
		w.U64(v)
	}
}

func (w writer) people(all []person) {
	w.ULEB(uint64(len(all)))
	for _, p := range all {
		w.Value(addressOf(p))
	}
}

func (w writer) strings(all []string) {
	w.ULEB(uint64(len(all)))
	for _, s := range all {
		w.String(s)
	}
}

func (w writer) hold(held bool, until uint64) {
	w.people(nil)
	w.U64(0)
	w.people(nil)
	w.option(held, until)
}

// put writes the situation's objects over those of before.
func (c *chain) putSituation(s *situation) {
	for id, o := range c.live {
		if o.Owner == sui.ObjectOwner(membersID) || o.Owner == sui.ObjectOwner(approved) || o.Owner == sui.ObjectOwner(nodesID) {
			delete(c.live, id)
		}
	}
	c.setTime(s.now)
	who := addressOf(s.q.who)
	c.object(policyID, c.p.PolicyType(), sui.SharedOwner(1), func(w writer) { c.writePolicy(w, s) })
	for p := range s.members {
		c.field(membersID, sui.TypeTag{Kind: sui.KindAddress}, addressOf(p), func(w writer) { w.U64(0) })
	}
	for k, until := range s.approvals {
		c.field(approved, c.structTag(c.p.Access, "rule", "ApprovalKey"), pair{addressOf(k[0]), addressOf(k[1])}, func(w writer) { w.U64(until) })
	}
	for i, n := range s.nodes {
		c.field(nodesID, sui.MustStructTag("0x2::object::ID").Tag(), versionID(i), func(w writer) { writeNode(w, n) })
	}
	in := map[bool]uint64{false: 1, true: 2}
	c.object(c.made.CatalogLineage, c.p.LineageType(), sui.SharedOwner(1), func(w writer) {
		w.U64(in[s.newRecord])
		w.Value(nodesID)
		w.U64(uint64(len(s.nodes)))
		w.Value(originsID)
		w.U64(0)
	})
	c.object(c.made.AccessVersion, c.p.PackageVersionType(), sui.SharedOwner(1), func(w writer) { w.U64(in[s.newAccess]) })
	c.object(passID, c.p.PassType(), sui.AddressOwner(who), func(w writer) { writePass(w, s.q.pass) })
	c.object(requestID, c.p.KeyRequestType(), sui.AddressOwner(who), func(w writer) { c.writeRequest(w, s.q.request) })
	c.putEnclave(s)
	c.object(coinID, sui.SUICoinType(), sui.AddressOwner(who), func(w writer) { w.U64(5) })
	c.object(capID, c.p.PolicyCapType(), sui.AddressOwner(who), func(w writer) { w.Value(otherID) })
}

func (c *chain) object(id sui.Address, typ *sui.StructTag, owner sui.Owner, write func(writer)) {
	w := writer{bcs.NewEncoder()}
	w.Value(id)
	write(w)
	transferable := typ.Equal(sui.SUICoinType()) || typ.Equal(c.p.PolicyCapType())
	c.put(&sui.Object{Owner: owner, Move: &sui.MoveObject{Type: *typ, HasPublicTransfer: transferable, Version: 1, Contents: w.Data()}})
}

func (c *chain) structTag(p contract.Package, module, name string) sui.TypeTag {
	t := sui.StructTag{Address: p.Original, Module: module, Name: name}
	return t.Tag()
}

// pair is an ApprovalKey.
type pair struct{ requester, steward sui.Address }

// MarshalBCS writes the fields in Move's order.
func (p pair) MarshalBCS(e *bcs.Encoder) { e.Value(p.requester); e.Value(p.steward) }

// field puts an entry of a table of u64 or of nodes.
func (c *chain) field(parent sui.Address, keyType sui.TypeTag, key bcs.Marshaler, value func(writer)) {
	valueType := sui.TypeTag{Kind: sui.KindU64}
	if parent == nodesID {
		valueType = c.structTag(c.p.Catalog, "lineage", "Node")
	}
	typ := &sui.StructTag{Address: sui.Framework, Module: "dynamic_field", Name: "Field", Params: []sui.TypeTag{keyType, valueType}}
	c.object(sui.DynamicFieldID(parent, keyType, bcs.Marshal(key)), typ, sui.ObjectOwner(parent), func(w writer) {
		w.Value(key)
		value(w)
	})
}

func (c *chain) writePolicy(w writer, s *situation) {
	w.Value(addressOf(0))
	w.Value(membersID)
	w.U64(uint64(len(s.members)))
	w.ULEB(uint64(len(s.clauses)))
	for i, clause := range s.clauses {
		w.U64(uint64(i))
		w.ULEB(uint64(len(clause)))
		for _, rule := range clause {
			c.writeRule(w, rule)
		}
	}
	w.ULEB(uint64(len(s.offers)))
	for _, o := range s.offers {
		w.U64(o.id)
		w.String(map[bool]string{true: sui.SUIType().TypeName(), false: typeName(9, "gold", "GOLD")}[o.inSUI])
		w.U64(o.price)
		w.option(true, 5)
		w.option(false, 0)
		w.Bool(o.version)
		if o.version {
			w.Value(versionID(0))
		}
		w.Bool(o.open)
	}
	w.Value(addressOf(0))
	w.Value(approved)
	w.U64(uint64(len(s.approvals)))
	w.people(nil)
	w.ULEB(0) // proposals
	w.U64(0)
	w.Bool(true)
	w.Bool(false)
	w.hold(s.heldUntil > 0, s.heldUntil)
	w.U64(99)
}

func (c *chain) writeRule(w writer, r condition) {
	w.ULEB(uint64(r.kind))
	switch r.kind {
	case 2, 3:
		w.U64(r.at)
	case 4:
		w.String(c.shownTypes()[r.typ].Tag().TypeName())
	case 5:
		w.U64(r.offer)
	case 6:
		w.strings(r.purposes)
	case 7:
		w.people(r.stewards)
		w.U64(uint64(r.threshold))
	case 8:
		w.String(witness[r.typ])
	case 9:
		w.Value(versionID(r.version))
	case 10:
		w.Value(serviceIDs[r.service])
	}
}

func writeNode(w writer, n node) {
	w.Value(otherID)
	w.U8(0)
	w.Bytes(nil)
	w.Value(policyID)
	w.ULEB(uint64(len(n.parents)))
	for _, p := range n.parents {
		w.Value(versionID(p))
		w.U16(1)
		w.U64(0)
	}
	w.U16(0)
	w.ULEB(0)
	w.U64(0)
	w.U64(0)
	w.option(n.revoked, 1)
	w.option(n.held, 1)
	w.option(false, 0)
	w.hold(n.law, never)
}

func writePass(w writer, t ticket) {
	w.Value(map[bool]sui.Address{false: policyID, true: otherID}[t.other])
	w.U64(t.offer)
	w.Value(addressOf(t.holder))
	w.option(t.expires != never, t.expires)
	w.option(t.uses >= 0, uint64(t.uses))
	w.Bool(false)
}

func (c *chain) writeRequest(w writer, r bundle) {
	w.Value(map[bool]sui.Address{false: policyID, true: otherID}[r.other])
	w.U64(r.until)
	w.Value(addressOf(r.of))
	w.ULEB(uint64(len(r.offers)))
	for _, o := range r.offers {
		w.U64(o)
	}
	var objects, vouched []string
	for _, t := range r.objects {
		objects = append(objects, c.shownTypes()[t].Tag().TypeName())
	}
	for _, t := range r.vouched {
		vouched = append(vouched, witness[t])
	}
	w.strings(objects)
	w.Bool(r.purpose != "")
	if r.purpose != "" {
		w.String(r.purpose)
	}
	w.strings(vouched)
	w.ULEB(0) // enclaves are shown anew each time
}

// ask adds what the question does to a transaction.
func (c *chain) ask(b *sui.Builder, q *question) {
	id := append(policyID[:], 1)
	if q.foreign {
		id = append(otherID[:], 1)
	}
	owned := func(id sui.Address) sui.Arg { return b.OwnedObject(c.live[id].Ref()) }
	policy, lineage, version := c.shared(b, policyID), c.shared(b, c.made.CatalogLineage), c.shared(b, c.made.AccessVersion)
	read := contract.Read{Policy: policy, Lineage: lineage, Version: version}
	switch q.call {
	case askPlain:
		contract.SealApprove(b, c.p, id, read)
	case askHolding:
		contract.SealApproveHolding(b, c.p, id, owned([]sui.Address{coinID, capID}[q.typ]), c.shownTypes()[q.typ].Tag().TypeName(), read)
	case askPass:
		contract.SealApproveWithPass(b, c.p, id, owned(passID), read)
	case askRequest:
		contract.SealApproveWithRequest(b, c.p, id, owned(requestID), read)
	case askEnclave:
		contract.SealApproveWithEnclave(b, c.p, id, c.proof(b, q.proof), read)
	case askEnclaveRequest:
		contract.SealApproveWithEnclaveRequest(b, c.p, id, owned(requestID), c.proof(b, q.proof), read)
	case buyPass:
		coin := b.SplitCoins(sui.GasCoin, b.Pure(q.amount)).At(0)
		c.p.PassCalls(b).Buy(sui.SUIType(), contract.Arg[contract.Policy]{Arg: policy}, contract.Pure(b, q.offer), contract.Arg[contract.Coin]{Arg: coin},
			contract.Pure(b, addressOf(q.who)), contract.Arg[contract.PackageVersion]{Arg: version})
	case makeRequest:
		calls := c.p.KeyRequestCalls(b)
		draft := calls.Begin(contract.Arg[contract.Policy]{Arg: policy}, contract.Arg[contract.PackageVersion]{Arg: version})
		calls.UsePass(draft, contract.Arg[contract.Pass]{Arg: owned(passID)})
		if q.vouch {
			e := c.proof(b, q.proof)
			c.p.EnclaveGateCalls(b).Vouch(draft, contract.Arg[contract.EnclaveConfig]{Arg: e.Config}, contract.Arg[contract.Enclave]{Arg: e.Enclave},
				contract.Pure(b, e.Wallet), contract.Pure(b, e.Signed.TimestampMS), contract.Pure(b, e.Signed.Signature))
		}
		if q.purpose != "" {
			calls.DeclarePurpose(draft, contract.Pure(b, q.purpose))
		}
		calls.Finish(draft, contract.Arg[contract.Policy]{Arg: policy}, contract.Arg[contract.Lineage]{Arg: lineage})
	}
}
