// Writes vectors.json: our events and objects, encoded by npm @mysten/bcs 2.x
// from the field lists below, which were written from the Move sources.
// Run in a folder with @mysten/bcs installed: node vectors.mjs > vectors.json
import { bcs, toHex, fromHex } from '@mysten/bcs';

const Address = bcs.bytes(32).transform({ input: (s) => fromHex(s), output: (b) => toHex(b) });
const S = bcs.string(), u8 = bcs.u8(), u16 = bcs.u16(), u32 = bcs.u32(), u64 = bcs.u64(), u256 = bcs.u256(), bool = bcs.bool();
const bytes = bcs.vector(u8), V = bcs.vector, O = bcs.option;
const id = (n) => n.toString(16).padStart(64, '0');

const Member = bcs.struct('Member', { name: S, network_address: S, public_key: bytes, shards: V(u16) });
const Blob = bcs.struct('Blob', { id: Address, registered_epoch: u32, blob_id: u256, size: u64, encoding_type: u8, certified_epoch: O(u32), end_epoch: u32, deletable: bool });
const Partial = bcs.struct('PartialKeyServer', { name: S, url: S, partial_pk: bytes, party_id: u16 });
const ServerType = bcs.enum('ServerType', { Independent: bcs.struct('I', { url: S }), Committee: bcs.struct('C', { version: u32, threshold: u16, partial_key_servers: V(Partial) }) });
const V1 = bcs.struct('KeyServerV1', { name: S, url: S, key_type: u8, pk: bytes });
const V2 = bcs.struct('KeyServerV2', { name: S, key_type: u8, pk: bytes, server_type: ServerType });
const field = (v) => bcs.struct('Field', { id: Address, name: u64, value: v });

const Rule = bcs.enum('Rule', {
  Owner: null, AllowList: null, NotBefore: u64, NotAfter: u64, Holds: S, Pass: u64, Purpose: V(S),
  Stewards: bcs.struct('Stewards', { stewards: V(Address), threshold: u64 }), Attested: S,
});
const Change = bcs.enum('Change', {
  AddClause: V(Rule), Loosen: bcs.struct('Loosen', { clause: u64, rule: Rule }), LowerPrice: bcs.struct('LowerPrice', { offer: u64, price: u64 }),
  AddDelegate: Address, AddMember: Address,
});
const Clause = bcs.struct('Clause', { id: u64, rules: V(Rule) });
const Offer = bcs.struct('Offer', { id: u64, coin_type: S, price: u64, term_ms: O(u64), uses: O(u64), is_open: bool });
const Proposal = bcs.struct('Proposal', { id: u64, change: Change, ready_at_ms: u64 });
const Hold = bcs.struct('Hold', { holders: V(Address), threshold: u64, votes: V(Address), until_ms: O(u64) });
const Table = bcs.struct('Table', { id: Address, size: u64 });

