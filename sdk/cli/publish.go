package cli

import (
	"fmt"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
)

func (a *app) publish() *cobra.Command {
	var (
		opt                 dataset.PublishOptions
		into, under         string
		recovery            []string
		notBefore, notAfter string
	)
	cmd := &cobra.Command{
		Use:   "publish DIR",
		Short: "Encrypt a folder, store it, certify it, and put it under a policy",
		Long: `publish makes the files below DIR a version of a dataset: each is encrypted on
this machine, erasure-coded over the storage nodes, certified on chain, and put
under a policy that at first lets in nobody but you. Hidden files are left out.

A croissant.json in DIR gives the public name, description and licence. Public
for ever are these, the number of files and the size of each ciphertext; paths
only with --public-paths. Interrupted, the same command goes on where it stopped.`,
		Example: `  floe publish ./photos
  floe publish ./photos --name "Photos of 2026" --not-before 2027-01-01
  floe publish ./photos --dataset 0x1f…   # a new version`,
		Args: exactArgs("DIR"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opt.NotBeforeMS, err = moment(notBefore, "--not-before"); err != nil {
				return err
			}
			if opt.NotAfterMS, err = moment(notAfter, "--not-after"); err != nil {
				return err
			}
			if into != "" {
				if opt.Dataset, err = address(into, "dataset id"); err != nil {
					return err
				}
			}
			if under != "" {
				if opt.Policy, err = address(under, "policy id"); err != nil {
					return err
				}
			}
			for _, s := range recovery {
				r, err := age.ParseX25519Recipient(s)
				if err != nil {
					return &usageError{command: "floe publish", err: fmt.Errorf("parse --recovery: %w", err)}
				}
				opt.Recovery = append(opt.Recovery, r)
			}
			return a.runPublish(cmd, args[0], opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Name, "name", "", "public name (default: from croissant.json, else the folder's)")
	f.StringVar(&into, "dataset", "", "id of a dataset of yours to add a version to")
	f.StringVar(&under, "policy", "", "id of a policy to put it under (default: a new one, see floe policy new)")
	f.BoolVar(&opt.PublicPaths, "public-paths", false, "publish the files' paths and sizes")
	f.StringArrayVar(&recovery, "recovery", nil, "age1… recipient that can open the files without key servers (repeatable)")
	f.StringVar(&notBefore, "not-before", "", "nobody opens it before this time (RFC 3339 or YYYY-MM-DD, UTC)")
	f.StringVar(&notAfter, "not-after", "", "nobody opens it after this time")
	f.Uint32Var(&opt.EndEpoch, "end-epoch", 0, "storage epoch at which the blobs expire (default: 53 epochs from now)")
	return cmd
}

func (a *app) runPublish(cmd *cobra.Command, dir string, opt dataset.PublishOptions) error {
	env, closeEnv, err := a.env(cmd.Context())
	if err != nil {
		return err
	}
	defer closeEnv()
	a.notePublic(opt)
	t := a.tracker()
	env.Progress = t.update
	start := time.Now()
	p, err := dataset.Publish(cmd.Context(), env, dir, opt)
	t.finish()
	if err != nil {
		return err
	}
	if a.json {
		a.print(p)
		return nil
	}
	a.say("published  %s version %d in %.1f s", p.Dataset, p.Version, time.Since(start).Seconds())
	a.say("policy     %s", p.Policy)
	a.say("files      %d, %s; stored as %d blobs, %s before erasure coding", p.Files, size(p.PlainBytes), len(p.Blobs), size(p.StoredBytes))
	a.say("manifest   %s", p.Manifest)
	a.say("next       floe policy grant %s ADDRESS", p.Dataset)
	return nil
}

// notePublic says what becomes public before anything is sent.
func (a *app) notePublic(opt dataset.PublishOptions) {
	what := "its name and description, the number of files and the size of each ciphertext"
	if opt.PublicPaths {
		what += ", and the files' paths and sizes"
	}
	a.note("floe: public for ever: %s", what)
}

// moment parses a time flag to Unix milliseconds; "" is nil.
func moment(s, flag string) (*uint64, error) {
	if s == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.UnixMilli() >= 0 {
			ms := uint64(t.UnixMilli())
			return &ms, nil
		}
	}
	return nil, &usageError{command: "floe publish", err: fmt.Errorf("parse %s %q: want 2027-01-31 or 2027-01-31T12:00:00Z", flag, s)}
}

// size prints a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
