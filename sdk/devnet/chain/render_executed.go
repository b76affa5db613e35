package chain

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
)

// executed is a transaction with its outcome, from the ledger or simulated.
type executed struct {
	digest     sui.Digest
	data       *sui.TransactionData
	signatures []sui.Signature
	effects    *sui.TransactionEffects
	events     []sui.Event
	loaded     []sui.ObjectRef
	included   *inclusion // nil before inclusion in a checkpoint
}

// inclusion is a transaction's place in the chain.
type inclusion struct {
	checkpoint  uint64
	index       uint32
	timestampMS uint64
}

// decode reads a record of the ledger.
func (rec *txRecord) decode(digest sui.Digest) (*executed, error) {
	ex := &executed{
		digest: digest, data: new(sui.TransactionData), effects: new(sui.TransactionEffects),
		signatures: rec.signatures, loaded: rec.loaded,
		included: &inclusion{rec.checkpoint, rec.index, rec.timestampMS},
	}
	var events sui.TransactionEvents
	err := bcs.Unmarshal(rec.data, ex.data)
	if err == nil {
		err = bcs.Unmarshal(rec.effects, ex.effects)
	}
	if err == nil && len(rec.events) > 0 {
		err = bcs.Unmarshal(rec.events, &events)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: transaction %s: %w", ErrDamaged, digest, err)
	}
	ex.events = events.Events
	return ex, nil
}

// executed renders a transaction with its outcome and applies the mask.
func (r *renderer) executed(ex *executed, m *mask) *pb.ExecutedTransaction {
	out := &pb.ExecutedTransaction{Digest: ptr(ex.digest.String())}
	if m.has("transaction") {
		out.Transaction = renderTransaction(ex.data, m.at("transaction"))
	}
	for _, sig := range ex.signatures {
		out.Signatures = append(out.Signatures, renderSignature(sig))
	}
	if m.has("effects") {
		out.Effects = r.effects(ex.effects, ex.loaded, m.at("effects"))
	}
	if m.has("events") && len(ex.events) > 0 {
		out.Events = r.events(ex, m.at("events"))
	}
	if m.has("balance_changes") {
		out.BalanceChanges = r.balanceChanges(ex)
	}
	if m.has("objects") {
		out.Objects = r.objectSet([]*executed{ex}, m.at("objects"))
	}
	if in := ex.included; in != nil {
		out.Checkpoint = ptr(in.checkpoint)
		out.Timestamp = renderMillis(in.timestampMS)
		setNewVarint(out, "transaction_index", uint64(in.index))
	}
	m.prune(out)
	return out
}

// events renders the events of a transaction.
func (r *renderer) events(ex *executed, m *mask) *pb.TransactionEvents {
	list := sui.TransactionEvents{Events: ex.events}
	out := &pb.TransactionEvents{}
	if m.has("bcs") {
		out.Bcs = renderBCS("TransactionEvents", bcs.Marshal(list))
	}
	if m.has("digest") {
		out.Digest = ptr(list.Digest().String())
	}
	if !m.has("events") {
		return out
	}
	for i := range ex.events {
		out.Events = append(out.Events, r.event(ex, i, m.at("events")))
	}
	return out
}

// event renders one event of a transaction.
func (r *renderer) event(ex *executed, i int, m *mask) *pb.Event {
	ev := &ex.events[i]
	typ := ev.Type.String()
	e := &pb.Event{
		PackageId: ptr(ev.Package.String()), Module: &ev.Module, Sender: ptr(ev.Sender.String()),
		EventType: &typ, Contents: renderBCS(typ, ev.Contents),
	}
	if m.has("json") {
		e.Json = r.types.json(r.v, &ev.Type, ev.Contents)
	}
	if in := ex.included; in != nil {
		setNewVarint(e, "checkpoint", in.checkpoint)
		setNewBytes(e, "transaction_digest", []byte(ex.digest.String()))
		setNewVarint(e, "transaction_index", uint64(in.index))
		setNewVarint(e, "event_index", uint64(i))
	}
	return e
}

// balanceChanges sums up what each address gained or lost, by coin type.
func (r *renderer) balanceChanges(ex *executed) (out []*pb.BalanceChange) {
	type entry struct{ owner, coin string }
	sums := map[entry]*big.Int{}
	add := func(obj *sui.Object, sign int64) {
		if obj == nil || obj.Owner.Kind != sui.OwnerAddress && obj.Owner.Kind != sui.OwnerConsensusAddress {
			return
		}
		balance, ok := coinBalance(obj)
		if !ok {
			return
		}
		k := entry{obj.Owner.Address.String(), obj.Move.Type.Params[0].String()}
		if sums[k] == nil {
			sums[k] = new(big.Int)
		}
		delta := new(big.Int).SetUint64(balance)
		sums[k].Add(sums[k], delta.Mul(delta, big.NewInt(sign)))
	}
	for i := range ex.effects.Changed {
		c := &ex.effects.Changed[i]
		if c.Input == sui.StateExist {
			add(r.objectAt(c.ID, c.InputVersion), -1)
		}
		if c.Output == sui.StateExist {
			add(r.objectAt(c.ID, ex.effects.LamportVersion), 1)
		}
	}
	for k, sum := range sums {
		if sum.Sign() != 0 {
			out = append(out, &pb.BalanceChange{Address: ptr(k.owner), CoinType: ptr(k.coin), Amount: ptr(sum.String())})
		}
	}
	slices.SortFunc(out, func(a, b *pb.BalanceChange) int {
		if c := strings.Compare(*a.Address, *b.Address); c != 0 {
			return c
		}
		return strings.Compare(*a.CoinType, *b.CoinType)
	})
	return out
}

// objectSet renders every object version that transactions read or wrote,
// once, ordered by id and version.
func (r *renderer) objectSet(txs []*executed, m *mask) *pb.ObjectSet {
	seen := map[objectKey]bool{}
	for _, ex := range txs {
		for i := range ex.effects.Changed {
			c := &ex.effects.Changed[i]
			if c.Input == sui.StateExist {
				seen[objectKey{c.ID, c.InputVersion}] = true
			}
			if version, ok := outputVersion(ex.effects, c); ok {
				seen[objectKey{c.ID, version}] = true
			}
		}
		for _, u := range ex.effects.UnchangedConsensus {
			if u.Kind == 0 {
				seen[objectKey{u.ID, u.Version}] = true
			}
		}
		for _, ref := range ex.loaded {
			seen[objectKey{ref.ID, ref.Version}] = true
		}
	}
	keys := make([]objectKey, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b objectKey) int {
		if c := bytes.Compare(a.id[:], b.id[:]); c != 0 {
			return c
		}
		return int(int64(a.version) - int64(b.version))
	})
	out := &pb.ObjectSet{}
	for _, k := range keys {
		if obj := r.objectAt(k.id, k.version); obj != nil {
			out.Objects = append(out.Objects, r.object(obj, m.at("objects")))
		}
	}
	return out
}

// inStream reports whether an event was added to a stream of authenticated
// events.
func (ex *executed) inStream(event int, stream sui.Address) bool {
	for i := range ex.effects.Changed {
		c := &ex.effects.Changed[i]
		if c.Output != sui.StateAccumulatorWrite {
			continue
		}
		w, ok := eventstream.ParseWrite(c.Accumulator)
		if ok && w.Stream == stream && slices.ContainsFunc(w.Events, func(e eventstream.WrittenEvent) bool { return e.Index == uint64(event) }) {
			return true
		}
	}
	return false
}
