package movevm

import (
	"bytes"
	"slices"

	"golang.org/x/crypto/blake2b"

	"github.com/floe-data/floe/sdk/sui"
)

// The natives of Move unit tests, with which one session plays many
// transactions: what a transaction transfers goes into an inventory, from which
// later ones take it. Only sessions with Config.Test can call them.

// Abort codes of sui::test_scenario.
const (
	scenarioSharedUsage  = 1
	scenarioNotFound     = 4
	scenarioHasTicket    = 6
	scenarioHasNoTicket  = 7
	receivingTestVersion = 0 // of every object that a ticket is for
)

// A scenario is the state between the transactions of a test.
type scenario struct {
	held    []*heldObject // in the order in which they were last written
	taken   map[sui.Address]sui.Owner
	frozen  map[sui.Address][]byte // immutable objects that were taken, in BCS
	tickets map[sui.Address]*heldObject
	seeds   uint64 // random seeds handed out
}

// A heldObject is an object that some transaction left to an owner.
type heldObject struct {
	id    sui.Address
	typ   *Type
	owner sui.Owner
	val   value
	gone  bool // wrapped since, or lent to a ticket; its owner still lists it
}

// testing is the scenario of a session.
func (s *Session) testing() *scenario {
	if s.scenario == nil {
		s.scenario = &scenario{taken: map[sui.Address]sui.Owner{}, frozen: map[sui.Address][]byte{}, tickets: map[sui.Address]*heldObject{}}
	}
	return s.scenario
}

var stdUnitTest = map[string]native{
	"poison":  func(*nativeCall) {},
	"destroy": func(*nativeCall) {},
}

var suiTestEvent = map[string]native{
	"num_events": func(c *nativeCall) { c.ret(number(uint64(len(c.s.events.list)))) },
	"events_by_type": func(c *nativeCall) {
		t, list := c.in.targs[0], []value{}
		for i, e := range c.s.events.list {
			if !c.s.events.types[i].Equal(t) {
				continue
			}
			v, err := c.u.decode(t, e.Contents)
			if err != nil {
				throw(StatusInvariant, 0, err.Error())
			}
			list = append(list, v)
		}
		c.ret(value{o: &object{f: list}})
	},
}

var suiTestContext = map[string]native{
	"last_created_id": func(c *nativeCall) {
		if c.s.objects.idsCreated == 0 {
			throw(StatusInvariant, 0, "the transaction has made no id")
		}
		c.ret(addressValue(deriveID(c.s.tx.Digest[:], c.s.objects.idsCreated-1)))
	},
	// sender, digest, epoch, its start, ids made, reference gas price, gas
	// price, gas budget, sponsor
	"replace": func(c *nativeCall) {
		digest := bytesOf(c.args[1])
		if len(digest) != len(sui.Digest{}) {
			throw(StatusInvariant, 0, "a transaction digest has 32 bytes")
		}
		c.s.tx = TxContext{
			Sender: c.args[0].address(), Digest: sui.Digest(digest), Epoch: c.args[2].n, EpochTimestampMS: c.args[3].n,
			ReferenceGasPrice: c.args[5].n, GasPrice: c.args[6].n, GasBudget: c.args[7].n,
		}
		c.s.objects.idsCreated = c.args[4].n
		if sponsor := c.args[8].o.f; len(sponsor) > 0 {
			a := sponsor[0].address()
			c.s.tx.Sponsor = &a
		}
	},
}

var suiTestUtils = map[string]native{
	"create_one_time_witness": func(c *nativeCall) {
		if !isOneTimeWitness(c.in.targs[0]) {
			throw(StatusInvariant, 0, "the type is not a one-time witness")
		}
		c.ret(structValue(boolean(true)))
	},
}

