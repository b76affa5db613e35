package chain

import (
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/eventstream"
)

// effects renders what a transaction did. loaded are the dynamic fields that
// it read at run time.
func (r *renderer) effects(e *sui.TransactionEffects, loaded []sui.ObjectRef, m *mask) *pb.TransactionEffects {
	out := &pb.TransactionEffects{
		Version:             ptr(int32(2)),
		Status:              r.status(&e.Status),
		Epoch:               ptr(e.Epoch),
		GasUsed:             renderGasUsed(e.Gas),
		TransactionDigest:   ptr(e.Transaction.String()),
		EventsDigest:        digestString(e.EventsDigest),
		LamportVersion:      ptr(e.LamportVersion),
		AuxiliaryDataDigest: digestString(e.AuxDataDigest),
	}
	if m.has("bcs") {
		out.Bcs = renderBCS("TransactionEffects", bcs.Marshal(e))
	}
	if m.has("digest") {
		out.Digest = ptr(e.Digest().String())
	}
	for _, d := range e.Dependencies {
		out.Dependencies = append(out.Dependencies, d.String())
	}
	if m.has("changed_objects") || m.has("gas_object") {
		types := m.has("changed_objects", "object_type") || m.has("gas_object", "object_type")
		for i := range e.Changed {
			out.ChangedObjects = append(out.ChangedObjects, r.changed(e, &e.Changed[i], types))
		}
		if e.GasObject != nil && int(*e.GasObject) < len(out.ChangedObjects) {
			out.GasObject = r.changed(e, &e.Changed[*e.GasObject], types)
		}
	}
	for i := range e.UnchangedConsensus {
		out.UnchangedConsensusObjects = append(out.UnchangedConsensusObjects, r.unchanged(&e.UnchangedConsensus[i]))
	}
	for _, ref := range loaded {
		out.UnchangedLoadedRuntimeObjects = append(out.UnchangedLoadedRuntimeObjects, renderRef(ref))
	}
	return out
}

func (r *renderer) changed(e *sui.TransactionEffects, c *sui.ChangedObject, types bool) *pb.ChangedObject {
	out := &pb.ChangedObject{
		ObjectId:    ptr(c.ID.String()),
		InputState:  ptr(pb.ChangedObject_INPUT_OBJECT_STATE_DOES_NOT_EXIST),
		OutputState: ptr(pb.ChangedObject_OUTPUT_OBJECT_STATE_DOES_NOT_EXIST),
		IdOperation: ptr(pb.ChangedObject_IdOperation(c.Operation) + pb.ChangedObject_NONE),
	}
	var obj *sui.Object
	if c.Input == sui.StateExist {
		out.InputState = ptr(pb.ChangedObject_INPUT_OBJECT_STATE_EXISTS)
		out.InputVersion = ptr(c.InputVersion)
		out.InputDigest = ptr(c.InputDigest.String())
		out.InputOwner = renderOwner(c.InputOwner)
		if types {
			obj = r.objectAt(c.ID, c.InputVersion)
		}
	}
	if version, ok := outputVersion(e, c); ok {
		out.OutputState = ptr(pb.ChangedObject_OUTPUT_OBJECT_STATE_OBJECT_WRITE)
		out.OutputOwner = renderOwner(c.OutputOwner)
		if c.Output == sui.StatePackageWrite {
			out.OutputState = ptr(pb.ChangedObject_OUTPUT_OBJECT_STATE_PACKAGE_WRITE)
			out.OutputOwner = renderOwner(sui.Owner{Kind: sui.OwnerImmutable})
		}
		out.OutputVersion = ptr(version)
		out.OutputDigest = ptr(c.OutputDigest.String())
		if types {
			obj = r.objectAt(c.ID, version)
		}
	}
	if c.Output == sui.StateAccumulatorWrite {
		out.OutputState = ptr(pb.ChangedObject_OutputObjectState(outputAccumulatorWrite))
		if w, ok := eventstream.ParseWrite(c.Accumulator); ok {
			setNewBytes(out, "accumulator_write", streamWriteMessage(&w))
		}
	}
	if obj != nil {
		out.ObjectType = ptr(objectType(obj))
	}
	return out
}

// outputVersion is the version that a change wrote, if it wrote one.
func outputVersion(e *sui.TransactionEffects, c *sui.ChangedObject) (uint64, bool) {
	switch c.Output {
	case sui.StateExist:
		return e.LamportVersion, true
	case sui.StatePackageWrite:
		return c.OutputVersion, true
	}
	return 0, false
}

func (r *renderer) unchanged(u *sui.UnchangedConsensusObject) *pb.UnchangedConsensusObject {
	out := &pb.UnchangedConsensusObject{
		Kind:     ptr(pb.UnchangedConsensusObject_UnchangedConsensusObjectKind(u.Kind) + pb.UnchangedConsensusObject_READ_ONLY_ROOT),
		ObjectId: ptr(u.ID.String()),
	}
	if u.Kind != sui.UnchangedPerEpochConfig {
		out.Version = ptr(u.Version)
	}
	if u.Kind == sui.UnchangedReadOnlyRoot {
		out.Digest = ptr(u.Digest.String())
		if obj := r.objectAt(u.ID, u.Version); obj != nil {
			out.ObjectType = ptr(objectType(obj))
		}
	}
	return out
}

