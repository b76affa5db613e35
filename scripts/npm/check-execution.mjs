// Reads JSON lines {transaction, digest, effects, objects, events} (hex of BCS)
// from standard input, and checks with npm @mysten/sui that each reads, writes
// back to the same bytes, and has the digests that the effects name; and that
// the ids of all created objects are those that follow from the transaction, or
// from the parent and the key. Prints what is wrong, and fails if anything is;
// prints the numbers of lines and ids checked.
// usage: node check-execution.mjs < RESULTS.jsonl
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bcs } from '@mysten/sui/bcs';
import { TransactionDataBuilder } from '@mysten/sui/transactions';
import { deriveDynamicFieldID, deriveObjectID, fromBase58, toBase58 } from '@mysten/sui/utils';

const suiRequire = createRequire(createRequire(import.meta.url).resolve('@mysten/sui/bcs'));
const { blake2b } = await import(suiRequire.resolve('@noble/hashes/blake2.js'));

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const typed = (name, data) =>
  toBase58(blake2b(Uint8Array.from([...new TextEncoder().encode(name + '::'), ...data]), { dkLen: 32 }));
let bad = 0;
const expect = (ok, line, what) => { if (!ok) { bad++; console.log(`${line.test}: ${what}`); } };

function again(type, hex, line, what) {
  const value = type.parse(bytes(hex));
  expect(Buffer.from(type.serialize(value).toBytes()).toString('hex') === hex, line, `${what} is written back differently`);
  return value;
}

const hexOf = (data) => '0x' + Buffer.from(data).toString('hex');
const counts = { fields: 0, derived: 0 };

// freshIDs are the ids that a transaction gives to its first objects.
function freshIDs(digest) {
  const ids = new Set();
  for (let n = 0; n < 64; n++) {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(n));
    ids.add(hexOf(blake2b(Uint8Array.from([0xf1, ...fromBase58(digest), ...count]), { dkLen: 32 })));
  }
  return ids;
}

// typeText writes a type of the BCS of objects as text.
function typeText(tag) {
  if (typeof tag === 'string') return tag;
  if (tag.vector) return `vector<${typeText(tag.vector)}>`;
  if (!tag.struct) return Object.keys(tag).find((key) => key !== '$kind');
  const { address, module, name, typeParams } = tag.struct;
  return `${address}::${module}::${name}` + (typeParams.length ? `<${typeParams.map(typeText).join(', ')}>` : '');
}

// checkField checks the id of a dynamic field whose value has a known size.
function checkField(line, object, id) {
  const params = object.data.Move.type.Other.typeParams.map(typeText);
  const size = { u64: 8, '::object::ID': 32, '::derived_object::ClaimedStatus': 1 };
  const value = Object.keys(size).find((name) => params[1].endsWith(name));
  if (!value) throw new Error(`field value ${params[1]} is of unknown size`);
  const contents = object.data.Move.contents;
  const key = contents.slice(32, contents.length - size[value]);
  expect(deriveDynamicFieldID(object.owner.ObjectOwner, params[0], Uint8Array.from(key)) === id, line, `field ${id}: the id differs`);
  return 1;
}

function check(line) {
  again(bcs.TransactionData, line.transaction, line, 'transaction');
  expect(TransactionDataBuilder.getDigestFromBytes(bytes(line.transaction)) === line.digest, line, 'transaction digest differs');
  const effects = again(bcs.TransactionEffects, line.effects, line, 'effects').V2;
  expect(effects.transactionDigest === line.digest, line, 'effects name another transaction');
  if (line.events) expect(effects.eventsDigest === typed('TransactionEvents', bytes(line.events)), line, 'events digest differs');
  const out = new Map(effects.changedObjects.map(([id, change]) => [id, change.outputState]));
  const ids = effects.changedObjects.map(([id]) => id);
  const created = new Set(effects.changedObjects.filter(([, change]) => change.idOperation.$kind === 'Created').map(([id]) => id));
  const fresh = freshIDs(line.digest);
  expect(ids.join() === [...ids].sort().join(), line, 'changed objects are not sorted');
  for (const hex of line.objects) {
    const object = again(bcs.Object, hex, line, 'object');
    const id = object.data.Package ? object.data.Package.id : '0x' + Buffer.from(object.data.Move.contents).toString('hex').slice(0, 64);
    const state = out.get(id);
    const digest = state?.ObjectWrite?.[0] ?? state?.PackageWrite?.[1];
    expect(digest === typed('Object', bytes(hex)), line, `object ${id}: digest differs from ${digest}`);
    const type = object.data.Move?.type.Other;
    const derived = (line.derived ?? []).find((d) => d.id === id);
    if (derived) {
      expect(deriveObjectID(derived.parent, derived.type, bytes(derived.key)) === id, line, `derived object ${id}: the id differs`);
      counts.derived++;
    } else if (created.has(id) && type?.module === 'dynamic_field' && type.name === 'Field') {
      counts.fields += checkField(line, object, id);
    } else if (created.has(id)) {
      expect(fresh.has(id), line, `object ${id}: no fresh id of the transaction`);
    }
  }
}

const lines = readFileSync(0, 'utf8').trim().split('\n').map((text) => JSON.parse(text));
for (const line of lines) {
  try { check(line); } catch (error) { expect(false, line, error.message ?? error); }
}
console.log(`checked ${lines.length}, ${counts.fields} field ids, ${counts.derived} derived ids`);
process.exit(bad === 0 ? 0 : 1);
