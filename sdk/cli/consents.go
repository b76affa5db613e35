package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

func (a *app) consents() *cobra.Command {
	return group("consent", "Give consent to a dataset's use of your data, and withdraw it",
		a.consentGive(), a.consentAttach(), a.consentWithdraw(), a.consentList())
}

func (a *app) consentGive() *cobra.Command {
	var record, until string
	return a.command(verb{
		use:   "give DATASET",
		short: "Consent to a dataset's use of your data",
		long: `The SHA-256 of the consent record (what it is for, its text, times) is recorded; the
file itself stays with you. Sign with an address that nothing else ties to you: it
is public. Versions depend on the consent when the dataset's owner attaches them.`,
		example: "  floe consent give 0x1f… --record consent.txt --until 2028-01-01",
		signs:   true,
		flags: func(f *pflag.FlagSet) {
			f.StringVar(&record, "record", "", "file with the consent record (required)")
			f.StringVar(&until, "until", "", "when it ends by itself, UTC (default: never)")
		},
		read: func(args []string) (action, error) {
			if record == "" {
				return nil, fmt.Errorf("name the file with the consent record with --record")
			}
			digest, err := digestOf(record)
			if err != nil {
				return nil, fmt.Errorf("--record: %w", err)
			}
			var ends *uint64
			if until != "" {
				ms, err := dataset.ParseTime(until)
				if err != nil {
					return nil, fmt.Errorf("--until: %w", err)
				}
				ends = &ms
			}
			id, err := readAddress(args[0], "dataset id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				given, tx, err := dataset.GiveConsent(ctx, env, id, digest, ends)
				if err != nil {
					return nil, nil, err
				}
				return fields{"consent_id": given.ConsentID, "dataset_id": id, "record_digest": hex.EncodeToString(digest[:]), "transaction": tx}, func() {
					a.say("consent  %s (transaction %s)", given.ConsentID, tx)
					a.say("next     the dataset's owner: floe consent attach %s VERSION", given.ConsentID)
				}, nil
			}, err
		},
	})
}

func (a *app) consentAttach() *cobra.Command {
	return a.command(verb{
		use: "attach CONSENT VERSION", short: "Declare that a version of yours depends on a consent", signs: true,
		long:    "The version must be in the lineage. If the consent is withdrawn the version is revoked in\nthe same transaction.",
		example: "  floe consent attach 0xc0… 0x1f…",
		read: func(args []string) (action, error) {
			consent, err := readAddress(args[0], "consent id")
			if err != nil {
				return nil, err
			}
			version, err := readAddress(args[1], "version id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				attached, tx, err := dataset.AttachConsent(ctx, env, consent, version)
				if err != nil {
					return nil, nil, err
				}
				return fields{"consent_id": consent, "version_id": attached.VersionID, "transaction": tx}, func() {
					a.say("attached %s (transaction %s)", attached.VersionID, tx)
				}, nil
			}, err
		},
	})
}

func (a *app) consentWithdraw() *cobra.Command {
	return a.command(verb{
		use: "withdraw CONSENT", short: "Withdraw your consent: versions that depend on it are revoked at once", signs: true,
		long:    "Keys that were released before stay released, and what was made from the data can't be\nfound by anybody but those who recorded it in the lineage.",
		example: "  floe consent withdraw 0xc0…",
		read: func(args []string) (action, error) {
			consent, err := readAddress(args[0], "consent id")
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				withdrawn, tx, err := dataset.WithdrawConsent(ctx, env, consent)
				if err != nil {
					return nil, nil, err
				}
				versions := append([]sui.Address{}, withdrawn.VersionIDs...)
				return fields{"consent_id": consent, "revoked": versions, "transaction": tx}, func() {
					a.say("withdrawn, and %s revoked (transaction %s)", count(len(versions), "version"), tx)
					for _, v := range versions {
						a.say("revoked  %s", v)
					}
				}, nil
			}, err
		},
	})
}

func (a *app) consentList() *cobra.Command {
	var of string
	return a.command(verb{
		use: "list [DATASET]", short: "List the consents to a dataset, or yours",
		long:    "list reads all events from the first checkpoint on, and believes the node.",
		example: "  floe consent list\n  floe consent list 0x1f… --json",
		flags:   func(f *pflag.FlagSet) { f.StringVar(&of, "of", "", "whose, without a dataset (default: yours)") },
		read: func(args []string) (action, error) {
			var data, subject sui.Address
			var err error
			if len(args) == 1 {
				data, err = readAddress(args[0], "dataset id")
			} else {
				subject, err = a.whose(of)
			}
			return func(ctx context.Context, env *dataset.Env) (any, func(), error) {
				all, err := dataset.Consents(ctx, env, data, subject)
				if err != nil {
					return nil, nil, err
				}
				return fields{"consents": all}, func() {
					for _, c := range all {
						a.say("%s  by %s to %s, %s", c.ID, c.Subject, c.Dataset, consentState(c))
					}
					if len(all) == 0 {
						a.say("there are none")
					}
				}, nil
			}, err
		},
	})
}

func consentState(c dataset.ConsentState) string {
	s := "for " + count(len(c.Versions), "version")
	switch {
	case c.WithdrawnAt != nil:
		s += ", withdrawn at " + c.WithdrawnAt.Format(time.RFC3339)
	case c.EndsAt != nil:
		s += ", until " + c.EndsAt.Format(time.RFC3339)
	}
	return s
}