const types = {
  CommitteeChanged: { epoch: u32, n_shards: u16, node_names: V(S) },
  BlobRegistered: { epoch: u32, blob_id: u256, size: u64, encoding_type: u8, end_epoch: u32, deletable: bool, object_id: Address },
  BlobCertified: { epoch: u32, blob_id: u256, end_epoch: u32, deletable: bool, object_id: Address, signers: V(u16), weight: u16 },
  BlobExtended: { epoch: u32, blob_id: u256, object_id: Address, previous_end_epoch: u32, end_epoch: u32 },
  BlobDeleted: { epoch: u32, blob_id: u256, end_epoch: u32, object_id: Address, was_certified: bool },
  BlobExpired: { epoch: u32, blob_id: u256, end_epoch: u32, object_id: Address },
  PolicyCreated: { policy_id: Address, cap_id: Address, owner: Address, not_before_ms: O(u64), not_after_ms: O(u64) },
  AccessGranted: { policy_id: Address, member: Address },
  AccessRevoked: { policy_id: Address, member: Address },
  PolicyComposed: { policy_id: Address, delay_ms: u64, holders: V(Address), hold_threshold: u64 },
  ClauseAdded: { policy_id: Address, clause: u64, rules: V(Rule) },
  ClauseRemoved: { policy_id: Address, clause: u64 },
  ClauseTightened: { policy_id: Address, clause: u64, rule: Rule },
  ClauseLoosened: { policy_id: Address, clause: u64, rule: Rule },
  OfferMade: { policy_id: Address, offer: u64, coin_type: S, price: u64, term_ms: O(u64), uses: O(u64) },
  PriceChanged: { policy_id: Address, offer: u64, price: u64 },
  OfferClosed: { policy_id: Address, offer: u64 },
  PayeeChanged: { policy_id: Address, payee: Address },
  PassSold: { policy_id: Address, pass_id: Address, offer: u64, holder: Address, payee: Address, coin_type: S, price: u64, expires_at_ms: O(u64), uses: O(u64) },
  PassUsed: { policy_id: Address, pass_id: Address, uses_left: u64 },
  KeyRequested: { policy_id: Address, request_id: Address, requester: Address, clause: u64, purpose: O(S), valid_until_ms: u64 },
  RequesterApproved: { policy_id: Address, requester: Address, steward: Address, valid_until_ms: u64 },
  ApprovalWithdrawn: { policy_id: Address, requester: Address, steward: Address },
  DelegateAdded: { policy_id: Address, delegate: Address },
  DelegateRemoved: { policy_id: Address, delegate: Address },
  ChangeProposed: { policy_id: Address, proposal: u64, change: Change, ready_at_ms: u64 },
  ChangeCancelled: { policy_id: Address, proposal: u64 },
  ChangeApplied: { policy_id: Address, proposal: u64 },
  DelayRaised: { policy_id: Address, delay_ms: u64 },
  PolicyFrozen: { policy_id: Address },
  PolicyHoldVoted: { policy_id: Address, holder: Address, place: bool },
  PolicyHeld: { policy_id: Address },
  PolicyHoldLifted: { policy_id: Address, ends_at_ms: u64 },
  UpgradesGuarded: { guard_id: Address, package_id: Address, delay_ms: u64 },
  UpgradeProposed: { guard_id: Address, package_id: Address, upgrade_policy: u8, digest: bytes, ready_at_ms: u64 },
  UpgradeCancelled: { guard_id: Address, digest: bytes },
  UpgradeCommitted: { guard_id: Address, package_id: Address, digest: bytes },
  UpgradeDelayRaised: { guard_id: Address, delay_ms: u64 },
  UpgradesRestricted: { guard_id: Address, upgrade_policy: u8 },
  UpgradesEnded: { guard_id: Address, package_id: Address },
  DatasetCreated: { dataset_id: Address, cap_id: Address, name: S, owner: Address },
  VersionPublished: { dataset_id: Address, version_id: Address, number: u64, manifest_digest: bytes, manifest_blob_id: u256, policy_id: Address, blob_ids: V(u256) },
  OriginBound: { dataset_id: Address, blob_object_id: Address, blob_id: u256, statement_digest: bytes, bound_at_ms: u64 },
  NodeRecorded: { version_id: Address, dataset_id: Address, number: u64, previous: O(Address), kind: u8, depth: u64, manifest_digest: bytes, licence_digest: bytes, croissant_digest: bytes, origin_digest: O(bytes), policy_id: Address, parent_ids: V(Address), parent_digests: V(bytes), weights_bps: V(u16), passed_on_bps: u16, payees: V(Address), payee_weights_bps: V(u16), refund_window_ms: u64, recorded_at_ms: u64 },
  NodeRevoked: { version_id: Address, dataset_id: Address, consent_id: O(Address), reason_digest: bytes, revoked_at_ms: u64 },
  HoldPlaced: { version_id: Address, dataset_id: Address, reason_digest: bytes, held_at_ms: u64 },
  HoldReleaseAnnounced: { version_id: Address, dataset_id: Address, release_at_ms: u64 },
  HoldReleased: { version_id: Address, dataset_id: Address, released_at_ms: u64 },
  ConsentGiven: { consent_id: Address, dataset_id: Address, subject: Address, record_digest: bytes, ends_at_ms: O(u64), given_at_ms: u64 },
  ConsentAttached: { consent_id: Address, version_id: Address, dataset_id: Address },
  ConsentWithdrawn: { consent_id: Address, dataset_id: Address, subject: Address, version_ids: V(Address), withdrawn_at_ms: u64 },
  TreasuryCreated: { treasury_id: Address, coin_type: S },
  SaleEscrowed: { treasury_id: Address, sale_id: Address, version_id: Address, dataset_id: Address, buyer: Address, amount: u64, refundable_until_ms: u64 },
  SaleSettled: { treasury_id: Address, sale_id: Address, version_id: Address, dataset_id: Address, buyer: Address, amount: u64 },
  SaleRefunded: { treasury_id: Address, sale_id: Address, version_id: Address, dataset_id: Address, buyer: Address, amount: u64 },
  IncomeCredited: { treasury_id: Address, sale_id: Address, version_id: Address, dataset_id: Address, payee: Address, amount: u64 },
  IncomeClaimed: { treasury_id: Address, payee: Address, amount: u64 },
  LogCreated: { log_id: Address, cap_id: Address, name: S, service: O(Address) },
  LogCommitted: { log_id: Address, previous_size: u64, tree_size: u64, root: bytes, committed_at_ms: u64 },
  LeafOpened: { log_id: Address, tree_size: u64, index: u64, leaf_hash: bytes },
  AnchorCreated: { anchor_id: Address, origin: S, public_key: bytes },
  RootAnchored: { anchor_id: Address, previous_size: u64, tree_size: u64, root: bytes, signature: bytes, anchored_at_ms: u64 },
  MisbehaviourProven: { anchor_id: Address, tree_size: u64, first_root: bytes, first_signature: bytes, second_root: bytes, second_signature: bytes, reporter: Address },
  KeyServerRegistered: { key_server_id: Address, name: S, url: S, key_type: u8, pk: bytes, version: u64 },
  KeyServerUpdated: { key_server_id: Address, url: S },
  System: { id: Address, version: u64, admin: Address, epoch: u32, n_shards: u16, members: V(Member), total_public_key: bytes },
  AdminCap: { id: Address },
  Blob: Blob,
  Policy: {
    id: Address, owner: Address, members: Table, clauses: V(Clause), offers: V(Offer), payee: Address, approvals: Table, delegates: V(Address),
    proposals: V(Proposal), delay_ms: u64, is_live: bool, is_frozen: bool, hold: Hold, next: u64,
  },
  PolicyCap: { id: Address, policy: Address },
  PackageVersion: { id: Address, version: u64 },
  Dataset: { id: Address, name: S, owner: Address, version_count: u64, latest: O(Address) },
  DatasetCap: { id: Address, dataset: Address },
  Version: { id: Address, dataset: Address, number: u64, previous: O(Address), manifest_digest: bytes, manifest_blob_id: u256, policy: Address, blobs: V(Blob), published_at_ms: u64 },
  KeyServer: { id: Address, first_version: u64, last_version: u64 },
  KeyServerV1: field(V1),
  KeyServerIndependent: field(V2),
  KeyServerCommittee: field(V2),
};