func renderGasUsed(g sui.GasUsed) *pb.GasCostSummary {
	return &pb.GasCostSummary{
		ComputationCost: ptr(g.Computation), StorageCost: ptr(g.Storage),
		StorageRebate: ptr(g.Rebate), NonRefundableStorageFee: ptr(g.NonRefundable),
	}
}

func digestString(d *sui.Digest) *string {
	if d == nil {
		return nil
	}
	return ptr(d.String())
}

// status renders success or the reason of a failure. The proto enums count
// from 1 what BCS counts from 0.
func (r *renderer) status(s *sui.ExecutionStatus) *pb.ExecutionStatus {
	f := s.Failure
	if f == nil {
		return &pb.ExecutionStatus{Success: ptr(true)}
	}
	e := &pb.ExecutionError{
		Kind:        ptr(pb.ExecutionError_ExecutionErrorKind(f.Kind) + 1),
		Command:     f.Command,
		Description: ptr(f.Error()),
	}
	r.details(f, e)
	return &pb.ExecutionStatus{Success: ptr(false), Error: e}
}

// details fills what belongs to a kind of failure.
func (r *renderer) details(f *sui.ExecutionFailure, e *pb.ExecutionError) {
	switch {
	case f.Location != nil:
		abort := &pb.MoveAbort{Location: &pb.MoveLocation{
			Package:      ptr(f.Location.Package.String()),
			Module:       ptr(f.Location.Module),
			Function:     ptr(uint32(f.Location.Function)),
			Instruction:  ptr(uint32(f.Location.Instruction)),
			FunctionName: f.Location.FunctionName,
		}}
		if *e.Kind == pb.ExecutionError_MOVE_ABORT {
			abort.AbortCode = ptr(f.Code)
			abort.CleverError = r.types.cleverError(r.v, f.Location, f.Code)
		}
		e.ErrorDetails = &pb.ExecutionError_Abort{Abort: abort}
	case f.ArgError != nil:
		arg := &pb.CommandArgumentError{
			Argument: ptr(uint32(f.Arg)),
			Kind:     ptr(pb.CommandArgumentError_CommandArgumentErrorKind(f.ArgError.Kind) + 1),
		}
		switch *arg.Kind {
		case pb.CommandArgumentError_INDEX_OUT_OF_BOUNDS, pb.CommandArgumentError_INVALID_RESULT_ARITY:
			arg.IndexError = &pb.IndexError{Index: ptr(uint32(f.ArgError.A))}
		case pb.CommandArgumentError_SECONDARY_INDEX_OUT_OF_BOUNDS:
			arg.IndexError = &pb.IndexError{Index: ptr(uint32(f.ArgError.A)), Subresult: ptr(uint32(f.ArgError.B))}
		}
		e.ErrorDetails = &pb.ExecutionError_CommandArgumentError{CommandArgumentError: arg}
	case *e.Kind == pb.ExecutionError_TYPE_ARGUMENT_ERROR:
		e.ErrorDetails = &pb.ExecutionError_TypeArgumentError{TypeArgumentError: &pb.TypeArgumentError{
			TypeArgument: ptr(uint32(f.Arg)), Kind: ptr(pb.TypeArgumentError_TypeArgumentErrorKind(f.TypeArg) + 1)}}
	case *e.Kind == pb.ExecutionError_UNUSED_VALUE_WITHOUT_DROP:
		e.ErrorDetails = &pb.ExecutionError_IndexError{IndexError: &pb.IndexError{
			Index: ptr(uint32(f.Arg)), Subresult: ptr(uint32(f.Sub))}}
	case *e.Kind == pb.ExecutionError_INVALID_PUBLIC_FUNCTION_RETURN_TYPE:
		e.ErrorDetails = &pb.ExecutionError_IndexError{IndexError: &pb.IndexError{Index: ptr(uint32(f.Arg))}}
	case f.Upgrade != nil:
		e.ErrorDetails = &pb.ExecutionError_PackageUpgradeError{PackageUpgradeError: renderUpgradeFailure(f.Upgrade)}
	}
}

func renderUpgradeFailure(u *sui.UpgradeFailure) *pb.PackageUpgradeError {
	out := &pb.PackageUpgradeError{Kind: ptr(pb.PackageUpgradeError_PackageUpgradeErrorKind(u.Kind) + 1)}
	switch *out.Kind {
	case pb.PackageUpgradeError_UNABLE_TO_FETCH_PACKAGE, pb.PackageUpgradeError_NOT_A_PACKAGE:
		out.PackageId = ptr(u.Package.String())
	case pb.PackageUpgradeError_DIGEST_DOES_NOT_MATCH:
		if len(u.Digest) == 32 {
			out.Digest = ptr(sui.Digest(u.Digest).String())
		}
	case pb.PackageUpgradeError_UNKNOWN_UPGRADE_POLICY:
		out.Policy = ptr(uint32(u.Policy))
	case pb.PackageUpgradeError_PACKAGE_ID_DOES_NOT_MATCH:
		out.PackageId, out.TicketId = ptr(u.Package.String()), ptr(u.Ticket.String())
	}
	return out
}
