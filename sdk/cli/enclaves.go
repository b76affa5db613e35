package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) enclaves() *cobra.Command {
	return group("enclave", "Register attested enclaves, and say what they may run",
		a.enclaveAllow(), a.enclavePropose(), a.enclaveAgree(), a.enclaveApprove(), a.enclaveRegister(),
		a.enclaveList(), a.enclaveShow(), a.enclaveRevoke())
}

func readMeasurement(path string) ([]nitro.PCR, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return dataset.ReadMeasurement(text)
}

func (a *app) enclaveAllow() *cobra.Command {
	var delay, lifetime, second string
	var unbound bool
	return a.command(verb{
		use:   "allow NAME MEASUREMENT",
		short: "Make a configuration: which image enclaves of a service may run",
		long: `MEASUREMENT is a file with what nitro-cli build-enclave prints about the image, or an
attestation document of an enclave that runs it. A further image is proposed later,
which everybody can see, and waits for --delay. An attestation shows which code
runs, not that it does right.`,
		example: "  nitro-cli build-enclave … > image.json\n  floe enclave allow weather image.json --delay 7d",
		signs:   true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&delay, "delay", "7d", "how long further images wait; it can only be raised later")
			f.StringVar(&lifetime, "lifetime", "30d", "how long an enclave stays registered, up to 366d")
			f.StringVar(&second, "second", "", "address that must agree to further images")
			f.BoolVar(&unbound, "unbound", false, "take documents that do not name who registers them, as Nautilus' template makes them")
		},
		read: func(args []string) (action, error) {
			c := contract.NewEnclaveConfig{Name: args[0], TakesUnbound: unbound}
			var err error
			if c.Measurement, err = readMeasurement(args[1]); err != nil {
				return nil, err
			}
			if c.DelayMS, err = dataset.ParseSpan(delay); err != nil {
				return nil, fmt.Errorf("--delay: %w", err)
			}
			if c.LifetimeMS, err = dataset.ParseSpan(lifetime); err != nil {
				return nil, fmt.Errorf("--lifetime: %w", err)
			}
			if second != "" {
				who, err := readAddress(second, "--second")
				if err != nil {
					return nil, err
				}
				c.Second = &who
			}
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				made, tx, err := dataset.CreateEnclaveConfig(ctx, env, c)
				if err != nil {
					return nil, nil, err
				}
				return fields{"config_id": made.ConfigID, "cap_id": made.CapID, "transaction": tx}, func() {
					a.say("config   %s (transaction %s)", made.ConfigID, tx)
					a.say("next     floe enclave register %s DOCUMENT", made.ConfigID)
				}, nil
			}, nil
		},
	})
}

func (a *app) enclavePropose() *cobra.Command {
	return a.command(verb{
		use: "propose CONFIG MEASUREMENT", short: "Announce that enclaves may run a further image", signs: true,
		long:    "It can be approved, with floe enclave approve, when the configuration's delay is over.\nMEASUREMENT is as for floe enclave allow.",
		example: "  floe enclave propose 0xc0… image.json",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "configuration")
			if err != nil {
				return nil, err
			}
			pcrs, err := readMeasurement(args[1])
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				p, tx, err := dataset.ProposeMeasurement(ctx, env, id, pcrs)
				if err != nil {
					return nil, nil, err
				}
				return fields{"config_id": id, "proposal": p.Proposal, "ready_at_ms": p.ReadyAtMS, "transaction": tx}, func() {
					a.say("proposed as number %d (transaction %s)", p.Proposal, tx)
					a.say("next     from %s on: floe enclave approve %s %d", when(p.ReadyAtMS).Format(time.RFC3339), id, p.Proposal)
				}, nil
			}, err
		},
	})
}

