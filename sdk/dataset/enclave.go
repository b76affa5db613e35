package dataset

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floe-data/floe/sdk/attest"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/nitro"
	"github.com/floe-data/floe/sdk/sui"
)

// ReadMeasurement reads what nitro-cli build-enclave prints about an image, JSON
// with the registers PCR0 to PCR2 (and PCR8 of signed images), or takes the
// registers from an attestation document, as bytes or in hex.
func ReadMeasurement(text []byte) ([]nitro.PCR, error) {
	var printed struct {
		Measurements map[string]string
	}
	if json.Unmarshal(text, &printed) != nil {
		d, err := nitro.Parse(Document(text))
		if err != nil {
			return nil, fmt.Errorf("read measurement: it is neither what nitro-cli prints nor an attestation document: %w", err)
		}
		return attest.Measure(d)
	}
	var out []nitro.PCR
	for i := range uint8(32) {
		text, there := printed.Measurements[fmt.Sprintf("PCR%d", i)]
		if !there {
			continue
		}
		value, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("read measurement: PCR%d: %w", i, err)
		}
		out = append(out, nitro.PCR{Index: i, Value: value})
	}
	return out, attest.CheckMeasurement(out)
}

// Document is an attestation document that is given as it is or in hex.
func Document(text []byte) []byte {
	if raw, err := hex.DecodeString(string(bytes.TrimSpace(text))); err == nil {
		return raw
	}
	return text
}

// EnclaveConfig reads a configuration: what enclaves of a service may run.
func EnclaveConfig(ctx context.Context, env *Env, id sui.Address) (*contract.EnclaveConfig, error) {
	o, err := env.Chain.Object(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read enclave configuration: %w", err)
	}
	return contract.ParseEnclaveConfig(o)
}

// CreateEnclaveConfig makes a configuration of the signer.
func CreateEnclaveConfig(ctx context.Context, env *Env, c contract.NewEnclaveConfig) (*contract.ConfigCreated, sui.Digest, error) {
	return sendFor[contract.ConfigCreated](ctx, env, func(b *sui.Builder) {
		contract.CreateEnclaveConfig(b, Packages(env.Network), c, env.Signer.Address())
	})
}

// ProposeMeasurement proposes that enclaves of a configuration may run another
// image.
func ProposeMeasurement(ctx context.Context, env *Env, config sui.Address, pcrs []nitro.PCR) (*contract.MeasurementProposed, sui.Digest, error) {
	cap, err := configCap(ctx, env, config)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	return sendFor[contract.MeasurementProposed](ctx, env, func(b *sui.Builder) {
		contract.ProposeMeasurement(b, Packages(env.Network), config, cap, pcrs, nil)
	})
}

// ApproveMeasurement approves a proposal whose time has come.
func ApproveMeasurement(ctx context.Context, env *Env, config sui.Address, proposal uint64) (*contract.MeasurementApproved, sui.Digest, error) {
	cap, err := configCap(ctx, env, config)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	return sendFor[contract.MeasurementApproved](ctx, env, func(b *sui.Builder) {
		contract.ApplyMeasurement(b, Packages(env.Network), config, cap, proposal)
	})
}

// AgreeMeasurement agrees to a proposal, as the second person.
func AgreeMeasurement(ctx context.Context, env *Env, config sui.Address, proposal uint64) (*contract.MeasurementAgreed, sui.Digest, error) {
	return sendFor[contract.MeasurementAgreed](ctx, env, func(b *sui.Builder) {
		contract.AgreeMeasurement(b, Packages(env.Network), config, proposal)
	})
}

// RegisterEnclave registers the enclave of a document under a version of a
// configuration. The document is checked here as the chain does before anything
// is sent.
func RegisterEnclave(ctx context.Context, env *Env, config sui.Address, version uint64, document []byte) (*contract.EnclaveRegistered, sui.Digest, error) {
	if env.Network.EnclaveRegistry.IsZero() {
		return nil, sui.Digest{}, errors.New("register enclave: the network file names no enclave registry; run: floe contracts publish")
	}
	c, err := EnclaveConfig(ctx, env, config)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	if version >= uint64(len(c.Versions)) {
		return nil, sui.Digest{}, fmt.Errorf("register enclave: the configuration has versions 0 to %d, and none with number %d", len(c.Versions)-1, version)
	}
	now, err := ChainTime(ctx, env)
	if err != nil {
		return nil, sui.Digest{}, err
	}
	asked := attest.Registration{Measurement: c.Versions[version].Measurement.PCRs(), Config: config, Registrant: env.Signer.Address()}
	roots, err := nitroRoots(env)
	if err != nil {
		return nil, sui.Digest{}, fmt.Errorf("register enclave: %w", err)
	}
	_, err = asked.Check(document, now, roots...)
	unbound := errors.Is(err, attest.ErrRegistrant) && c.TakesUnbound
	if err != nil && !unbound {
		return nil, sui.Digest{}, err
	}
	var cap sui.Address
	if unbound {
		if cap, err = configCap(ctx, env, config); err != nil {
			return nil, sui.Digest{}, err
		}
	}
	return sendFor[contract.EnclaveRegistered](ctx, env, func(b *sui.Builder) {
		if unbound {
			contract.RegisterUnboundEnclave(b, Packages(env.Network), env.Network.EnclaveRegistry, config, cap, version, document)
			return
		}
		contract.RegisterEnclave(b, Packages(env.Network), env.Network.EnclaveRegistry, config, version, document)
	})
}

