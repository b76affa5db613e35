package evidence

import (
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// A Verdict is how an evaluation ended; the values are BCS indices.
type Verdict uint8

// The verdicts. Only Allowed is a yes.
const (
	Allowed  Verdict = iota
	Failed           // a command failed, see Outcome.Failure
	Rejected         // the transaction can't be run over these objects
	Aliased          // the sender has address aliases, so it was not run at all
)

func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

var verdicts = [...]string{"allowed", "failed", "rejected", "aliased"}

// An Outcome is a verdict with its place. Two evaluations agree if their
// outcomes are equal.
type Outcome struct {
	Verdict Verdict
	Failure Failure // of Failed
}

// A Failure is what a later machine must find too: not the instruction, and no
// text.
type Failure struct {
	Kind    sui.FailureKind
	Command uint64 // index; NoCommand if it was none of them
	// Of an abort: where, and with which code.
	Package          sui.Address
	Module, Function string
	Code             uint64
}

// NoCommand stands for a failure before the first or after the last command.
const NoCommand = ^uint64(0)

// maxName bounds a module's or function's name, as Move does.
const maxName = 128

// OutcomeOf reads the outcome off the status of a transaction's effects.
func OutcomeOf(s sui.ExecutionStatus) Outcome {
	f := s.Failure
	if f == nil {
		return Outcome{Verdict: Allowed}
	}
	out := Outcome{Verdict: Failed, Failure: Failure{Kind: f.Kind, Command: NoCommand}}
	if f.Command != nil {
		out.Failure.Command = *f.Command
	}
	if f.Kind == sui.FailMoveAbort && f.Location != nil {
		out.Failure.Package, out.Failure.Module, out.Failure.Code = f.Location.Package, f.Location.Module, f.Code
		if f.Location.FunctionName != nil {
			out.Failure.Function = *f.Location.FunctionName
		}
	}
	return out
}

// String describes the outcome in a few words.
func (o Outcome) String() string {
	f := o.Failure
	switch {
	case o.Verdict != Failed:
		return o.Verdict.String()
	case f.Kind == sui.FailMoveAbort:
		return fmt.Sprintf("command %d aborted in %s::%s with code %d", f.Command, f.Module, f.Function, f.Code)
	case f.Command == NoCommand:
		return fmt.Sprintf("failed: %s", f.Kind)
	}
	return fmt.Sprintf("command %d failed: %s", f.Command, f.Kind)
}

// Execution returns the failure in Sui's terms, nil if there is none.
func (o Outcome) Execution() *sui.ExecutionFailure {
	if o.Verdict != Failed {
		return nil
	}
	out := &sui.ExecutionFailure{Kind: o.Failure.Kind, Code: o.Failure.Code}
	if o.Failure.Command != NoCommand {
		n := o.Failure.Command
		out.Command = &n
	}
	if o.Failure.Kind == sui.FailMoveAbort {
		out.Location = &sui.MoveLocation{Package: o.Failure.Package, Module: o.Failure.Module}
		if name := o.Failure.Function; name != "" {
			out.Location.FunctionName = &name
		}
	}
	return out
}

// MarshalBCS appends the verdict, and the failure of Failed.
func (o Outcome) MarshalBCS(e *bcs.Encoder) {
	e.ULEB(uint64(o.Verdict))
	if o.Verdict != Failed {
		return
	}
	f := &o.Failure
	e.ULEB(uint64(f.Kind))
	e.U64(f.Command)
	if f.Kind != sui.FailMoveAbort {
		return
	}
	e.Value(f.Package)
	e.String(f.Module)
	e.String(f.Function)
	e.U64(f.Code)
}

// UnmarshalBCS reads an outcome.
func (o *Outcome) UnmarshalBCS(d *bcs.Decoder) {
	*o = Outcome{Verdict: Verdict(d.Variant(len(verdicts)))}
	if o.Verdict != Failed {
		return
	}
	f := &o.Failure
	f.Kind = sui.FailureKind(d.Variant(int(sui.FailNonExclusiveWriteModified) + 1))
	f.Command = d.U64()
	if f.Kind != sui.FailMoveAbort {
		return
	}
	d.Value(&f.Package)
	f.Module, f.Function = d.String(), d.String()
	f.Code = d.U64()
	if len(f.Module) > maxName || len(f.Function) > maxName {
		d.Fail(errors.New("the name of a module or function is too long"))
	}
}
