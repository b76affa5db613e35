// Makes sweep.json with Walrus' own encoder:
//   npm install @mysten/walrus-wasm@0.3.0 && node sweep.mjs > sweep.json
// Each line is [shards, bytes, blob id]. The input is the counter stream of
// walrus_vectors.json with the seed "sweep".
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
const { BlobEncoder } = createRequire(process.cwd() + '/')('@mysten/walrus-wasm');

function input(size) {
	const parts = [];
	for (let k = 0n; parts.length * 32 < size; k++) {
		const n = Buffer.alloc(8);
		n.writeBigUInt64LE(k);
		parts.push(createHash('sha256').update('walrus-vector/v1/sweep').update(n).digest());
	}
	return new Uint8Array(Buffer.concat(parts).subarray(0, size));
}

const shards = [];
for (let n = 4; n <= 64; n++) shards.push(n);
shards.push(95, 97, 128, 129, 192, 193, 256, 257, 300, 301, 382, 383, 512, 667, 768, 772, 999, 1001, 1024, 1154);
const lines = [];
for (const n of shards) {
	const f = Math.floor((n - 1) / 3), cells = (n - 2 * f) * (n - f);
	// Symbol sizes around the blocks of 64 bytes, full and not.
	for (const ss of n <= 64 ? [2, 6, 64, 66, 130, 192] : [2, 66]) {
		const size = cells * ss - (n % 2 === 0 ? 0 : 1);
		const [id] = new BlobEncoder(n).compute_metadata(input(size)); // id, root, size, type
		lines.push(`[${n}, ${size}, "${Buffer.from(id).toString('base64url')}"]`);
	}
}
console.log('[\n' + lines.join(',\n') + '\n]');