var suiTestRandom = map[string]native{
	// tests must be repeatable: the seeds are hashes of 0, 1, 2, …
	"generate_rand_seed_for_testing": func(c *nativeCall) {
		x := c.s.testing()
		seed := blake2b.Sum256([]byte{byte(x.seeds), byte(x.seeds >> 8), byte(x.seeds >> 16), byte(x.seeds >> 24)})
		x.seeds++
		c.retBytes(seed[:])
	},
}

var suiTestScenario = map[string]native{
	"take_from_address_by_id":    func(c *nativeCall) { c.take(c.args[2], sui.AddressOwner(c.args[1].address())) },
	"take_immutable_by_id":       func(c *nativeCall) { c.take(c.args[1], sui.Immutable()) },
	"take_shared_by_id":          func(c *nativeCall) { c.take(c.args[1], sui.Owner{Kind: sui.OwnerShared}) },
	"most_recent_id_for_address": func(c *nativeCall) { c.mostRecent(sui.AddressOwner(c.args[0].address())) },
	"most_recent_immutable_id":   func(c *nativeCall) { c.mostRecent(sui.Immutable()) },
	"most_recent_id_shared":      func(c *nativeCall) { c.mostRecent(sui.Owner{Kind: sui.OwnerShared}) },
	"was_taken_from_address":     func(c *nativeCall) { c.wasTaken(c.args[1], sui.AddressOwner(c.args[0].address())) },
	"was_taken_immutable":        func(c *nativeCall) { c.wasTaken(c.args[0], sui.Immutable()) },
	"was_taken_shared":           func(c *nativeCall) { c.wasTaken(c.args[0], sui.Owner{Kind: sui.OwnerShared}) },
	"ids_for_address": func(c *nativeCall) {
		list := []value{}
		for _, h := range c.s.testing().held {
			if h.is(c.in.targs[0], sui.AddressOwner(c.args[0].address())) {
				list = append(list, idValue(h.id))
			}
		}
		c.ret(value{o: &object{f: list}})
	},
	// A ticket moves the object to where receive_impl finds it.
	"allocate_receiving_ticket_for_object": func(c *nativeCall) {
		x, id := c.s.testing(), c.args[0].load0().address()
		if x.tickets[id] != nil {
			abort(scenarioHasTicket)
		}
		h := x.find(id)
		switch {
		case h == nil || h.gone:
			throw(StatusInvariant, 0, "there is no object to receive")
		case h.owner.Kind != sui.OwnerAddress:
			abort(scenarioNotFound)
		}
		h.gone, x.tickets[id] = true, h
		c.ret(number(receivingTestVersion))
	},
	"deallocate_receiving_ticket_for_object": func(c *nativeCall) {
		x, id := c.s.testing(), c.args[0].load0().address()
		h := x.tickets[id]
		if h == nil {
			abort(scenarioHasNoTicket)
		}
		h.gone = false
		delete(x.tickets, id)
	},
	"end_transaction": func(c *nativeCall) { c.ret(c.endTransaction()) },
}

func idValue(id sui.Address) value { return structValue(addressValue(id)) }

func optionValue(v ...value) value { return structValue(value{o: &object{f: append([]value{}, v...)}}) }

// is reports whether h is of a type and belongs to an owner; what a party owns
// alone counts as its address'.
func (h *heldObject) is(t *Type, owner sui.Owner) bool {
	return h.typ.Equal(t) && sameOwner(h.owner, owner)
}

func sameOwner(a, b sui.Owner) bool { return a.Kind == b.Kind && a.Address == b.Address }

func (x *scenario) find(id sui.Address) *heldObject {
	for _, h := range x.held {
		if h.id == id {
			return h
		}
	}
	return nil
}

func (c *nativeCall) take(idArg value, owner sui.Owner) {
	x, id := c.s.testing(), idArg.load0().address()
	h := x.find(id)
	if _, taken := x.taken[id]; taken || h == nil || h.gone || !h.is(c.in.targs[0], owner) {
		abort(scenarioNotFound)
	}
	x.taken[id] = owner
	c.s.objects.inputs.set(id, owner)
	if owner.Kind == sui.OwnerImmutable {
		x.frozen[id] = c.u.encode(h.typ, h.val)
	}
	c.ret(c.u.copyValue(h.val, 0))
}

