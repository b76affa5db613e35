package suirpctest

import (
	"context"
	"fmt"
	"slices"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// GasPrice is the reference gas price of every epoch.
const GasPrice = 1000

// GetServiceInfo serves LedgerService.
func (n *Node) GetServiceInfo(context.Context, *pb.GetServiceInfoRequest) (*pb.GetServiceInfoResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, lowest := n.chainID.String(), n.lowest
	height := uint64(max(len(n.checkpoints), 1) - 1)
	return &pb.GetServiceInfoResponse{ChainId: &id, CheckpointHeight: &height, LowestAvailableCheckpoint: &lowest}, nil
}

// GetEpoch serves LedgerService.
func (n *Node) GetEpoch(context.Context, *pb.GetEpochRequest) (*pb.GetEpochResponse, error) {
	price := uint64(GasPrice)
	return &pb.GetEpochResponse{Epoch: &pb.Epoch{ReferenceGasPrice: &price}}, nil
}

// GetObject serves LedgerService.
func (n *Node) GetObject(_ context.Context, req *pb.GetObjectRequest) (*pb.GetObjectResponse, error) {
	o, err := n.object(req.GetObjectId())
	if err != nil {
		return nil, err
	}
	return &pb.GetObjectResponse{Object: o}, nil
}

// BatchGetObjects serves LedgerService, at most 50 as full nodes do.
func (n *Node) BatchGetObjects(_ context.Context, req *pb.BatchGetObjectsRequest) (*pb.BatchGetObjectsResponse, error) {
	if len(req.GetRequests()) > 50 {
		return nil, status.Error(codes.InvalidArgument, "more than 50 objects")
	}
	res := &pb.BatchGetObjectsResponse{}
	for _, r := range req.GetRequests() {
		o, err := n.object(r.GetObjectId())
		if err != nil {
			res.Objects = append(res.Objects, &pb.GetObjectResult{Result: &pb.GetObjectResult_Error{
				Error: &spb.Status{Code: int32(status.Code(err)), Message: err.Error()}}})
			continue
		}
		res.Objects = append(res.Objects, &pb.GetObjectResult{Result: &pb.GetObjectResult_Object{Object: o}})
	}
	return res, nil
}

func (n *Node) object(text string) (*pb.Object, error) {
	id, err := sui.ParseAddress(text)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	o, ok := n.objects[id]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "object %s not found", id)
	}
	return &pb.Object{Bcs: &pb.Bcs{Value: bcs.Marshal(o)}}, nil
}

// GetCheckpoint serves LedgerService.
func (n *Node) GetCheckpoint(_ context.Context, req *pb.GetCheckpointRequest) (*pb.GetCheckpointResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fetched++
	seq := req.GetSequenceNumber()
	if seq >= uint64(len(n.checkpoints)) || seq < n.lowest {
		return nil, status.Errorf(codes.NotFound, "checkpoint %d not found", seq)
	}
	return &pb.GetCheckpointResponse{Checkpoint: n.checkpoints[seq].proto}, nil
}

// GetTransaction serves LedgerService for what Execute did.
func (n *Node) GetTransaction(_ context.Context, req *pb.GetTransactionRequest) (*pb.GetTransactionResponse, error) {
	d, err := sui.ParseDigest(req.GetDigest())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ex, ok := n.done[d]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "transaction %s not found", d)
	}
	return &pb.GetTransactionResponse{Transaction: ex}, nil
}

// ListOwnedObjects serves StateService in pages of two, ordered by id.
func (n *Node) ListOwnedObjects(_ context.Context, req *pb.ListOwnedObjectsRequest) (*pb.ListOwnedObjectsResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var owned []*sui.Object
	for _, o := range n.objects {
		if o.Owner.Kind == sui.OwnerAddress && o.Owner.Address.String() == req.GetOwner() &&
			(req.ObjectType == nil || o.Type() != nil && o.Type().String() == req.GetObjectType()) {
			owned = append(owned, o)
		}
	}
	slices.SortFunc(owned, func(a, b *sui.Object) int { return a.ID().Compare(b.ID()) })
	from := 0
	if len(req.GetPageToken()) == 1 {
		from = int(req.GetPageToken()[0])
	}
	res := &pb.ListOwnedObjectsResponse{}
	for i := from; i < len(owned) && i < from+2; i++ {
		res.Objects = append(res.Objects, &pb.Object{Bcs: &pb.Bcs{Value: bcs.Marshal(owned[i])}})
	}
	if from+2 < len(owned) {
		res.NextPageToken = []byte{byte(from + 2)}
	}
	return res, nil
}

