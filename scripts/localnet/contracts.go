package localnet

import (
	"context"
	"path/filepath"

	"github.com/floe-data/floe/sdk/contract/deploy"
)

// publishContracts puts Floe's contracts on the chain, as `floe contracts
// publish` does on any network; packages that are there already are kept.
func (n *Net) publishContracts(ctx context.Context) error {
	d, err := deploy.Publish(ctx, n.client, n.admin, deploy.Config{Env: n.Network.Name, Dir: filepath.Join(n.Home, "contracts", n.Network.Name), UpgradeDelayMS: new(uint64)})
	if err != nil {
		return err
	}
	n.storageCap = d.Objects.StorageAdminCap
	d.Record(n.Network)
	return nil
}
