package execution

import (
	"errors"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// moveCall runs a Move function.
func (cmd *command) moveCall(c *sui.MoveCall) ([]movevm.Value, error) {
	r := cmd.run
	fn, err := r.session.LoadFunction(c.Package, c.Module, c.Function, c.TypeArguments)
	if err != nil {
		return nil, err
	}
	if err := cmd.checkCallable(fn); err != nil {
		return nil, err
	}
	if len(c.Arguments) != len(fn.Params) {
		return nil, fail(sui.FailArityMismatch)
	}
	args, err := cmd.arguments(fn, c.Arguments)
	if err != nil {
		return nil, err
	}
	if err := cmd.checkCool(fn); err != nil {
		return nil, err
	}
	returns, err := r.session.Call(fn, args)
	if err != nil {
		return nil, err
	}
	return cmd.returned(returns)
}

// Functions of the framework that a transaction may not call: only the module
// of the object's type may use these, and events belong to modules.
var privateTransfers = map[string]bool{
	"transfer": true, "freeze_object": true, "share_object": true, "receive": true, "party_transfer": true,
}

func (cmd *command) checkCallable(fn *movevm.Function) error {
	if cmd.run.opt.SkipChecks {
		return nil
	}
	framework := fn.Original == sui.Framework
	switch {
	case fn.Visibility != movevm.Public && !fn.Entry,
		fn.Name == "init",
		framework && fn.Module == "event",
		framework && fn.Module == "transfer" && privateTransfers[fn.Name]:
		return fail(sui.FailNonEntryFunctionInvoked)
	}
	for i, t := range fn.Returns {
		if t.IsRef() {
			return &failed{sui.ExecutionFailure{Kind: sui.FailInvalidPublicFunctionReturnType, Arg: uint16(i)}}
		}
	}
	return nil
}

// arguments makes the values for a function's parameters.
func (cmd *command) arguments(fn *movevm.Function, args []sui.Argument) ([]movevm.Value, error) {
	values := make([]movevm.Value, len(args))
	for i, arg := range args {
		v, err := cmd.argument(arg, fn.Params[i])
		if err != nil {
			return nil, at(err, i)
		}
		values[i] = v
	}
	return values, nil
}

func (cmd *command) argument(arg sui.Argument, want *movevm.Type) (movevm.Value, error) {
	if want.IsRef() {
		return cmd.borrow(arg, want)
	}
	if arg.Kind == sui.ArgGasCoin {
		return movevm.Value{}, &argError{Kind: sui.ArgInvalidGasCoinUsage}
	}
	return cmd.take(arg, want)
}

// returned copies references out, which only a simulation without checks gets.
func (cmd *command) returned(values []movevm.Value) ([]movevm.Value, error) {
	for i, v := range values {
		if !v.Type().IsRef() {
			continue
		}
		c, err := cmd.run.session.Deref(v)
		if err != nil {
			return nil, err
		}
		values[i] = c
	}
	return values, nil
}

// fail makes a failure without further data.
func fail(kind sui.FailureKind) error { return &failed{sui.ExecutionFailure{Kind: kind}} }

// failed carries an execution failure as an error.
type failed struct{ f sui.ExecutionFailure }

func (e *failed) Error() string { return e.f.Error() }

// argError is an argument error whose place is not known yet.
type argError sui.ArgumentError

func (e *argError) Error() string { return (*sui.ArgumentError)(e).String() }

// at says which argument of the command an error is about.
func at(err error, i int) error {
	var a *argError
	if !errors.As(err, &a) {
		return err
	}
	return &failed{sui.ExecutionFailure{Kind: sui.FailCommandArgument, Arg: uint16(i), ArgError: (*sui.ArgumentError)(a)}}
}

var errNotASCII = errors.New("string is not ASCII")
