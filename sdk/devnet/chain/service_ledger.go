package chain

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/genproto/googleapis/rpc/status"

	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

// The read masks that apply when a request has none.
const (
	defaultObjectMask      = "object_id,version,digest"
	defaultTransactionMask = "digest"
	defaultCheckpointMask  = "sequence_number,digest"
	defaultEpochMask       = "epoch"
)

// maxBatch bounds the items of a batch request.
const maxBatch = 1000

func (c *Chain) registerLedger(mux *http.ServeMux, opts connect.HandlerOption) {
	unary(mux, opts, "LedgerService/GetServiceInfo", c.serviceInfo)
	unary(mux, opts, "LedgerService/GetObject", c.getObject)
	unary(mux, opts, "LedgerService/BatchGetObjects", c.batchGetObjects)
	unary(mux, opts, "LedgerService/GetTransaction", c.getTransaction)
	unary(mux, opts, "LedgerService/BatchGetTransactions", c.batchGetTransactions)
	unary(mux, opts, "LedgerService/GetCheckpoint", c.getCheckpoint)
	unary(mux, opts, "LedgerService/GetEpoch", c.getEpoch)
}

// reading runs f with a renderer over one consistent snapshot.
func (c *Chain) reading(f func(*renderer) error) error {
	return c.ledger.read(func(v view) error { return f(&renderer{v: v, types: c.types}) })
}

func (c *Chain) getObject(ctx context.Context, req *pb.GetObjectRequest) (*pb.GetObjectResponse, error) {
	m, err := parseMask(req.ReadMask, defaultObjectMask, &pb.Object{})
	if err != nil {
		return nil, err
	}
	id, err := parseAddress("object_id", req.GetObjectId())
	if err != nil {
		return nil, invalid("%v", err)
	}
	if id == sui.ClockID {
		c.freshen(ctx)
	}
	out := &pb.GetObjectResponse{}
	err = c.reading(func(r *renderer) error {
		obj, err := r.find(id, req.Version)
		if err != nil {
			return err
		}
		out.Object = r.object(obj, m)
		m.prune(out.Object)
		return nil
	})
	return out, err
}

// find returns the live version of an object, or the version asked for.
func (r *renderer) find(id sui.Address, version *uint64) (*sui.Object, error) {
	if version != nil {
		return r.v.objectAt(id, *version)
	}
	return r.v.object(id)
}

func (c *Chain) batchGetObjects(ctx context.Context, req *pb.BatchGetObjectsRequest) (*pb.BatchGetObjectsResponse, error) {
	m, err := parseMask(req.ReadMask, defaultObjectMask, &pb.Object{})
	if err != nil {
		return nil, err
	}
	if len(req.Requests) > maxBatch {
		return nil, invalid("%d requests in one batch; at most %d are allowed", len(req.Requests), maxBatch)
	}
	ids := make([]sui.Address, len(req.Requests))
	for i, item := range req.Requests {
		if ids[i], err = parseAddress("object_id", item.GetObjectId()); err != nil {
			return nil, invalid("requests[%d]: %v", i, err)
		}
	}
	if slices.Contains(ids, sui.ClockID) {
		c.freshen(ctx)
	}
	out := &pb.BatchGetObjectsResponse{}
	err = c.reading(func(r *renderer) error {
		for i, id := range ids {
			obj, err := r.find(id, req.Requests[i].Version)
			if err != nil {
				out.Objects = append(out.Objects, &pb.GetObjectResult{Result: &pb.GetObjectResult_Error{Error: itemError(err)}})
				continue
			}
			item := r.object(obj, m)
			m.prune(item)
			out.Objects = append(out.Objects, &pb.GetObjectResult{Result: &pb.GetObjectResult_Object{Object: item}})
		}
		return nil
	})
	return out, err
}

// itemError is the error of one item of a batch.
func itemError(err error) *status.Status {
	err = rpcError(err)
	return &status.Status{Code: int32(connect.CodeOf(err)), Message: err.Error()}
}

