package dataset

import (
	"context"
	"fmt"
	"time"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// GiveConsent has the signer consent to a dataset's use of their data; record is
// the SHA-256 of the consent record.
func GiveConsent(ctx context.Context, env *Env, dataset sui.Address, record [32]byte, endsAtMS *uint64) (*contract.ConsentGiven, sui.Digest, error) {
	return sendFor[contract.ConsentGiven](ctx, env, func(b *sui.Builder) {
		contract.GiveConsent(b, Packages(env.Network), dataset, record, endsAtMS)
	})
}

// AttachConsent declares that a version (or a dataset's latest one) of the signer
// depends on a consent.
func AttachConsent(ctx context.Context, env *Env, consent, version sui.Address) (*contract.ConsentAttached, sui.Digest, error) {
	v, err := versionOf(ctx, env, version)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	cap, err := datasetCap(ctx, env, v.Dataset)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	return sendFor[contract.ConsentAttached](ctx, env, func(b *sui.Builder) {
		contract.AttachConsent(b, Packages(env.Network), consent, env.Network.CatalogLineage, cap, v.ID)
	})
}

// WithdrawConsent withdraws the signer's consent, which revokes the versions that
// depend on it.
func WithdrawConsent(ctx context.Context, env *Env, consent sui.Address) (*contract.ConsentWithdrawn, sui.Digest, error) {
	return sendFor[contract.ConsentWithdrawn](ctx, env, func(b *sui.Builder) {
		contract.WithdrawConsent(b, Packages(env.Network), consent, env.Network.CatalogLineage)
	})
}

// sendFor sends a transaction that leaves an event of type T.
func sendFor[T any](ctx context.Context, env *Env, build func(*sui.Builder)) (*T, sui.Digest, error) {
	if err := env.Network.NeedContracts(); err != nil {
		return nil, sui.Digest{}, err
	}
	b := sui.NewBuilder()
	build(b)
	done, err := env.Chain.Send(ctx, env.Signer, b)
	if err != nil {
		return nil, sui.Digest{}, contract.Explain(err)
	}
	event, err := firstEvent[T](env, done)
	return event, done.Digest, err
}

// ConsentState is a consent as it is now.
type ConsentState struct {
	ID          sui.Address   `json:"consent_id"`
	Dataset     sui.Address   `json:"dataset_id"`
	Subject     sui.Address   `json:"subject"`
	EndsAt      *time.Time    `json:"ends_at,omitempty"`
	WithdrawnAt *time.Time    `json:"withdrawn_at,omitempty"`
	Versions    []sui.Address `json:"versions"` // that depend on it
}

// Consents lists the consents to a dataset and of a subject; zero is any. Which
// there are is found in the events, what they are now in the objects.
func Consents(ctx context.Context, env *Env, dataset, subject sui.Address) ([]ConsentState, error) {
	var ids []sui.Address
	err := History(ctx, env, func(_ uint64, event any) error {
		if e, is := event.(*contract.ConsentGiven); is && (dataset.IsZero() || e.DatasetID == dataset) && (subject.IsZero() || e.Subject == subject) {
			ids = append(ids, e.ConsentID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	objects, err := env.Chain.Objects(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	out := []ConsentState{}
	for _, o := range objects {
		c, err := contract.ParseConsent(o)
		if err != nil {
			return nil, fmt.Errorf("read consents: %w", err)
		}
		out = append(out, ConsentState{c.ID, c.Dataset, c.Subject, unixMS(c.EndsAtMS), unixMS(c.WithdrawnAtMS), append([]sui.Address{}, c.Versions...)})
	}
	return out, nil
}
