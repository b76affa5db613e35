// Writes vectors.json: messages that enclaves sign, encoded by npm @mysten/bcs
// 2.x from the field lists below, which were written from the Move sources, and
// registration data by Node's SHA-256.
// Run in a folder with @mysten/bcs installed: node vectors.mjs > vectors.json
import { createHash } from 'node:crypto';
import { bcs, toHex, fromHex } from '@mysten/bcs';

const Address = bcs.bytes(32).transform({ input: (s) => fromHex(s), output: (b) => toHex(b) });
const u8 = bcs.u8(), u64 = bcs.u64(), u256 = bcs.u256(), S = bcs.string(), bytes = bcs.vector(u8), V = bcs.vector;
const id = (n) => n.toString(16).padStart(64, '0');
const digest = (n) => Array.from({ length: 32 }, (_, i) => i + n);
const message = (payload) => bcs.struct('IntentMessage', { intent: u8, timestamp_ms: u64, payload });

const Handover = bcs.struct('Handover', { config: Address, public_key: bytes });
const Head = bcs.struct('Head', { log: Address, tree_size: u64, root: bytes });
const Run = bcs.struct('Run', {
  kind: u8, dataset: Address, parents: V(Address), parent_digests: V(bytes), input_blob_ids: V(V(u256)), parameters_digest: bytes, output_digest: bytes,
  rules: V(S), rows_in: V(u64), rows_out: V(u64), started_at_ms: u64, ended_at_ms: u64,
});

const out = {
  handover: message(Handover).serialize({ intent: 2, timestamp_ms: 1798761600000, payload: { config: id(0x91), public_key: digest(1) } }).toHex(),
  log_head: message(Head).serialize({ intent: 4, timestamp_ms: 1798761600001, payload: { log: id(0x92), tree_size: 300, root: digest(2) } }).toHex(),
  run: message(Run).serialize({
    intent: 3, timestamp_ms: 1798761600002,
    payload: {
      kind: 1, dataset: id(0x71), parents: [id(0x73), id(0x74)], parent_digests: [digest(3), digest(4)], input_blob_ids: [[0xabcn, 0xdefn], [0x123n]],
      parameters_digest: digest(5), output_digest: digest(6), rules: ['duplicate', 'trop étroit'], rows_in: [1000, 900], rows_out: [900, 850],
      started_at_ms: 1798761500000, ended_at_ms: 1798761590000,
    },
  }).toHex(),
  registration_data: createHash('sha256').update('floe enclave registration v1').update(fromHex(id(0x91))).update(fromHex(id(0xa))).digest('hex'),
};
console.log(JSON.stringify(out, null, 1));