func (c *Chain) getTransaction(_ context.Context, req *pb.GetTransactionRequest) (*pb.GetTransactionResponse, error) {
	m, err := parseMask(req.ReadMask, defaultTransactionMask, &pb.ExecutedTransaction{})
	if err != nil {
		return nil, err
	}
	digest, err := sui.ParseDigest(req.GetDigest())
	if err != nil {
		return nil, invalid("invalid digest: %v", err)
	}
	out := &pb.GetTransactionResponse{}
	err = c.reading(func(r *renderer) (err error) {
		out.Transaction, err = r.transaction(digest, m)
		return err
	})
	return out, err
}

func (r *renderer) transaction(digest sui.Digest, m *mask) (*pb.ExecutedTransaction, error) {
	ex, err := r.load(digest)
	if err != nil {
		return nil, err
	}
	return r.executed(ex, m), nil
}

func (c *Chain) batchGetTransactions(_ context.Context, req *pb.BatchGetTransactionsRequest) (*pb.BatchGetTransactionsResponse, error) {
	m, err := parseMask(req.ReadMask, defaultTransactionMask, &pb.ExecutedTransaction{})
	if err != nil {
		return nil, err
	}
	if len(req.Digests) > maxBatch {
		return nil, invalid("%d digests in one batch; at most %d are allowed", len(req.Digests), maxBatch)
	}
	digests := make([]sui.Digest, len(req.Digests))
	for i, text := range req.Digests {
		if digests[i], err = sui.ParseDigest(text); err != nil {
			return nil, invalid("digests[%d]: %v", i, err)
		}
	}
	out := &pb.BatchGetTransactionsResponse{}
	err = c.reading(func(r *renderer) error {
		for _, digest := range digests {
			tx, err := r.transaction(digest, m)
			if err != nil {
				out.Transactions = append(out.Transactions, &pb.GetTransactionResult{Result: &pb.GetTransactionResult_Error{Error: itemError(err)}})
				continue
			}
			out.Transactions = append(out.Transactions, &pb.GetTransactionResult{Result: &pb.GetTransactionResult_Transaction{Transaction: tx}})
		}
		return nil
	})
	return out, err
}

func (c *Chain) getCheckpoint(ctx context.Context, req *pb.GetCheckpointRequest) (*pb.GetCheckpointResponse, error) {
	m, err := parseMask(req.ReadMask, defaultCheckpointMask, &pb.Checkpoint{})
	if err != nil {
		return nil, err
	}
	load := view.head
	if req.CheckpointId == nil {
		c.freshen(ctx)
	}
	switch id := req.CheckpointId.(type) {
	case *pb.GetCheckpointRequest_SequenceNumber:
		load = func(v view) (*checkpointRecord, error) { return v.checkpoint(id.SequenceNumber) }
	case *pb.GetCheckpointRequest_Digest:
		digest, err := sui.ParseDigest(id.Digest)
		if err != nil {
			return nil, invalid("invalid digest: %v", err)
		}
		load = func(v view) (*checkpointRecord, error) { return v.checkpointByDigest(digest) }
	}
	out := &pb.GetCheckpointResponse{}
	err = c.reading(func(r *renderer) error {
		rec, err := load(r.v)
		if err != nil {
			return err
		}
		out.Checkpoint, err = r.checkpoint(rec, m)
		return err
	})
	return out, err
}

