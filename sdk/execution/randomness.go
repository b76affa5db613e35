package execution

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// randomVersion is the version of sui::random's inner value, which is also the
// name of the dynamic field that holds it.
const randomVersion = 1

// A randomInner is sui::random::RandomInner: the bytes of the newest round.
type randomInner struct {
	version, epoch, round uint64
	bytes                 []byte
}

// MarshalBCS appends the fields in the order of the Move struct.
func (r randomInner) MarshalBCS(e *bcs.Encoder) {
	e.U64(r.version)
	e.U64(r.epoch)
	e.U64(r.round)
	e.Bytes(r.bytes)
}

// UnmarshalBCS reads the fields.
func (r *randomInner) UnmarshalBCS(d *bcs.Decoder) {
	r.version, r.epoch, r.round, r.bytes = d.U64(), d.U64(), d.U64(), d.Bytes()
}

// next is the round that follows in an epoch. Each epoch counts from 0.
func (r *randomInner) next(epoch uint64) uint64 {
	first := r.epoch == 0 && r.round == 0 && len(r.bytes) == 0
	if first || epoch > r.epoch {
		return 0
	}
	return r.round + 1
}

// RandomnessTransaction is the system transaction that gives Random the bytes
// of a round.
func RandomnessTransaction(epoch, round uint64, random []byte) *sui.TransactionData {
	return sui.SystemTransaction(sui.TransactionKind{Randomness: &sui.RandomnessStateUpdate{
		Epoch: epoch, Round: round, Bytes: random, InitialVersion: 1,
	}})
}

// NextRound is the round of randomness that follows in an epoch.
func NextRound(st State, epoch uint64) (uint64, error) {
	_, inner, err := loadRandom(st)
	if err != nil {
		return 0, err
	}
	var r randomInner
	if err := bcs.Unmarshal(inner.Move.Contents[fieldPrefix:], &r); err != nil {
		return 0, fmt.Errorf("read randomness: %w", err)
	}
	return r.next(epoch), nil
}

// UsesRandom reports whether a transaction takes Random: it must execute after
// a round of randomness that nobody knew when it was signed.
func UsesRandom(k *sui.TransactionKind) bool {
	return k.Programmable != nil && randomInput(k.Programmable) >= 0
}

func randomInput(pt *sui.ProgrammableTransaction) int {
	for i, in := range pt.Inputs {
		if in.Kind == sui.InputShared && in.Ref.ID == sui.RandomID {
			return i
		}
	}
	return -1
}

// checkRandom demands that after a command which takes Random come only
// commands that pass objects on: a later one could undo a result that the
// sender does not like.
func checkRandom(pt *sui.ProgrammableTransaction) error {
	random := randomInput(pt)
	if random < 0 {
		return nil
	}
	used := false
	for i, c := range pt.Commands {
		if used && c.TransferObjects == nil && c.MergeCoins == nil {
			return refuse("command %d: after a command that takes Random only TransferObjects and MergeCoins are allowed", i)
		}
		for _, arg := range c.Arguments() {
			used = used || arg.Kind == sui.ArgInput && int(arg.Index) == random
		}
	}
	return nil
}

// randomObjects are Random and its inner value, before the first round.
func randomObjects() []*sui.Object {
	uid := sui.Address(sui.TypedDigest("FloeDevnetRandomInner", nil))
	e := bcs.NewEncoder()
	e.Value(sui.RandomID)
	e.Value(uid)
	e.U64(randomVersion)
	field, contents := randomField(uid, &randomInner{version: randomVersion})
	return []*sui.Object{
		{
			Move:  &sui.MoveObject{Type: sui.StructTag{Address: sui.Framework, Module: "random", Name: "Random"}, Version: 1, Contents: e.Data()},
			Owner: sui.SharedOwner(1),
		},
		{
			Move:  &sui.MoveObject{Type: *randomFieldType(), Version: 1, Contents: append(field[:], contents...)},
			Owner: sui.ObjectOwner(uid),
		},
	}
}

// fieldPrefix is what stands before the inner value in its field: id and name.
const fieldPrefix = 32 + 8

// randomField is the id of the field of a Versioned that holds an inner value,
// and what follows the id in it.
func randomField(uid sui.Address, r *randomInner) (sui.Address, []byte) {
	e := bcs.NewEncoder()
	e.U64(randomVersion)
	id := sui.DynamicFieldID(uid, sui.TypeTag{Kind: sui.KindU64}, bytes.Clone(e.Data()))
	e.Value(r)
	return id, e.Data()
}

func randomFieldType() *sui.StructTag {
	inner := sui.StructTag{Address: sui.Framework, Module: "random", Name: "RandomInner"}
	return sui.DynamicFieldType(sui.TypeTag{Kind: sui.KindU64}, inner.Tag())
}

// loadRandom reads Random and the field with its inner value.
func loadRandom(st State) (random, inner *sui.Object, err error) {
	if random, err = st.Object(sui.RandomID); err != nil {
		return nil, nil, fmt.Errorf("read randomness: %w", err)
	}
	if random.Move == nil || len(random.Move.Contents) != 32+32+8 {
		return nil, nil, errors.New("read randomness: the object is damaged")
	}
	id, _ := randomField(sui.Address(random.Move.Contents[32:64]), new(randomInner))
	if inner, err = st.Object(id); err != nil {
		return nil, nil, fmt.Errorf("read randomness: %w", err)
	}
	if inner.Move == nil || len(inner.Move.Contents) < fieldPrefix {
		return nil, nil, errors.New("read randomness: its inner value is damaged")
	}
	return random, inner, nil
}

// updateRandomness executes the system transaction of a round. It costs nothing
// and needs no Move code; what it does is what random::update_randomness_state
// does.
func updateRandomness(st State, env Env, tx *sui.TransactionData) (*Result, error) {
	if err := checkSystem(tx); err != nil {
		return nil, err
	}
	update := tx.Kind.Randomness
	random, inner, err := loadRandom(st)
	if err != nil {
		return nil, err
	}
	var r randomInner
	if err := bcs.Unmarshal(inner.Move.Contents[fieldPrefix:], &r); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	if update.InitialVersion != random.Owner.Version {
		return nil, refuseObject(sui.RandomID, "it was shared at version %d, not %d", random.Owner.Version, update.InitialVersion)
	}
	if want := r.next(env.Epoch); update.Epoch != env.Epoch || update.Round != want {
		return nil, refuseObject(sui.RandomID, "round %d of epoch %d is not next: that is round %d of epoch %d", update.Round, update.Epoch, want, env.Epoch)
	}
	r.epoch, r.round, r.bytes = update.Epoch, update.Round, update.Bytes
	newInner := inner.Clone()
	newInner.Move.Contents = append(bytes.Clone(inner.Move.Contents[:fieldPrefix]), bcs.Marshal(r)...)
	return systemResult(env, tx, systemChange{random, random.Clone()}, systemChange{inner, newInner}), nil
}
