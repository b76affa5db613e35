package cli

import (
	"errors"
	"fmt"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/floe-data/floe/sdk/dataset"
)

func (a *app) open() *cobra.Command {
	var (
		out, recovery string
		pay           consent
		machine       account
		opt           dataset.OpenOptions
	)
	cmd := &cobra.Command{
		Use:   "open DATASET -o DIR",
		Short: "Fetch and decrypt a dataset that you may open",
		Long: `open fetches a version of a dataset, asks the key servers for its keys, and
writes its files below DIR. Every byte is verified against the chain. Storage
nodes that are down and slivers that were altered are worked around and named.

If the policy asks for a pass, a purpose or the like, open finds out what would do
and tries it on this machine. It says what it is going to do, and pays only with
--yes, up to --max-price, or after asking you.

Refused by the policy, open says which rule said no and what would help, and
exits with code 3. Files that are there already with the right content are kept.

A machine without a wallet shows a token of its identity provider (--token-file,
--as, --session-key); the operators of the key servers have to know it. See floe
key session.

The key servers' receipts, of a yes and of a no, are kept in Floe's folder; see
floe receipts.`,
		Example: `  floe open 0x1f… -o ./photos
  floe open 0x1f… -o ./photos --version 2 --json
  floe open 0x1f… -o ./photos --purpose research --max-price "5 SUI"
  floe open 0x1f… -o ./photos --as 0x0b… --token-file token.jwt --session-key session.key`,
		Args: exactArgs("DATASET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return &usageError{command: "floe open", err: fmt.Errorf("floe open needs -o DIR")}
			}
			if recovery != "" {
				id, err := a.readIdentity(recovery)
				if err != nil {
					return err
				}
				opt.Identity = id
			}
			if err := pay.read(); err != nil {
				return &usageError{command: "floe open", err: err}
			}
			opt.Purpose, opt.Agree = pay.purpose, a.agree(pay)
			return a.runOpen(cmd, args[0], out, machine, opt)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "folder to write to")
	f.Uint64Var(&opt.Version, "version", 0, "version to open (default: the latest)")
	f.BoolVar(&opt.Force, "force", false, "replace files with other content")
	f.StringVar(&recovery, "recovery-key", "", "file with an age identity to open with, instead of key servers")
	pay.flags(f)
	machine.flags(f)
	return cmd
}

func (a *app) runOpen(cmd *cobra.Command, id, out string, machine account, opt dataset.OpenOptions) error {
	target, err := address(id, "dataset id")
	if err != nil {
		return err
	}
	env, closeEnv, err := a.accountEnv(cmd.Context(), machine)
	if err != nil {
		return err
	}
	defer closeEnv()
	t := a.tracker()
	env.Progress = t.update
	start := time.Now()
	o, err := dataset.Open(cmd.Context(), env, target, out, opt)
	t.finish()
	var refused *dataset.RefusedError
	switch {
	case err == nil:
		a.keep(env.Signer.Address(), target, o.KeyServers)
	case errors.As(err, &refused):
		a.keep(env.Signer.Address(), target, refused.Answers)
	}
	if err != nil {
		return err
	}
	if a.json {
		a.print(o)
		return nil
	}
	a.say("opened     %s version %d: %d files, %s in %.1f s", o.Name, o.Version, len(o.Files), size(o.Bytes), time.Since(start).Seconds())
	for _, k := range o.KeyServers {
		a.say("key server %s", k)
	}
	for _, n := range o.Storage.Unreachable {
		a.say("node down  %s: %s", n.Node, n.Reason)
	}
	for _, s := range o.Storage.BadSlivers {
		a.say("bad sliver %s sliver of pair %d, shard %d, on %s: %s", s.Axis, s.Pair, s.Shard, s.Node, s.Reason)
	}
	a.say("written    %s", out)
	return nil
}

// readIdentity reads an age identity file.
func (a *app) readIdentity(path string) (age.Identity, error) {
	f, err := openPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("open recovery key: %w", err)
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("read recovery key %s: %w", path, err)
	}
	return ids[0], nil
}
