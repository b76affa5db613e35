package movevm

import (
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

var suiObject = map[string]native{
	// borrow_uid<T: key>(&T): &UID
	"borrow_uid": func(c *nativeCall) { c.ret(value{n: 0, o: c.args[0].load().o}) },
	// delete_impl(address)
	"delete_impl": func(c *nativeCall) { c.s.objects.deleteID(c.args[0].address()) },
	// record_new_uid(address)
	"record_new_uid": func(c *nativeCall) { c.s.objects.newID(c.args[0].address()) },
	// record_new_uid_from_hash(parent, address)
	"record_new_uid_from_hash": func(c *nativeCall) { c.s.objects.newID(c.args[len(c.args)-1].address()) },
}

var suiTxContext = map[string]native{
	"native_sender":             func(c *nativeCall) { c.ret(addressValue(c.s.tx.Sender)) },
	"native_epoch":              func(c *nativeCall) { c.ret(number(c.s.tx.Epoch)) },
	"native_epoch_timestamp_ms": func(c *nativeCall) { c.ret(number(c.s.tx.EpochTimestampMS)) },
	"native_rgp":                func(c *nativeCall) { c.ret(number(c.s.tx.ReferenceGasPrice)) },
	"native_gas_price":          func(c *nativeCall) { c.ret(number(c.s.tx.GasPrice)) },
	"native_gas_budget":         func(c *nativeCall) { c.ret(number(c.s.tx.GasBudget)) },
	"native_ids_created":        func(c *nativeCall) { c.ret(number(c.s.objects.idsCreated)) },
	// fresh_id(): address
	"fresh_id": func(c *nativeCall) {
		id := c.s.FreshID()
		c.s.objects.newID(id)
		c.ret(addressValue(id))
	},
	// native_sponsor(): vector<address> of length 0 or 1
	"native_sponsor": func(c *nativeCall) {
		o := &object{f: []value{}}
		if c.s.tx.Sponsor != nil {
			o.f = append(o.f, addressValue(*c.s.tx.Sponsor))
		}
		c.ret(value{o: o})
	},
	// derive_id(tx_hash vector<u8>, ids_created u64): address
	"derive_id": func(c *nativeCall) {
		c.ret(addressValue(deriveID(c.input(0), c.args[1].n)))
	},
}

// Abort codes of sui::transfer.
const (
	transferSharedNonNew  = 0
	transferReceiveType   = 2
	transferCannotReceive = 3
)

// allPermissions of sui::party: read, write, delete and transfer.
const allPermissions = 0xf

var suiTransfer = map[string]native{
	// transfer_impl<T: key>(T, address)
	"transfer_impl": func(c *nativeCall) {
		c.transfer(sui.Owner{Kind: sui.OwnerAddress, Address: c.args[1].address()})
	},
	// freeze_object_impl<T: key>(T)
	"freeze_object_impl": func(c *nativeCall) { c.transfer(sui.Owner{Kind: sui.OwnerImmutable}) },
	// share_object_impl<T: key>(T)
	"share_object_impl": func(c *nativeCall) {
		if !c.transfer(sui.Owner{Kind: sui.OwnerShared}) {
			abort(transferSharedNonNew)
		}
	},
	// party_transfer_impl<T: key>(T, default u64, vector<address>, vector<u64>):
	// one owner with all permissions, nobody else with any. sui::transfer lets
	// nothing else through.
	"party_transfer_impl": func(c *nativeCall) {
		members, permissions := c.args[2].o.f, c.args[3].o.f
		if c.args[1].n != 0 || len(members) != 1 || len(permissions) != 1 || permissions[0].n != allPermissions {
			throw(StatusInvariant, 0, "a party must be one address with all permissions")
		}
		c.transfer(sui.Owner{Kind: sui.OwnerConsensusAddress, Address: members[0].address()})
	},
	// receive_impl<T: key>(parent address, ID, version u64): T
	"receive_impl": func(c *nativeCall) {
		c.ret(c.s.receive(c.args[0].address(), c.args[1].load0().address(), c.args[2].n, c.in.targs[0]))
	},
}

func (c *nativeCall) transfer(to sui.Owner) (kept bool) {
	return c.s.objects.transfer(c.in.targs[0], c.args[0], to)
}

var suiDynamicField = map[string]native{
	// hash_type_and_key<K>(parent address, K): address
	"hash_type_and_key": func(c *nativeCall) {
		key := c.u.encode(c.in.targs[0], c.args[1])
		c.ret(addressValue(fieldID(c.args[0].address(), key, c.in.targs[0])))
	},
	// add_child_object<C: key>(parent address, C)
	"add_child_object": func(c *nativeCall) {
		c.s.addChild(c.args[0].address(), c.in.targs[0], c.args[1])
	},
	// borrow_child_object<C: key>(&UID, id address): &C
	"borrow_child_object":     borrowChild,
	"borrow_child_object_mut": borrowChild,
	// remove_child_object<C: key>(parent address, id address): C
	"remove_child_object": func(c *nativeCall) {
		ch := c.s.takeChild(c.args[0].address(), c.args[1].address(), c.in.targs[0])
		ch.present = false
		c.ret(ch.cell.f[0])
	},
	// has_child_object(parent address, id address): bool
	"has_child_object": func(c *nativeCall) {
		c.retBool(c.s.findChild(c.args[0].address(), c.args[1].address()) != nil)
	},
	// has_child_object_with_ty<C: key>(parent address, id address): bool
	"has_child_object_with_ty": func(c *nativeCall) {
		ch := c.s.findChild(c.args[0].address(), c.args[1].address())
		c.retBool(ch != nil && ch.typ.Equal(c.in.targs[0]))
	},
}

func borrowChild(c *nativeCall) {
	parent := c.args[0].load().load0().load0().address()
	ch := c.s.takeChild(parent, c.args[1].address(), c.in.targs[0])
	c.ret(value{o: &ch.cell})
}

// Sui's limits on events (protocol 95).
const (
	maxEvents          = 1024
	maxEventBytes      = 256_000
	maxTotalEventBytes = 65_536_000
)

// events are the events of a transaction.
type events struct {
	list  []sui.Event
	types []*Type
	bytes int

	streamed []StreamedEvent
}

var suiEvent = map[string]native{
	// emit<T: copy + drop>(T)
	"emit": func(c *nativeCall) { c.s.emit(c.in.targs[0], c.args[0]) },
	// emit_authenticated_impl<StreamHead, T: copy + drop>(accumulator address, stream address, T)
	"emit_authenticated_impl": func(c *nativeCall) {
		c.s.emit(c.in.targs[1], c.args[2])
		c.s.events.streamed = append(c.s.events.streamed, StreamedEvent{Event: len(c.s.events.list) - 1, Stream: c.args[1].address()})
	},
}

// emit records an event under the function that the transaction called.
func (s *Session) emit(t *Type, v value) {
	if len(s.events.list) >= maxEvents {
		throw(StatusLimit, 0, "transaction emits too many events")
	}
	contents := s.usage.encode(t, v)
	if s.events.bytes += len(contents); len(contents) > maxEventBytes || s.events.bytes > maxTotalEventBytes {
		throw(StatusLimit, 0, "event is too large")
	}
	e := sui.Event{Sender: s.tx.Sender, Type: t.StructTag(), Contents: contents}
	if s.current != nil {
		e.Package, e.Module = s.current.Package, s.current.Module
	}
	s.events.list = append(s.events.list, e)
	s.events.types = append(s.events.types, t)
}

// EventsEmitted is the number of events so far.
func (s *Session) EventsEmitted() int { return len(s.events.list) }

var suiTypes = map[string]native{
	// is_one_time_witness<T: drop>(&T): bool
	"is_one_time_witness": func(c *nativeCall) { c.retBool(isOneTimeWitness(c.in.targs[0])) },
}

// isOneTimeWitness: a struct of one bool, named as its module in capitals, with
// only drop. That none is ever packed is checked when a module is published.
func isOneTimeWitness(t *Type) bool {
	return t.data != nil && !t.data.enum && len(t.args) == 0 && t.Abilities == Drop &&
		len(t.fields[0]) == 1 && t.fields[0][0].Kind == KindBool && t.data.name == strings.ToUpper(t.data.module)
}

var suiAddress = map[string]native{
	// addresses and u256 have one representation
	"to_u256":   func(c *nativeCall) { c.ret(c.args[0]) },
	"from_u256": func(c *nativeCall) { c.ret(c.args[0]) },
	// from_bytes(vector<u8>): address
	"from_bytes": func(c *nativeCall) {
		b := bytesOf(c.args[0])
		if len(b) != 32 {
			abort(0)
		}
		c.ret(addressValue(sui.Address(b)))
	},
}

var suiProtocolConfig = map[string]native{
	// is_feature_enabled(vector<u8>): bool; no optional feature is on
	"is_feature_enabled": func(c *nativeCall) { c.retBool(false) },
}
