// Package network says where a Floe network is: the Sui node to ask, the
// packages and objects that Floe's contracts live in, and the key servers that
// an owner trusts. A network is one JSON file; the embedded devnet, testnet and
// mainnet differ in nothing but its contents.
//
// Start with [Load], which finds a network by its name or its node's URL.
package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/floe-data/floe/sdk/durable"
	"github.com/floe-data/floe/sdk/sui"
)

// A Network is everything that a client has to be told. All that can be read
// from the chain is read from there: the storage nodes, their keys and
// addresses, and the key servers' URLs and public keys.
type Network struct {
	// Name is how the command line calls it: devnet, testnet, mainnet or a
	// name of your own.
	Name string `json:"name"`
	// URL is the gRPC endpoint of a Sui node: http:// is plain text (for this
	// machine only), https:// is TLS.
	URL string `json:"url"`
	// ChainID is the base58 digest of the genesis checkpoint. A node that
	// answers another one is refused.
	ChainID string `json:"chain_id,omitempty"`
	// Faucet is where test coins come from; empty where there is none.
	Faucet string `json:"faucet,omitempty"`
	// Packages maps storage, catalog, access and key_server to their ids.
	Packages map[string]Package `json:"packages,omitempty"`
	// StorageSystem is the shared object that holds the storage committee.
	StorageSystem sui.Address `json:"storage_system,omitzero"`
	// CatalogLineage is the shared object that says which versions were made
	// from which.
	CatalogLineage sui.Address `json:"catalog_lineage,omitzero"`
	// WalrusSystem is the System object of Walrus' own contracts, where they are:
	// then the adapter that records what Walrus certified is published too.
	WalrusSystem sui.Address `json:"walrus_system,omitzero"`
	// EnclaveRegistry is the shared object with the keys of all enclaves.
	EnclaveRegistry sui.Address `json:"enclave_registry,omitzero"`
	// CatalogVersion is the shared object that names the current version of
	// the catalog package.
	CatalogVersion sui.Address `json:"catalog_version,omitzero"`
	// AccessVersion is the shared object that names the current version of
	// the access package.
	AccessVersion sui.Address `json:"access_version,omitzero"`
	// NitroRoots are certificates (PEM) of authorities that may attest enclaves
	// here besides AWS: a devnet's own, which proves nothing.
	NitroRoots []string `json:"nitro_roots,omitempty"`
	// KeyServers are the key servers that new datasets are encrypted to.
	KeyServers []KeyServer `json:"key_servers,omitempty"`
	// Threshold is how many of them are needed to open a dataset.
	Threshold int `json:"threshold,omitempty"`
	// Indexer is the base URL of an index, for status only; nothing that it
	// says is trusted.
	Indexer string `json:"indexer,omitempty"`
}

// Package is a published package. Original names its types and the key
// namespace; Latest is what new transactions call.
type Package struct {
	Original sui.Address `json:"original"`
	Latest   sui.Address `json:"latest"`
}

// KeyServer is a key server by its object on chain. Weight is how many shares
// it holds. Aggregator is where a committee is asked; without it its members are
// asked directly.
type KeyServer struct {
	Object     sui.Address `json:"object"`
	Weight     int         `json:"weight"`
	Aggregator string      `json:"aggregator,omitempty"`
}

// wellKnown are the public nodes of networks that have a fixed name.
var wellKnown = map[string]Network{
	"testnet": {
		Name: "testnet", URL: "https://fullnode.testnet.sui.io:443", Faucet: "https://faucet.testnet.sui.io",
		WalrusSystem: known("0x6c2547cbbc38025cf3adac45f63cb0a8d12ecf777cdc75a4971612bf97fdf6af"),
	},
	"mainnet": {
		Name: "mainnet", URL: "https://fullnode.mainnet.sui.io:443",
		WalrusSystem: known("0x2134d52768ea07e8c43570ef975eb3e4c27a39fa6396bef985b5abc58d03ddd2"),
	},
}

