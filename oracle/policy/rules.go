package policy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/evidence"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// rules are what all evaluators share: which transaction a query becomes, and
// what its outcome means.
type rules struct {
	stalenessPackage sui.Address
	allowedStaleness time.Duration
	allowedLag       time.Duration
	timeout          time.Duration
	now              func() time.Time
}

func (r *rules) setDefaults() error {
	if r.stalenessPackage == (sui.Address{}) {
		return errors.New("no staleness package is configured")
	}
	if r.allowedStaleness == 0 {
		r.allowedStaleness = 2 * time.Minute
	}
	if r.timeout == 0 {
		r.timeout = 5 * time.Second
	}
	if r.now == nil {
		r.now = time.Now
	}
	return nil
}

// transaction is what is evaluated.
func transaction(q Query, program *sui.ProgrammableTransaction, price uint64) *sui.TransactionData {
	return &sui.TransactionData{
		Kind:   sui.TransactionKind{Programmable: program},
		Sender: q.User,
		Gas:    sui.GasData{Owner: q.User, Price: price, Budget: evidence.GasBudget},
	}
}

// program returns the staleness check and then the policy calls, over objects,
// which are the current versions of those that the query names, whatever versions
// it names.
func (r *rules) program(q Query, objects []*sui.Object) (*sui.ProgrammableTransaction, error) {
	given := q.Approval.Program
	p := &sui.ProgrammableTransaction{Inputs: append(make([]sui.Input, 0, len(given.Inputs)+checkInputs), given.Inputs...)}
	next := 0
	for i := range p.Inputs {
		if p.Inputs[i].Kind == sui.InputPure {
			continue
		}
		obj := objects[next]
		next++
		if byConsensus(obj) {
			p.Inputs[i].Kind, p.Inputs[i].SharedVersion = sui.InputShared, obj.Owner.Version
			continue
		}
		p.Inputs[i] = sui.Input{Kind: sui.InputImmOrOwned, Ref: obj.Ref()}
	}
	check, err := r.stalenessCheck(p)
	if err != nil {
		return nil, err
	}
	p.Commands = append(append(make([]sui.Command, 0, 1+len(given.Commands)), check), given.Commands...)
	return p, nil
}

// byConsensus reports whether consensus orders the uses of an object: it is shared,
// or a party's. A transaction names it by the version where that began.
func byConsensus(o *sui.Object) bool {
	return o.Owner.Kind == sui.OwnerShared || o.Owner.Kind == sui.OwnerConsensusAddress
}

// checkInputs is how many inputs stalenessCheck appends at most.
const checkInputs = 3

// stalenessCheck appends the inputs of the check to the program and returns
// the call. Calls refer to inputs only, so theirs stay right.
func (r *rules) stalenessCheck(p *sui.ProgrammableTransaction) (sui.Command, error) {
	clock := slices.IndexFunc(p.Inputs, func(in sui.Input) bool {
		return in.Kind == sui.InputShared && in.Ref.ID == sui.ClockID
	})
	if clock < 0 {
		clock = len(p.Inputs)
		p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputShared, Ref: sui.ObjectRef{ID: sui.ClockID}, SharedVersion: 1})
	}
	first := len(p.Inputs)
	for _, ms := range []int64{r.now().UnixMilli(), r.allowedStaleness.Milliseconds()} {
		p.Inputs = append(p.Inputs, sui.Input{Kind: sui.InputPure, Pure: binary.LittleEndian.AppendUint64(nil, uint64(ms))})
	}
	if len(p.Inputs) > math.MaxUint16 {
		return sui.Command{}, badParameter("too many inputs")
	}
	return sui.Command{MoveCall: &sui.MoveCall{
		Package: r.stalenessPackage, Module: evidence.StalenessModule, Function: evidence.StalenessFunction,
		Arguments: []sui.Argument{
			{Kind: sui.ArgInput, Index: uint16(first)},
			{Kind: sui.ArgInput, Index: uint16(first + 1)},
			{Kind: sui.ArgInput, Index: uint16(clock)},
		},
	}}, nil
}

// checkClock refuses when this machine's clock is behind the chain's: whatever
// has a time limit here would be held valid too long. The other direction is
// the staleness check's.
func (r *rules) checkClock(chainTime time.Time) error {
	if r.allowedLag == 0 {
		return nil
	}
	if chainTime.IsZero() {
		return nodeFailure(errors.New("the full node does not give its newest checkpoint"))
	}
	if lag := chainTime.Sub(r.now()); lag > r.allowedLag {
		return &Refusal{Kind: Unknown, Cause: fmt.Errorf("this machine's clock is %v behind the chain's: set it, and keep it by NTP", lag.Round(time.Millisecond)),
			Reason: seal.Reason{Code: "clock_behind", Rule: fmt.Sprintf("the key server's clock is more than %v behind the chain's", r.allowedLag),
				Remedy: "try again later; if it stays, tell the operator of the key server"}}
	}
	return nil
}
