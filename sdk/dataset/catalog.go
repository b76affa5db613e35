package dataset

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
	"github.com/floe-data/floe/sdk/sui/suirpc"
	"github.com/floe-data/floe/sdk/walrus"
)

// Info is a dataset as the chain has it.
type Info struct {
	ID       sui.Address  `json:"dataset_id"`
	Name     string       `json:"name"`
	Owner    sui.Address  `json:"owner"`
	Versions uint64       `json:"versions"`
	Latest   *sui.Address `json:"latest,omitempty"`
}

// List lists the datasets whose capability somebody holds.
func List(ctx context.Context, env *Env, who sui.Address) ([]Info, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	caps, err := env.Chain.OwnedObjects(ctx, who, Packages(env.Network).DatasetCapType())
	if err != nil {
		return nil, fmt.Errorf("list datasets: %w", err)
	}
	out := []Info{}
	for _, o := range caps {
		cap, err := contract.ParseDatasetCap(o)
		if err != nil {
			return nil, fmt.Errorf("list datasets: %w", err)
		}
		info, err := readInfo(ctx, env, cap.Dataset)
		if err != nil {
			return nil, err
		}
		out = append(out, *info)
	}
	slices.SortFunc(out, func(a, b Info) int { return a.ID.Compare(b.ID) })
	return out, nil
}

func readInfo(ctx context.Context, env *Env, id sui.Address) (*Info, error) {
	o, err := env.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read dataset: %w", err)
	}
	d, err := contract.ParseDataset(o)
	if err != nil {
		return nil, fmt.Errorf("read dataset: %w", err)
	}
	return &Info{d.ID, d.Name, d.Owner, d.VersionCount, d.Latest}, nil
}

// VersionInfo is a published version.
type VersionInfo struct {
	ID             sui.Address   `json:"version_id"`
	Number         uint64        `json:"version"`
	PublishedAt    time.Time     `json:"published_at"`
	Policy         sui.Address   `json:"policy_id"`
	ManifestBlob   walrus.BlobID `json:"manifest_blob"`
	ManifestDigest string        `json:"manifest_digest"`
	Blobs          int           `json:"blobs"`
}

// Show reads a dataset and all its versions, newest first.
func Show(ctx context.Context, env *Env, id sui.Address) (*Info, []VersionInfo, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, nil, err
	}
	info, err := readInfo(ctx, env, id)
	if err != nil {
		return nil, nil, err
	}
	versions := []VersionInfo{}
	for next := info.Latest; next != nil; {
		v, err := readVersion(ctx, env.Chain, *next)
		if err != nil {
			return nil, nil, err
		}
		versions = append(versions, VersionInfo{v.ID, v.Number, time.UnixMilli(int64(v.PublishedAtMS)).UTC(), v.Policy, v.ManifestBlobID, hex.EncodeToString(v.ManifestDigest), len(v.Blobs)})
		next = v.Previous
	}
	return info, versions, nil
}

// Ancestor is a version in the lineage, with what was said about it when it was
// recorded.
type Ancestor struct {
	Version     sui.Address  `json:"version_id"`
	Dataset     sui.Address  `json:"dataset_id"`
	Kind        string       `json:"kind"`
	Depth       uint64       `json:"depth"` // edges on the longest way to a version without parents
	Parents     []ParentEdge `json:"parents"`
	PassedOnBPS uint16       `json:"passed_on_bps"`
	RevokedAtMS *uint64      `json:"revoked_at_ms,omitempty"`
	HeldSinceMS *uint64      `json:"held_since_ms,omitempty"`
}

// ParentEdge is a version that another was made from, and its share, in basis
// points, of what that one passes on.
type ParentEdge struct {
	Version   sui.Address `json:"version_id"`
	WeightBPS uint16      `json:"weight_bps"`
}

// Kinds are the names of the kinds of versions in the lineage.
var Kinds = []string{"dataset", "transform", "training", "model", "service"}