func (c *Chain) getEpoch(_ context.Context, req *pb.GetEpochRequest) (*pb.GetEpochResponse, error) {
	m, err := parseMask(req.ReadMask, defaultEpochMask, &pb.Epoch{})
	if err != nil {
		return nil, err
	}
	now := c.era.Load().env
	if req.Epoch != nil && *req.Epoch > now.Epoch {
		return nil, notFound("epoch %d not found: this network is in epoch %d", *req.Epoch, now.Epoch)
	}
	env := now
	if req.Epoch != nil {
		env.Epoch = *req.Epoch
	}
	out := &pb.Epoch{Epoch: ptr(env.Epoch), ReferenceGasPrice: ptr(env.ReferenceGasPrice), ProtocolConfig: c.protocolConfig()}
	err = c.ledger.read(func(v view) error {
		r, err := v.epoch(env.Epoch)
		if err != nil {
			return err
		}
		env.EpochStartMS = r.startMS
		out.FirstCheckpoint, out.Start = ptr(r.first), renderMillis(r.startMS)
		if r.ended {
			out.LastCheckpoint, out.End = ptr(r.last), renderMillis(r.endMS)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.SystemState = systemState(env)
	if out.Committee, err = c.renderCommittee(env.Epoch); err != nil {
		return nil, err
	}
	m.prune(out)
	return &pb.GetEpochResponse{Epoch: out}, nil
}

func (c *Chain) renderCommittee(epoch uint64) (*pb.ValidatorCommittee, error) {
	committee, err := c.Committee(epoch)
	if err != nil {
		return nil, err
	}
	out := &pb.ValidatorCommittee{Epoch: ptr(epoch)}
	for _, member := range committee.Members {
		out.Members = append(out.Members, &pb.ValidatorCommitteeMember{PublicKey: member.PublicKey, Weight: ptr(member.Weight)})
	}
	return out, nil
}

// protocolConfig names the limits that this chain enforces itself.
func (c *Chain) protocolConfig() *pb.ProtocolConfig {
	return &pb.ProtocolConfig{
		ProtocolVersion: ptr(uint64(protocolVersion)),
		FeatureFlags:    map[string]bool{"enable_accumulators": false, "enable_address_balance_gas_payments": false},
		Attributes: map[string]string{
			"max_tx_size_bytes":             strconv.Itoa(maxTransactionBytes),
			"max_programmable_tx_commands":  strconv.Itoa(maxCommands),
			"max_input_objects":             strconv.Itoa(maxInputs),
			"max_arguments":                 strconv.Itoa(maxArguments),
			"max_pure_argument_size":        strconv.Itoa(16 << 10),
			"max_tx_gas":                    fmt.Sprint(uint64(maxGasBudget)),
			"max_gas_payment_objects":       strconv.Itoa(maxGasPayment),
			"storage_gas_price":             "76",
			"storage_rebate_rate":           "9900",
			"max_num_event_emit":            "1024",
			"max_move_package_size":         "102400",
			"max_move_object_size":          "256000",
			"obj_data_cost_refundable":      "100",
			"obj_access_cost_read_per_byte": "15",
		},
	}
}

// systemState is what a network without staking has of it: epoch, protocol and
// gas price; nobody stakes, so all funds are zero.
func systemState(env execution.Env) *pb.SystemState {
	zero := ptr(uint64(0))
	return &pb.SystemState{
		Version: ptr(uint64(2)), Epoch: ptr(env.Epoch), ProtocolVersion: ptr(env.ProtocolVersion),
		ReferenceGasPrice: ptr(env.ReferenceGasPrice), EpochStartTimestampMs: ptr(env.EpochStartMS),
		SafeMode: ptr(false), SafeModeStorageRewards: zero, SafeModeComputationRewards: zero,
		SafeModeStorageRebates: zero, SafeModeNonRefundableStorageFee: zero,
		Parameters: &pb.SystemParameters{
			EpochDurationMs: zero, StakeSubsidyStartEpoch: zero, MinValidatorCount: ptr(uint64(committeeSize)),
			MaxValidatorCount: ptr(uint64(committeeSize)), MinValidatorJoiningStake: zero,
			ValidatorLowStakeThreshold: zero, ValidatorVeryLowStakeThreshold: zero, ValidatorLowStakeGracePeriod: zero,
		},
		StorageFund: &pb.StorageFund{TotalObjectStorageRebates: zero, NonRefundableBalance: zero},
		StakeSubsidy: &pb.StakeSubsidy{
			Balance: zero, DistributionCounter: zero, CurrentDistributionAmount: zero,
			StakeSubsidyPeriodLength: zero, StakeSubsidyDecreaseRate: ptr(uint32(0)),
		},
	}
}