func (a *app) enclaveAgree() *cobra.Command {
	return a.command(verb{
		use: "agree CONFIG NUMBER", short: "Agree to a proposed image, as the second person", signs: true,
		example: "  floe enclave agree 0xc0… 0",
		read: func(args []string) (action, error) {
			return a.onProposal(args, "agreed", func(ctx context.Context, env *dataset.Env, id sui.Address, n uint64) (sui.Digest, error) {
				_, tx, err := dataset.AgreeMeasurement(ctx, env, id, n)
				return tx, err
			})
		},
	})
}

func (a *app) enclaveApprove() *cobra.Command {
	return a.command(verb{
		use: "approve CONFIG NUMBER", short: "Approve a proposed image whose delay is over", signs: true,
		example: "  floe enclave approve 0xc0… 0",
		read: func(args []string) (action, error) {
			return a.onProposal(args, "approved", func(ctx context.Context, env *dataset.Env, id sui.Address, n uint64) (sui.Digest, error) {
				_, tx, err := dataset.ApproveMeasurement(ctx, env, id, n)
				return tx, err
			})
		},
	})
}

func (a *app) onProposal(args []string, past string, act func(context.Context, *dataset.Env, sui.Address, uint64) (sui.Digest, error)) (action, error) {
	id, err := readAddress(args[0], "configuration")
	if err != nil {
		return nil, err
	}
	n, err := readNumber(args[1], "proposal")
	return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
		tx, err := act(ctx, env, id, n)
		if err != nil {
			return nil, nil, err
		}
		return fields{"config_id": id, "proposal": n, "change": past, "transaction": tx}, func() {
			a.say("%s proposal %d (transaction %s)", past, n, tx)
		}, nil
	}, err
}

func (a *app) enclaveRegister() *cobra.Command {
	var version uint64
	return a.command(verb{
		use: "register CONFIG DOCUMENT", short: "Register the enclave that an attestation document attests", signs: true,
		long: `DOCUMENT is a file with the document, as bytes or in hex, at most an hour old. Its
user data must name the configuration and your address (see attest.RegistrationData
in the SDK), unless the configuration takes unbound ones. It is checked on this
machine first, as the chain does.`,
		example: "  floe enclave register 0xc0… document.bin",
		flags:   func(f *pflag.FlagSet) { f.Uint64Var(&version, "version", 0, "number of the image that it runs") },
		read: func(args []string) (action, error) {
			text, err := os.ReadFile(args[1])
			if err != nil {
				return nil, err
			}
			id, err := readAddress(args[0], "configuration")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				e, tx, err := dataset.RegisterEnclave(ctx, env, id, version, dataset.Document(text))
				if err != nil {
					return nil, nil, err
				}
				return fields{"enclave_id": e.EnclaveID, "config_id": id, "expires_at_ms": e.ExpiresAtMS, "transaction": tx}, func() {
					a.say("enclave  %s until %s (transaction %s)", e.EnclaveID, when(e.ExpiresAtMS).Format(time.RFC3339), tx)
				}, nil
			}, err
		},
	})
}

func (a *app) enclaveList() *cobra.Command {
	return a.command(verb{
		use: "list [CONFIG]", short: "List registered enclaves",
		long:    "list reads all events from the first checkpoint on, and believes the node.",
		example: "  floe enclave list\n  floe enclave list 0xc0… --json",
		read: func(args []string) (action, error) {
			var config sui.Address
			var err error
			if len(args) == 1 {
				config, err = readAddress(args[0], "configuration")
			}
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				all, err := dataset.Enclaves(ctx, env, config)
				if err != nil {
					return nil, nil, err
				}
				return fields{"enclaves": all}, func() {
					for _, e := range all {
						state := "until " + e.ExpiresAt.Format(time.RFC3339)
						if e.RevokedAt != nil {
							state = "revoked at " + e.RevokedAt.Format(time.RFC3339)
						}
						a.say("%s  image %d of %s, key %s, %s", e.ID, e.Version, e.Config, e.PublicKey, state)
					}
					if len(all) == 0 {
						a.say("there are none")
					}
				}, nil
			}, err
		},
	})
}

