package store

import (
	"encoding/hex"
	"encoding/json"
	"math/big"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/floe-data/floe/indexer/decode"
	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/sui"
)

// factTables are the tables that only grow: each row comes from one event and
// depends on no other row, so rows are copied in bulk. The columns follow the
// position of the event; a table with lists has the position in the list first.
var factTables = []struct {
	name    string
	columns []string
}{
	{"blob_certificate", []string{"epoch", "blob_id", "end_epoch", "deletable", "object_id", "signers", "weight"}},
	{"blob_change", []string{"epoch", "end_epoch", "previous_end_epoch", "was_certified", "object_id", "blob_id", "action"}},
	{"policy_composition", []string{"policy_id", "delay_ms", "hold_threshold", "holders"}},
	{"policy_clause_change", []string{"policy_id", "clause", "action", "rules"}},
	{"policy_offer_change", []string{"policy_id", "offer", "action", "coin_type", "price", "term_ms", "uses", "version_id"}},
	{"policy_setting_change", []string{"policy_id", "action", "who", "number"}},
	{"policy_proposal", []string{"policy_id", "proposal", "action", "ready_at_ms", "change"}},
	{"steward_approval", []string{"policy_id", "requester", "steward", "valid_until_ms"}},
	{"pass_sale", []string{"policy_id", "pass_id", "offer", "holder", "payee", "coin_type", "price", "expires_at_ms", "uses"}},
	{"pass_payment", []string{"policy_id", "pass_id", "sale_id", "action", "version_id", "treasury_id", "holder"}},
	{"pass_use", []string{"policy_id", "pass_id", "uses_left"}},
	{"key_request", []string{"policy_id", "request_id", "requester", "clause", "valid_until_ms", "purpose"}},
	{"lineage_node", []string{"kind", "depth", "version_id", "dataset_id", "number", "previous_id", "policy_id", "manifest_digest", "licence_digest",
		"croissant_digest", "origin_digest", "passed_on_bps", "refund_window_ms", "recorded_at_ms"}},
	{"lineage_edge", []string{"position", "weight_bps", "child_id", "parent_id", "parent_digest"}},
	{"lineage_payee", []string{"position", "weight_bps", "version_id", "payee"}},
	{"lineage_revocation", []string{"version_id", "dataset_id", "consent_id", "reason_digest", "revoked_at_ms"}},
	{"version_hold", []string{"version_id", "dataset_id", "action", "at_ms", "reason_digest"}},
	{"version_legal_hold", []string{"version_id", "dataset_id", "action", "holder", "at_ms", "threshold", "holders"}},
	{"origin_statement", []string{"dataset_id", "blob_object_id", "blob_id", "statement_digest", "bound_at_ms"}},
	{"consent_event", []string{"consent_id", "dataset_id", "action", "subject", "version_id", "record_digest", "ends_at_ms", "at_ms", "version_ids"}},
	{"treasury", []string{"treasury_id", "coin_type"}},
	{"sale_event", []string{"treasury_id", "sale_id", "version_id", "dataset_id", "buyer", "action", "amount", "refundable_until_ms"}},
	{"income_credit", []string{"treasury_id", "sale_id", "version_id", "dataset_id", "payee", "amount"}},
	{"income_claim", []string{"treasury_id", "payee", "amount"}},
	{"inference_log", []string{"log_id", "cap_id", "name", "service_id"}},
	{"inference_log_head", []string{"log_id", "previous_size", "tree_size", "root", "committed_at_ms"}},
	{"inference_leaf", []string{"log_id", "tree_size", "leaf", "leaf_hash"}},
	{"anchor", []string{"anchor_id", "origin", "public_key"}},
	{"anchor_root", []string{"anchor_id", "previous_size", "tree_size", "root", "signature", "anchored_at_ms"}},
	{"anchor_misbehaviour", []string{"anchor_id", "tree_size", "first_root", "first_signature", "second_root", "second_signature", "reporter"}},
	{"storage_committee_change", []string{"action", "epoch", "n_shards", "ready_at_ms", "delay_ms", "digest", "reporter", "node_names"}},
	{"blob_record", []string{"epoch", "certified_epoch", "end_epoch", "size", "encoding_type", "object_id", "source_id", "blob_id"}},
	{"enclave_config", []string{"takes_unbound", "delay_ms", "lifetime_ms", "config_id", "cap_id", "name", "second", "build_digest"}},
	{"enclave_config_change", []string{"proposal", "config_version", "at_ms", "delay_ms", "config_id", "action", "second", "build_digest", "reason_digest", "indices", "register_values"}},
	{"enclave", []string{"is_bound", "config_version", "document_at_ms", "registered_at_ms", "expires_at_ms", "enclave_id", "config_id", "public_key", "module_id", "registered_by"}},
	{"enclave_change", []string{"document_at_ms", "expires_at_ms", "revoked_at_ms", "enclave_id", "action", "predecessor_id", "revoked_by", "reason_digest"}},
	{"enclave_attestation", []string{"kind", "config_version", "started_at_ms", "ended_at_ms", "signed_at_ms", "attested_at_ms", "version_id", "enclave_id", "config_id", "parameters_digest", "output_digest"}},
	{"enclave_attestation_input", []string{"position", "version_id", "parent_id", "blob_ids"}},
	{"enclave_attestation_rule", []string{"position", "rows_in", "rows_out", "version_id", "rule"}},
	{"inference_log_signing", []string{"tree_size", "signed_at_ms", "log_id", "action", "config_id", "enclave_id"}},
	{"upgrade_event", []string{"upgrade_policy", "delay_ms", "ready_at_ms", "guard_id", "action", "package_id", "digest"}},
	{"committee_member", []string{"version", "threshold", "party_id", "key_server_id", "member", "name", "url", "partial_public_key"}},
	{"committee_change", []string{"version", "threshold", "party_id", "key_server_id", "action", "url"}},
	{"committee_rotation", []string{"committee_id", "old_committee_id", "package_id"}},
}