func (c *nativeCall) mostRecent(owner sui.Owner) {
	x := c.s.testing()
	for _, h := range slices.Backward(x.held) {
		if _, taken := x.taken[h.id]; !taken && h.is(c.in.targs[0], owner) {
			c.ret(optionValue(idValue(h.id)))
			return
		}
	}
	c.ret(optionValue())
}

func (c *nativeCall) wasTaken(idArg value, owner sui.Owner) {
	from, taken := c.s.testing().taken[idArg.load0().address()]
	c.retBool(taken && sameOwner(from, owner))
}

// receiveTicket is Session.receive for a ticket of a test; ok is false when
// there is none.
func (s *Session) receiveTicket(parent, id sui.Address, version uint64, t *Type) (v value, ok bool) {
	if s.scenario == nil {
		return v, false
	}
	h := s.scenario.tickets[id]
	if h == nil || version != receivingTestVersion || h.owner.Address != parent {
		return v, false
	}
	for _, r := range s.objects.received {
		if r.ID == id {
			return v, false
		}
	}
	if !h.typ.Equal(t) {
		throw(StatusAborted, transferReceiveType, "")
	}
	s.objects.received = append(s.objects.received, sui.ObjectRef{ID: id, Version: version})
	s.objects.inputs.set(id, h.owner)
	return s.usage.copyValue(h.val, 0), true
}

// endTransaction moves what the transaction did into the inventory, makes its
// TransactionEffects and starts the next transaction.
func (c *nativeCall) endTransaction() value {
	s, x := c.s, c.s.testing()
	x.settleTickets(s.objects.received)
	o := &s.objects
	before := x.taken
	deleted := o.deleted.list()
	active := o.activeChildren()

	wrong := false // a shared or immutable object went where it must not
	lentOut := func(id sui.Address) (sui.Owner, bool) {
		from, ok := before[id]
		return from, ok && (from.Kind == sui.OwnerShared || from.Kind == sui.OwnerImmutable)
	}
	var fx effects
	for _, id := range o.transferOrder {
		t := o.transfers[id]
		fx.add(id, t.owner, o.created.in[id])
		if from, ok := lentOut(id); ok && !sameOwner(from, t.owner) {
			wrong = true
		}
		if old, ok := x.frozen[id]; ok && !bytes.Equal(old, c.u.encode(t.typ, t.val)) {
			wrong = true
		}
	}
	for _, id := range deleted {
		if from, ok := lentOut(id); ok && from.Kind == sui.OwnerImmutable {
			wrong = true
		}
	}
	wrapped := s.wrappedObjects(active)
	for _, id := range append(slices.Clone(wrapped), active...) {
		if _, ok := lentOut(id); ok {
			wrong = true
		}
	}
	if wrong {
		abort(scenarioSharedUsage)
	}
	x.update(o, deleted, active, wrapped)
	fx.deleted = append(deleted, wrapped...)
	result := fx.value(len(s.events.list))
	s.nextTransaction()
	return result
}

// settleTickets gives objects back that were not received.
func (x *scenario) settleTickets(received []sui.ObjectRef) {
	for id, h := range x.tickets {
		h.gone = slices.ContainsFunc(received, func(r sui.ObjectRef) bool { return r.ID == id })
	}
	clear(x.tickets)
}

// update notes who owns what after a transaction.
func (x *scenario) update(o *objects, deleted, active, wrapped []sui.Address) {
	changed := map[sui.Address]bool{}
	for _, ids := range [][]sui.Address{deleted, active, o.transferOrder} {
		for _, id := range ids {
			changed[id] = true
			delete(x.taken, id)
		}
	}
	x.held = slices.DeleteFunc(x.held, func(h *heldObject) bool { return changed[h.id] })
	for _, id := range o.transferOrder {
		t := o.transfers[id]
		if t.owner.Kind == sui.OwnerConsensusAddress {
			t.owner = sui.AddressOwner(t.owner.Address)
		}
		x.held = append(x.held, &heldObject{id: id, typ: t.typ, owner: t.owner, val: t.val})
	}
	for _, id := range wrapped {
		if h := x.find(id); h != nil {
			h.gone = true
		}
	}
}

