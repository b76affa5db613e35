package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) datasets() *cobra.Command {
	return group("dataset", "List and compare datasets, and what they were made from",
		a.datasetList(), a.datasetShow(), a.datasetDiff(), a.datasetDerive(), a.datasetLineage(), a.datasetExpiry())
}

func (a *app) datasetList() *cobra.Command {
	var of string
	return a.command(verb{
		use: "list", short: "List your datasets", long: "They are those whose capability you hold.",
		example: "  floe dataset list\n  floe dataset list --of 0xfriend… --json",
		flags:   func(f *pflag.FlagSet) { f.StringVar(&of, "of", "", "whose (default: yours)") },
		read: func([]string) (action, error) {
			who, err := a.whose(of)
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				all, err := dataset.List(ctx, env, who)
				if err != nil {
					return nil, nil, err
				}
				return fields{"holder": who, "datasets": all}, func() {
					for _, d := range all {
						a.say("%s  %-24s %s", d.ID, d.Name, count(int(d.Versions), "version"))
					}
					if len(all) == 0 {
						a.say("%s has no datasets", who)
					}
				}, nil
			}, err
		},
	})
}

func (a *app) datasetShow() *cobra.Command {
	return a.command(verb{
		use: "show DATASET", short: "Show a dataset and its versions",
		example: "  floe dataset show 0x1f…",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				d, versions, err := dataset.Show(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return fields{"dataset": d, "versions": versions}, func() {
					a.say("%s  %s", d.ID, d.Name)
					a.say("owner    %s", d.Owner)
					for _, v := range versions {
						a.say("version %d  %s  %s  %d blobs, policy %s", v.Number, v.ID, v.PublishedAt.Format(time.RFC3339), v.Blobs, v.Policy)
					}
				}, nil
			}, err
		},
	})
}

func (a *app) datasetDiff() *cobra.Command {
	var from, to uint64
	return a.command(verb{
		use: "diff DATASET", short: "Show which files changed between two versions",
		long: `diff compares the digests in the manifests of two versions. It asks the key servers
for both, as a manifest says nothing in public about what files hold, and fetches
no file.`,
		example: "  floe dataset diff 0x1f…\n  floe dataset diff 0x1f… --from 1 --to 3 --json",
		signs:   true,
		flags: func(f *pflag.FlagSet) {
			f.Uint64Var(&from, "from", 0, "number of a version (default: the one before --to)")
			f.Uint64Var(&to, "to", 0, "number of a version (default: the latest)")
		},
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				d, err := dataset.Compare(ctx, env, id, from, to, dataset.OpenOptions{})
				if err != nil {
					return nil, nil, err
				}
				return d, func() { a.sayDiff(d) }, nil
			}, err
		},
	})
}

func (a *app) sayDiff(d *dataset.Diff) {
	a.say("version %d to %d: %d added, %d removed, %d changed, %d the same", d.From, d.To, len(d.Added), len(d.Removed), len(d.Changed), d.Unchanged)
	for _, list := range []struct {
		sign  string
		files []dataset.ChangedFile
	}{{"+", d.Added}, {"-", d.Removed}, {"~", d.Changed}} {
		for _, f := range list.files {
			a.say("%s %s  %s  %s", list.sign, f.SHA256, size(f.Size), f.Path)
		}
	}
}

func (a *app) datasetLineage() *cobra.Command {
	return a.command(verb{
		use: "lineage DATASET", short: "Show what a version was made from",
		long:    "DATASET may also be a version's id; of a dataset it is the latest version.",
		example: "  floe dataset lineage 0x1f…",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				all, err := dataset.Lineage(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return fields{"lineage": all}, func() {
					for _, n := range all {
						a.sayAncestor(n)
					}
				}, nil
			}, err
		},
	})
}

func (a *app) sayAncestor(n dataset.Ancestor) {
	state := ""
	if n.HeldSinceMS != nil {
		state = ", on hold since " + when(*n.HeldSinceMS).Format(time.RFC3339)
	}
	if n.RevokedAtMS != nil {
		state = ", revoked at " + when(*n.RevokedAtMS).Format(time.RFC3339)
	}
	a.say("%s  %s of dataset %s%s", n.Version, n.Kind, n.Dataset, state)
	for _, p := range n.Parents {
		a.say("  from %s, which gets %s of the %s that is passed on", p.Version, percent(p.WeightBPS), percent(n.PassedOnBPS))
	}
}

// percent writes basis points.
func percent(bps uint16) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", bps/100, bps%100), "0"), ".") + "%"
}

func (a *app) datasetExpiry() *cobra.Command {
	return a.command(verb{
		use: "expiry DATASET", short: "Say until when a version is stored",
		long:    "DATASET may also be a version's id. Ends are epochs of the storage network: the first\nwithout the blob.",
		example: "  floe dataset expiry 0x1f…",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				l, err := dataset.Expiry(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return l, func() {
					a.say("version  %s", l.Version)
					if l.Ends <= l.Epoch {
						a.say("expired  in epoch %d; it is epoch %d", l.Ends, l.Epoch)
					} else {
						a.say("stored   until epoch %d begins, %d epochs from now (epoch %d)", l.Ends, l.Ends-l.Epoch, l.Epoch)
					}
					for _, b := range l.Blobs {
						a.say("blob     %s until epoch %d", b.BlobID, b.EndEpoch)
					}
				}, nil
			}, err
		},
	})
}

// derivation are the flags of floe dataset derive.
type derivation struct {
	from, payees         []string
	kind, licence        string
	croissant            string
	passOn, refundWindow string
}

