package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/movevm/bytecode"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// A request is what the transaction of a manifest asks.
type request struct {
	*seal.Approval
	now       time.Time     // that the staleness check was given
	staleness time.Duration // that it allows
	// inputs are those of the key request, without what the check added: two
	// numbers, and the Clock if the request did not have it, which nobody can
	// tell if it is the last.
	inputs [][]sui.Input
}

// parseRequest demands that a transaction is what a key server makes of a key
// request: the staleness check, then policy calls and nothing else, with no gas
// coin and the usual budget.
func parseRequest(m *Manifest) (*request, error) {
	tx := &m.Transaction
	p := tx.Kind.Programmable
	if p == nil || len(p.Commands) < 2 {
		return nil, errors.New("it is not a staleness check with policy calls after it")
	}
	gas := tx.Gas
	if gas.Owner != tx.Sender || len(gas.Payment) > 0 || gas.Budget != GasBudget || gas.Price != m.GasPrice || tx.Expiration.Kind != sui.ExpireNever {
		return nil, errors.New("its gas or expiration is not what key servers evaluate with")
	}
	out := new(request)
	if err := out.parseCheck(p); err != nil {
		return nil, err
	}
	rest := sui.ProgrammableTransaction{Inputs: p.Inputs, Commands: p.Commands[1:]}
	var err error
	out.Approval, err = seal.ParseApproval(bcs.Marshal(&rest))
	return out, err
}

// parseCheck reads the staleness check. It takes two numbers and the Clock, and
// so can change nothing that the policy sees.
func (r *request) parseCheck(p *sui.ProgrammableTransaction) error {
	wrong := errors.New("its first command is not a staleness check")
	c := p.Commands[0].MoveCall
	if c == nil || c.Module != StalenessModule || c.Function != StalenessFunction || len(c.Arguments) != 3 || len(c.TypeArguments) > 0 {
		return wrong
	}
	var numbers [2]uint64
	for i, a := range c.Arguments {
		if a.Kind != sui.ArgInput || int(a.Index) >= len(p.Inputs) {
			return wrong
		}
		in := p.Inputs[a.Index]
		switch {
		case i < 2 && in.Kind == sui.InputPure && len(in.Pure) == 8:
			numbers[i] = binary.LittleEndian.Uint64(in.Pure)
		case i == 2 && in.Kind == sui.InputShared && in.Ref.ID == sui.ClockID:
		default:
			return wrong
		}
	}
	first, clock := int(c.Arguments[0].Index), int(c.Arguments[2].Index)
	if first != len(p.Inputs)-2 || int(c.Arguments[1].Index) != first+1 {
		return wrong
	}
	r.inputs = [][]sui.Input{p.Inputs[:first]}
	if clock == first-1 {
		r.inputs = append(r.inputs, p.Inputs[:clock])
	}
	r.now, r.staleness = time.UnixMilli(int64(numbers[0])), time.Duration(numbers[1])*time.Millisecond
	return nil
}

// firstVersion returns the id of a package's first version, which is the address
// that its modules carry.
func firstVersion(p *sui.MovePackage) (sui.Address, error) {
	if p.Version == 1 {
		return p.ID, nil
	}
	if len(p.Modules) == 0 {
		return p.ID, fmt.Errorf("package %s has no modules", p.ID)
	}
	m, err := bytecode.Parse(p.Modules[0].Bytes)
	if err != nil {
		return p.ID, fmt.Errorf("read package %s: %w", p.ID, err)
	}
	return m.Address(), nil
}