// position is the columns that every row of an event begins with.
var position = []string{"checkpoint", "ts", "tx_index", "event_seq"}

// facts are the rows that an event adds to the tables that only grow. It is
// pure. An event may add none, or several.
func facts(e *decode.Event, add func(table string, values ...any)) {
	_ = storageFacts(e.Typed, add) || policyFacts(e.Typed, add) || passFacts(e.Typed, add) || lineageFacts(e.Typed, add) || holdFacts(e.Typed, add) ||
		revenueFacts(e.Typed, add) || logFacts(e.Typed, add) || configFacts(e.Typed, add) || enclaveFacts(e.Typed, add) || upgradeFacts(e.Typed, add) ||
		committeeFacts(e, add)
}

func policyFacts(typed any, add func(table string, values ...any)) bool {
	clause := func(policy sui.Address, clause uint64, action string, rules []contract.Rule) {
		add("policy_clause_change", policy.String(), num(clause), action, rulesJSON(rules))
	}
	setting := func(policy sui.Address, action string, who any, number any) {
		add("policy_setting_change", policy.String(), action, who, number)
	}
	proposal := func(policy sui.Address, proposal uint64, action string, ready, change any) {
		add("policy_proposal", policy.String(), num(proposal), action, ready, change)
	}
	switch v := typed.(type) {
	case *contract.PolicyComposed:
		add("policy_composition", v.PolicyID.String(), num(v.DelayMS), num(v.HoldThreshold), addresses(v.Holders))
	case *contract.ClauseAdded:
		clause(v.PolicyID, v.Clause, "added", v.Rules)
	case *contract.ClauseRemoved:
		clause(v.PolicyID, v.Clause, "removed", nil)
	case *contract.ClauseTightened:
		clause(v.PolicyID, v.Clause, "tightened", []contract.Rule{v.Rule})
	case *contract.ClauseLoosened:
		clause(v.PolicyID, v.Clause, "loosened", []contract.Rule{v.Rule})
	case *contract.OfferMade:
		add("policy_offer_change", v.PolicyID.String(), num(v.Offer), "made", v.CoinType, num(v.Price), optional(v.TermMS), optional(v.Uses), nil)
	case *contract.PriceChanged:
		add("policy_offer_change", v.PolicyID.String(), num(v.Offer), "price changed", nil, num(v.Price), nil, nil, nil)
	case *contract.OfferBoundToVersion:
		add("policy_offer_change", v.PolicyID.String(), num(v.Offer), "bound to version", nil, nil, nil, nil, v.VersionID.String())
	case *contract.OfferClosed:
		add("policy_offer_change", v.PolicyID.String(), num(v.Offer), "closed", nil, nil, nil, nil, nil)
	case *contract.PayeeChanged:
		setting(v.PolicyID, "payee changed", v.Payee.String(), nil)
	case *contract.DelegateAdded:
		setting(v.PolicyID, "delegate added", v.Delegate.String(), nil)
	case *contract.DelegateRemoved:
		setting(v.PolicyID, "delegate removed", v.Delegate.String(), nil)
	case *contract.DelayRaised:
		setting(v.PolicyID, "delay raised", nil, num(v.DelayMS))
	case *contract.PolicyFrozen:
		setting(v.PolicyID, "frozen", nil, nil)
	case *contract.PolicyHoldVoted:
		setting(v.PolicyID, voted(v.Place), v.Holder.String(), nil)
	case *contract.PolicyHeld:
		setting(v.PolicyID, "held", nil, nil)
	case *contract.PolicyHoldLifted:
		setting(v.PolicyID, "hold lifted", nil, num(v.EndsAtMS))
	case *contract.ChangeProposed:
		proposal(v.PolicyID, v.Proposal, "announced", num(v.ReadyAtMS), changeJSON(v.Change))
	case *contract.ChangeApplied:
		proposal(v.PolicyID, v.Proposal, "applied", nil, nil)
	case *contract.ChangeCancelled:
		proposal(v.PolicyID, v.Proposal, "cancelled", nil, nil)
	default:
		return false
	}
	return true
}

func passFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.RequesterApproved:
		add("steward_approval", v.PolicyID.String(), v.Requester.String(), v.Steward.String(), num(v.ValidUntilMS))
	case *contract.ApprovalWithdrawn:
		add("steward_approval", v.PolicyID.String(), v.Requester.String(), v.Steward.String(), nil)
	case *contract.PassSold:
		add("pass_sale", v.PolicyID.String(), v.PassID.String(), num(v.Offer), v.Holder.String(), v.Payee.String(), v.CoinType, num(v.Price),
			optional(v.ExpiresAtMS), optional(v.Uses))
	case *contract.PassPaidToVersion:
		add("pass_payment", v.PolicyID.String(), v.PassID.String(), v.SaleID.String(), "paid to version", v.VersionID.String(), v.TreasuryID.String(), nil)
	case *contract.PassRefunded:
		add("pass_payment", v.PolicyID.String(), v.PassID.String(), v.SaleID.String(), "refunded", nil, nil, v.Holder.String())
	case *contract.PassUsed:
		add("pass_use", v.PolicyID.String(), v.PassID.String(), num(v.UsesLeft))
	case *contract.KeyRequested:
		add("key_request", v.PolicyID.String(), v.RequestID.String(), v.Requester.String(), num(v.Clause), num(v.ValidUntilMS), v.Purpose)
	default:
		return false
	}
	return true
}

func lineageFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.NodeRecorded:
		nodeFacts(v, add)
	case *contract.NodeRevoked:
		add("lineage_revocation", v.VersionID.String(), v.DatasetID.String(), optionalID(v.ConsentID), hex.EncodeToString(v.ReasonDigest), num(v.RevokedAtMS))
	case *contract.HoldPlaced:
		add("version_hold", v.VersionID.String(), v.DatasetID.String(), "placed", num(v.HeldAtMS), hex.EncodeToString(v.ReasonDigest))
	case *contract.HoldReleaseAnnounced:
		add("version_hold", v.VersionID.String(), v.DatasetID.String(), "release announced", num(v.ReleaseAtMS), nil)
	case *contract.HoldReleased:
		add("version_hold", v.VersionID.String(), v.DatasetID.String(), "released", num(v.ReleasedAtMS), nil)
	case *contract.OriginBound:
		add("origin_statement", v.DatasetID.String(), v.BlobObjectID.String(), v.BlobID.String(), hex.EncodeToString(v.StatementDigest), num(v.BoundAtMS))
	case *contract.ConsentGiven:
		add("consent_event", v.ConsentID.String(), v.DatasetID.String(), "given", v.Subject.String(), nil, hex.EncodeToString(v.RecordDigest),
			optional(v.EndsAtMS), num(v.GivenAtMS), nil)
	case *contract.ConsentAttached:
		add("consent_event", v.ConsentID.String(), v.DatasetID.String(), "attached", nil, v.VersionID.String(), nil, nil, nil, nil)
	case *contract.ConsentWithdrawn:
		add("consent_event", v.ConsentID.String(), v.DatasetID.String(), "withdrawn", v.Subject.String(), nil, nil, nil, num(v.WithdrawnAtMS), addresses(v.VersionIDs))
	default:
		return false
	}
	return true
}

func holdFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.HoldersNamed:
		add("version_legal_hold", v.VersionID.String(), v.DatasetID.String(), "holders named", nil, nil, num(v.Threshold), addresses(v.Holders))
	case *contract.LegalHoldVoted:
		add("version_legal_hold", v.VersionID.String(), v.DatasetID.String(), voted(v.Place), v.Holder.String(), num(v.VotedAtMS), nil, nil)
	case *contract.LegalHoldPlaced:
		add("version_legal_hold", v.VersionID.String(), v.DatasetID.String(), "placed", nil, num(v.PlacedAtMS), nil, nil)
	case *contract.LegalHoldLifted:
		add("version_legal_hold", v.VersionID.String(), v.DatasetID.String(), "lifted", nil, num(v.EndsAtMS), nil, nil)
	case *contract.LegalHoldEnded:
		add("version_legal_hold", v.VersionID.String(), v.DatasetID.String(), "ended", nil, num(v.EndedAtMS), nil, nil)
	default:
		return false
	}
	return true
}

func voted(place bool) string {
	if place {
		return "hold voted"
	}
	return "release voted"
}

// nodeFacts reads the parallel lists as far as they all go; the contract makes
// them of one length.
func nodeFacts(v *contract.NodeRecorded, add func(table string, values ...any)) {
	var origin any
	if v.OriginDigest != nil {
		origin = hex.EncodeToString(*v.OriginDigest)
	}
	add("lineage_node", int16(v.Kind), num(v.Depth), v.VersionID.String(), v.DatasetID.String(), num(v.Number), optionalID(v.Previous),
		v.PolicyID.String(), hex.EncodeToString(v.ManifestDigest), hex.EncodeToString(v.LicenceDigest), hex.EncodeToString(v.CroissantDigest), origin,
		int32(v.PassedOnBPS), num(v.RefundWindowMS), num(v.RecordedAtMS))
	for i, parent := range v.ParentIDs[:min(len(v.ParentIDs), len(v.ParentDigests), len(v.WeightsBPS))] {
		add("lineage_edge", int32(i), int32(v.WeightsBPS[i]), v.VersionID.String(), parent.String(), hex.EncodeToString(v.ParentDigests[i]))
	}
	for i, payee := range v.Payees[:min(len(v.Payees), len(v.PayeeWeightsBPS))] {
		add("lineage_payee", int32(i), int32(v.PayeeWeightsBPS[i]), v.VersionID.String(), payee.String())
	}
}

func revenueFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.TreasuryCreated:
		add("treasury", v.TreasuryID.String(), v.CoinType)
	case *contract.SaleEscrowed:
		add("sale_event", v.TreasuryID.String(), v.SaleID.String(), v.VersionID.String(), v.DatasetID.String(), v.Buyer.String(), "escrowed", num(v.Amount), num(v.RefundableUntilMS))
	case *contract.SaleSettled:
		add("sale_event", v.TreasuryID.String(), v.SaleID.String(), v.VersionID.String(), v.DatasetID.String(), v.Buyer.String(), "settled", num(v.Amount), nil)
	case *contract.SaleRefunded:
		add("sale_event", v.TreasuryID.String(), v.SaleID.String(), v.VersionID.String(), v.DatasetID.String(), v.Buyer.String(), "refunded", num(v.Amount), nil)
	case *contract.IncomeCredited:
		add("income_credit", v.TreasuryID.String(), v.SaleID.String(), v.VersionID.String(), v.DatasetID.String(), v.Payee.String(), num(v.Amount))
	case *contract.IncomeClaimed:
		add("income_claim", v.TreasuryID.String(), v.Payee.String(), num(v.Amount))
	default:
		return false
	}
	return true
}

