package store

import (
	"encoding/hex"

	"github.com/floe-data/floe/sdk/contract"
)

// configFacts are those of enclaves' configurations: which images may run.
func configFacts(typed any, add func(table string, values ...any)) bool {
	change := func(proposal, version, at, delay any, config, action string, second, build, reason, indices, values any) {
		add("enclave_config_change", proposal, version, at, delay, config, action, second, build, reason, indices, values)
	}
	switch v := typed.(type) {
	case *contract.ConfigCreated:
		add("enclave_config", v.TakesUnbound, num(v.DelayMS), num(v.LifetimeMS), v.ConfigID.String(), v.CapID.String(), v.Name, optionalID(v.Second), hex.EncodeToString(v.BuildDigest))
	case *contract.MeasurementProposed:
		change(num(v.Proposal), nil, num(v.ReadyAtMS), nil, v.ConfigID.String(), "proposed", nil, hex.EncodeToString(v.BuildDigest), nil, int16s(v.Indices), hexes(v.Values))
	case *contract.MeasurementAgreed:
		change(num(v.Proposal), nil, nil, nil, v.ConfigID.String(), "agreed", v.Second.String(), nil, nil, nil, nil)
	case *contract.MeasurementCancelled:
		change(num(v.Proposal), nil, nil, nil, v.ConfigID.String(), "cancelled", nil, nil, nil, nil, nil)
	case *contract.MeasurementApproved:
		change(optional(v.Proposal), num(v.ConfigVersion), num(v.ApprovedAtMS), nil, v.ConfigID.String(), "approved", nil, nil, nil, int16s(v.Indices), hexes(v.Values))
	case *contract.MeasurementRevoked:
		change(nil, num(v.ConfigVersion), num(v.RevokedAtMS), nil, v.ConfigID.String(), "revoked", nil, nil, hex.EncodeToString(v.ReasonDigest), nil, nil)
	case *contract.ConfigRevoked:
		change(nil, nil, num(v.RevokedAtMS), nil, v.ConfigID.String(), "config revoked", nil, nil, hex.EncodeToString(v.ReasonDigest), nil, nil)
	case *contract.ConfigDelayRaised:
		change(nil, nil, nil, num(v.DelayMS), v.ConfigID.String(), "delay raised", nil, nil, nil, nil, nil)
	default:
		return false
	}
	return true
}

// enclaveFacts are those of enclaves themselves, and of what they attest.
func enclaveFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.EnclaveRegistered:
		add("enclave", v.Bound, num(v.ConfigVersion), num(v.DocumentAtMS), num(v.RegisteredAtMS), num(v.ExpiresAtMS), v.EnclaveID.String(), v.ConfigID.String(),
			hex.EncodeToString(v.PublicKey), hex.EncodeToString(v.ModuleID), v.RegisteredBy.String())
	case *contract.EnclaveRenewed:
		add("enclave_change", num(v.DocumentAtMS), num(v.ExpiresAtMS), nil, v.EnclaveID.String(), "renewed", nil, nil, nil)
	case *contract.EnclaveSucceeded:
		add("enclave_change", nil, nil, nil, v.EnclaveID.String(), "succeeded", v.PredecessorID.String(), nil, nil)
	case *contract.EnclaveRevoked:
		add("enclave_change", nil, nil, num(v.RevokedAtMS), v.EnclaveID.String(), "revoked", nil, v.RevokedBy.String(), hex.EncodeToString(v.ReasonDigest))
	case *contract.EnclaveRemoved:
		add("enclave_change", nil, nil, nil, v.EnclaveID.String(), "removed", nil, nil, nil)
	case *contract.NodeAttested:
		attestationFacts(v, add)
	case *contract.LogBound:
		add("inference_log_signing", nil, nil, v.LogID.String(), "bound", v.ConfigID.String(), nil)
	case *contract.LogHeadSigned:
		add("inference_log_signing", num(v.TreeSize), num(v.SignedAtMS), v.LogID.String(), "head signed", nil, v.EnclaveID.String())
	default:
		return false
	}
	return true
}

// attestationFacts reads the parallel lists as far as they all go; the contract
// makes them of one length.
func attestationFacts(v *contract.NodeAttested, add func(table string, values ...any)) {
	add("enclave_attestation", int16(v.Kind), num(v.ConfigVersion), num(v.StartedAtMS), num(v.EndedAtMS), num(v.SignedAtMS), num(v.AttestedAtMS),
		v.VersionID.String(), v.EnclaveID.String(), v.ConfigID.String(), hex.EncodeToString(v.ParametersDigest), hex.EncodeToString(v.OutputDigest))
	for i, parent := range v.ParentIDs[:min(len(v.ParentIDs), len(v.InputBlobIDs))] {
		add("enclave_attestation_input", int32(i), v.VersionID.String(), parent.String(), texts(v.InputBlobIDs[i]))
	}
	for i, rule := range v.Rules[:min(len(v.Rules), len(v.RowsIn), len(v.RowsOut))] {
		add("enclave_attestation_rule", int32(i), num(v.RowsIn[i]), num(v.RowsOut[i]), v.VersionID.String(), rule)
	}
}

func int16s(in []byte) []int16 {
	out := make([]int16, len(in))
	for i, v := range in {
		out[i] = int16(v)
	}
	return out
}

func hexes(list [][]byte) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = hex.EncodeToString(b)
	}
	return out
}