// GetFunction serves MovePackageService.
func (n *Node) GetFunction(_ context.Context, req *pb.GetFunctionRequest) (*pb.GetFunctionResponse, error) {
	if n.Parameters == nil {
		return nil, status.Error(codes.Unimplemented, "method GetFunction not implemented")
	}
	params := n.Parameters(req.GetPackageId(), req.GetModuleName(), req.GetName())
	return &pb.GetFunctionResponse{Function: &pb.FunctionDescriptor{Parameters: params}}, nil
}

// SimulateTransaction serves TransactionExecutionService by Node.Execute.
func (n *Node) SimulateTransaction(_ context.Context, req *pb.SimulateTransactionRequest) (*pb.SimulateTransactionResponse, error) {
	ex, _, err := n.run(req.GetTransaction().GetBcs().GetValue(), true)
	if err != nil {
		return nil, err
	}
	return &pb.SimulateTransactionResponse{Transaction: ex}, nil
}

// ExecuteTransaction serves TransactionExecutionService by Node.Execute: it
// checks the signatures, keeps the written objects and adds a checkpoint.
func (n *Node) ExecuteTransaction(_ context.Context, req *pb.ExecuteTransactionRequest) (*pb.ExecuteTransactionResponse, error) {
	b := req.GetTransaction().GetBcs().GetValue()
	if len(req.GetSignatures()) != 1 {
		return nil, status.Errorf(codes.InvalidArgument, "%d signatures", len(req.GetSignatures()))
	}
	if _, err := sui.Signature(req.GetSignatures()[0].GetBcs().GetValue()).VerifyTransaction(b); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	ex, out, err := n.run(b, false)
	if err != nil {
		return nil, err
	}
	n.Put(out.Written...)
	n.mu.Lock()
	defer n.mu.Unlock()
	digest := out.Effects.Transaction
	if first, again := n.done[digest]; again {
		return &pb.ExecuteTransactionResponse{Transaction: first}, nil
	}
	seq := n.append(0, []Tx{{Digest: digest, Events: out.Events, Failure: out.Effects.Status.Failure}})
	n.done[digest] = &pb.ExecutedTransaction{Digest: ex.Digest, Effects: ex.Effects, Events: ex.Events, Objects: ex.Objects,
		Checkpoint: &seq, Transaction: &pb.Transaction{Bcs: &pb.Bcs{Value: b}}}
	return &pb.ExecuteTransactionResponse{Transaction: ex}, nil
}

func (n *Node) run(b []byte, simulate bool) (*pb.ExecutedTransaction, *Outcome, error) {
	if n.Execute == nil {
		return nil, nil, status.Error(codes.Unimplemented, "the test sets no Execute")
	}
	var tx sui.TransactionData
	if err := bcs.Unmarshal(b, &tx); err != nil {
		return nil, nil, status.Error(codes.InvalidArgument, err.Error())
	}
	out, err := n.Execute(&tx, simulate)
	if err != nil {
		return nil, nil, err
	}
	out.Effects.Transaction = sui.TransactionDigest(b)
	return executed(out.Effects, out.Events, out.Written), out, nil
}

// SubscribeCheckpoints serves SubscriptionService from the next checkpoint on.
func (n *Node) SubscribeCheckpoints(_ *pb.SubscribeCheckpointsRequest, stream grpc.ServerStreamingServer[pb.SubscribeCheckpointsResponse]) error {
	stop := context.AfterFunc(stream.Context(), func() { n.set(func() {}) })
	defer stop()
	n.mu.Lock()
	next, cuts := uint64(len(n.checkpoints)), n.cuts
	none := n.noStreams
	n.mu.Unlock()
	if none {
		return status.Error(codes.Unimplemented, "method SubscribeCheckpoints not implemented")
	}
	for {
		n.mu.Lock()
		for stream.Context().Err() == nil && n.cuts == cuts && (n.mute || next >= uint64(len(n.checkpoints))) {
			n.changed.Wait()
		}
		if err := stream.Context().Err(); err != nil || n.cuts != cuts {
			n.mu.Unlock()
			return status.Error(codes.Unavailable, fmt.Sprintf("stream cut (%v)", err))
		}
		cp := n.checkpoints[next].proto
		n.mu.Unlock()
		cursor := next
		if err := stream.Send(&pb.SubscribeCheckpointsResponse{Cursor: &cursor, Checkpoint: cp}); err != nil {
			return err
		}
		next++
	}
}
