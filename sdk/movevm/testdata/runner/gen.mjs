// usage: node gen.mjs  (here). Writes sources/{ops,cases}.move and tests/: functions cN, each giving a
// u64, and a test for each that aborts with it.
import fs from 'fs'; import crypto from 'crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js'; import { p256 } from '@noble/curves/nist.js'; import { ed25519 } from '@noble/curves/ed25519.js';
let seed = 1n; const rnd = (bits) => { let r = 0n; for (let i = 0; i < bits; i += 32) { seed = (seed * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n); r = (r << 32n) | (seed >> 32n); } return r & ((1n << BigInt(bits)) - 1n); };
const W = [8, 16, 32, 64, 128, 256];
let a = `module diff::ops;\nuse std::bcs;\n`;
a += `public fun fold(b: vector<u8>): u64 { let mut h: u64 = 17; let mut i = 0; while (i < b.length()) { h = (h * 31 + (b[i] as u64)) % 4294967291; i = i + 1 }; h }\n`;
a += `public fun fold_of<T>(t: &T): u64 { fold(bcs::to_bytes(t)) }\n`;
const bin = { add: '+', sub: '-', mul: '*', div: '/', mod: '%', or: '|', and: '&', xor: '^' }, cmp = { lt: '<', gt: '>', le: '<=', ge: '>=', eq: '==', ne: '!=' };
for (const w of W) {
  for (const [n, o] of Object.entries(bin)) a += `public fun ${n}${w}(a: u${w}, b: u${w}): u64 { let r = a ${o} b; fold_of(&r) }\n`;
  for (const [n, o] of Object.entries(cmp)) a += `public fun ${n}${w}(a: u${w}, b: u${w}): u64 { if (a ${o} b) 1 else 0 }\n`;
  a += `public fun shl${w}(a: u${w}, n: u8): u64 { let r = a << n; fold_of(&r) }\npublic fun shr${w}(a: u${w}, n: u8): u64 { let r = a >> n; fold_of(&r) }\n`;
  for (const v of W) a += `public fun cast${w}_${v}(a: u${w}): u64 { let r = (a as u${v}); fold_of(&r) }\n`;
}
let cases = `module diff::cases;\nuse diff::ops;\nuse diff::data;\nuse diff::nat;\nuse diff::objs;\n`, n = 0; const names = [];
const add = (expr, ctx) => { cases += `public fun c${n}(${ctx ? 'ctx: &mut TxContext' : ''}): u64 { ${expr} }\n`; names.push(!!ctx); n++; };
const edge = (w) => { const m = (1n << BigInt(w)) - 1n; const l = [0n, 1n, 2n, m, m - 1n, m >> 1n, (m >> 1n) + 1n, 1n << BigInt(w / 2), (1n << BigInt(w / 2)) - 1n, rnd(w), rnd(w), rnd(w), rnd(w / 2), rnd(w / 2), rnd(w - 1)]; return l[Number(rnd(16) % BigInt(l.length))]; };
for (const w of W) {
  for (const o of [...Object.keys(bin), ...Object.keys(cmp)]) for (let i = 0; i < 14; i++) { const x = edge(w), y = i == 0 ? x : edge(w); add(`ops::${o}${w}(${x}, ${y})`); }
  for (const o of ['shl', 'shr']) for (const s of [0, 1, w / 2 - 1, w / 2, w - 1, w, 64, 65, 127, 128, 255]) if (s < 256) add(`ops::${o}${w}(${rnd(w)}, ${s})`);
  for (const v of W) for (let i = 0; i < 6; i++) add(`ops::cast${w}_${v}(${edge(w)})`);
}
const hex = (u) => 'x"' + Buffer.from(u).toString('hex') + '"';
// data: vectors, structs, enums, generics
const vals = { u8: () => `${rnd(8)}`, u16: () => `${rnd(16)}`, u32: () => `${rnd(32)}`, u64: () => `${rnd(64)}`, u128: () => `${rnd(128)}`, u256: () => `${rnd(256)}`, bool: () => rnd(1) ? 'true' : 'false', address: () => '@0x' + rnd(256).toString(16), 'data::S<u16>': () => `data::s<u16>(${rnd(8)}, ${rnd(16)})`, 'data::E<u64>': () => `data::e<u64>(${rnd(2)}, ${rnd(64)})`, 'vector<u8>': () => hex(crypto.createHash('sha256').update(rnd(64).toString()).digest().subarray(0, Number(rnd(4)))), 'std::string::String': () => `${hex(Buffer.from('héllo ' + rnd(16)))}.to_string()`, 'Option<u64>': () => rnd(1) ? 'option::none()' : `option::some(${rnd(64)})` };
for (const [t, v] of Object.entries(vals)) {
  for (let i = 0; i < 4; i++) {
    add(`let v: vector<${t}> = vector[${[0, 1, 2, 3].map(() => v()).join(', ')}]; data::churn<${t}>(v, ${v()}, ${rnd(3)}, ${rnd(2)})`);
    add(`let v: vector<${t}> = vector[${v()}, ${v()}]; let x = v[${rnd(2)}]; ops::fold_of(&x)`);
    add(`let mut v: vector<${t}> = vector[${v()}, ${v()}]; v.swap(${rnd(2)}, ${rnd(2)}); ops::fold_of(&v)`);
    add(`let mut v: vector<${t}> = vector[${v()}]; let mut i = 0; while (i < ${rnd(1) + 1n}u64) { v.pop_back(); i = i + 1 }; v.length()`);
    add(`data::pair_eq<${t}>(${v()}, ${v()})`); const same = v(); add(`data::pair_eq<${t}>(${same}, ${same})`);
    add(`data::nested<${t}>(${v()}, ${v()}, ${rnd(3)})`);
    add(`data::by_ref<${t}>(${v()}, ${v()}, ${rnd(1) ? 'true' : 'false'})`);
  }
  add(`let n = std::type_name::with_defining_ids<${t}>(); ops::fold(n.into_string().into_bytes())`);
  add(`let n = std::type_name::with_original_ids<vector<data::S<${t}>>>(); ops::fold(n.into_string().into_bytes())`);
}
for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) { add(`data::enum_walk(${i}, ${rnd(32)}, ${j})`); add(`data::enum_unpack_wrong(${i}, ${j})`); }
for (let i = 0; i < 12; i++) add(`data::destroy_len(${i % 4}, ${Math.floor(i / 4)})`);
for (const d of [1, 10, 500, 900, 1100]) { add(`data::recurse(${d})`); add(`data::tail(${d})`); }
for (const d of [1, 5, 20]) add(`data::sieve(${d * 20})`);
for (let i = 0; i < 10; i++) add(`data::collatz(${rnd(16) + 1n})`);
for (let i = 0; i < 10; i++) add(`data::matrix(${i + 1})`);
add('data::abort_plain()'); add('data::assert_false(5)'); add('data::assert_false(4)');
// natives
const b = (k) => crypto.createHash('sha512').update('b' + k).digest();
for (let i = 0; i < 8; i++) { const m = Buffer.concat([b(i), b(i + 50)]).subarray(0, [0, 1, 55, 56, 64, 65, 111, 128][i]); for (const f of ['sha2', 'sha3', 'blake', 'keccak']) add(`nat::${f}(${hex(m)})`); add(`nat::hmac(${hex(b(i).subarray(0, i * 8))}, ${hex(m)})`); }
for (let i = 0; i < 6; i++) {
  const m = b('m' + i), sk = ed25519.utils.randomSecretKey ? b('k' + i).subarray(0, 32) : b('k' + i).subarray(0, 32);
  const sig = Buffer.from(ed25519.sign(m, sk)), pk = Buffer.from(ed25519.getPublicKey(sk)); if (i == 3) sig[3] ^= 1; if (i == 4) m[0] ^= 1;
  add(`nat::ed(${hex(i == 5 ? sig.subarray(1) : sig)}, ${hex(pk)}, ${hex(m)})`);
  for (const [name, c] of [['k1', secp256k1], ['r1', p256]]) for (const h of [0, 1]) {
    if (name == 'r1' && !process.env.R1) continue;
    const kk = b(name + i).subarray(0, 32); const { keccak_256 } = await import('@noble/hashes/sha3.js'); const msg = b('x' + i);
    const dg = h == 0 ? keccak_256(msg) : crypto.createHash('sha256').update(msg).digest();
    const s = c.sign(dg, kk, { prehash: false, format: 'recovered', lowS: true }); // recid ‖ r ‖ s
    const rs = Buffer.from(s.subarray(1)), v = s[0], p = Buffer.from(c.getPublicKey(kk, true)); if (i == 3) rs[40] ^= 1;
    if (i == 4) { const S = BigInt('0x' + rs.subarray(32).toString('hex')); Buffer.from((c.Point.Fn.ORDER - S).toString(16).padStart(64, '0'), 'hex').copy(rs, 32); }
    add(`nat::${name}_verify(${hex(rs)}, ${hex(i == 5 ? p.subarray(1) : p)}, ${hex(msg)}, ${h})`);
    add(`nat::${name}_recover(${hex(Buffer.concat([rs, Buffer.from([i == 5 ? 4 : v])]))}, ${hex(msg)}, ${h})`);
    if (name == 'k1') add(`nat::k1_decompress(${hex(i == 5 ? p.subarray(1) : i == 4 ? Buffer.concat([Buffer.from([5]), p.subarray(1)]) : p)})`);
  }
}
for (let i = 0; i < 6; i++) { const k = rnd(256).toString(16); add(`nat::addr(@0x${k})`); add(`nat::addr_u256(${rnd(256)})`); }
add(`nat::addr_bytes(${hex(b(1).subarray(0, 32))})`); add(`nat::addr_bytes(${hex(b(1).subarray(0, 31))})`);
for (const s of ['hello', 'héé✓x', '', '\u{1F600}ab']) for (let i = 0; i < 4; i++) { add(`nat::str_sub(${hex(Buffer.from(s))}, ${i}, ${i + Number(rnd(2))})`); add(`nat::str_find(${hex(Buffer.from(s))}, ${hex(Buffer.from(['l', 'x', '', 'ab'][i]))})`); }
for (const x of ['c328', 'e2ba', 'f09f9880', 'ff', 'eda080', 'c080', '61']) add(`nat::utf8(x"${x}")`);
// objects
const st = ['add', 'exists', 'borrow', 'bump', 'remove', 'exists_ty'];
for (let i = 0; i < 60; i++) { let p = 'let mut o = objs::new(ctx); let mut h = 0;'; const m = 2 + Number(rnd(3)); for (let k = 0; k < m; k++) { const op = k == 0 ? 'add' : st[Number(rnd(16)) % st.length], key = rnd(1), ty = ['u64', 'bool', 'vector<u8>'][Number(rnd(16)) % (k < 3 ? 1 : 3)], kv = { u64: key, bool: key ? 'true' : 'false', 'vector<u8>': key ? 'b"k"' : 'b""' }[ty]; p += ` h = h * 31 + objs::${op}<${ty}>(&mut o, ${kv}, ${rnd(8)});`; } p += ' objs::end(o); h % 4294967291'; add(p, true); }
for (let i = 0; i < 4; i++) { add(`objs::ids(${i}, ctx)`, true); add(`objs::dof(${i}, ctx)`, true); add(`objs::table(${i * 7}, ctx)`, true); add(`objs::transfers(${i}, ctx)`, true); }
for (let i = 0; i < 3; i++) add(`objs::otw(${i})`);
fs.writeFileSync('sources/ops.move', a); fs.writeFileSync('sources/cases.move', cases);
// a test per case; chunks, since each test module must stay within table limits
fs.mkdirSync('tests', { recursive: true });
for (const f of fs.readdirSync('tests')) fs.unlinkSync('tests/' + f);
let t = ''; for (let i = 0; i < n; i++) { if (i % 500 == 0) { if (t) fs.writeFileSync(`tests/t${i / 500}.move`, t); t = `#[test_only]\nmodule diff::t${1 + i / 500};\n`; } t += `#[test] fun w${i}() { ${names[i] ? 'let mut ctx = tx_context::dummy(); ' : ''}abort diff::cases::c${i}(${names[i] ? '&mut ctx' : ''}) }\n`; }
fs.writeFileSync(`tests/tlast.move`, t);
console.log(n, 'cases');