// activeChildren are the ids of all dynamic fields and objects, ascending.
func (o *objects) activeChildren() (ids []sui.Address) {
	for id, c := range o.children {
		if c.present {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, sui.Address.Compare)
	return ids
}

// wrappedObjects are the ids of objects inside of written objects and children,
// ascending.
func (s *Session) wrappedObjects(active []sui.Address) []sui.Address {
	seen := map[sui.Address]bool{}
	for _, id := range s.objects.transferOrder {
		t := s.objects.transfers[id]
		s.collectUIDs(t.typ, t.val, seen, true)
	}
	for _, id := range active {
		c := s.objects.children[id]
		s.collectUIDs(c.typ, c.cell.f[0], seen, true)
	}
	var ids []sui.Address
	for id := range seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, sui.Address.Compare)
	return ids
}

// collectUIDs finds the UIDs in a value, without the one that an object has as
// its own.
func (s *Session) collectUIDs(t *Type, v value, seen map[sui.Address]bool, top bool) {
	s.usage.work(1)
	switch {
	case t.Is(suiFramework, "object", "UID"):
		seen[v.load0().load0().address()] = true
	case t.Kind == KindVector && t.Elem.depth > 2:
		for _, e := range v.o.f {
			s.collectUIDs(t.Elem, e, seen, false)
		}
	case t.Kind == KindDatatype:
		for i, f := range t.fields[v.n] {
			if own := top && i == 0; f.depth > 2 && !own {
				s.collectUIDs(f, v.o.f[i], seen, false)
			}
		}
	}
}

// nextTransaction forgets the transaction; the inventory and the children stay.
func (s *Session) nextTransaction() {
	children, ids := s.objects.children, s.objects.idsCreated
	s.objects = objects{}
	s.objects.children, s.objects.idsCreated = children, ids
	for id, owner := range s.scenario.taken {
		s.objects.inputs.set(id, owner)
	}
	s.events = events{}
}

// effects is a TransactionEffects in the making.
type effects struct {
	created, written, deleted, shared, frozen []sui.Address
	toAddress, toObject                       []value // entries of a VecMap
}

func (fx *effects) add(id sui.Address, owner sui.Owner, created bool) {
	if created {
		fx.created = append(fx.created, id)
	} else {
		fx.written = append(fx.written, id)
	}
	switch owner.Kind {
	case sui.OwnerAddress, sui.OwnerConsensusAddress:
		fx.toAddress = append(fx.toAddress, structValue(idValue(id), addressValue(owner.Address)))
	case sui.OwnerObject:
		fx.toObject = append(fx.toObject, structValue(idValue(id), idValue(owner.Address)))
	case sui.OwnerShared:
		fx.shared = append(fx.shared, id)
	case sui.OwnerImmutable:
		fx.frozen = append(fx.frozen, id)
	}
}

// value has the fields in the order of sui::test_scenario::TransactionEffects.
func (fx *effects) value(events int) value {
	ids := func(list []sui.Address) value {
		o := &object{f: []value{}}
		for _, id := range list {
			o.f = append(o.f, idValue(id))
		}
		return value{o: o}
	}
	vecMap := func(entries []value) value {
		return structValue(value{o: &object{f: append([]value{}, entries...)}})
	}
	return structValue(
		ids(fx.created), ids(fx.written), ids(fx.deleted), vecMap(fx.toAddress), vecMap(fx.toObject),
		ids(fx.shared), ids(fx.frozen), number(uint64(events)),
	)
}
