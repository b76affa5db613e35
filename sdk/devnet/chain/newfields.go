package chain

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
)

// newFields are the fields of sui.rpc.v2 that are newer than the generated
// stubs we link (sui-go-sdk v1.1.4, February 2026) and that clients of today
// read. Two Go copies of one protobuf package cannot be linked into a program,
// so these fields travel as unknown fields of the stubs' messages: written by
// setNew*, read by new*. The numbers are those of the descriptors in npm
// @mysten/sui 2.33.1.
var newFields = map[protoreflect.FullName]map[string]protowire.Number{
	"sui.rpc.v2.Balance":             {"address_balance": 4, "coin_balance": 5},
	"sui.rpc.v2.ChangedObject":       {"accumulator_write": 12},
	"sui.rpc.v2.Event":               {"checkpoint": 7, "transaction_digest": 8, "transaction_index": 9, "event_index": 10},
	"sui.rpc.v2.ExecutedTransaction": {"transaction_index": 10},
	"sui.rpc.v2.Input":               {"mutability": 7, "funds_withdrawal": 8},
	"sui.rpc.v2.Object":              {"display": 102},
	"sui.rpc.v2.ProtocolConfig":      {"configs": 4},
	"sui.rpc.v2.TransactionExpiration": {
		"min_epoch": 3, "min_timestamp": 4, "max_timestamp": 5, "chain": 6, "nonce": 7, "allowed_proposers": 8,
	},
	"sui.rpc.v2.SimulateTransactionResponse": {"suggested_gas_price": 3},
}

// Values of enums that the stubs lack.
const (
	expirationValidDuring = 3 // TransactionExpirationKind.VALID_DURING
	expirationValidity    = 4 // TransactionExpirationKind.VALIDITY

	outputAccumulatorWrite = 4 // ChangedObject.OutputObjectState

	kindProgrammableSystem = 11 // TransactionKind.Kind

	inputFundsWithdrawal = 5 // InputKind.FUNDS_WITHDRAWAL

	mutabilityImmutable         = 1 // Input.Mutability
	mutabilityMutable           = 2
	mutabilityNonExclusiveWrite = 3
)

// newFieldNumber panics for a name that is not in the table: a spelling
// mistake in our own code.
func newFieldNumber(m proto.Message, name string) protowire.Number {
	num, ok := newFields[m.ProtoReflect().Descriptor().FullName()][name]
	if !ok {
		panic("chain: no new field " + name + " in " + string(m.ProtoReflect().Descriptor().FullName()))
	}
	return num
}

// setNewVarint appends an integer, boolean or enum field.
func setNewVarint(m proto.Message, name string, v uint64) {
	raw := m.ProtoReflect().GetUnknown()
	raw = protowire.AppendTag(raw, newFieldNumber(m, name), protowire.VarintType)
	m.ProtoReflect().SetUnknown(protowire.AppendVarint(raw, v))
}

// setNewBytes appends a string, bytes or message field.
func setNewBytes(m proto.Message, name string, v []byte) {
	raw := m.ProtoReflect().GetUnknown()
	raw = protowire.AppendTag(raw, newFieldNumber(m, name), protowire.BytesType)
	m.ProtoReflect().SetUnknown(protowire.AppendBytes(raw, v))
}

// setNewMessage appends a message field.
func setNewMessage(m proto.Message, name string, v proto.Message) {
	raw, err := proto.Marshal(v)
	if err == nil { // only a string that is not UTF-8 fails, and we set none
		setNewBytes(m, name, raw)
	}
}

// proposersMessage encodes TransactionExpiration.AllowedProposers: epoch (1) and
// the packed indices of validators (2).
func proposersMessage(p *sui.AllowedProposers) []byte {
	raw := protowire.AppendTag(nil, 1, protowire.VarintType)
	raw = protowire.AppendVarint(raw, p.Epoch)
	var packed []byte
	for _, i := range p.Indices {
		packed = protowire.AppendVarint(packed, uint64(i))
	}
	raw = protowire.AppendTag(raw, 2, protowire.BytesType)
	return protowire.AppendBytes(raw, packed)
}

// streamWriteMessage encodes an AccumulatorWrite: address (1), type (2),
// operation (3), kind of value (4), and an EventDigestEntry (7) with index (1)
// and digest (2) per event.
func streamWriteMessage(w *eventstream.Write) []byte {
	text := func(b []byte, num protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
	}
	number := func(b []byte, num protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), n)
	}
	raw := text(nil, 1, w.Stream.String())
	raw = text(raw, 2, sui.Framework.String()+"::accumulator_settlement::EventStreamHead")
	raw = number(raw, 3, 1) // MERGE
	raw = number(raw, 4, 3) // EVENT_DIGEST
	for _, ev := range w.Events {
		entry := text(number(nil, 1, ev.Index), 2, ev.Digest.String())
		raw = protowire.AppendBytes(protowire.AppendTag(raw, 7, protowire.BytesType), entry)
	}
	return raw
}

// newVarint returns the last value of an integer field, and whether it is set.
func newVarint(m proto.Message, name string) (v uint64, ok bool) {
	eachNew(m, name, func(typ protowire.Type, raw []byte) {
		if typ == protowire.VarintType {
			v, _ = protowire.ConsumeVarint(raw)
			ok = true
		}
	})
	return v, ok
}

// newBytes returns the last value of a string, bytes or message field, and
// whether it is set.
func newBytes(m proto.Message, name string) (v []byte, ok bool) {
	eachNew(m, name, func(typ protowire.Type, raw []byte) {
		if typ == protowire.BytesType {
			v, _ = protowire.ConsumeBytes(raw)
			ok = true
		}
	})
	return v, ok
}

// eachNew calls f with the type and value bytes of every occurrence of a field.
func eachNew(m proto.Message, name string, f func(protowire.Type, []byte)) {
	want := newFieldNumber(m, name)
	raw := m.ProtoReflect().GetUnknown()
	for len(raw) > 0 {
		num, typ, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return
		}
		raw = raw[n:]
		size := protowire.ConsumeFieldValue(num, typ, raw)
		if size < 0 {
			return
		}
		if num == want {
			f(typ, raw[:size])
		}
		raw = raw[size:]
	}
}
