package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
)

// ErrNoOwner says that an object is no policy of floe_access.
var ErrNoOwner = errors.New("the object is no policy with an owner")

// Owner reads from the chain who owns a policy of floe_access. It need not
// know the package's id: receipts are filed under the id of the object, and
// whose package made the object decides what its owner is.
func Owner(ctx context.Context, chain Chain, id sui.Address) (sui.Address, error) {
	obj, err := chain.Object(ctx, id)
	if errors.Is(err, suirpc.ErrNotFound) {
		return sui.Address{}, fmt.Errorf("find owner of %s: %w", id, ErrNoOwner)
	}
	if err != nil {
		return sui.Address{}, fmt.Errorf("find owner of %s: %w", id, err)
	}
	p, err := contract.ParsePolicy(obj)
	if err != nil {
		return sui.Address{}, fmt.Errorf("find owner of %s: %w", id, ErrNoOwner)
	}
	return p.Owner, nil
}
