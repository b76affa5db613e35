package chain

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/execution"
	"github.com/floe-data/floe/sdk/sui"
)

const (
	defaultExecuteMask  = "effects.status,checkpoint"
	defaultSimulateMask = "transaction.effects.status"
)

func (c *Chain) registerExecution(mux *http.ServeMux, opts connect.HandlerOption) {
	unary(mux, opts, "TransactionExecutionService/ExecuteTransaction", c.executeTransaction)
	unary(mux, opts, "TransactionExecutionService/SimulateTransaction", c.simulateTransaction)
}

// executeTransaction puts a signed transaction into a checkpoint. Sent again,
// it answers with the effects that the transaction had the first time.
func (c *Chain) executeTransaction(ctx context.Context, req *pb.ExecuteTransactionRequest) (*pb.ExecuteTransactionResponse, error) {
	m, err := parseMask(req.ReadMask, defaultExecuteMask, &pb.ExecutedTransaction{})
	if err != nil {
		return nil, err
	}
	s, err := parseSubmission(req)
	if err != nil {
		return nil, err
	}
	if err := c.submit(ctx, s); err != nil {
		return nil, refused(err)
	}
	out := &pb.ExecuteTransactionResponse{}
	err = c.reading(func(r *renderer) (err error) {
		out.Transaction, err = r.transaction(s.digest, m)
		return err
	})
	return out, err
}

// parseSubmission reads a complete transaction and verifies its signatures.
func parseSubmission(req *pb.ExecuteTransactionRequest) (*submission, error) {
	d, err := parseTransaction(req.GetTransaction())
	if err != nil {
		return nil, err
	}
	if d.tx.Kind.Programmable == nil {
		return nil, invalid("only programmable transactions can be sent")
	}
	for i := range d.tx.Kind.Programmable.Inputs {
		if d.tx.Kind.Programmable.Inputs[i].Kind == sui.InputUnresolved {
			return nil, invalid("input %d is not complete: simulate first, sign what comes back", i)
		}
	}
	s := &submission{data: &d.tx, raw: bcs.Marshal(&d.tx)}
	if len(s.raw) > maxTransactionBytes {
		return nil, invalid("transaction has %d bytes; at most %d are allowed", len(s.raw), maxTransactionBytes)
	}
	s.digest = sui.TransactionDigest(s.raw)
	for i, in := range req.GetSignatures() {
		sig, err := parseSignature(in)
		if err != nil {
			return nil, invalid("signatures[%d]: %v", i, err)
		}
		s.sigs = append(s.sigs, sig)
	}
	if err := execution.VerifySignatures(s.data, s.sigs); err != nil {
		return nil, invalid("%v", err)
	}
	return s, nil
}

// simulateTransaction completes a transaction and runs it without a trace.
func (c *Chain) simulateTransaction(ctx context.Context, req *pb.SimulateTransactionRequest) (*pb.SimulateTransactionResponse, error) {
	m, err := parseMask(req.ReadMask, defaultSimulateMask, &pb.SimulateTransactionResponse{})
	if err != nil {
		return nil, err
	}
	d, err := parseTransaction(req.GetTransaction())
	if err != nil {
		return nil, err
	}
	if err := c.refreshClock(ctx); err != nil {
		return nil, err
	}
	checks := req.GetChecks() != pb.SimulateTransactionRequest_DISABLED
	out := &pb.SimulateTransactionResponse{}
	err = c.reading(func(r *renderer) error {
		if err := c.complete(r, d, req.GetDoGasSelection() && checks); err != nil {
			return err
		}
		res, err := c.run(r.v, c.era.Load().env, &d.tx, execution.Options{Simulate: true, SkipChecks: !checks})
		if err != nil {
			return refused(err)
		}
		r.addExtra(res)
		out.Transaction = r.executed(simulated(&d.tx, res), m.at("transaction"))
		if m.has("command_outputs") {
			out.CommandOutputs = r.commandOutputs(res)
		}
		setNewVarint(out, "suggested_gas_price", c.cfg.ReferenceGasPrice)
		m.prune(out)
		return nil
	})
	return out, err
}

// complete fills in what the client left to us.
func (c *Chain) complete(r *renderer, d *draft, selectGas bool) error {
	if err := r.resolveInputs(d); err != nil {
		return err
	}
	if !d.price {
		d.tx.Gas.Price = c.cfg.ReferenceGasPrice
	}
	if selectGas {
		return c.selectGas(r, d)
	}
	return c.defaultGas(r, d)
}

// addExtra lets the renderer see objects that exist only in the simulation.
func (r *renderer) addExtra(res *execution.Result) {
	r.extra = map[objectKey]*sui.Object{}
	for _, list := range [][]*sui.Object{res.Inputs, res.Written} {
		for _, obj := range list {
			r.extra[objectKey{obj.ID(), obj.Version()}] = obj
		}
	}
}

// simulated is the result of a simulation as a transaction that is not in a
// checkpoint.
func simulated(tx *sui.TransactionData, res *execution.Result) *executed {
	return &executed{digest: res.Effects.Transaction, data: tx, effects: &res.Effects, events: res.Events, loaded: res.Loaded}
}

func (r *renderer) commandOutputs(res *execution.Result) (list []*pb.CommandResult) {
	for _, c := range res.Commands {
		list = append(list, &pb.CommandResult{ReturnValues: r.outputValues(c.Returns), MutatedByRef: r.outputValues(c.Mutated)})
	}
	return list
}

func (r *renderer) outputValues(values []execution.OutputValue) (list []*pb.CommandOutput) {
	for i := range values {
		value := &values[i]
		out := &pb.CommandOutput{Value: renderBCS(value.Type.String(), nonNil(value.BCS))}
		if value.Argument != nil {
			out.Argument = renderArgument(*value.Argument)
		}
		if value.Type.Struct != nil {
			out.Json = r.types.json(r.v, value.Type.Struct, value.BCS)
		}
		list = append(list, out)
	}
	return list
}

// refused gives the engine's refusal of a transaction its code.
func refused(err error) error {
	var input *execution.InputError
	if errors.As(err, &input) {
		return connect.NewError(connect.CodeInvalidArgument, input)
	}
	return rpcError(err)
}
