package policylint

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/floe-data/floe/sdk/movevm"
	"github.com/floe-data/floe/sdk/sui"
)

// An Answer is what a seal_approve said.
type Answer struct {
	Granted bool   `json:"granted"`
	Why     string `json:"why,omitempty"` // the failure, when it was not granted
}

// Replay brings a copy into the state of an example, which may be changed in
// everything but that, and asks. Target and options must be those of the
// [Check] that gave it.
func Replay(t Target, opt Options, x Example) (*Answer, error) {
	l, err := run(t, opt)
	if err != nil {
		return nil, err
	}
	r, err := l.requestOf(x)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	done, err := l.answer(r)
	switch {
	case err != nil:
		return &Answer{Why: err.Error()}, nil
	case done.Effects.Status.Failure != nil:
		return &Answer{Why: done.Effects.Status.Failure.Error()}, nil
	}
	return &Answer{Granted: true}, nil
}

func (l *lint) requestOf(x Example) (r request, err error) {
	if x.State < 0 || x.State >= len(l.states) {
		return r, fmt.Errorf("there are states 0 to %d, not %d; give the seed and rounds of the report", len(l.states)-1, x.State)
	}
	r = request{sender: x.As, atMS: x.AtMS, state: l.states[x.State]}
	if r.id, err = hex.DecodeString(x.ID); err != nil {
		return r, fmt.Errorf("identity: %w", err)
	}
	if r.fn = l.findApprove(x); r.fn == nil {
		return r, fmt.Errorf("the package has no function %s with the type arguments %v", x.Function, x.TypeArgs)
	}
	l.enter(r.state)
	objects := slices.Clone(x.Objects)
	for _, t := range r.fn.Params[1:] {
		elem := t
		if t.IsRef() {
			elem = t.Elem
		}
		i := slices.IndexFunc(objects, func(id sui.Address) bool {
			o := r.state.live[id]
			return o != nil && elem.Kind == movevm.KindDatatype && o.Move.Type.Tag().Equal(elem.Tag())
		})
		switch {
		case i >= 0:
			r.args = append(r.args, argument{object: r.state.live[objects[i]]})
			objects = slices.Delete(objects, i, i+1)
		case elem.Is(sui.Framework, "clock", "Clock"):
			r.args = append(r.args, argument{})
		default:
			c := l.choices(t, x.As)
			if len(c) == 0 || c[0].object != nil {
				return r, fmt.Errorf("name an object of type %s that exists in state %d", elem.Tag().Short(), x.State)
			}
			r.args = append(r.args, c[0])
		}
	}
	return r, nil
}

func (l *lint) findApprove(x Example) *function {
	for _, f := range l.approve {
		var tags []string
		for _, t := range f.TypeArgs {
			tags = append(tags, t.String())
		}
		if f.name() == x.Function && slices.Equal(tags, x.TypeArgs) {
			return f
		}
	}
	return nil
}