func (a *app) enclaveShow() *cobra.Command {
	return a.command(verb{
		use: "show CONFIG", short: "Show which images enclaves of a configuration may run, and which are proposed",
		example: "  floe enclave show 0xc0…",
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "configuration")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				c, err := dataset.EnclaveConfig(ctx, env, id)
				if err != nil {
					return nil, nil, err
				}
				return configAnswer(c), func() { a.sayConfig(c) }, nil
			}, err
		},
	})
}

func configAnswer(c *contract.EnclaveConfig) fields {
	images, proposals := []fields{}, []fields{}
	for i, v := range c.Versions {
		images = append(images, fields{"version": i, "measurement": strings.Split(dataset.SayMeasurement(v.Measurement.PCRs()), "\n"), "revoked_at_ms": v.RevokedAtMS})
	}
	for _, p := range c.Proposals {
		proposals = append(proposals, fields{"proposal": p.Number, "measurement": strings.Split(dataset.SayMeasurement(p.Measurement.PCRs()), "\n"), "ready_at_ms": p.ReadyAtMS, "agreed": p.Agreed})
	}
	return fields{"config_id": c.ID, "name": c.Name, "delay_ms": c.DelayMS, "lifetime_ms": c.LifetimeMS, "second": c.Second,
		"takes_unbound": c.TakesUnbound, "images": images, "proposals": proposals, "revoked_at_ms": c.RevokedAtMS}
}

func (a *app) sayConfig(c *contract.EnclaveConfig) {
	a.say("config   %s  %s", c.ID, c.Name)
	if c.RevokedAtMS != nil {
		a.say("It is revoked: no enclave of it counts.")
	}
	a.say("An enclave stays registered for %s.", contract.Span(c.LifetimeMS))
	if c.DelayMS > 0 {
		a.say("Nobody can allow another image sooner than %s after saying so.", contract.Span(c.DelayMS))
	} else {
		a.say("The holder of its capability can allow another image at any time, which leaves an event.")
	}
	if c.Second != nil {
		a.say("%s must agree to it.", c.Second)
	}
	for i, v := range c.Versions {
		state := ""
		if v.RevokedAtMS != nil {
			state = ", revoked at " + when(*v.RevokedAtMS).Format(time.RFC3339)
		}
		a.say("image %d%s\n%s", i, state, dataset.SayMeasurement(v.Measurement.PCRs()))
	}
	for _, p := range c.Proposals {
		a.say("proposed as number %d, from %s on\n%s", p.Number, when(p.ReadyAtMS).Format(time.RFC3339), dataset.SayMeasurement(p.Measurement.PCRs()))
	}
	a.say("An attestation shows which code runs, not that it does right.")
}

func (a *app) enclaveRevoke() *cobra.Command {
	var image int
	return a.command(verb{
		use: "revoke ENCLAVE", short: "Revoke an enclave, or an image with all enclaves that run it, at once and for ever", signs: true,
		long:    "With --image, ENCLAVE is a configuration.",
		example: "  floe enclave revoke 0xe1…\n  floe enclave revoke 0xc0… --image 0",
		flags:   func(f *pflag.FlagSet) { f.IntVar(&image, "image", -1, "number of the image of a configuration") },
		read: func(args []string) (action, error) {
			id, err := readAddress(args[0], "enclave or configuration")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				var tx sui.Digest
				var err error
				if image >= 0 {
					tx, err = dataset.RevokeMeasurement(ctx, env, id, uint64(image))
				} else {
					tx, err = dataset.RevokeEnclave(ctx, env, id)
				}
				if err != nil {
					return nil, nil, err
				}
				return fields{"revoked": id, "transaction": tx}, func() { a.say("revoked  %s (transaction %s)", id, tx) }, nil
			}, err
		},
	})
}