const blob = { id: id(0x51), registered_epoch: 5, blob_id: '0xabc', size: 1000, encoding_type: 1, certified_epoch: 6, end_epoch: 9, deletable: true };
const digest = Array.from({ length: 32 }, (_, i) => i);
const sui = '0'.repeat(63) + '2::sui::SUI', nft = 'ab'.repeat(32) + '::nft::Nft';
const values = {
  CommitteeChanged: { epoch: 7, n_shards: 100, node_names: ['node-0', 'nœud 1'] },
  BlobRegistered: { epoch: 5, blob_id: '0xabc', size: 1000, encoding_type: 1, end_epoch: 9, deletable: true, object_id: id(0x51) },
  BlobCertified: { epoch: 6, blob_id: '0xabc', end_epoch: 9, deletable: true, object_id: id(0x51), signers: [0, 1, 300], weight: 67 },
  BlobExtended: { epoch: 6, blob_id: '0xabc', object_id: id(0x51), previous_end_epoch: 9, end_epoch: 20 },
  BlobDeleted: { epoch: 6, blob_id: '0xabc', end_epoch: 9, object_id: id(0x51), was_certified: true },
  BlobExpired: { epoch: 10, blob_id: '0xabc', end_epoch: 9, object_id: id(0x51) },
  PolicyCreated: { policy_id: id(0x61), cap_id: id(0x62), owner: id(0xa), not_before_ms: 1798761600000, not_after_ms: null },
  AccessGranted: { policy_id: id(0x61), member: id(0xb) },
  AccessRevoked: { policy_id: id(0x61), member: id(0xb) },
  PolicyComposed: { policy_id: id(101), delay_ms: 102, holders: [id(103), id(1)], hold_threshold: 104 },
  ClauseAdded: { policy_id: id(105), clause: 106, rules: [{ Owner: true }, { NotBefore: 107 }] },
  ClauseRemoved: { policy_id: id(108), clause: 109 },
  ClauseTightened: { policy_id: id(110), clause: 111, rule: { Pass: 112 } },
  ClauseLoosened: { policy_id: id(113), clause: 114, rule: { Pass: 115 } },
  OfferMade: { policy_id: id(116), offer: 117, coin_type: sui, price: 119, term_ms: null, uses: 121 },
  PriceChanged: { policy_id: id(122), offer: 123, price: 124 },
  OfferClosed: { policy_id: id(125), offer: 126 },
  PayeeChanged: { policy_id: id(127), payee: id(128) },
  PassSold: { policy_id: id(129), pass_id: id(130), offer: 131, holder: id(132), payee: id(133), coin_type: sui, price: 135, expires_at_ms: null, uses: 137 },
  PassUsed: { policy_id: id(138), pass_id: id(139), uses_left: 140 },
  KeyRequested: { policy_id: id(141), request_id: id(142), requester: id(143), clause: 144, purpose: 'research', valid_until_ms: 146 },
  RequesterApproved: { policy_id: id(147), requester: id(148), steward: id(149), valid_until_ms: 150 },
  ApprovalWithdrawn: { policy_id: id(151), requester: id(152), steward: id(153) },
  DelegateAdded: { policy_id: id(154), delegate: id(155) },
  DelegateRemoved: { policy_id: id(156), delegate: id(157) },
  ChangeProposed: { policy_id: id(158), proposal: 159, change: { LowerPrice: { offer: 1, price: 160 } }, ready_at_ms: 161 },
  ChangeCancelled: { policy_id: id(162), proposal: 163 },
  ChangeApplied: { policy_id: id(164), proposal: 165 },
  DelayRaised: { policy_id: id(166), delay_ms: 167 },
  PolicyFrozen: { policy_id: id(168) },
  PolicyHoldVoted: { policy_id: id(169), holder: id(170), place: true },
  PolicyHeld: { policy_id: id(172) },
  PolicyHoldLifted: { policy_id: id(173), ends_at_ms: 174 },
  UpgradesGuarded: { guard_id: id(175), package_id: id(176), delay_ms: 177 },
  UpgradeProposed: { guard_id: id(178), package_id: id(179), upgrade_policy: 180, digest: digest, ready_at_ms: 182 },
  UpgradeCancelled: { guard_id: id(183), digest: digest },
  UpgradeCommitted: { guard_id: id(185), package_id: id(186), digest: digest },
  UpgradeDelayRaised: { guard_id: id(188), delay_ms: 189 },
  UpgradesRestricted: { guard_id: id(190), upgrade_policy: 191 },
  UpgradesEnded: { guard_id: id(192), package_id: id(193) },
  DatasetCreated: { dataset_id: id(0x71), cap_id: id(0x72), name: 'iris', owner: id(0xa) },
  VersionPublished: { dataset_id: id(0x71), version_id: id(0x73), number: 2, manifest_digest: digest, manifest_blob_id: '0xabc', policy_id: id(0x61), blob_ids: ['0xabc', '0xdef'] },
  OriginBound: { dataset_id: id(0x10), blob_object_id: id(0x11), blob_id: '0xabc', statement_digest: digest, bound_at_ms: 1798761600020 },
  NodeRecorded: { version_id: id(0x10), dataset_id: id(0x11), number: 1798761600018, previous: id(0x13), kind: 20, depth: 1798761600021, manifest_digest: digest, licence_digest: digest, croissant_digest: digest, origin_digest: digest, policy_id: id(0x1a), parent_ids: [id(0x1b), id(1)], parent_digests: [digest, [7]], weights_bps: [29, 300], passed_on_bps: 7681, payees: [id(0x1f), id(1)], payee_weights_bps: [32, 300], refund_window_ms: 1798761600033, recorded_at_ms: 1798761600034 },
  NodeRevoked: { version_id: id(0x10), dataset_id: id(0x11), consent_id: id(0x12), reason_digest: digest, revoked_at_ms: 1798761600020 },
  HoldPlaced: { version_id: id(0x10), dataset_id: id(0x11), reason_digest: digest, held_at_ms: 1798761600019 },
  HoldReleaseAnnounced: { version_id: id(0x10), dataset_id: id(0x11), release_at_ms: 1798761600018 },
  HoldReleased: { version_id: id(0x10), dataset_id: id(0x11), released_at_ms: 1798761600018 },
  ConsentGiven: { consent_id: id(0x10), dataset_id: id(0x11), subject: id(0x12), record_digest: digest, ends_at_ms: 20, given_at_ms: 1798761600021 },
  ConsentAttached: { consent_id: id(0x10), version_id: id(0x11), dataset_id: id(0x12) },
  ConsentWithdrawn: { consent_id: id(0x10), dataset_id: id(0x11), subject: id(0x12), version_ids: [id(0x13), id(1)], withdrawn_at_ms: 1798761600020 },
  TreasuryCreated: { treasury_id: id(0x10), coin_type: 'nœud 17' },
  SaleEscrowed: { treasury_id: id(0x10), sale_id: id(0x11), version_id: id(0x12), dataset_id: id(0x13), buyer: id(0x14), amount: 1798761600021, refundable_until_ms: 1798761600022 },
  SaleSettled: { treasury_id: id(0x10), sale_id: id(0x11), version_id: id(0x12), dataset_id: id(0x13), buyer: id(0x14), amount: 1798761600021 },
  SaleRefunded: { treasury_id: id(0x10), sale_id: id(0x11), version_id: id(0x12), dataset_id: id(0x13), buyer: id(0x14), amount: 1798761600021 },
  IncomeCredited: { treasury_id: id(0x10), sale_id: id(0x11), version_id: id(0x12), dataset_id: id(0x13), payee: id(0x14), amount: 1798761600021 },
  IncomeClaimed: { treasury_id: id(0x10), payee: id(0x11), amount: 1798761600018 },
  LogCreated: { log_id: id(0x10), cap_id: id(0x11), name: 'nœud 18', service: id(0x13) },
  LogCommitted: { log_id: id(0x10), previous_size: 1798761600017, tree_size: 1798761600018, root: digest, committed_at_ms: 1798761600020 },
  LeafOpened: { log_id: id(0x10), tree_size: 1798761600017, index: 1798761600018, leaf_hash: digest },
  AnchorCreated: { anchor_id: id(0x65), origin: 'log.example', public_key: digest },
  RootAnchored: { anchor_id: id(0x65), previous_size: 5, tree_size: 12, root: digest, signature: [1, 2], anchored_at_ms: 1798761600000 },
  MisbehaviourProven: { anchor_id: id(0x65), tree_size: 12, first_root: digest, first_signature: [1, 2], second_root: [3], second_signature: [4, 5], reporter: id(0xc) },
  KeyServerRegistered: { key_server_id: id(0x81), name: 'floe-1', url: 'https://ks1.example', key_type: 0, pk: [1, 2, 3], version: 2 },
  KeyServerUpdated: { key_server_id: id(0x81), url: 'https://moved.example' },
  System: { id: id(0x41), version: 1, admin: id(0x42), epoch: 7, n_shards: 5, members: [{ name: 'a', network_address: 'http://a', public_key: [9, 8], shards: [0, 4, 2] }, { name: 'b', network_address: 'http://b', public_key: [7], shards: [1, 3] }], total_public_key: [6, 5] },
  AdminCap: { id: id(0x42) },
  Blob: blob,
  Policy: {
    id: id(0x61), owner: id(0xa), members: { id: id(0x63), size: 3 },
    clauses: [
      { id: 0, rules: [{ Owner: true }, { NotAfter: 1798761600000 }] },
      { id: 1, rules: [{ AllowList: true }, { NotBefore: 1000 }, { Holds: nft }, { Attested: nft }, { NotAfter: 7 }] },
      { id: 3, rules: [{ Pass: 2 }, { Purpose: ['research'] }, { Stewards: { stewards: [id(0xd), id(0xe)], threshold: 2 } }] },
    ],
    offers: [{ id: 2, coin_type: sui, price: 5, term_ms: 9, uses: null, is_open: true }],
    payee: id(0xc), approvals: { id: id(0x65), size: 4 }, delegates: [id(0xf)],
    proposals: [
      { id: 4, change: { AddClause: [{ Owner: true }] }, ready_at_ms: 10 }, { id: 5, change: { Loosen: { clause: 1, rule: { NotBefore: 1000 } } }, ready_at_ms: 11 },
      { id: 6, change: { LowerPrice: { offer: 2, price: 4 } }, ready_at_ms: 12 }, { id: 7, change: { AddDelegate: id(0xb) }, ready_at_ms: 13 },
      { id: 8, change: { AddMember: id(0xb) }, ready_at_ms: 14 },
    ],
    delay_ms: 604800000, is_live: true, is_frozen: false, hold: { holders: [id(0x1), id(0x2)], threshold: 2, votes: [id(0x1)], until_ms: 20 }, next: 9,
  },
  PolicyCap: { id: id(0x62), policy: id(0x61) },
  PackageVersion: { id: id(0x64), version: 1 },
  Dataset: { id: id(0x71), name: 'iris', owner: id(0xa), version_count: 2, latest: id(0x73) },
  DatasetCap: { id: id(0x72), dataset: id(0x71) },
  Version: { id: id(0x73), dataset: id(0x71), number: 2, previous: id(0x74), manifest_digest: digest, manifest_blob_id: '0xabc', policy: id(0x61), blobs: [blob, { ...blob, id: id(0x52), blob_id: '0xdef', certified_epoch: null, deletable: false }], published_at_ms: 1798761600000 },
  KeyServer: { id: id(0x81), first_version: 1, last_version: 2 },
  KeyServerV1: { id: id(0x82), name: 1, value: { name: 'floe-1', url: 'https://ks1.example', key_type: 0, pk: [1, 2, 3] } },
  KeyServerIndependent: { id: id(0x83), name: 2, value: { name: 'floe-1', key_type: 0, pk: [1, 2, 3], server_type: { Independent: { url: 'https://ks1.example' } } } },
  KeyServerCommittee: { id: id(0x84), name: 2, value: { name: 'floe-c', key_type: 0, pk: [1, 2, 3], server_type: { Committee: { version: 3, threshold: 2, partial_key_servers: [{ name: 'p0', url: 'https://p0', partial_pk: [4], party_id: 0 }, { name: 'p1', url: 'https://p1', partial_pk: [5, 6], party_id: 1 }] } } } },
};

const out = {};
for (const [name, t] of Object.entries(types)) {
  const layout = typeof t.serialize === 'function' ? t : bcs.struct(name, t);
  out[name] = layout.serialize(values[name]).toHex();
}
console.log(JSON.stringify(out, null, 1));
