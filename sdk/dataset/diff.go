package dataset

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/floe-data/floe/sdk/sui"
)

// A Diff is what one version of a dataset has that another has not, by the
// digests in their manifests.
type Diff struct {
	Dataset   sui.Address   `json:"dataset_id"`
	From      uint64        `json:"from"` // numbers of the versions
	To        uint64        `json:"to"`
	Added     []ChangedFile `json:"added"`
	Removed   []ChangedFile `json:"removed"`
	Changed   []ChangedFile `json:"changed"` // as they are in To
	Unchanged int           `json:"unchanged"`
}

// A ChangedFile is a file of a version.
type ChangedFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`   // bytes of plaintext
	SHA256 string `json:"sha256"` // of the plaintext, hex
}

// Compare tells what changed between two versions of a dataset; to 0 is the
// latest, from 0 the one before to. It needs the keys of both, as what a
// manifest says in public is salted, and fetches no file.
func Compare(ctx context.Context, env *Env, dataset sui.Address, from, to uint64, opt OpenOptions) (*Diff, error) {
	after, err := filesOf(ctx, env, dataset, to, opt)
	if err != nil {
		return nil, err
	}
	if from == 0 {
		if from = after.version.Number - 1; from == 0 {
			return nil, fmt.Errorf("compare versions: version 1 has none before it")
		}
	}
	before, err := filesOf(ctx, env, dataset, from, opt)
	if err != nil {
		return nil, err
	}
	d := &Diff{Dataset: dataset, From: before.version.Number, To: after.version.Number,
		Added: []ChangedFile{}, Removed: []ChangedFile{}, Changed: []ChangedFile{}}
	d.compare(before.index.Files, after.index.Files)
	return d, nil
}

// filesOf finds out which files a version has.
func filesOf(ctx context.Context, env *Env, dataset sui.Address, version uint64, opt OpenOptions) (*reader, error) {
	opt.Version = version
	r, err := newReader(ctx, env, dataset, opt)
	if err != nil {
		return nil, err
	}
	if err := r.readFiles(ctx); err != nil {
		return nil, fmt.Errorf("version %d: %w", r.version.Number, err)
	}
	return r, nil
}

func (d *Diff) compare(before, after []IndexEntry) {
	old := map[string]IndexEntry{}
	for _, e := range before {
		old[e.Path] = e
	}
	for _, e := range after {
		was, there := old[e.Path]
		delete(old, e.Path)
		switch file := (ChangedFile{e.Path, e.Size, strings.ToLower(e.SHA256)}); {
		case !there:
			d.Added = append(d.Added, file)
		case !strings.EqualFold(was.SHA256, e.SHA256):
			d.Changed = append(d.Changed, file)
		default:
			d.Unchanged++
		}
	}
	for _, e := range old {
		d.Removed = append(d.Removed, ChangedFile{e.Path, e.Size, strings.ToLower(e.SHA256)})
	}
	for _, list := range [][]ChangedFile{d.Added, d.Removed, d.Changed} {
		slices.SortFunc(list, func(a, b ChangedFile) int { return strings.Compare(a.Path, b.Path) })
	}
}