// ErrNotRecorded says that a version has no place in the lineage.
var ErrNotRecorded = errors.New("not in the lineage")

// Lineage reads a version (or a dataset's latest one) and all it was made from,
// each once, from the version up.
func Lineage(ctx context.Context, env *Env, id sui.Address) ([]Ancestor, error) {
	v, err := versionOf(ctx, env, id)
	if err != nil {
		return nil, err
	}
	nodes, err := lineageNodes(ctx, env)
	if err != nil {
		return nil, err
	}
	out, seen := []Ancestor{}, map[sui.Address]bool{v.ID: true}
	for queue := []sui.Address{v.ID}; len(queue) > 0; queue = queue[1:] {
		n, err := readNode(ctx, env, nodes, queue[0])
		if err != nil {
			return nil, err
		}
		a := Ancestor{Version: queue[0], Dataset: n.Dataset, Kind: kindName(n.Kind), Depth: n.Depth, Parents: []ParentEdge{},
			PassedOnBPS: n.PassedOnBPS, RevokedAtMS: n.RevokedAtMS, HeldSinceMS: n.HeldSinceMS}
		for _, e := range n.Parents {
			a.Parents = append(a.Parents, ParentEdge{e.Version, e.WeightBPS})
			if !seen[e.Version] {
				seen[e.Version] = true
				queue = append(queue, e.Version)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// lineageNodes returns the table of the network's lineage.
func lineageNodes(ctx context.Context, env *Env) (sui.Address, error) {
	if env.Network.CatalogLineage.IsZero() {
		return sui.Address{}, fmt.Errorf("read lineage: the network file names no lineage; run: floe contracts publish")
	}
	o, err := env.Chain.Object(ctx, env.Network.CatalogLineage)
	if err != nil {
		return sui.Address{}, fmt.Errorf("read lineage: %w", err)
	}
	l, err := contract.ParseLineage(o)
	if err != nil {
		return sui.Address{}, fmt.Errorf("read lineage: %w", err)
	}
	return l.Nodes.ID, nil
}

func readNode(ctx context.Context, env *Env, nodes, version sui.Address) (*contract.Node, error) {
	id := sui.StructTag{Address: sui.Framework, Module: "object", Name: "ID"}
	o, err := env.Chain.DynamicField(ctx, nodes, id.Tag(), version[:])
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil, fmt.Errorf("read lineage: version %s is %w; record it with: floe dataset derive", version, ErrNotRecorded)
	}
	if err != nil {
		return nil, fmt.Errorf("read lineage: %w", err)
	}
	return contract.ParseNodeField(o)
}

func kindName(kind uint8) string {
	if int(kind) < len(Kinds) {
		return Kinds[kind]
	}
	return fmt.Sprintf("kind %d", kind)
}

// versionOf reads a version by its id, or the latest one of a dataset.
func versionOf(ctx context.Context, env *Env, id sui.Address) (*contract.Version, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, err
	}
	o, err := env.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find version: %w; check the id and the network", err)
	}
	if v, err := contract.ParseVersion(o); err == nil {
		return v, nil
	}
	return LatestVersion(ctx, env.Chain, id)
}

// Lifetime is until when a version is stored.
type Lifetime struct {
	Version sui.Address    `json:"version_id"`
	Epoch   uint32         `json:"epoch"` // the storage network's present one
	Ends    uint32         `json:"ends"`  // first epoch in which a blob is no longer stored
	Blobs   []BlobLifetime `json:"blobs"`
}

// BlobLifetime is until when a blob is stored.
type BlobLifetime struct {
	BlobID    walrus.BlobID `json:"blob_id"`
	Object    sui.Address   `json:"object_id"`
	EndEpoch  uint32        `json:"end_epoch"` // first epoch without it, prolonged or not
	Deletable bool          `json:"deletable"`
	Recorded  bool          `json:"expiry_recorded"`
}

// Expiry reads until when a version (or a dataset's latest one) is stored.
func Expiry(ctx context.Context, env *Env, id sui.Address) (*Lifetime, error) {
	v, err := versionOf(ctx, env, id)
	if err != nil {
		return nil, err
	}
	o, err := env.Chain.Object(ctx, env.Network.StorageSystem)
	if err != nil {
		return nil, fmt.Errorf("read storage system: %w", err)
	}
	system, err := contract.ParseSystem(o)
	if err != nil {
		return nil, err
	}
	out := &Lifetime{Version: v.ID, Epoch: system.Epoch, Ends: 1<<32 - 1, Blobs: []BlobLifetime{}}
	for _, b := range v.Blobs {
		l := BlobLifetime{BlobID: b.BlobID, Object: b.ID, EndEpoch: b.EndEpoch, Deletable: b.Deletable}
		if err := readAfterlife(ctx, env, system.ID, b.ID, &l); err != nil {
			return nil, err
		}
		out.Ends = min(out.Ends, l.EndEpoch)
		out.Blobs = append(out.Blobs, l)
	}
	return out, nil
}

// readAfterlife adds what the storage system keeps about a blob that is part of
// a frozen version: a later end, an expiry.
func readAfterlife(ctx context.Context, env *Env, system, blob sui.Address, l *BlobLifetime) error {
	key := sui.StructTag{Address: Packages(env.Network).Storage.Original, Module: "system", Name: "Afterlife"}
	o, err := env.Chain.DynamicField(ctx, system, key.Tag(), blob[:])
	if errors.Is(err, suirpc.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read expiry: %w", err)
	}
	kept, err := contract.ParseAfterlifeField(o)
	if err != nil {
		return err
	}
	l.EndEpoch, l.Recorded = max(l.EndEpoch, kept.EndEpoch), kept.ExpiredEpoch != nil
	return nil
}

// Derive gives a version (or a dataset's latest one) its place in the lineage.
// The digests of the parents' manifests are read from the chain.
func Derive(ctx context.Context, env *Env, id sui.Address, t contract.Terms) (*contract.NodeRecorded, sui.Digest, error) {
	v, err := versionOf(ctx, env, id)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	cap, err := datasetCap(ctx, env, v.Dataset)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	t.Parents = slices.Clone(t.Parents)
	for i := range t.Parents {
		parent, err := versionOf(ctx, env, t.Parents[i].Version)
		if err != nil {
			return nil, sui.Digest{}, err
		}
		t.Parents[i].Version, t.Parents[i].ManifestDigest = parent.ID, parent.ManifestDigest
	}
	if t.CroissantDigest == ([32]byte{}) && len(v.ManifestDigest) == 32 {
		t.CroissantDigest = [32]byte(v.ManifestDigest) // the manifest is the Croissant description
	}
	return sendFor[contract.NodeRecorded](ctx, env, func(b *sui.Builder) {
		contract.RecordVersion(b, Packages(env.Network), env.Network.CatalogLineage, cap, v.ID, t)
	})
}

// datasetCap finds the signer's capability for a dataset.
func datasetCap(ctx context.Context, env *Env, dataset sui.Address) (sui.Address, error) {
	owned, err := env.Chain.OwnedObjects(ctx, env.Signer.Address(), Packages(env.Network).DatasetCapType())
	if err != nil {
		return sui.Address{}, fmt.Errorf("find dataset capability: %w", err)
	}
	for _, o := range owned {
		cap, err := contract.ParseDatasetCap(o)
		if err != nil {
			return sui.Address{}, fmt.Errorf("find dataset capability: %w", err)
		}
		if cap.Dataset == dataset {
			return cap.ID, nil
		}
	}
	return sui.Address{}, fmt.Errorf("change dataset %s: %s does not hold its capability; act as the owner with --as or --keystore", dataset, env.Signer.Address())
}