func logFacts(typed any, add func(table string, values ...any)) bool {
	switch v := typed.(type) {
	case *contract.LogCreated:
		add("inference_log", v.LogID.String(), v.CapID.String(), v.Name, optionalID(v.Service))
	case *contract.LogCommitted:
		add("inference_log_head", v.LogID.String(), num(v.PreviousSize), num(v.TreeSize), hex.EncodeToString(v.Root), num(v.CommittedAtMS))
	case *contract.LeafOpened:
		add("inference_leaf", v.LogID.String(), num(v.TreeSize), num(v.Index), hex.EncodeToString(v.LeafHash))
	case *contract.AnchorCreated:
		add("anchor", v.AnchorID.String(), v.Origin, hex.EncodeToString(v.PublicKey))
	case *contract.RootAnchored:
		add("anchor_root", v.AnchorID.String(), num(v.PreviousSize), num(v.TreeSize), hex.EncodeToString(v.Root), hex.EncodeToString(v.Signature), num(v.AnchoredAtMS))
	case *contract.MisbehaviourProven:
		add("anchor_misbehaviour", v.AnchorID.String(), num(v.TreeSize), hex.EncodeToString(v.FirstRoot), hex.EncodeToString(v.FirstSignature),
			hex.EncodeToString(v.SecondRoot), hex.EncodeToString(v.SecondSignature), v.Reporter.String())
	default:
		return false
	}
	return true
}

// num is a u64 as numeric(20,0).
func num(n uint64) pgtype.Numeric {
	return pgtype.Numeric{Int: new(big.Int).SetUint64(n), Valid: true}
}

func optional(n *uint64) any {
	if n == nil {
		return nil
	}
	return num(*n)
}

func optionalID(a *sui.Address) any {
	if a == nil {
		return nil
	}
	return a.String()
}

func addresses(list []sui.Address) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	return out
}

// ruleNames are the rules as policy_as_of and the API name them.
var ruleNames = map[contract.RuleKind]string{
	contract.RuleOwner: "owner", contract.RuleAllowList: "allow list", contract.RuleNotBefore: "not before", contract.RuleNotAfter: "not after",
	contract.RuleHolds: "holds", contract.RulePass: "pass", contract.RulePurpose: "purpose", contract.RuleStewards: "stewards", contract.RuleAttested: "attested",
	contract.RuleLiving: "living", contract.RuleEnclave: "enclave",
}

func ruleJSON(r contract.Rule) map[string]any {
	out := map[string]any{"rule": ruleNames[r.Kind]}
	switch r.Kind {
	case contract.RuleNotBefore, contract.RuleNotAfter:
		out["at_ms"] = decimal(r.AtMS)
	case contract.RuleHolds, contract.RuleAttested:
		out["type"] = r.Type
	case contract.RulePass:
		out["offer"] = decimal(r.Offer)
	case contract.RuleEnclave:
		out["config"] = r.Config.String()
	case contract.RuleLiving:
		out["version"] = r.Version.String()
	case contract.RulePurpose:
		out["allowed"] = append([]string{}, r.Purposes...)
	case contract.RuleStewards:
		out["stewards"], out["threshold"] = addresses(r.Stewards), decimal(r.Threshold)
	}
	return out
}

func rulesJSON(rules []contract.Rule) json.RawMessage {
	list := []map[string]any{}
	for _, r := range rules {
		list = append(list, ruleJSON(r))
	}
	return encode(list)
}

func changeJSON(c contract.Change) json.RawMessage {
	switch c.Kind {
	case contract.ChangeAddClause:
		return encode(map[string]any{"change": "add clause", "rules": rulesJSON(c.Rules)})
	case contract.ChangeLoosen:
		return encode(map[string]any{"change": "loosen", "clause": decimal(c.Clause), "rule": ruleJSON(c.Rule)})
	case contract.ChangeLowerPrice:
		return encode(map[string]any{"change": "lower price", "offer": decimal(c.Offer), "price": decimal(c.Price)})
	case contract.ChangeAddDelegate:
		return encode(map[string]any{"change": "add delegate", "who": c.Who.String()})
	}
	return encode(map[string]any{"change": "add member", "who": c.Who.String()})
}

// encode writes JSON of maps, lists and strings, which can't fail.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error())
	}
	return b
}