// known parses a constant. Walrus' System objects are those of npm
// @mysten/walrus 1.x, TESTNET_WALRUS_PACKAGE_CONFIG and its sibling.
func known(id string) sui.Address {
	a, err := sui.ParseAddress(id)
	if err != nil {
		panic("network: " + err.Error())
	}
	return a
}

// A NotFoundError says that no network of that name is recorded, and what to
// do about it.
type NotFoundError struct {
	Name  string
	Known []string
}

func (e *NotFoundError) Error() string {
	hint := "start one with: go run ./scripts/devnet"
	if e.Name != "devnet" {
		hint = "name a node's URL, or one of: " + strings.Join(e.Known, ", ")
	}
	return fmt.Sprintf("no network %q is recorded; %s", e.Name, hint)
}

// Load finds a network by name, or by the URL of its node, among the files in
// home/networks. A name that Floe knows but has no file for gives the bare
// network, without packages; a URL without a file likewise.
func Load(home, name string) (*Network, error) {
	all, err := list(home)
	if err != nil {
		return nil, err
	}
	isURL := strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
	for _, n := range all {
		if n.Name == name || isURL && n.URL == strings.TrimSuffix(name, "/") {
			return n, nil
		}
	}
	if isURL {
		u, err := url.Parse(name)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("parse network %q: not a URL of a node", name)
		}
		return &Network{Name: hostName(u), URL: strings.TrimSuffix(name, "/")}, nil
	}
	if n, ok := wellKnown[name]; ok {
		return &n, nil
	}
	known := []string{"mainnet", "testnet"}
	for _, n := range all {
		known = append(known, n.Name)
	}
	sort.Strings(known)
	return nil, &NotFoundError{Name: name, Known: known}
}

// hostName names a network after its node. The port belongs to it: several
// networks may run on one machine.
func hostName(u *url.URL) string {
	if u.Port() == "" {
		return u.Hostname()
	}
	return u.Hostname() + "-" + u.Port()
}

func list(home string) ([]*Network, error) {
	paths, err := filepath.Glob(filepath.Join(home, "networks", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var all []*Network
	for _, p := range paths {
		n, err := Read(p)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// Read reads one network file. Unknown fields are an error.
func Read(path string) (*Network, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open network file: %w", err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	var n Network
	if err := dec.Decode(&n); err != nil {
		return nil, fmt.Errorf("read network file %s: %w", path, err)
	}
	if n.Name == "" || n.URL == "" {
		return nil, fmt.Errorf("read network file %s: it needs a name and a url", path)
	}
	return &n, nil
}

// Path is the file of a network in home.
func Path(home, name string) string { return filepath.Join(home, "networks", name+".json") }

// Save writes n to its file in home, replacing it whole.
func Save(home string, n *Network) error {
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return fmt.Errorf("encode network: %w", err)
	}
	path := Path(home, n.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("create network folder: %w", err)
	}
	if err := durable.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write network file: %w", err)
	}
	return nil
}

// ErrIncomplete is wrapped when a network lacks what a command needs.
var ErrIncomplete = errors.New("network is incomplete")

// NeedContracts returns an error that says what to do unless Floe's contracts
// are recorded.
func (n *Network) NeedContracts() error {
	for _, name := range []string{"storage", "catalog", "access", "key_server"} {
		if n.Packages[name].Latest == (sui.Address{}) {
			return fmt.Errorf("%w: no %s contract is recorded for %s; publish Floe's contracts there with: floe contracts publish --network %s", ErrIncomplete, name, n.Name, n.Name)
		}
	}
	return nil
}

// NeedKeyServers returns an error that says what to do unless enough key
// servers are recorded for the threshold.
func (n *Network) NeedKeyServers() error {
	total := 0
	for _, k := range n.KeyServers {
		total += k.Weight
	}
	if n.Threshold < 1 || total < n.Threshold {
		return fmt.Errorf("%w: %d shares of key servers are recorded for %s and the threshold is %d; register key servers with: floe-oracle register, then list them in its network file", ErrIncomplete, total, n.Name, n.Threshold)
	}
	return nil
}
