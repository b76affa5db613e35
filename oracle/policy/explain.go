package policy

import (
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/seal"
	"github.com/floe-data/floe/sdk/sui"
)

// explainAbort says which rule of the policy failed and what would help. It
// knows the codes of Floe's own policies; place names the call for others.
func explainAbort(q Query, f *sui.ExecutionFailure, objects []*sui.Object, place string) seal.Reason {
	if p := floePolicy(q, objects); p != nil {
		if a, ok := contract.FindAbort(f, contract.Packages{}); ok && a.Package == contract.Access {
			return seal.Reason{
				Code:   fmt.Sprintf("floe_%s::%s::%s", a.Package, a.Module, a.Name),
				Rule:   a.Text,
				Remedy: a.Remedy(contract.Situation{Requester: q.User, Policy: p}),
			}
		}
	}
	if f.Location != nil {
		place = f.Location.Module
		if f.Location.FunctionName != nil {
			place += "::" + *f.Location.FunctionName
		}
	}
	return seal.Reason{
		Code: fmt.Sprintf("%s:%d", place, f.Code), Rule: fmt.Sprintf("%s aborted with code %d", place, f.Code),
		Remedy: fmt.Sprintf("see the documentation of policy package %s, or ask the owner of the data for access", q.Package.First),
	}
}

// floePolicy returns the Policy among the inputs whose type the called package
// defines in the way that Floe's access package does, nil for other packages.
func floePolicy(q Query, objects []*sui.Object) *contract.Policy {
	for _, o := range objects {
		if p, err := contract.ParsePolicy(o); err == nil && p.Package == q.Package.First {
			return p
		}
	}
	return nil
}
