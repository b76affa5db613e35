package indexer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/floe-data/floe/sdk/sui/suirpc/suirpctest"
)

// factRows are the rows that the vectors of npm @mysten/bcs must give, by table
// and in the order of the events; sdk/contract/testdata/vectors.mjs has the
// values. # is an address without its 62 zeros, D the digest 00 01 … 1f.
var factRows = map[string]struct{ events, rows string }{
	"blob_change": {"BlobExtended BlobDeleted BlobExpired", `
{"epoch": 6, "action": "extended", "blob_id": "ABC", "end_epoch": 20, "object_id": "#51", "was_certified": null, "previous_end_epoch": 9}
{"epoch": 6, "action": "deleted", "blob_id": "ABC", "end_epoch": 9, "object_id": "#51", "was_certified": true, "previous_end_epoch": null}
{"epoch": 10, "action": "expired", "blob_id": "ABC", "end_epoch": 9, "object_id": "#51", "was_certified": null, "previous_end_epoch": null}
`},
	"policy_composition": {"PolicyComposed", `
{"holders": ["#67", "#01"], "delay_ms": 102, "policy_id": "#65", "hold_threshold": 104}
`},
	"policy_clause_change": {"ClauseAdded ClauseRemoved ClauseTightened ClauseLoosened", `
{"rules": [{"rule": "owner"}, {"rule": "not before", "at_ms": "107"}], "action": "added", "clause": 106, "policy_id": "#69"}
{"rules": [], "action": "removed", "clause": 109, "policy_id": "#6c"}
{"rules": [{"rule": "pass", "offer": "112"}], "action": "tightened", "clause": 111, "policy_id": "#6e"}
{"rules": [{"rule": "pass", "offer": "115"}], "action": "loosened", "clause": 114, "policy_id": "#71"}
`},
	"policy_offer_change": {"OfferMade PriceChanged OfferClosed OfferBoundToVersion", `
{"uses": 121, "offer": 117, "price": 119, "action": "made", "term_ms": null, "coin_type": "0000000000000000000000000000000000000000000000000000000000000002::sui::SUI", "policy_id": "#74", "version_id": null}
{"uses": null, "offer": 123, "price": 124, "action": "price changed", "term_ms": null, "coin_type": null, "policy_id": "#7a", "version_id": null}
{"uses": null, "offer": 126, "price": null, "action": "closed", "term_ms": null, "coin_type": null, "policy_id": "#7d", "version_id": null}
{"uses": null, "offer": 35, "price": null, "action": "bound to version", "term_ms": null, "coin_type": null, "policy_id": "#22", "version_id": "#24"}
`},
	"policy_setting_change": {"PayeeChanged DelegateAdded DelegateRemoved DelayRaised PolicyFrozen PolicyHoldVoted PolicyHeld PolicyHoldLifted", `
{"who": "#80", "action": "payee changed", "number": null, "policy_id": "#7f"}
{"who": "#9b", "action": "delegate added", "number": null, "policy_id": "#9a"}
{"who": "#9d", "action": "delegate removed", "number": null, "policy_id": "#9c"}
{"who": null, "action": "delay raised", "number": 167, "policy_id": "#a6"}
{"who": null, "action": "frozen", "number": null, "policy_id": "#a8"}
{"who": "#aa", "action": "hold voted", "number": null, "policy_id": "#a9"}
{"who": null, "action": "held", "number": null, "policy_id": "#ac"}
{"who": null, "action": "hold lifted", "number": 174, "policy_id": "#ad"}
`},
	"policy_proposal": {"ChangeProposed ChangeCancelled ChangeApplied", `
{"action": "announced", "change": {"offer": "1", "price": "160", "change": "lower price"}, "proposal": 159, "policy_id": "#9e", "ready_at_ms": 161}
{"action": "cancelled", "change": null, "proposal": 163, "policy_id": "#a2", "ready_at_ms": null}
{"action": "applied", "change": null, "proposal": 165, "policy_id": "#a4", "ready_at_ms": null}
`},
	"steward_approval": {"RequesterApproved ApprovalWithdrawn", `
{"steward": "#95", "policy_id": "#93", "requester": "#94", "valid_until_ms": 150}
{"steward": "#99", "policy_id": "#97", "requester": "#98", "valid_until_ms": null}
`},
	"pass_sale": {"PassSold", `
{"uses": 137, "offer": 131, "payee": "#85", "price": 135, "holder": "#84", "pass_id": "#82", "coin_type": "0000000000000000000000000000000000000000000000000000000000000002::sui::SUI", "policy_id": "#81", "expires_at_ms": null}
`},
	"pass_payment": {"PassPaidToVersion PassRefunded", `
{"action": "paid to version", "holder": null, "pass_id": "#26", "sale_id": "#29", "policy_id": "#25", "version_id": "#27", "treasury_id": "#28"}
{"action": "refunded", "holder": "#2c", "pass_id": "#2b", "sale_id": "#2d", "policy_id": "#2a", "version_id": null, "treasury_id": null}
`},
	"pass_use": {"PassUsed", `
{"pass_id": "#8b", "policy_id": "#8a", "uses_left": 140}
`},
	"key_request": {"KeyRequested", `
{"clause": 144, "purpose": "research", "policy_id": "#8d", "requester": "#8f", "request_id": "#8e", "valid_until_ms": 146}
`},
	"lineage_node": {"NodeRecorded", `
{"kind": 20, "depth": 1798761600021, "number": 1798761600018, "policy_id": "#1a", "dataset_id": "#11", "version_id": "#10", "previous_id": "#13", "origin_digest": "D", "passed_on_bps": 7681, "licence_digest": "D", "recorded_at_ms": 1798761600034, "manifest_digest": "D", "croissant_digest": "D", "refund_window_ms": 1798761600033}
`},
	"lineage_edge": {"", `
{"child_id": "#10", "position": 0, "parent_id": "#1b", "weight_bps": 29, "parent_digest": "D"}
{"child_id": "#10", "position": 1, "parent_id": "#01", "weight_bps": 300, "parent_digest": "07"}
`},
	"lineage_payee": {"", `
{"payee": "#01", "position": 1, "version_id": "#10", "weight_bps": 300}
{"payee": "#1f", "position": 0, "version_id": "#10", "weight_bps": 32}
`},
	"lineage_revocation": {"NodeRevoked", `
{"consent_id": "#12", "dataset_id": "#11", "version_id": "#10", "reason_digest": "D", "revoked_at_ms": 1798761600020}
`},
	"version_hold": {"HoldPlaced HoldReleaseAnnounced HoldReleased", `
{"at_ms": 1798761600019, "action": "placed", "dataset_id": "#11", "version_id": "#10", "reason_digest": "D"}
{"at_ms": 1798761600018, "action": "release announced", "dataset_id": "#11", "version_id": "#10", "reason_digest": null}
{"at_ms": 1798761600018, "action": "released", "dataset_id": "#11", "version_id": "#10", "reason_digest": null}
`},
	"version_legal_hold": {"HoldersNamed LegalHoldVoted LegalHoldPlaced LegalHoldLifted LegalHoldEnded", `
{"at_ms": null, "action": "holders named", "holder": null, "holders": ["#30", "#01"], "threshold": 49, "dataset_id": "#2f", "version_id": "#2e"}
{"at_ms": 53, "action": "hold voted", "holder": "#34", "holders": null, "threshold": null, "dataset_id": "#33", "version_id": "#32"}
{"at_ms": 56, "action": "placed", "holder": null, "holders": null, "threshold": null, "dataset_id": "#37", "version_id": "#36"}
{"at_ms": 59, "action": "lifted", "holder": null, "holders": null, "threshold": null, "dataset_id": "#3a", "version_id": "#39"}
{"at_ms": 62, "action": "ended", "holder": null, "holders": null, "threshold": null, "dataset_id": "#3d", "version_id": "#3c"}
`},
	"origin_statement": {"OriginBound", `
{"blob_id": "ABC", "dataset_id": "#10", "bound_at_ms": 1798761600020, "blob_object_id": "#11", "statement_digest": "D"}
`},
	"consent_event": {"ConsentGiven ConsentAttached ConsentWithdrawn", `
{"at_ms": 1798761600021, "action": "given", "subject": "#12", "consent_id": "#10", "dataset_id": "#11", "ends_at_ms": 20, "version_id": null, "version_ids": null, "record_digest": "D"}
{"at_ms": null, "action": "attached", "subject": null, "consent_id": "#10", "dataset_id": "#12", "ends_at_ms": null, "version_id": "#11", "version_ids": null, "record_digest": null}
{"at_ms": 1798761600020, "action": "withdrawn", "subject": "#12", "consent_id": "#10", "dataset_id": "#11", "ends_at_ms": null, "version_id": null, "version_ids": ["#13", "#01"], "record_digest": null}
`},
	"treasury": {"TreasuryCreated", `
{"coin_type": "nœud 17", "treasury_id": "#10"}
`},
	"sale_event": {"SaleEscrowed SaleSettled SaleRefunded", `
{"buyer": "#14", "action": "escrowed", "amount": 1798761600021, "sale_id": "#11", "dataset_id": "#13", "version_id": "#12", "treasury_id": "#10", "refundable_until_ms": 1798761600022}
{"buyer": "#14", "action": "settled", "amount": 1798761600021, "sale_id": "#11", "dataset_id": "#13", "version_id": "#12", "treasury_id": "#10", "refundable_until_ms": null}
{"buyer": "#14", "action": "refunded", "amount": 1798761600021, "sale_id": "#11", "dataset_id": "#13", "version_id": "#12", "treasury_id": "#10", "refundable_until_ms": null}
`},
	"income_credit": {"IncomeCredited", `
{"payee": "#14", "amount": 1798761600021, "sale_id": "#11", "dataset_id": "#13", "version_id": "#12", "treasury_id": "#10"}
`},
	"income_claim": {"IncomeClaimed", `
{"payee": "#11", "amount": 1798761600018, "treasury_id": "#10"}
`},
	"inference_log": {"LogCreated", `
{"name": "nœud 18", "cap_id": "#11", "log_id": "#10", "service_id": "#13"}
`},
	"inference_log_head": {"LogCommitted", `
{"root": "D", "log_id": "#10", "tree_size": 1798761600018, "previous_size": 1798761600017, "committed_at_ms": 1798761600020}
`},
	"inference_leaf": {"LeafOpened", `
{"leaf": 1798761600018, "log_id": "#10", "leaf_hash": "D", "tree_size": 1798761600017}
`},
	"anchor": {"AnchorCreated", `
{"origin": "log.example", "anchor_id": "#65", "public_key": "D"}
`},
	"anchor_root": {"RootAnchored", `
{"root": "D", "anchor_id": "#65", "signature": "0102", "tree_size": 12, "previous_size": 5, "anchored_at_ms": 1798761600000}
`},
	"anchor_misbehaviour": {"MisbehaviourProven", `
{"reporter": "#0c", "anchor_id": "#65", "tree_size": 12, "first_root": "D", "second_root": "03", "first_signature": "0102", "second_signature": "0405"}
`},
	"storage_committee_change": {"CommitteeProposed CommitteeCancelled CommitteeDelayRaised NetworkFollowed EpochFollowed", `
{"epoch": 8, "action": "proposed", "digest": "D", "delay_ms": null, "n_shards": 100, "reporter": null, "node_names": ["node-0", "nœud 1"], "ready_at_ms": 1798761600000}
{"epoch": 8, "action": "cancelled", "digest": null, "delay_ms": null, "n_shards": null, "reporter": null, "node_names": null, "ready_at_ms": null}
{"epoch": null, "action": "delay raised", "digest": null, "delay_ms": 1798761600001, "n_shards": null, "reporter": null, "node_names": null, "ready_at_ms": null}
{"epoch": null, "action": "network followed", "digest": null, "delay_ms": null, "n_shards": null, "reporter": "00000000000000000000000000000000000000000000000000000000000000d9::walrus_adapter::Reporter", "node_names": null, "ready_at_ms": null}
{"epoch": 12, "action": "epoch followed", "digest": null, "delay_ms": null, "n_shards": null, "reporter": null, "node_names": null, "ready_at_ms": null}
`},
	"blob_record": {"BlobRecorded", `
{"size": 1000, "epoch": 13, "blob_id": "ABC", "end_epoch": 20, "object_id": "#52", "source_id": "#53", "encoding_type": 1, "certified_epoch": 11}
`},
	"enclave_config": {"ConfigCreated", `
{"name": "nœud", "cap_id": "#ca", "second": "#cc", "delay_ms": 205, "config_id": "#c9", "lifetime_ms": 206, "build_digest": "D", "takes_unbound": true}
`},
	"enclave_config_change": {"MeasurementProposed MeasurementAgreed MeasurementCancelled MeasurementApproved MeasurementRevoked ConfigRevoked ConfigDelayRaised", `
{"at_ms": 214, "action": "proposed", "second": null, "indices": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31], "delay_ms": null, "proposal": 210, "config_id": "#d1", "build_digest": "D", "reason_digest": null, "config_version": null, "register_values": ["D", "07"]}
{"at_ms": null, "action": "agreed", "second": "#d9", "indices": null, "delay_ms": null, "proposal": 216, "config_id": "#d7", "build_digest": null, "reason_digest": null, "config_version": null, "register_values": null}
{"at_ms": null, "action": "cancelled", "second": null, "indices": null, "delay_ms": null, "proposal": 219, "config_id": "#da", "build_digest": null, "reason_digest": null, "config_version": null, "register_values": null}
{"at_ms": 225, "action": "approved", "second": null, "indices": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31], "delay_ms": null, "proposal": 222, "config_id": "#dc", "build_digest": null, "reason_digest": null, "config_version": 221, "register_values": ["D", "07"]}
{"at_ms": 229, "action": "revoked", "second": null, "indices": null, "delay_ms": null, "proposal": null, "config_id": "#e2", "build_digest": null, "reason_digest": "D", "config_version": 227, "register_values": null}
{"at_ms": 232, "action": "config revoked", "second": null, "indices": null, "delay_ms": null, "proposal": null, "config_id": "#e6", "build_digest": null, "reason_digest": "D", "config_version": null, "register_values": null}
{"at_ms": null, "action": "delay raised", "second": null, "indices": null, "delay_ms": 234, "proposal": null, "config_id": "#e9", "build_digest": null, "reason_digest": null, "config_version": null, "register_values": null}
`},
	"enclave": {"EnclaveRegistered", `
{"is_bound": true, "config_id": "#ec", "module_id": "D", "enclave_id": "#eb", "public_key": "D", "expires_at_ms": 244, "registered_by": "#f0", "config_version": 237, "document_at_ms": 242, "registered_at_ms": 243}
`},
	"enclave_change": {"EnclaveRenewed EnclaveSucceeded EnclaveRevoked EnclaveRemoved", `
{"action": "renewed", "enclave_id": "#02", "revoked_by": null, "expires_at_ms": 4, "reason_digest": null, "revoked_at_ms": null, "document_at_ms": 3, "predecessor_id": null}
{"action": "succeeded", "enclave_id": "#05", "revoked_by": null, "expires_at_ms": null, "reason_digest": null, "revoked_at_ms": null, "document_at_ms": null, "predecessor_id": "#06"}
{"action": "revoked", "enclave_id": "#07", "revoked_by": "#08", "expires_at_ms": null, "reason_digest": "D", "revoked_at_ms": 10, "document_at_ms": null, "predecessor_id": null}
{"action": "removed", "enclave_id": "#0b", "revoked_by": null, "expires_at_ms": null, "reason_digest": null, "revoked_at_ms": null, "document_at_ms": null, "predecessor_id": null}
`},
	"enclave_attestation": {"NodeAttested", `
{"kind": 3, "config_id": "#0f", "enclave_id": "#0e", "version_id": "#0c", "ended_at_ms": 25, "signed_at_ms": 26, "output_digest": "D", "started_at_ms": 24, "attested_at_ms": 27, "config_version": 16, "parameters_digest": "D"}
`},
	"enclave_attestation_input": {"", `
{"blob_ids": ["ABC"], "position": 0, "parent_id": "#11", "version_id": "#0c"}
{"blob_ids": ["ABC", "7w0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], "position": 1, "parent_id": "#01", "version_id": "#0c"}
`},
	"enclave_attestation_rule": {"", `
{"rule": "a", "rows_in": 22, "position": 0, "rows_out": 23, "version_id": "#0c"}
{"rule": "nœud", "rows_in": 1, "position": 1, "rows_out": 1, "version_id": "#0c"}
`},
	"inference_log_signing": {"LogBound LogHeadSigned", `
{"action": "bound", "log_id": "#1c", "config_id": "#1d", "tree_size": null, "enclave_id": null, "signed_at_ms": null}
{"action": "head signed", "log_id": "#1e", "config_id": null, "tree_size": 31, "enclave_id": "#20", "signed_at_ms": 33}
`},
	"upgrade_event": {"UpgradesGuarded UpgradeProposed UpgradeCancelled UpgradeCommitted UpgradeDelayRaised UpgradesRestricted UpgradesEnded", `
{"action": "guarded", "digest": null, "delay_ms": 177, "guard_id": "#af", "package_id": "#b0", "ready_at_ms": null, "upgrade_policy": null}
{"action": "proposed", "digest": "D", "delay_ms": null, "guard_id": "#b2", "package_id": "#b3", "ready_at_ms": 182, "upgrade_policy": 180}
{"action": "cancelled", "digest": "D", "delay_ms": null, "guard_id": "#b7", "package_id": null, "ready_at_ms": null, "upgrade_policy": null}
{"action": "committed", "digest": "D", "delay_ms": null, "guard_id": "#b9", "package_id": "#ba", "ready_at_ms": null, "upgrade_policy": null}
{"action": "delay raised", "digest": null, "delay_ms": 189, "guard_id": "#bc", "package_id": null, "ready_at_ms": null, "upgrade_policy": null}
{"action": "restricted", "digest": null, "delay_ms": null, "guard_id": "#be", "package_id": null, "ready_at_ms": null, "upgrade_policy": 191}
{"action": "ended", "digest": null, "delay_ms": null, "guard_id": "#c0", "package_id": "#c1", "ready_at_ms": null, "upgrade_policy": null}
`},
	"committee_member": {"CommitteeMembersNamed", `
{"url": "https://m0.example", "name": "m0", "member": "#b1", "version": 3, "party_id": 0, "threshold": 2, "key_server_id": "#81", "partial_public_key": "04"}
{"url": "https://m1.example", "name": "nœud 1", "member": "#b2", "version": 3, "party_id": 1, "threshold": 2, "key_server_id": "#81", "partial_public_key": "0506"}
`},
	"committee_change": {"KeyServerRotated PartialKeyServerUpdated", `
{"url": null, "action": "rotated", "version": 3, "party_id": null, "threshold": 4, "key_server_id": "#81"}
{"url": "https://moved.example", "action": "member moved", "version": null, "party_id": 300, "threshold": null, "key_server_id": "#81"}
`},
	"committee_rotation": {"CommitteeRotationInitiated", `
{"package_id": "#d5", "committee_id": "#86", "old_committee_id": "#85"}
`},
}

func TestEveryEventHasItsRow(t *testing.T) {
	t.Parallel()
	node := suirpctest.Start(t)
	var last uint64
	for _, table := range slices.Sorted(maps.Keys(factRows)) {
		for _, name := range strings.Fields(factRows[table].events) {
			last = node.Append(1000, tx(vector(t, name)))
		}
	}
	r := index(t, node)
	r.reached(last)
	for table, want := range factRows {
		got := r.rows(fmt.Sprintf(`SELECT (to_jsonb(t) - '{checkpoint,ts,tx_index,event_seq}'::text[])::text FROM %s t ORDER BY checkpoint, tx_index, event_seq, to_jsonb(t)`, table))
		text := strings.NewReplacer(addr0, "#", digest, "D", blobABC, "ABC").Replace(strings.Join(got, "\n"))
		if text != strings.TrimSpace(want.rows) {
			t.Errorf("%s has\n%s\nwant\n%s", table, text, want.rows)
		}
	}
	r.want(`SELECT name, decode_error FROM event JOIN event_type USING (type_id) WHERE decode_error IS NOT NULL`)
}
