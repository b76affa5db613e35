package deploy

import "github.com/floe-data/floe/sdk/network"

// Record puts the deployment into a network's description.
func (d *Deployment) Record(n *network.Network) {
	n.StorageSystem, n.AccessVersion = d.Objects.StorageSystem, d.Objects.AccessVersion
	n.CatalogVersion = d.Objects.CatalogVersion
	n.CatalogLineage, n.EnclaveRegistry = d.Objects.CatalogLineage, d.Objects.EnclaveRegistry
	n.Packages = map[string]network.Package{}
	for name, p := range d.Packages {
		n.Packages[name] = network.Package{Original: p.Original, Latest: p.Latest}
	}
}