// nitroRoots are the authorities whose attestations the network takes.
func nitroRoots(env *Env) ([]*x509.Certificate, error) {
	roots := []*x509.Certificate{nitro.AWSRoot()}
	for _, text := range env.Network.NitroRoots {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("the network file's nitro_roots are no PEM")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the network file's nitro_roots: %w", err)
		}
		roots = append(roots, c)
	}
	return roots, nil
}

// RevokeEnclave revokes an enclave, at once and for ever, as who registered it or
// as the holder of its configuration's capability.
func RevokeEnclave(ctx context.Context, env *Env, id sui.Address) (sui.Digest, error) {
	o, err := env.Chain.Object(ctx, id)
	if err != nil {
		return sui.Digest{}, fmt.Errorf("revoke enclave: %w", err)
	}
	e, err := contract.ParseEnclave(o)
	if err != nil {
		return sui.Digest{}, fmt.Errorf("revoke enclave: %w", err)
	}
	var cap *sui.Address
	if e.RegisteredBy != env.Signer.Address() {
		held, err := configCap(ctx, env, e.Config)
		if err != nil {
			return sui.Digest{}, err
		}
		cap = &held
	}
	_, digest, err := sendFor[contract.EnclaveRevoked](ctx, env, func(b *sui.Builder) {
		contract.RevokeEnclave(b, Packages(env.Network), id, e.Config, cap, nil)
	})
	return digest, err
}

// RevokeMeasurement revokes a version of a configuration, at once and for ever:
// enclaves that are registered under it do not count any more.
func RevokeMeasurement(ctx context.Context, env *Env, config sui.Address, version uint64) (sui.Digest, error) {
	cap, err := configCap(ctx, env, config)
	if err != nil {
		return sui.Digest{}, err
	}
	_, digest, err := sendFor[contract.MeasurementRevoked](ctx, env, func(b *sui.Builder) {
		contract.RevokeMeasurement(b, Packages(env.Network), config, cap, version, nil)
	})
	return digest, err
}

// EnclaveState is a registered enclave.
type EnclaveState struct {
	ID           sui.Address `json:"enclave_id"`
	Config       sui.Address `json:"config_id"`
	Version      uint64      `json:"config_version"`
	PublicKey    string      `json:"public_key"` // Ed25519, in hex
	RegisteredBy sui.Address `json:"registered_by"`
	ExpiresAt    time.Time   `json:"expires_at"`
	RevokedAt    *time.Time  `json:"revoked_at,omitempty"`
}

// Enclaves lists the enclaves of a configuration; zero is any. Which there are is
// found in the events, what they are now in the objects; removed ones are left
// out.
func Enclaves(ctx context.Context, env *Env, config sui.Address) ([]EnclaveState, error) {
	var ids []sui.Address
	err := History(ctx, env, func(_ uint64, event any) error {
		if e, is := event.(*contract.EnclaveRegistered); is && (config.IsZero() || e.ConfigID == config) {
			ids = append(ids, e.EnclaveID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	objects, err := env.Chain.Objects(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read enclaves: %w", err)
	}
	out := []EnclaveState{}
	for _, o := range objects {
		if o == nil {
			continue
		}
		e, err := contract.ParseEnclave(o)
		if err != nil {
			return nil, fmt.Errorf("read enclaves: %w", err)
		}
		out = append(out, EnclaveState{e.ID, e.Config, e.ConfigVersion, hex.EncodeToString(e.PublicKey), e.RegisteredBy, *unixMS(&e.ExpiresAtMS), unixMS(e.RevokedAtMS)})
	}
	return out, nil
}

// configCap finds the signer's capability for a configuration.
func configCap(ctx context.Context, env *Env, config sui.Address) (sui.Address, error) {
	owned, err := env.Chain.OwnedObjects(ctx, env.Signer.Address(), Packages(env.Network).EnclaveConfigCapType())
	if err != nil {
		return sui.Address{}, fmt.Errorf("find capability: %w", err)
	}
	for _, o := range owned {
		cap, err := contract.ParseEnclaveConfigCap(o)
		if err != nil {
			return sui.Address{}, fmt.Errorf("find capability: %w", err)
		}
		if cap.Config == config {
			return cap.ID, nil
		}
	}
	return sui.Address{}, fmt.Errorf("change enclave configuration %s: %s does not hold its capability; act as its owner with --as or --keystore", config, env.Signer.Address())
}

// SayMeasurement writes registers for people, one line each.
func SayMeasurement(pcrs []nitro.PCR) string {
	var lines []string
	for _, p := range pcrs {
		lines = append(lines, fmt.Sprintf("PCR%d %x", p.Index, p.Value))
	}
	return strings.Join(lines, "\n")
}
