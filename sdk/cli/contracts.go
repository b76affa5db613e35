package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/contract/deploy"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/network"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) contracts() *cobra.Command {
	cmd := group("contracts", "Put Floe's contracts on a network", a.contractsPublish(), a.contractsUpgrade())
	cmd.Long = `The contracts are part of this program, as bytecode. publish and upgrade send
them to the network in order and record where they are, in Published.toml files
and in the network's file in Floe's folder. Both can be repeated: what is done
is kept.`
	return cmd
}

func (a *app) contractsPublish() *cobra.Command {
	var dir, delay, walrus string
	return a.command(verb{
		use:   "publish",
		short: "Publish the contracts that are not on the network yet",
		long: `Each package's UpgradeCap then goes into an UpgradeGuard of yours, for ever: an
upgrade must be proposed, which everybody can see, and waits for --upgrade-delay
before it can be done, so that users can leave first. The delay can be raised
later, never lowered. "none" leaves the UpgradeCaps free: whoever has them can
then replace the contracts, policies included, at any time.

Where Walrus is, the adapter is published too that records what Walrus certified.`,
		example: "  floe contracts publish --network testnet\n  floe contracts publish --network testnet --upgrade-delay 14d --dir move",
		signs:   true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&dir, "dir", "", "folder of the Published.toml files (default: contracts/NETWORK in Floe's folder)")
			f.StringVar(&walrus, "walrus", "", "Walrus' System object, or none (default: the network's, if it has one)")
			f.StringVar(&delay, "upgrade-delay", "", "how long upgrades wait, or none (default: 7d; 0 on devnet)")
		},
		read: func([]string) (action, error) {
			if delay == "" {
				delay = "7d"
				if a.settings.network == "devnet" {
					delay = "0"
				}
			}
			cfg := deploy.Config{Dir: dir}
			if delay == "none" {
				return withWalrus(walrus, a.deployment(cfg, deploy.Publish, false))
			}
			ms, err := dataset.ParseSpan(delay)
			if err != nil {
				return nil, fmt.Errorf("--upgrade-delay: %w", err)
			}
			cfg.UpgradeDelayMS = &ms
			return withWalrus(walrus, a.deployment(cfg, deploy.Publish, false))
		},
	})
}

// withWalrus notes in the network's description where Walrus is, or that it is
// nowhere, before it goes on.
func withWalrus(system string, next action) (action, error) {
	if system == "" {
		return next, nil
	}
	var id sui.Address
	if system != "none" {
		var err error
		if id, err = sui.ParseAddress(system); err != nil {
			return nil, fmt.Errorf("--walrus: %w", err)
		}
	}
	return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
		env.Network.WalrusSystem = id
		return next(ctx, env)
	}, nil
}

func (a *app) contractsUpgrade() *cobra.Command {
	var cfg deploy.Config
	var wait bool
	return a.command(verb{
		use:   "upgrade",
		short: "Upgrade the contracts whose code has changed",
		long: `Of guarded packages the upgrade is proposed; run upgrade again when the delay is
over, or let it --wait. A package that links to an upgraded one is upgraded after
it, with a delay of its own.`,
		example: "  floe contracts upgrade --network testnet\n  floe contracts upgrade --network testnet --wait",
		signs:   true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&cfg.Dir, "dir", "", "folder of the Published.toml files (default: contracts/NETWORK in Floe's folder)")
			f.BoolVar(&wait, "wait", false, "go on until all delays are over")
			f.BoolVar(&cfg.Replace, "replace", false, "drop proposed upgrades to other code, and propose this one's")
		},
		read: func([]string) (action, error) { return a.deployment(cfg, deploy.Upgrade, wait), nil },
	})
}

type deployer func(context.Context, deploy.Chain, sui.Signer, deploy.Config) (*deploy.Deployment, error)

func (a *app) deployment(cfg deploy.Config, run deployer, wait bool) action {
	return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
		if cfg.Dir == "" {
			cfg.Dir = filepath.Join(a.home, "contracts", env.Network.Name)
		}
		cfg.Env, cfg.WalrusSystem = env.Network.Name, env.Network.WalrusSystem
		cfg.Progress = func(s deploy.Step) {
			a.note("floe: %-10s %-10s %s version %d", s.Package, s.Action, s.ID, s.Version)
		}
		d, err := run(ctx, env.Chain, env.Signer, cfg)
		for err == nil && wait && len(d.Pending) > 0 {
			if err = a.waitFor(ctx, env, d.Pending[0]); err == nil {
				d, err = run(ctx, env.Chain, env.Signer, cfg)
			}
		}
		if err != nil {
			return nil, nil, err
		}
		d.Record(env.Network)
		if err := network.Save(a.home, env.Network); err != nil {
			return nil, nil, err
		}
		return d, func() {
			a.say("%s", network.Path(a.home, env.Network.Name))
			for _, w := range d.Pending {
				if w.After != "" {
					a.say("waiting  %s links to %s, and is upgraded after it", w.Package, w.After)
					continue
				}
				a.say("proposed %s: digest %s; from %s on: floe contracts upgrade", w.Package, w.Digest, when(w.ReadyAtMS).Format(time.RFC3339))
			}
		}, nil
	}
}

// waitFor waits until a proposed upgrade can be done, by the chain's clock.
func (a *app) waitFor(ctx context.Context, env *dataset.Env, w deploy.Pending) error {
	for {
		now, err := dataset.ChainTime(ctx, env)
		left := when(w.ReadyAtMS).Sub(now)
		if err != nil || left <= 0 {
			return err
		}
		a.note("floe: %s can be upgraded in %s", w.Package, contract.Span(uint64(left.Milliseconds())))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left, time.Minute)):
		}
	}
}

// when is a moment in Unix milliseconds.
func when(ms uint64) time.Time { return time.UnixMilli(int64(ms)).UTC() }