func (a *app) datasetDerive() *cobra.Command {
	var d derivation
	return a.command(verb{
		use:   "derive DATASET",
		short: "Record what a version was made from, once and for ever",
		long: `derive gives the latest version of a dataset (or the version with this id) its place
in the lineage: its kind, its licence, all versions that it was made from, and who
earns what when it is sold. Shares are in basis points after "=" and sum to 10000;
without any, all share equally. Parents must be in the lineage already.`,
		example: `  floe dataset derive 0x1f… --licence LICENCE
  floe dataset derive 0x2e… --kind training --licence LICENCE --from 0x1f…=7000 --from 0x3d…=3000 --pass-on 25%`,
		signs: true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&d.kind, "kind", "", "dataset, transform, training, model or service (default: dataset, or transform with --from)")
			f.StringVar(&d.licence, "licence", "", "file with the licence's text, whose SHA-256 is recorded (required)")
			f.StringVar(&d.croissant, "croissant", "", "file with a Croissant description (default: the version's manifest)")
			f.StringArrayVar(&d.from, "from", nil, "version, or dataset, that it was made from (repeatable)")
			f.StringVar(&d.passOn, "pass-on", "", "the part of income that goes to these (default: 0%, or 50% with --from)")
			f.StringArrayVar(&d.payees, "payee", nil, "address that shares the rest (repeatable; default: you)")
			f.StringVar(&d.refundWindow, "refund-window", "0", "how long payments are kept back, such as 14d")
		},
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "dataset id")
			if err != nil {
				return nil, err
			}
			t, err := d.terms()
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				if len(t.Payees) == 0 {
					t.Payees = []contract.Payee{{Account: env.Signer.Address(), WeightBPS: 10_000}}
				}
				node, digest, err := dataset.Derive(ctx, env, id, t)
				if err != nil {
					return nil, nil, err
				}
				return fields{"version_id": node.VersionID, "dataset_id": node.DatasetID, "depth": node.Depth, "parents": node.ParentIDs, "transaction": digest}, func() {
					a.say("recorded %s, made from %s (transaction %s)", node.VersionID, count(len(node.ParentIDs), "version"), digest)
				}, nil
			}, err
		},
	})
}

func (d derivation) terms() (t contract.Terms, err error) {
	if d.licence == "" {
		return t, fmt.Errorf("name the file with the licence's text with --licence")
	}
	if t.LicenceDigest, err = digestOf(d.licence); err != nil {
		return t, fmt.Errorf("--licence: %w", err)
	}
	if d.croissant != "" {
		if t.CroissantDigest, err = digestOf(d.croissant); err != nil {
			return t, fmt.Errorf("--croissant: %w", err)
		}
	}
	kind, passOn := d.kind, d.passOn
	if kind == "" {
		kind = dataset.Kinds[min(len(d.from), 1)]
	}
	if passOn == "" {
		passOn = []string{"0%", "50%"}[min(len(d.from), 1)]
	}
	k := slices.Index(dataset.Kinds, kind)
	if k < 0 {
		return t, fmt.Errorf("--kind %q: want %s", kind, strings.Join(dataset.Kinds, ", "))
	}
	t.Kind = uint8(k)
	if t.PassedOnBPS, err = readPercent(passOn); err != nil {
		return t, fmt.Errorf("--pass-on: %w", err)
	}
	if t.RefundWindowMS, err = dataset.ParseSpan(d.refundWindow); err != nil {
		return t, fmt.Errorf("--refund-window: %w", err)
	}
	who, weights, err := readShares(d.from)
	if err != nil {
		return t, fmt.Errorf("--from: %w", err)
	}
	for i := range who {
		t.Parents = append(t.Parents, contract.Parent{Version: who[i], WeightBPS: weights[i]})
	}
	if who, weights, err = readShares(d.payees); err != nil {
		return t, fmt.Errorf("--payee: %w", err)
	}
	for i := range who {
		t.Payees = append(t.Payees, contract.Payee{Account: who[i], WeightBPS: weights[i]})
	}
	return t, nil
}

func digestOf(path string) ([32]byte, error) {
	b, err := os.ReadFile(path)
	return sha256.Sum256(b), err
}

// readShares reads addresses with weights after "=". Without any weight all
// share equally, and the first gets what is left over.
func readShares(texts []string) (who []sui.Address, weights []uint16, err error) {
	weighted := 0
	for _, text := range texts {
		name, weight, has := strings.Cut(text, "=")
		x, err := readAddress(name, "id")
		if err != nil {
			return nil, nil, err
		}
		var bps uint64
		if has {
			weighted++
			if bps, err = strconv.ParseUint(weight, 10, 16); err != nil {
				return nil, nil, fmt.Errorf("parse weight %q: want basis points, 1 to 10000", weight)
			}
		}
		who, weights = append(who, x), append(weights, uint16(bps))
	}
	if weighted != 0 && weighted != len(texts) {
		return nil, nil, fmt.Errorf("give all a weight, or none")
	}
	if weighted == 0 {
		for i := range weights {
			weights[i] = uint16(10_000 / len(weights))
		}
		if len(weights) > 0 {
			weights[0] += uint16(10_000 % len(weights))
		}
	}
	return who, weights, nil
}

// readPercent reads a percentage, with up to two decimals, as basis points.
func readPercent(s string) (uint16, error) {
	whole, fraction, _ := strings.Cut(strings.TrimSuffix(s, "%"), ".")
	if whole != "" && len(fraction) <= 2 && strings.HasSuffix(s, "%") {
		if n, err := strconv.ParseUint(whole+(fraction + "00")[:2], 10, 16); err == nil && n <= 10_000 {
			return uint16(n), nil
		}
	}
	return 0, fmt.Errorf("parse percentage %q: want 0%% to 100%%, such as 25%% or 12.5%%", s)
}
