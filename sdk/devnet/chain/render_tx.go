package chain

import (
	"time"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// renderTransaction renders the data that a sender signed.
func renderTransaction(tx *sui.TransactionData, m *mask) *pb.Transaction {
	out := &pb.Transaction{
		Version:    ptr(int32(1)),
		Sender:     ptr(tx.Sender.String()),
		GasPayment: renderGas(tx.Gas),
		Expiration: renderExpiration(tx.Expiration),
	}
	if m.has("digest") {
		out.Digest = ptr(tx.Digest().String())
	}
	if m.has("bcs") {
		out.Bcs = renderBCS("TransactionData", bcs.Marshal(tx))
	}
	if m.has("kind") {
		out.Kind = renderKind(&tx.Kind)
	}
	return out
}

func renderGas(g sui.GasData) *pb.GasPayment {
	out := &pb.GasPayment{Owner: ptr(g.Owner.String()), Price: ptr(g.Price), Budget: ptr(g.Budget)}
	for _, ref := range g.Payment {
		out.Objects = append(out.Objects, renderRef(ref))
	}
	return out
}

func renderExpiration(e sui.Expiration) *pb.TransactionExpiration {
	switch e.Kind {
	case sui.ExpireEpoch:
		return &pb.TransactionExpiration{Kind: ptr(pb.TransactionExpiration_EPOCH), Epoch: ptr(e.Epoch)}
	case sui.ExpireValidDuring, sui.ExpireValidity:
		kind := expirationValidDuring
		if e.Kind == sui.ExpireValidity {
			kind = expirationValidity
		}
		out := &pb.TransactionExpiration{Kind: ptr(pb.TransactionExpiration_TransactionExpirationKind(kind)), Epoch: e.MaxEpoch}
		if e.MinEpoch != nil {
			setNewVarint(out, "min_epoch", *e.MinEpoch)
		}
		if e.MinTimestamp != nil {
			setNewMessage(out, "min_timestamp", renderMillis(*e.MinTimestamp))
		}
		if e.MaxTimestamp != nil {
			setNewMessage(out, "max_timestamp", renderMillis(*e.MaxTimestamp))
		}
		setNewBytes(out, "chain", []byte(e.Chain.String()))
		setNewVarint(out, "nonce", uint64(e.Nonce))
		if e.Proposers != nil {
			setNewBytes(out, "allowed_proposers", proposersMessage(e.Proposers))
		}
		return out
	}
	return &pb.TransactionExpiration{Kind: ptr(pb.TransactionExpiration_NONE)}
}

// renderKind renders what a transaction does. The genesis transaction has no
// content here: its objects are read like any others.
func renderKind(k *sui.TransactionKind) *pb.TransactionKind {
	switch {
	case k.Programmable != nil:
		return &pb.TransactionKind{
			Kind: ptr(pb.TransactionKind_PROGRAMMABLE_TRANSACTION),
			Data: &pb.TransactionKind_ProgrammableTransaction{ProgrammableTransaction: renderProgrammable(k.Programmable)},
		}
	case k.ConsensusCommit != nil:
		return &pb.TransactionKind{
			Kind: ptr(pb.TransactionKind_CONSENSUS_COMMIT_PROLOGUE_V1),
			Data: &pb.TransactionKind_ConsensusCommitPrologue{ConsensusCommitPrologue: &pb.ConsensusCommitPrologue{
				Epoch:           ptr(k.ConsensusCommit.Epoch),
				Round:           ptr(k.ConsensusCommit.Round),
				CommitTimestamp: renderMillis(k.ConsensusCommit.CommitTimestampMS),
			}},
		}
	case k.Randomness != nil:
		return &pb.TransactionKind{
			Kind: ptr(pb.TransactionKind_RANDOMNESS_STATE_UPDATE),
			Data: &pb.TransactionKind_RandomnessStateUpdate{RandomnessStateUpdate: &pb.RandomnessStateUpdate{
				Epoch: ptr(k.Randomness.Epoch), RandomnessRound: ptr(k.Randomness.Round), RandomBytes: k.Randomness.Bytes,
				RandomnessObjectInitialSharedVersion: ptr(k.Randomness.InitialVersion),
			}},
		}
	case k.ChangeEpoch() != nil:
		return &pb.TransactionKind{
			Kind: ptr(pb.TransactionKind_END_OF_EPOCH),
			Data: &pb.TransactionKind_EndOfEpoch{EndOfEpoch: &pb.EndOfEpochTransaction{Transactions: []*pb.EndOfEpochTransactionKind{{
				Kind: ptr(pb.EndOfEpochTransactionKind_CHANGE_EPOCH),
				Data: &pb.EndOfEpochTransactionKind_ChangeEpoch{ChangeEpoch: renderChangeEpoch(k.ChangeEpoch())},
			}}}},
		}
	case execution.IsSettlement(k):
		out := &pb.TransactionKind{Kind: ptr(pb.TransactionKind_Kind(kindProgrammableSystem))}
		var p sui.ProgrammableTransaction
		if bcs.Unmarshal(k.Other[1:], &p) == nil {
			out.Data = &pb.TransactionKind_ProgrammableTransaction{ProgrammableTransaction: renderProgrammable(&p)}
		}
		return out
	}
	return &pb.TransactionKind{Kind: ptr(pb.TransactionKind_GENESIS), Data: &pb.TransactionKind_Genesis{Genesis: &pb.GenesisTransaction{}}}
}

func renderChangeEpoch(c *sui.ChangeEpoch) *pb.ChangeEpoch {
	return &pb.ChangeEpoch{
		Epoch: ptr(c.Epoch), ProtocolVersion: ptr(c.ProtocolVersion), EpochStartTimestamp: renderMillis(c.StartMS),
		StorageCharge: ptr(c.Gas.Storage), ComputationCharge: ptr(c.Gas.Computation),
		StorageRebate: ptr(c.Gas.Rebate), NonRefundableStorageFee: ptr(c.Gas.NonRefundable),
	}
}

func renderProgrammable(p *sui.ProgrammableTransaction) *pb.ProgrammableTransaction {
	out := &pb.ProgrammableTransaction{}
	for i := range p.Inputs {
		out.Inputs = append(out.Inputs, renderInput(&p.Inputs[i]))
	}
	for i := range p.Commands {
		out.Commands = append(out.Commands, renderCommand(&p.Commands[i]))
	}
	return out
}

func renderInput(in *sui.Input) *pb.Input {
	switch in.Kind {
	case sui.InputPure:
		return &pb.Input{Kind: ptr(pb.Input_PURE), Pure: nonNil(in.Pure)}
	case sui.InputShared:
		out := &pb.Input{
			Kind: ptr(pb.Input_SHARED), ObjectId: ptr(in.Ref.ID.String()), Version: ptr(in.SharedVersion),
			Mutable: ptr(in.Mutability != sui.SharedImmutable),
		}
		setNewVarint(out, "mutability", uint64(in.Mutability)+mutabilityImmutable)
		return out
	case sui.InputFundsWithdrawal:
		return &pb.Input{Kind: ptr(pb.Input_InputKind(inputFundsWithdrawal))}
	}
	kind := pb.Input_IMMUTABLE_OR_OWNED
	if in.Kind == sui.InputReceiving {
		kind = pb.Input_RECEIVING
	}
	return &pb.Input{
		Kind: &kind, ObjectId: ptr(in.Ref.ID.String()), Version: ptr(in.Ref.Version), Digest: ptr(in.Ref.Digest.String()),
	}
}

func renderArgument(a sui.Argument) *pb.Argument {
	switch a.Kind {
	case sui.ArgInput:
		return &pb.Argument{Kind: ptr(pb.Argument_INPUT), Input: ptr(uint32(a.Index))}
	case sui.ArgResult:
		return &pb.Argument{Kind: ptr(pb.Argument_RESULT), Result: ptr(uint32(a.Index))}
	case sui.ArgNestedResult:
		return &pb.Argument{Kind: ptr(pb.Argument_RESULT), Result: ptr(uint32(a.Index)), Subresult: ptr(uint32(a.Sub))}
	}
	return &pb.Argument{Kind: ptr(pb.Argument_GAS)}
}

func renderArguments(args []sui.Argument) (out []*pb.Argument) {
	for _, a := range args {
		out = append(out, renderArgument(a))
	}
	return out
}

func renderCommand(c *sui.Command) *pb.Command {
	switch {
	case c.MoveCall != nil:
		call := &pb.MoveCall{
			Package: ptr(c.MoveCall.Package.String()), Module: &c.MoveCall.Module, Function: &c.MoveCall.Function,
			Arguments: renderArguments(c.MoveCall.Arguments),
		}
		for i := range c.MoveCall.TypeArguments {
			call.TypeArguments = append(call.TypeArguments, c.MoveCall.TypeArguments[i].String())
		}
		return &pb.Command{Command: &pb.Command_MoveCall{MoveCall: call}}
	case c.TransferObjects != nil:
		return &pb.Command{Command: &pb.Command_TransferObjects{TransferObjects: &pb.TransferObjects{
			Objects: renderArguments(c.TransferObjects.Objects), Address: renderArgument(c.TransferObjects.Recipient)}}}
	case c.SplitCoins != nil:
		return &pb.Command{Command: &pb.Command_SplitCoins{SplitCoins: &pb.SplitCoins{
			Coin: renderArgument(c.SplitCoins.Coin), Amounts: renderArguments(c.SplitCoins.Amounts)}}}
	case c.MergeCoins != nil:
		return &pb.Command{Command: &pb.Command_MergeCoins{MergeCoins: &pb.MergeCoins{
			Coin: renderArgument(c.MergeCoins.Into), CoinsToMerge: renderArguments(c.MergeCoins.Coins)}}}
	case c.Publish != nil:
		return &pb.Command{Command: &pb.Command_Publish{Publish: &pb.Publish{
			Modules: c.Publish.Modules, Dependencies: addressStrings(c.Publish.Dependencies)}}}
	case c.MakeMoveVec != nil:
		vec := &pb.MakeMoveVector{Elements: renderArguments(c.MakeMoveVec.Elements)}
		if c.MakeMoveVec.Type != nil {
			vec.ElementType = ptr(c.MakeMoveVec.Type.String())
		}
		return &pb.Command{Command: &pb.Command_MakeMoveVector{MakeMoveVector: vec}}
	case c.Upgrade != nil:
		return &pb.Command{Command: &pb.Command_Upgrade{Upgrade: &pb.Upgrade{
			Modules: c.Upgrade.Modules, Dependencies: addressStrings(c.Upgrade.Dependencies),
			Package: ptr(c.Upgrade.Package.String()), Ticket: renderArgument(c.Upgrade.Ticket)}}}
	}
	return &pb.Command{}
}

// renderSignature renders a serialized user signature; the parts of a simple
// scheme are spelled out.
func renderSignature(sig sui.Signature) *pb.UserSignature {
	out := &pb.UserSignature{Bcs: renderBCS("UserSignatureBytes", sig)}
	if len(sig) == 0 {
		return out
	}
	out.Scheme = ptr(pb.SignatureScheme(sig[0]))
	keySize := map[byte]int{0: 32, 1: 33, 2: 33}[sig[0]]
	if keySize > 0 && len(sig) == 1+64+keySize {
		out.Signature = &pb.UserSignature_Simple{Simple: &pb.SimpleSignature{
			Scheme: out.Scheme, Signature: sig[1:65], PublicKey: sig[65:],
		}}
	}
	return out
}

func addressStrings(ids []sui.Address) (out []string) {
	for _, id := range ids {
		out = append(out, id.String())
	}
	return out
}

func renderMillis(ms uint64) *timestamppb.Timestamp {
	return timestamppb.New(time.UnixMilli(int64(ms)))
}

// nonNil makes an empty byte field present.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
