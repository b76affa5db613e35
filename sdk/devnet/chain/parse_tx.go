package chain

import (
	"errors"
	"fmt"
	"math"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// Sizes that Sui allows; more is refused before any work.
const (
	maxTransactionBytes = 128 << 10
	maxCommands         = 1024
	maxInputs           = 2048
	maxArguments        = 512
)

// A draft is a transaction as a client sent it: complete, or with parts left
// for the node to find.
type draft struct {
	tx      sui.TransactionData
	inputs  []draftInput // beside tx.Kind.Programmable.Inputs
	price   bool         // whether these were given
	budget  bool
	payment bool
}

// A draftInput says what a client told about an object input.
type draftInput struct {
	version *uint64
	digest  *sui.Digest
	mutable *bool
}

// parseTransaction reads a transaction in BCS or in its proto form.
func parseTransaction(in *pb.Transaction) (*draft, error) {
	if in == nil {
		return nil, invalid("missing transaction")
	}
	if raw := in.GetBcs().GetValue(); in.Bcs != nil {
		tx, err := decodeTransaction(raw)
		if err != nil {
			return nil, err
		}
		return completeDraft(tx), nil
	}
	d := new(draft)
	if err := d.parse(in); err != nil {
		return nil, invalid("invalid transaction: %v", err)
	}
	return d, nil
}

func decodeTransaction(raw []byte) (*sui.TransactionData, error) {
	if len(raw) > maxTransactionBytes {
		return nil, invalid("transaction has %d bytes; at most %d are allowed", len(raw), maxTransactionBytes)
	}
	tx := new(sui.TransactionData)
	if err := bcs.Unmarshal(raw, tx); err != nil {
		return nil, invalid("invalid transaction.bcs: %v", err)
	}
	return tx, nil
}

// completeDraft is a draft of a transaction that came whole. Without payment
// the gas may still be selected.
func completeDraft(tx *sui.TransactionData) *draft {
	d := &draft{tx: *tx, price: true, budget: true, payment: len(tx.Gas.Payment) > 0}
	if p := tx.Kind.Programmable; p != nil {
		d.inputs = make([]draftInput, len(p.Inputs))
	}
	return d
}

func (d *draft) parse(in *pb.Transaction) (err error) {
	if v := in.GetVersion(); v != 0 && v != 1 {
		return fmt.Errorf("version %d is unknown: send version 1", v)
	}
	if d.tx.Sender, err = parseAddress("sender", in.GetSender()); err != nil {
		return err
	}
	if err := d.parseGas(in.GetGasPayment()); err != nil {
		return err
	}
	if err := d.parseExpiration(in.GetExpiration()); err != nil {
		return err
	}
	p := in.GetKind().GetProgrammableTransaction()
	if p == nil {
		return errors.New("kind must be a programmable transaction")
	}
	if len(p.Inputs) > maxInputs || len(p.Commands) > maxCommands {
		return fmt.Errorf("%d inputs and %d commands; at most %d and %d are allowed", len(p.Inputs), len(p.Commands), maxInputs, maxCommands)
	}
	out := &sui.ProgrammableTransaction{}
	for i, arg := range p.Inputs {
		input, hint, err := parseInput(arg)
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		out.Inputs, d.inputs = append(out.Inputs, input), append(d.inputs, hint)
	}
	for i, c := range p.Commands {
		command, err := parseCommand(c)
		if err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		out.Commands = append(out.Commands, command)
	}
	d.tx.Kind.Programmable = out
	return nil
}

func (d *draft) parseGas(g *pb.GasPayment) (err error) {
	d.tx.Gas.Owner = d.tx.Sender
	if g == nil {
		return nil
	}
	if g.Owner != nil {
		if d.tx.Gas.Owner, err = parseAddress("gas_payment.owner", *g.Owner); err != nil {
			return err
		}
	}
	d.tx.Gas.Price, d.price = g.GetPrice(), g.Price != nil
	d.tx.Gas.Budget, d.budget = g.GetBudget(), g.Budget != nil
	for i, o := range g.Objects {
		ref, err := parseRef(o.GetObjectId(), o.Version, o.Digest)
		if err != nil {
			return fmt.Errorf("gas_payment.objects[%d]: %w", i, err)
		}
		d.tx.Gas.Payment = append(d.tx.Gas.Payment, ref)
	}
	d.payment = len(g.Objects) > 0
	return nil
}

func (d *draft) parseExpiration(e *pb.TransactionExpiration) (err error) {
	x := &d.tx.Expiration
	switch e.GetKind() {
	case pb.TransactionExpiration_TRANSACTION_EXPIRATION_KIND_UNKNOWN, pb.TransactionExpiration_NONE:
		return nil
	case pb.TransactionExpiration_EPOCH:
		x.Kind, x.Epoch = sui.ExpireEpoch, e.GetEpoch()
		return nil
	case expirationValidDuring:
		x.Kind, x.MaxEpoch = sui.ExpireValidDuring, e.Epoch
	default:
		return fmt.Errorf("expiration kind %d is not supported here", e.GetKind())
	}
	if v, ok := newVarint(e, "min_epoch"); ok {
		x.MinEpoch = &v
	}
	if x.MinTimestamp, err = parseMillis(e, "min_timestamp"); err != nil {
		return err
	}
	if x.MaxTimestamp, err = parseMillis(e, "max_timestamp"); err != nil {
		return err
	}
	if text, ok := newBytes(e, "chain"); ok {
		if x.Chain, err = sui.ParseDigest(string(text)); err != nil {
			return fmt.Errorf("expiration.chain: %w", err)
		}
	}
	nonce, _ := newVarint(e, "nonce")
	if nonce > math.MaxUint32 {
		return errors.New("expiration.nonce is larger than 32 bits")
	}
	x.Nonce = uint32(nonce)
	return nil
}

func parseMillis(e *pb.TransactionExpiration, field string) (*uint64, error) {
	raw, ok := newBytes(e, field)
	if !ok {
		return nil, nil
	}
	ts := new(timestamppb.Timestamp)
	if err := proto.Unmarshal(raw, ts); err != nil || ts.CheckValid() != nil || ts.Seconds < 0 {
		return nil, fmt.Errorf("expiration.%s is not a valid timestamp", field)
	}
	return ptr(uint64(ts.AsTime().UnixMilli())), nil
}

func parseInput(in *pb.Input) (out sui.Input, hint draftInput, err error) {
	switch in.GetKind() {
	case pb.Input_PURE:
		return sui.Input{Kind: sui.InputPure, Pure: nonNil(in.Pure)}, hint, nil
	case pb.Input_INPUT_KIND_UNKNOWN:
		switch {
		case in.Pure != nil:
			return sui.Input{Kind: sui.InputPure, Pure: in.Pure}, hint, nil
		case in.Literal != nil:
			return out, hint, errors.New("literal values are not supported here: send the value's BCS in pure")
		}
		out.Kind = sui.InputUnresolved
	case pb.Input_IMMUTABLE_OR_OWNED:
		out.Kind = sui.InputImmOrOwned
	case pb.Input_RECEIVING:
		out.Kind = sui.InputReceiving
	case pb.Input_SHARED:
		return parseSharedInput(in)
	case inputFundsWithdrawal:
		return out, hint, errors.New("funds withdrawals are not supported here: this network has no address balances")
	default:
		return out, hint, fmt.Errorf("kind %d is unknown", in.GetKind())
	}
	if out.Ref.ID, err = parseAddress("object_id", in.GetObjectId()); err != nil {
		return out, hint, err
	}
	hint.version, hint.mutable = in.Version, in.Mutable
	if in.Digest != nil {
		digest, err := sui.ParseDigest(*in.Digest)
		if err != nil {
			return out, hint, fmt.Errorf("digest: %w", err)
		}
		hint.digest = &digest
	}
	if hint.version == nil || hint.digest == nil {
		out.Kind = sui.InputUnresolved
		return out, hint, nil
	}
	out.Ref.Version, out.Ref.Digest = *hint.version, *hint.digest
	return out, hint, nil
}

func parseSharedInput(in *pb.Input) (out sui.Input, hint draftInput, err error) {
	if out.Ref.ID, err = parseAddress("object_id", in.GetObjectId()); err != nil {
		return out, hint, err
	}
	hint.version, hint.mutable = in.Version, in.Mutable
	mutability, given := newVarint(in, "mutability")
	switch {
	case given && mutability == mutabilityNonExclusiveWrite:
		return out, hint, errors.New("non-exclusive writes are not supported here")
	case given && mutability > mutabilityNonExclusiveWrite:
		return out, hint, fmt.Errorf("mutability %d is unknown", mutability)
	case given && mutability != 0 && in.Mutable == nil:
		hint.mutable = ptr(mutability == mutabilityMutable)
	}
	if hint.version == nil || hint.mutable == nil {
		out.Kind = sui.InputUnresolved
		return out, hint, nil
	}
	out.Kind, out.SharedVersion = sui.InputShared, *hint.version
	if *hint.mutable {
		out.Mutability = sui.SharedMutable
	}
	return out, hint, nil
}

func parseRef(id string, version *uint64, digest *string) (ref sui.ObjectRef, err error) {
	if ref.ID, err = parseAddress("object_id", id); err != nil {
		return ref, err
	}
	if version == nil || digest == nil {
		return ref, errors.New("version and digest are needed")
	}
	ref.Version = *version
	if ref.Digest, err = sui.ParseDigest(*digest); err != nil {
		return ref, fmt.Errorf("digest: %w", err)
	}
	return ref, nil
}

// parseAddress reads an address and names the field in the error.
func parseAddress(field, s string) (sui.Address, error) {
	if s == "" {
		return sui.Address{}, fmt.Errorf("missing %s", field)
	}
	a, err := sui.ParseAddress(s)
	if err != nil {
		return sui.Address{}, fmt.Errorf("invalid %s: %w", field, err)
	}
	return a, nil
}
